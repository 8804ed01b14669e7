//! `import`: takes over what exists already, and makes it as declared. It makes nothing new.

use fleetflow_core::plan::{Action, Plan, Step};
use fleetflow_core::{Address, Error, ErrorKind};

use super::change::{self, Goal};
use crate::arguments::{ChangeArguments, ImportArguments, ScopeArguments, StageArgument};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

pub(super) fn run(invocation: &Invocation, arguments: ImportArguments) -> Result<Exit, Failure> {
    let change = ChangeArguments {
        stage: StageArgument { name: None },
        yes: arguments.yes,
        plan: None,
        scope: ScopeArguments {
            targets: Vec::new(),
            max_disruption: None,
            with_data: false,
            force_delete: false,
            other_account: false,
        },
        confirm_stage: arguments.confirm_stage,
        detail: arguments.detail,
    };
    let adopting = Some((arguments.address, arguments.id));
    change::run(invocation, Goal::Import, &change, adopting)
}

/// An import takes over `address` under `id`, and does nothing else.
pub(super) fn only_taken_over(plan: &Plan, address: &Address, id: &str) -> fleetflow_core::Result<()> {
    let found = |step: &Step| step.existing.as_ref().map(|existing| existing.id.clone());
    let taken = |step: &Step| {
        step.action == Action::Adopt && step.address == *address && found(step).as_deref() == Some(id)
    };
    let Some(step) = plan.steps.iter().find(|step| !taken(step)) else {
        return Ok(());
    };
    let refused = match step.action {
        _ if step.address != *address => (
            ErrorKind::Conflict,
            format!("{address} needs it, and it is not looked after yet"),
            "import it first, or take over both by `flow up`",
        ),
        Action::Adopt => (
            ErrorKind::Conflict,
            format!(
                "it exists already and is ours: its id is {}, not {id}",
                found(step).unwrap_or_default()
            ),
            "`flow up` takes it over by its mark",
        ),
        Action::Create => (
            ErrorKind::NotFound,
            format!("its cloud shows no {} with this id", address.kind()),
            "check the id, the account and the zone",
        ),
        _ => (
            ErrorKind::Conflict,
            "it is looked after already".to_owned(),
            "`flow plan` shows how it differs from the file",
        ),
    };
    let (kind, message, help) = refused;
    Err(Error::new(kind, message).on(&step.address).help(help))
}
