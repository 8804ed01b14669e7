//! `rollback`: what ran before the last release of a service-group comes back. The file stays what it is.

use super::change::{self, Goal};
use crate::arguments::{ChangeArguments, RollbackArguments, ScopeArguments, StageArgument};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;

pub(super) fn run(invocation: &Invocation, arguments: &RollbackArguments) -> Result<Exit, Failure> {
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
        confirm_stage: arguments.confirm_stage.clone(),
        detail: arguments.detail,
    };
    change::run(invocation, Goal::RollBack(&arguments.group), &change, None)
}
