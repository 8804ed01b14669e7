//! `import`: takes over what exists already, and makes it as declared. It makes nothing new.

use fleetflow_core::plan::{Action, Plan, Step};
use fleetflow_core::{Error, ErrorKind};

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

/// An import makes nothing new.
pub(super) fn only_taken_over(plan: &Plan, id: &str) -> fleetflow_core::Result<()> {
    let taken = |step: &Step| {
        let found = step.existing.as_ref().map(|existing| existing.id.as_str());
        step.action == Action::Adopt && found == Some(id)
    };
    match plan.steps.iter().find(|step| !taken(step)) {
        None => Ok(()),
        Some(step) if step.action == Action::Adopt => {
            let found = step.existing.as_ref().map_or("", |existing| existing.id.as_str());
            let message = format!("it exists already and is ours: its id is {found}, not {id}");
            Err(Error::new(ErrorKind::Conflict, message)
                .on(&step.address)
                .help("`flow up` takes it over by its mark"))
        }
        Some(step) if step.action == Action::Create => {
            let message = format!("its cloud shows no {} with this id", step.address.kind());
            Err(Error::new(ErrorKind::NotFound, message)
                .on(&step.address)
                .help("check the id, the account and the zone"))
        }
        Some(step) => {
            let message = "it is looked after already";
            Err(Error::new(ErrorKind::Conflict, message)
                .on(&step.address)
                .help("`flow plan` shows how it differs from the file"))
        }
    }
}
