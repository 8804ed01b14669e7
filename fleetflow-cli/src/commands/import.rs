//! `import`: takes over what exists already, and makes it as declared. It makes nothing new.

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
        },
        confirm_stage: arguments.confirm_stage,
        detail: arguments.detail,
    };
    let adopting = Some((arguments.address, arguments.id));
    change::run(invocation, Goal::Import, &change, adopting)
}
