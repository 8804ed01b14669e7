//! The JSON lines of `up` and `down`: one event each, as it happens.

use std::collections::BTreeMap;
use std::time::Duration;

use fleetflow_core::autoscale::Judgement;
use fleetflow_core::converge::{Event, Outcome, Report};
use fleetflow_core::plan::{Action, Plan};
use fleetflow_core::{Address, Error, ErrorKind};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// One line.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventLine {
    /// `fleetflow/event/v1`.
    pub(crate) format: &'static str,
    /// When, in RFC 3339.
    pub(crate) time: String,
    /// What happened.
    #[serde(flatten)]
    pub(crate) happened: Happened,
}

/// What happened.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub(crate) enum Happened {
    /// The plan was made; its steps begin next.
    Planned {
        /// How many steps of each action.
        steps: BTreeMap<Action, usize>,
        /// How many resources are as declared.
        unchanged: usize,
        /// What users shall know.
        notes: Vec<String>,
    },
    /// A step began.
    Started {
        /// The resource.
        address: Address,
        /// What is done.
        action: Action,
    },
    /// A step waits.
    Waiting {
        /// The resource.
        address: Address,
        /// For what.
        what: String,
    },
    /// A step says something that is worth to be kept.
    Noted {
        /// The resource.
        address: Address,
        /// What it says.
        note: String,
    },
    /// A step is done.
    Done {
        /// The resource.
        address: Address,
        /// What was done.
        action: Action,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// A step failed.
    Failed {
        /// The resource.
        address: Address,
        /// What was attempted.
        action: Action,
        /// Why.
        error: ErrorDocument,
    },
    /// A step was not begun.
    Skipped {
        /// The resource.
        address: Address,
        /// Because of what.
        because: String,
    },
    /// The run ended.
    Finished {
        /// `converged`, `failed` or `interrupted`.
        outcome: &'static str,
        /// How long it took.
        elapsed_ms: u64,
        /// How many steps of each action are done.
        done: BTreeMap<Action, usize>,
        /// The steps that failed.
        failed: Vec<Address>,
        /// The steps that were not begun.
        skipped: Vec<Address>,
        /// The outputs of everything that exists.
        outputs: BTreeMap<Address, Map<String, Value>>,
    },
    /// The count of a scaled server was judged: changed, or left as it is.
    Decided(Box<Judgement>),
    /// A loop tries again later than usual.
    Retry {
        /// Why.
        because: String,
        /// How long from now, in seconds.
        seconds: u64,
    },
    /// The command could not do what it should.
    Error {
        /// Why.
        error: ErrorDocument,
    },
}

/// An error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorDocument {
    /// What kind of failure it is.
    pub(crate) kind: String,
    /// The number of that kind, for `flow explain`.
    pub(crate) number: &'static str,
    /// What went wrong.
    pub(crate) message: String,
    /// What was attempted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    /// The provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl EventLine {
    pub(crate) fn new(time: String, happened: Happened) -> Self {
        Self {
            format: "fleetflow/event/v1",
            time,
            happened,
        }
    }
}

impl From<&Event> for Happened {
    fn from(event: &Event) -> Self {
        match event.clone() {
            Event::Started { address, action } => Self::Started { address, action },
            Event::Waiting { address, what } => Self::Waiting { address, what },
            Event::Noted { address, note } => Self::Noted { address, note },
            Event::Done {
                address,
                action,
                elapsed,
            } => Self::Done {
                address,
                action,
                elapsed_ms: millis(elapsed),
            },
            Event::Failed {
                address,
                action,
                error,
            } => Self::Failed {
                address,
                action,
                error: (&error).into(),
            },
            Event::Skipped { address, because } => Self::Skipped { address, because },
        }
    }
}

impl From<&Plan> for Happened {
    fn from(plan: &Plan) -> Self {
        let actions = plan.steps.iter().map(|step| step.action);
        Self::Planned {
            steps: counted(actions),
            unchanged: plan.unchanged,
            notes: plan.notes.clone(),
        }
    }
}

impl From<&Error> for ErrorDocument {
    fn from(error: &Error) -> Self {
        let kind = serde_json::to_value(error.kind()).ok();
        Self {
            kind: kind
                .as_ref()
                .and_then(Value::as_str)
                .unwrap_or("internal")
                .to_owned(),
            number: error.registered().number,
            message: error.message().to_owned(),
            operation: error.operation().map(str::to_owned),
            code: error.provider_code().map(str::to_owned),
            request_id: error.provider_request_id().map(str::to_owned),
            help: error.advice().map(str::to_owned),
        }
    }
}

impl From<&Failure> for ErrorDocument {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Error(error) | Failure::Located(_, error) => error.into(),
            Failure::Mistakes(mistakes) => {
                let told: Vec<_> = mistakes.iter().map(|mistake| mistake.message.clone()).collect();
                (&Error::new(ErrorKind::Invalid, told.join("; "))).into()
            }
        }
    }
}

impl Happened {
    /// The end of a run.
    pub(crate) fn finished(report: &Report, elapsed: Duration) -> Self {
        Self::Finished {
            outcome: match report.outcome {
                Outcome::Converged => "converged",
                Outcome::Failed => "failed",
                Outcome::Interrupted => "interrupted",
            },
            elapsed_ms: millis(elapsed),
            done: counted(report.done.iter().map(|(_, action)| *action)),
            failed: report.failed.iter().map(|(address, _)| address.clone()).collect(),
            skipped: report.skipped.clone(),
            outputs: report.outputs.clone(),
        }
    }
}

fn counted(actions: impl Iterator<Item = Action>) -> BTreeMap<Action, usize> {
    let mut counts = BTreeMap::new();
    for action in actions {
        *counts.entry(action).or_insert(0) += 1;
    }
    counts
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
