//! `watch`: keeps a stage as declared, and its counts as the load asks for. The loop itself is the library's.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, PoisonError};

use fleetflow_core::autoscale::{Judgement, Reason, WatchEvent, WatchOptions};
use fleetflow_core::codes;
use fleetflow_core::plan::{DataGuard, DeletionGuard, Plan};
use tokio_util::sync::CancellationToken;

use crate::arguments::WatchArguments;
use crate::clouds::Purpose;
use crate::documents::event::Happened;
use crate::edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::logging;
use crate::progress::{self, Form, Progress};
use crate::question::Approval;
use crate::runtime;
use crate::show::plan::summary;
use crate::site::Site;
use crate::telemetry::{Measures, Telemetry};
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &WatchArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, arguments.stage.name.as_deref())?;
    // Whoever starts a loop that repairs and scales has said yes to that; a protected stage wants its name as well.
    let approval = Approval {
        yes: true,
        confirmed: arguments.confirm_stage.as_deref(),
    };
    if !approval.suffices(invocation.terminal, site.care(), site.names().1)? {
        let error = fleetflow_core::Error::of(
            &codes::UNCONFIRMED,
            format!("the stage {:?} is protected", site.names().1),
        );
        let help = format!("add `--confirm-stage {}` if you mean it", site.names().1);
        return Err(error.help(help).into());
    }
    let telemetry = Telemetry::new(&invocation.edge)?;
    logging::traced(
        invocation.options.verbose,
        invocation.terminal,
        telemetry.tracer(),
    );
    let result = watched(invocation, &site, arguments, &telemetry);
    if let Err(told) = telemetry.finish() {
        invocation.terminal.alert(&format!("{told}\n"));
    }
    result
}

fn watched(
    invocation: &Invocation,
    site: &Site,
    arguments: &WatchArguments,
    telemetry: &Telemetry,
) -> Result<Exit, Failure> {
    runtime::run(|cancelled| async move {
        let intent = Intent {
            operation: "watch",
            purpose: Purpose::Change,
            data: DataGuard::Refuse,
            deletions: DeletionGuard::Refuse,
            adopting: None,
            moving: false,
        };
        let workplace = Workplace::open(invocation, site, &cancelled, intent).await?;
        let result = watch(&workplace, arguments, telemetry, &cancelled).await;
        workplace.close(result).await
    })
}

async fn watch(
    workplace: &Workplace<'_>,
    arguments: &WatchArguments,
    telemetry: &Telemetry,
    cancelled: &CancellationToken,
) -> Result<Exit, Failure> {
    let invocation = workplace.invocation;
    let measures = Arc::new(telemetry.measures());
    measures.calls(&workplace.access.traffic);
    let page = match arguments.metrics_addr {
        Some(address) => Some(telemetry.serve(address).await?),
        None => None,
    };
    if let Some(page) = &page {
        invocation
            .terminal
            .say(&format!("metrics are at http://{}/metrics\n", page.address));
    }
    let form = if invocation.options.json {
        Form::Json
    } else {
        Form::Text
    };
    let progress = Progress::start(form, invocation.terminal, cancelled.clone());
    workplace.watch_all(&progress, &measures);
    let teller = Teller {
        workplace,
        measures: &measures,
        reasons: Mutex::default(),
        notes: Mutex::default(),
    };
    let result = workplace
        .stack
        .watch(&options(arguments), |event| teller.tell(event))
        .await;
    progress.finish();
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => Err(workplace.site.failed(error)),
    }
}

fn options(arguments: &WatchArguments) -> WatchOptions {
    let mut options = WatchOptions::default().interval(arguments.interval);
    if arguments.no_drift {
        options = options.without_repairs();
    }
    if arguments.once {
        options = options.once();
    }
    options
}

/// Tells people what is new, and programs everything.
struct Teller<'t> {
    workplace: &'t Workplace<'t>,
    measures: &'t Measures,
    /// The last reason for each server: the same one again is no news.
    reasons: Mutex<BTreeMap<String, Discriminant<Reason>>>,
    /// The notes of the last look, for the same reason.
    notes: Mutex<Vec<String>>,
}

impl Teller<'_> {
    fn tell(&self, event: WatchEvent) {
        let invocation = self.workplace.invocation;
        self.measures.see(&event);
        if invocation.options.json {
            if let Some(happened) = happened(event) {
                progress::tell(invocation.terminal, happened);
            }
        } else if let Some(line) = self.line(&event) {
            invocation.terminal.say(&format!("{}  {line}\n", edge::now()));
        }
    }

    fn line(&self, event: &WatchEvent) -> Option<String> {
        match event {
            WatchEvent::Decided(judgement) => self.is_news(judgement).then(|| decision(judgement)),
            WatchEvent::Looked(plan) => self.looked(plan),
            WatchEvent::Acted { done, failed } => {
                let failed: Vec<_> = failed
                    .iter()
                    .map(|(address, error)| format!("\n  {address}: {error}"))
                    .collect();
                Some(format!("{done} done, {} failed{}", failed.len(), failed.concat()))
            }
            WatchEvent::Rests { .. } => None,
            WatchEvent::Waits { because, seconds } => Some(format!("{because}; next try in {seconds} s")),
        }
    }

    fn looked(&self, plan: &Plan) -> Option<String> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *notes, plan.notes.clone());
        let news = plan.notes.iter().filter(|note| !before.contains(note)).cloned();
        let lines: Vec<_> = news.chain(looked(plan)).collect();
        (!lines.is_empty()).then(|| lines.join("\n  "))
    }

    fn is_news(&self, judgement: &Judgement) -> bool {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        let reason = discriminant(&judgement.decision.reason);
        let last = reasons.insert(judgement.server.clone(), reason);
        last != Some(reason) || judgement.decision.count != judgement.current
    }
}

fn decision(judgement: &Judgement) -> String {
    let (before, after) = (judgement.current, judgement.decision.count);
    let reason = judgement.decision.reason;
    let count = if before == after {
        format!("stays at {after}")
    } else {
        format!("{before} -> {after}")
    };
    match &judgement.decision.replace {
        Some(replica) => format!(
            "server.{}  {count}: {reason}; {replica} is not well and is made anew",
            judgement.server
        ),
        None => format!("server.{}  {count}: {reason}", judgement.server),
    }
}

fn looked(plan: &Plan) -> Option<String> {
    let drift: Vec<_> = plan.drift.iter().map(|drift| drift.address.to_string()).collect();
    match (plan.is_empty(), drift.is_empty()) {
        (true, true) => None,
        (_, true) => Some(summary(plan).trim_end().to_owned()),
        (_, false) => Some(format!(
            "changed by others: {}. {}",
            drift.join(", "),
            summary(plan).trim_end()
        )),
    }
}

fn happened(event: WatchEvent) -> Option<Happened> {
    match event {
        WatchEvent::Decided(judgement) => Some(Happened::Decided(Box::new(judgement))),
        WatchEvent::Looked(plan) => Some((&plan).into()),
        WatchEvent::Waits { because, seconds } => Some(Happened::Retry { because, seconds }),
        // Each step has told its own end, and a look that needs no words ends in silence.
        WatchEvent::Acted { .. } | WatchEvent::Rests { .. } => None,
    }
}
