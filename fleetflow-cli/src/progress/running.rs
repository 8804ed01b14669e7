//! What goes on at a moment: the running steps, since when, and what they wait for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fleetflow_core::Address;
use fleetflow_core::converge::Event;
use fleetflow_core::plan::Action;

use crate::show::style::ongoing;
use crate::show::text;

/// The steps that are running.
#[derive(Debug, Default)]
pub(crate) struct Running {
    steps: BTreeMap<Address, Step>,
    /// How long the last finished step took; failures do not say it themselves.
    pub(crate) last: Duration,
}

#[derive(Debug)]
struct Step {
    action: Action,
    since: Instant,
    waiting: Option<String>,
}

impl Running {
    /// Takes in an event.
    pub(crate) fn take(&mut self, event: &Event) {
        match event {
            Event::Started { address, action } => {
                let step = Step {
                    action: *action,
                    since: Instant::now(),
                    waiting: None,
                };
                self.steps.insert(address.clone(), step);
            }
            Event::Waiting { address, what } => {
                if let Some(step) = self.steps.get_mut(address) {
                    step.waiting = Some(what.clone());
                }
            }
            Event::Noted { .. } => {}
            Event::Done { address, .. } | Event::Failed { address, .. } | Event::Skipped { address, .. } => {
                if let Some(step) = self.steps.remove(address) {
                    self.last = step.since.elapsed();
                }
            }
        }
    }

    /// A line for each running step, the longest running first.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut steps: Vec<_> = self.steps.iter().collect();
        steps.sort_by_key(|(_, step)| step.since);
        steps
            .into_iter()
            .map(|(address, step)| line(address, step))
            .collect()
    }
}

fn line(address: &Address, step: &Step) -> String {
    let elapsed = text::duration(Duration::from_secs(step.since.elapsed().as_secs()));
    let elapsed = elapsed.replace(".0 s", " s");
    match &step.waiting {
        Some(what) => format!("{address}  {} {elapsed}: {what}", ongoing(step.action)),
        None => format!("{address}  {} {elapsed}", ongoing(step.action)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_step_says_what_it_waits_for_until_it_is_done() {
        let address = Address::new("server", "web");
        let mut running = Running::default();
        running.take(&Event::Started {
            address: address.clone(),
            action: Action::Create,
        });
        assert_eq!(running.lines(), ["server.web  creating 0 s"]);
        running.take(&Event::Waiting {
            address: address.clone(),
            what: "disk copy 42 %".to_owned(),
        });
        assert_eq!(running.lines(), ["server.web  creating 0 s: disk copy 42 %"]);
        running.take(&Event::Done {
            address,
            action: Action::Create,
            elapsed: Duration::ZERO,
        });
        assert!(running.lines().is_empty());
    }
}
