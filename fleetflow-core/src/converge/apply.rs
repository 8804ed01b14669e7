//! Carries out a plan: every step as soon as what it needs is done, many at once, journalled before and after.
//! It knows nothing but the plan, and no kind.

mod beginning;

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::calls::carry_out;
use super::journal::{Journal, changing};
use super::queue::{Node, Queue, Task};
use super::rollout::with_untouched;
use super::trace::{span, traced};
use super::{Event, Outcome, Report, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, BatchStep, Made, OutputRef, Scope, Spec, Stack, Verb, has_unknown, reveal};
use crate::plan::{Action, Plan, Step};
use crate::state::{Event as Entry, State};
use crate::veil::Veil;
use beginning::Begun;

/// Carries out `plan`.
pub(super) async fn apply(
    stack: &Stack,
    plan: &Plan,
    scope: Scope,
    (session, state): (&Session, &State),
    journal: &Journal<'_>,
) -> Result<Report> {
    let records = plan.records.iter().map(|record| Entry::Applied {
        address: record.address.clone(),
        id: record.existing.id.clone(),
        spec: record.existing.spec.clone(),
        outputs: record.existing.outputs.clone(),
        record: record.record.clone(),
        time: None,
    });
    journal.write(records.collect()).await?;
    let (checkpoints, mut identified) = tokio::sync::mpsc::unbounded_channel();
    let mut run = Run::new(stack, plan, scope, session, checkpoints);
    let mut running = FuturesUnordered::new();
    loop {
        while let Some(task) = run.next(running.len() - run.pausing) {
            match task {
                Task::Prepare(step) => running.push(run.prepare(step).map(Ended::Preparation).boxed()),
                Task::CarryOut(group) => {
                    let intentions = run.intentions(&group, state);
                    if run.record(journal, intentions).await {
                        running.push(run.start(group).map(Ended::Group).boxed());
                    }
                }
            }
        }
        if running.is_empty() {
            break;
        }
        tokio::select! {
            biased;
            Some(Identified { address, id, outputs, written }) = identified.recv() => {
                run.identified.insert(address.clone());
                let answer = journal.write(vec![Entry::Identified { address, id, outputs, time: Some(session.time()) }]).await;
                // The step may have been dropped meanwhile; then nobody waits for the answer.
                let _ = written.send(answer);
            }
            Some(ended) = running.next() => match ended {
                Ended::Preparation((step, result)) => run.prepared(*step, result),
                Ended::Group(results) => {
                    let events = run.finish(results);
                    run.record(journal, events).await;
                }
            },
            else => break,
        }
    }
    run.report()
}

/// An id to be written down while its step goes on.
struct Identified {
    address: Address,
    id: String,
    outputs: Map<String, Value>,
    written: tokio::sync::oneshot::Sender<Result<()>>,
}

/// Steps that are carried out together, with their start.
type Group = Vec<Step>;
/// A finished step: the step, when it began, what became of it, and what was applied.
pub(super) type Finished = (Step, Instant, Result<Option<Made>>, Spec);

/// What was under way, and is no more.
enum Ended {
    Preparation((Box<Step>, Result<bool>)),
    Group(Vec<Finished>),
}

struct Run<'r> {
    /// Another one for each run.
    name: String,
    stack: &'r Stack,
    scope: Scope,
    session: &'r Session,
    checkpoints: tokio::sync::mpsc::UnboundedSender<Identified>,
    queue: Queue,
    begun: BTreeMap<Address, Begun>,
    /// How many of the running groups began with a pause: they take no room.
    pausing: usize,
    /// What got an id in this run.
    identified: BTreeSet<Address>,
    /// Why the journal could not be written: then nothing new is begun, and what runs is finished.
    unwritten: Option<Error>,
    /// What was refused for want of a permission: then nothing new is begun, as more of it would be refused.
    refused: Option<Address>,
    known: BTreeMap<Address, Map<String, Value>>,
    report: Report,
    /// What nothing that is told may tell.
    veil: Veil,
}

impl<'r> Run<'r> {
    fn new(
        stack: &'r Stack,
        plan: &Plan,
        scope: Scope,
        session: &'r Session,
        checkpoints: tokio::sync::mpsc::UnboundedSender<Identified>,
    ) -> Self {
        Self {
            name: format!("{:032x}", fastrand::u128(..)),
            stack,
            scope,
            session,
            checkpoints,
            queue: Queue::new(&plan.steps),
            begun: BTreeMap::new(),
            pausing: 0,
            identified: BTreeSet::new(),
            unwritten: None,
            refused: None,
            known: plan.known.clone(),
            report: Report::begun(),
            veil: Veil::over(stack.secrets()),
        }
    }

    /// What to begin next, while there is room for it.
    fn next(&mut self, running: usize) -> Option<Task> {
        let stopped = self.session.cancelled.is_cancelled() || self.unwritten.is_some();
        if stopped || self.refused.is_some() || running >= self.session.parallelism {
            return None;
        }
        self.queue.next()
    }

    /// Writes `events`, and says whether that went well.
    async fn record(&mut self, journal: &Journal<'_>, events: Vec<Entry>) -> bool {
        match journal.write(events).await {
            Ok(()) => true,
            Err(error) => {
                self.unwritten.get_or_insert(error);
                false
            }
        }
    }

    /// What is written before the group begins: from then on it may have happened.
    fn intentions(&self, group: &Group, state: &State) -> Vec<Entry> {
        let mut events = changing(group, state, |step| self.applied(step));
        for step in group {
            let address = step.address.clone();
            match step.action {
                Action::Create => {
                    // A declaration that cannot be resolved fails the step before it sends anything.
                    events.extend(self.applied(step).map(|spec| Entry::CreateStarted {
                        address,
                        spec,
                        record: step.record.clone(),
                        anew: step.existing.is_none(),
                    }));
                }
                Action::Delete | Action::Replace => events.push(Entry::DeleteStarted {
                    address,
                    time: Some(self.session.time()),
                }),
                Action::Update | Action::Adopt | Action::Forget => {}
            }
        }
        events
    }

    /// What the step applies: references resolved, secrets still markers.
    fn applied(&self, step: &Step) -> Result<Spec> {
        let desired = step.desired.clone().unwrap_or_default();
        let spec = desired.resolved(&|reference| self.known(reference));
        if has_unknown(&spec) {
            let message = "something it refers to has no value although it exists";
            return Err(Error::new(ErrorKind::Internal, message).on(&step.address));
        }
        Ok(spec)
    }

    /// The value that `reference` stands for, once it is there.
    fn known(&self, reference: &OutputRef) -> Option<Value> {
        let outputs = self.known.get(&reference.address)?;
        outputs.get(&reference.output).cloned()
    }

    /// Begins the group; the future owns all it needs but the session.
    fn start(&mut self, group: Group) -> impl Future<Output = Vec<Finished>> + use<'r> {
        self.pausing += group.iter().filter(|step| step.pause.is_some()).count();
        let mut prepared = Vec::with_capacity(group.len());
        let mut began = Instant::now();
        for step in group {
            began = began.min(self.tell_start(&step));
            let applied = self.applied(&step);
            let verbs = applied
                .as_ref()
                .map(|spec| self.verbs(&step, spec))
                .unwrap_or_default();
            prepared.push((step, applied, verbs));
        }
        let (session, scope) = (self.session, self.scope.clone());
        let span = span(&prepared);
        async move { traced(carry_out(session, &scope, prepared, began).await) }.instrument(span)
    }

    /// The calls of a step: none for bookkeeping, two for a replacement.
    fn verbs(&self, step: &Step, applied: &Spec) -> Vec<BatchStep> {
        let spec = || reveal(applied, &|name| self.secret(name));
        let create = |partial| Verb::Create {
            spec: spec(),
            partial,
        };
        let replaced = step.existing.as_ref().filter(|_| step.action == Action::Replace);
        let replaced = replaced.map(|was| was.id.clone());
        let verbs = match (step.action, step.existing.clone(), &step.gone_with) {
            (Action::Create, partial, _) => vec![create(partial)],
            (Action::Replace, Some(was), None) => vec![Verb::Delete { was }, create(None)],
            (Action::Replace, ..) => vec![create(None)],
            (Action::Delete, Some(was), None) => vec![Verb::Delete { was }],
            // What is taken over as it is needs no call; what is updated without a change is started again.
            (action @ (Action::Update | Action::Adopt), Some(was), _)
                if action == Action::Update || !step.changes.is_empty() =>
            {
                vec![Verb::Update {
                    was,
                    spec: spec(),
                    changes: step.changes.clone(),
                }]
            }
            _ => Vec::new(),
        };
        verbs
            .into_iter()
            .map(|verb| BatchStep {
                context: self
                    .context(&step.address)
                    .applying(applied.clone())
                    .replacing(replaced.clone())
                    .in_run(&self.name)
                    .prepared(self.begun.get(&step.address).is_some_and(|begun| begun.prepared)),
                verb,
            })
            .collect()
    }

    fn secret(&self, name: &str) -> Option<Value> {
        self.stack
            .secrets()
            .get(name)
            .map(|value| Value::String(value.expose_secret().to_owned()))
    }

    /// Takes in the results of a group, and answers what is written about them.
    fn finish(&mut self, results: Vec<Finished>) -> Vec<Entry> {
        let mut events = Vec::new();
        for (step, began, result, applied) in results {
            self.pausing -= usize::from(step.pause.is_some());
            match result {
                Ok(made) => events.extend(self.done(&step, began, made, applied)),
                Err(error) => {
                    let node = Node::Step(step.address.clone());
                    events.extend(self.failed(step, node, error));
                }
            }
        }
        events
    }

    fn done(&mut self, step: &Step, began: Instant, made: Option<Made>, applied: Spec) -> Option<Entry> {
        let address = step.address.clone();
        self.queue.done(&Node::Step(address.clone()));
        self.report.done.push((address.clone(), step.action));
        let elapsed = began.elapsed();
        (self.session.watcher)(Event::Done {
            address: address.clone(),
            action: step.action,
            elapsed,
        });
        if let Some(engines) = self.session.clouds.given_engines() {
            engines.learn_of(step, made.as_ref());
        }
        match step.action {
            Action::Delete => {
                let time = Some(self.session.time());
                return Some(Entry::Deleted { address, time });
            }
            Action::Forget => {
                let left = step.record.retain;
                return Some(Entry::Forgotten { address, left });
            }
            Action::Create | Action::Update | Action::Replace | Action::Adopt => {}
        }
        let Made { id, outputs } = made.or_else(|| step.existing.as_ref().map(Made::unchanged))?;
        self.known.insert(address.clone(), outputs.clone());
        Some(Entry::Applied {
            address,
            id,
            spec: applied,
            outputs,
            record: step.record.clone(),
            time: Some(self.session.time()),
        })
    }

    /// A create that was refused left nothing behind, and what was refused to be deleted is there: both is written down,
    /// so that nobody has to wait for what reads show.
    fn failed(&mut self, step: Step, node: Node, error: Error) -> Option<Entry> {
        let error = with_untouched(error, &step, &node, &self.queue);
        let error = error.on(&step.address).veiled(&self.veil);
        let (address, action) = (step.address, step.action);
        (self.session.watcher)(Event::Failed {
            address: address.clone(),
            action,
            error: error.clone(),
        });
        let lacks = Some(&address)
            .filter(|_| !error.missing_permissions().is_empty())
            .cloned();
        self.refused = self.refused.take().or(lacks);
        let begun = matches!(node, Node::Step(_));
        self.queue.failed(node);
        let nothing = begun
            && action == Action::Create
            && step.existing.is_none()
            && error.is_without_effect()
            && !self.identified.contains(&address);
        let stays = action == Action::Delete && error.is_answered();
        self.report.failed.push((address.clone(), error));
        match step.existing {
            _ if nothing => Some(Entry::Forgotten { address, left: false }),
            Some(was) if stays => Some(Entry::Identified {
                address,
                id: was.id,
                outputs: was.outputs,
                time: None,
            }),
            _ => None,
        }
    }

    /// The end of the run: what was not begun was skipped.
    fn report(mut self) -> Result<Report> {
        if let Some(error) = self.unwritten {
            return Err(error);
        }
        let interrupted = self.session.cancelled.is_cancelled();
        for (address, cause) in self.queue.left() {
            let because = match (cause, &self.refused) {
                (Some(before), _) if self.report.was_stopped(&before) => format!("{before} was stopped"),
                (Some(failed), _) => format!("{failed} failed"),
                (None, Some(refused)) => format!("a permission is missing for {refused}"),
                (None, None) => "the run was stopped".to_owned(),
            };
            (self.session.watcher)(Event::Skipped {
                address: address.clone(),
                because,
            });
            self.report.skipped.push(address);
        }
        self.report.outcome = match (self.report.failed.is_empty(), self.report.skipped.is_empty()) {
            (true, true) => Outcome::Converged,
            _ if interrupted => Outcome::Interrupted,
            _ => Outcome::Failed,
        };
        Ok(Report {
            outputs: self.known,
            ..self.report
        })
    }
}
