//! `validate`: every mistake that can be known without a cloud and without credentials.

use fleetflow_kdl::Diagnostics;

use crate::documents::validation::ValidationDocument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::load;
use crate::project::Project;
use crate::show::failure::mistakes;

pub(super) fn run(invocation: &Invocation, stage: Option<&str>) -> Result<Exit, Failure> {
    let project = load::project(invocation)?;
    let stage = load::wanted_stage(invocation, stage)?;
    let checked = match stage {
        Some(stage) => {
            load_one(invocation, &project, stage).map(|warnings| (vec![stage.to_owned()], warnings))
        }
        None => fleetflow_kdl::check(&load::options(invocation, &project))
            .map(|checked| (checked.stages, checked.warnings)),
    };
    match checked {
        Ok((stages, warnings)) => valid(invocation, &project, &stages, warnings.as_ref()),
        Err(found) => invalid(invocation, &project, found),
    }
}

fn load_one(
    invocation: &Invocation,
    project: &Project,
    stage: &str,
) -> Result<Option<Diagnostics>, Diagnostics> {
    let options = load::options(invocation, project).stage(stage).only_checked();
    fleetflow_kdl::load(&options).map(|loaded| loaded.warnings)
}

fn valid(
    invocation: &Invocation,
    project: &Project,
    stages: &[String],
    warnings: Option<&Diagnostics>,
) -> Result<Exit, Failure> {
    let terminal = invocation.terminal;
    if invocation.options.json {
        terminal.print_json(&ValidationDocument::valid(&project.file, warnings))?;
        return Ok(Exit::Done);
    }
    if let Some(warnings) = warnings {
        terminal.say(&mistakes(warnings, invocation.look()));
    }
    let noun = if stages.len() == 1 { "stage" } else { "stages" };
    let file = project.file.display();
    terminal.show(&format!("{file} is valid ({noun} {}).\n", stages.join(", ")))?;
    Ok(Exit::Done)
}

fn invalid(invocation: &Invocation, project: &Project, found: Diagnostics) -> Result<Exit, Failure> {
    if !invocation.options.json {
        return Err(found.into());
    }
    invocation
        .terminal
        .print_json(&ValidationDocument::invalid(&project.file, &found))?;
    Ok(Exit::Usage)
}
