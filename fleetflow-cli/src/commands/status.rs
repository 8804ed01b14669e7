//! `status`: what is there now, live, what is not well first. Changes nothing.

use fleetflow_core::plan::{DataGuard, DeletionGuard};
use tokio_util::sync::CancellationToken;

use crate::arguments::StatusArguments;
use crate::clouds::Purpose;
use crate::documents::status::StatusDocument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime::{self, interruptible};
use crate::show::status::status;
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &StatusArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, arguments.stage.name.as_deref())?;
    let read = |cancelled| async move { read(invocation, &site, &cancelled).await };
    let document = runtime::run(read)?;
    if invocation.options.json {
        invocation.terminal.print_json(&document)?;
    } else {
        invocation.terminal.print(&status(&document))?;
    }
    let differs = arguments.detailed_exitcode && document.differs();
    Ok(if differs { Exit::Changes } else { Exit::Done })
}

async fn read(
    invocation: &Invocation,
    site: &Site,
    cancelled: &CancellationToken,
) -> Result<StatusDocument, Failure> {
    let intent = Intent {
        operation: "status",
        purpose: Purpose::Look,
        // Nothing is carried out: what a plan would lose is no reason to show none.
        data: DataGuard::Allow,
        deletions: DeletionGuard::Allow,
        adopting: None,
        moving: false,
    };
    let workplace = Workplace::open(invocation, site, cancelled, intent).await?;
    // A server that does not answer is a line of the status, and no reason to show none.
    let stack = site
        .loaded
        .stack
        .clone()
        .session(workplace.session.clone().bearing_silence());
    let seen = interruptible(cancelled, async {
        let observation = stack.observe().await?;
        // Why there is no plan is what `flow plan` tells.
        let plan = stack.plan_of(&observation).await.ok();
        let (project, stage) = site.names();
        let observation = stack.with_loads(observation).await?;
        let document = StatusDocument::new(project, stage, &observation, plan.as_ref());
        Ok(document.scaled(stack.judgements(&observation).await))
    });
    let seen = seen.await.map_err(|error| site.failed(error));
    workplace.close(seen).await
}
