//! `plan`: the difference between the file and the clouds, as text, JSON or Markdown. Sends no write to anything.

use std::mem::ManuallyDrop;
use std::time::Instant;

use fleetflow_core::converge::exceeding;
use fleetflow_core::plan::{DataGuard, DeletionGuard, Plan};
use fleetflow_core::{Error, Result, Stack};
use tokio_util::sync::CancellationToken;

use crate::arguments::{Format, PlanArguments, ScopeArguments};
use crate::clouds::Purpose;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime::{self, interruptible};
use crate::saved;
use crate::show::html::html;
use crate::show::markdown::markdown;
use crate::show::plan::{self as show, Detail, dependents};
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &PlanArguments) -> Result<Exit, Failure> {
    // The program ends with it: nobody has to take thousands of declarations apart before.
    let site = ManuallyDrop::new(Site::load(invocation, arguments.stage.name.as_deref())?);
    let site = &site;
    runtime::run(|cancelled| async move {
        // It is large: the caller only holds where it is.
        Box::pin(planned(invocation, site, arguments, &cancelled)).await
    })
}

async fn planned(
    invocation: &Invocation,
    site: &Site,
    arguments: &PlanArguments,
    cancelled: &CancellationToken,
) -> Result<Exit, Failure> {
    let began = Instant::now();
    let intent = Intent {
        operation: "plan",
        purpose: Purpose::Look,
        data: data_guard(invocation, &arguments.scope),
        deletions: deletion_guard(&arguments.scope),
        adopting: None,
        moving: arguments.scope.other_account,
    };
    let workplace = Workplace::open(invocation, site, cancelled, intent).await?;
    let plan = interruptible(cancelled, make(&workplace.stack, arguments)).await;
    let plan = plan.map_err(|error| site.failed(error));
    let requests = workplace.requests();
    let plan = workplace.close(plan).await?;
    if let Some(file) = &arguments.out {
        saved::write(&plan, &invocation.edge.folder.join(file))?;
    }
    let shown = if arguments.destroy {
        show::removal(&plan)
    } else {
        plan
    };
    print(invocation, arguments, &shown, (requests, began))?;
    let changes = arguments.detailed_exitcode && !shown.is_empty();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}

async fn make(stack: &Stack, arguments: &PlanArguments) -> Result<Plan> {
    let plan = if arguments.destroy {
        stack.plan_destroy().await?
    } else {
        stack.plan().await?
    };
    scoped(plan, stack, &arguments.scope)
}

/// The part of `plan` that was asked for, if it disturbs no more than it may.
pub(super) fn scoped(plan: Plan, stack: &Stack, scope: &ScopeArguments) -> Result<Plan> {
    let plan = stack.aim(plan, &scope.targets)?;
    let too_much = scope
        .max_disruption
        .map(|most| exceeding(&plan, most.into()))
        .unwrap_or_default();
    if too_much.is_empty() {
        Ok(plan)
    } else {
        Err(Error::from_problems(too_much))
    }
}

/// Emulated data is worth nothing.
pub(super) fn data_guard(invocation: &Invocation, scope: &ScopeArguments) -> DataGuard {
    if scope.with_data || invocation.options.sandbox {
        DataGuard::Allow
    } else {
        DataGuard::Refuse
    }
}

/// How much may go at once is asked for in the sandbox too: there, it is a rehearsal.
pub(super) fn deletion_guard(scope: &ScopeArguments) -> DeletionGuard {
    if scope.force_delete {
        DeletionGuard::Allow
    } else {
        DeletionGuard::Refuse
    }
}

fn print(
    invocation: &Invocation,
    arguments: &PlanArguments,
    plan: &Plan,
    (requests, began): (u64, Instant),
) -> Result<()> {
    let terminal = invocation.terminal;
    let detail = detail(arguments.detail);
    match arguments.format {
        _ if invocation.options.json => terminal.print_json(plan),
        Format::Json => terminal.print_json(plan),
        Format::Markdown => terminal.print(&markdown(plan, &dependents(plan))),
        Format::Html => terminal.print(&html(plan, &dependents(plan))),
        Format::Text if plan.is_empty() && plan.drift.is_empty() => {
            invocation.terminal.say(&show::notes(plan));
            terminal.show(&nothing(plan, arguments.destroy))
        }
        Format::Text => {
            let text = show::plan(plan, &dependents(plan), detail);
            terminal.show(&(text + &show::reading(requests, began.elapsed())))
        }
    }
}

fn nothing(plan: &Plan, destroy: bool) -> String {
    if destroy {
        show::nothing_left(plan)
    } else {
        show::nothing(plan)
    }
}

pub(super) fn detail(wanted: bool) -> Detail {
    if wanted { Detail::Fields } else { Detail::Lines }
}
