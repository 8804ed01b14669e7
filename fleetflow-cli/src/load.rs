//! Finds and loads the file, with everything that the loader may want to know of the surroundings.

use std::collections::BTreeMap;

use fleetflow_core::{Error, Result, codes};
use fleetflow_kdl::{FolderFiles, LoadOptions, Loaded};
use fleetflow_sandbox::Sandbox;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::project::Project;
use crate::show::failure::mistakes;

/// The project that the command line means.
pub(crate) fn project(invocation: &Invocation) -> Result<Project> {
    Project::find(&invocation.edge.folder, invocation.options.file.as_deref())
}

/// The stage that the user named: as an argument, with `--stage`, or in the environment.
pub(crate) fn wanted_stage<'a>(
    invocation: &'a Invocation,
    argument: Option<&'a str>,
) -> Result<Option<&'a str>> {
    match (argument, invocation.options.stage.as_deref()) {
        (Some(argument), Some(option)) if argument != option => {
            let message = format!("the argument says stage {argument:?}, --stage says {option:?}");
            Err(Error::of(&codes::USAGE, message).help("give only one of them"))
        }
        (argument, option) => Ok(argument
            .or(option)
            .or_else(|| invocation.edge.variable("FLEETFLOW_STAGE"))),
    }
}

/// Loads the stage that the user means as far as a picture of it needs; `argument` is the positional STAGE.
pub(crate) fn drawn(invocation: &Invocation, argument: Option<&str>) -> Result<Loaded, Failure> {
    let options = options(invocation, &project(invocation)?).only_drawn();
    stage(invocation, options, wanted_stage(invocation, argument)?)
}

/// Loads `stage`, or the only one, and says what is probably not meant as it is written.
pub(crate) fn stage(
    invocation: &Invocation,
    options: LoadOptions<'_>,
    stage: Option<&str>,
) -> Result<Loaded, Failure> {
    let options = match stage {
        Some(stage) => options.stage(stage),
        None => options,
    };
    let loaded = fleetflow_kdl::load(&options)?;
    if let Some(warnings) = &loaded.warnings {
        invocation.terminal.say(&mistakes(warnings, invocation.look()));
    }
    Ok(loaded)
}

/// How files are loaded here.
pub(crate) fn options(invocation: &Invocation, project: &Project) -> LoadOptions<'static> {
    // With its folder: a project without a name is called like that.
    let path = invocation.edge.folder.join(&project.file);
    let mut options = LoadOptions::new(path, &FolderFiles)
        .environment(environment(invocation))
        .shown_from(&invocation.edge.folder);
    for variable in &invocation.options.variables {
        options = options.variable(&variable.name, &variable.value);
    }
    if let Some(home) = &invocation.edge.home {
        options = options.home(home);
    }
    options
}

/// What the file may read. With `--sandbox`, the emulated account is what the file gets where it asks for one, even
/// when a real one is set: the emulated clouds know no other.
fn environment(invocation: &Invocation) -> BTreeMap<String, String> {
    let mut environment = invocation.edge.environment.clone();
    if invocation.options.sandbox {
        for name in ["CF_ACCOUNT_ID", "CLOUDFLARE_ACCOUNT_ID"] {
            environment.insert(name.to_owned(), Sandbox::CLOUDFLARE_ACCOUNT.to_owned());
        }
        for name in ["CF_API_TOKEN", "CLOUDFLARE_API_TOKEN"] {
            environment.insert(name.to_owned(), Sandbox::CLOUDFLARE_TOKEN.to_owned());
        }
    }
    environment
}
