//! `graph`: what is declared and what needs what, as a picture or for other programs; with a plan also what it would do.

use fleetflow_core::Error;
use fleetflow_core::plan::Plan;
use fleetflow_kdl::Loaded;
use tokio_util::sync::CancellationToken;

use super::plan::data_guard;
use crate::arguments::{GraphArguments, GraphFormat, ScopeArguments};
use crate::clouds::Purpose;
use crate::documents::graph::GraphDocument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::load;
use crate::runtime::{self, interruptible};
use crate::show::graph::{dot, mermaid, svg};
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &GraphArguments) -> Result<Exit, Failure> {
    let stage = arguments.stage.name.as_deref();
    let graph = match arguments.plan {
        true => {
            let site = Site::load(invocation, stage)?;
            let plan =
                runtime::run(async |cancelled| Box::pin(planned(invocation, &site, &cancelled)).await)?;
            drawn(&site.loaded, Some(&plan))?
        }
        // What it does not draw it does not need.
        false => drawn(&load::drawn(invocation, stage)?, None)?,
    };
    let terminal = invocation.terminal;
    match arguments.format {
        _ if invocation.options.json => terminal.print_json(&graph)?,
        GraphFormat::Json => terminal.print_json(&graph)?,
        GraphFormat::Svg => {
            terminal.print(&svg(&graph))?;
            if terminal.is_read_by_people() {
                terminal.say("This is a picture: `flow graph > graph.svg`, and open that in a browser.\n");
            }
        }
        GraphFormat::Mermaid => terminal.print(&mermaid(&graph))?,
        GraphFormat::Dot => terminal.print(&dot(&graph))?,
    }
    Ok(Exit::Done)
}

fn drawn(loaded: &Loaded, plan: Option<&Plan>) -> Result<GraphDocument, Failure> {
    let relations = loaded.stack.relations();
    let relations = relations.map_err(|problems| Failure::of(loaded, Error::from_problems(problems)))?;
    let names = (loaded.stack.project(), loaded.stack.stage());
    Ok(GraphDocument::new(names, &relations, plan))
}

async fn planned(
    invocation: &Invocation,
    site: &Site,
    cancelled: &CancellationToken,
) -> Result<Plan, Failure> {
    let intent = Intent {
        operation: "plan",
        purpose: Purpose::Look,
        data: data_guard(invocation, &ScopeArguments::default()),
        deletions: fleetflow_core::plan::DeletionGuard::Allow,
        adopting: None,
        moving: false,
    };
    let workplace = Workplace::open(invocation, site, cancelled, intent).await?;
    let plan = interruptible(cancelled, workplace.stack.plan()).await;
    let plan = plan.map_err(|error| site.failed(error));
    workplace.close(plan).await
}
