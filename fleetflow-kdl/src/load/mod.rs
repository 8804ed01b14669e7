//! From a path to a stack: reads the files, sorts their nodes, puts one stage together and has core check it. Every
//! stage of the file is checked on the way, so that all mistakes are told at once.

mod alone;
mod assembly;
mod choice;
mod claims;
mod definitions;
mod elsewhere;
mod flags;
mod grammars;
mod groups;
mod options;
mod outline;
mod places;
pub(crate) mod read;
mod respell;
mod settings;

use std::path::Path;

use fleetflow_core::Stack;
use fleetflow_core::model::Problem;

pub(crate) use flags::with_flags;
pub use options::LoadOptions;
pub(crate) use outline::{DEFAULT_STAGE, IN_STAGE, TOP};
pub use settings::StateSettings;
pub(crate) use settings::{called_like, providers_schema};

use crate::ast::Node;
use crate::catalog::{Catalog, CoreCatalog};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::environment::Environment;
use crate::source::Sources;
use assembly::{Assembly, Stages};
use outline::Outline;
use places::Places;

/// A stage, loaded and checked as far as that needs no cloud.
#[derive(Debug)]
pub struct Loaded {
    /// The stack of the chosen stage.
    pub stack: Stack,
    /// Where its state is kept.
    pub state: StateSettings,
    /// Whether the stage is marked `protect`: it is changed only by those who name it once more.
    pub protect: bool,
    /// The names of all stages of the file.
    pub stages: Vec<String>,
    /// What is probably not meant as it is written.
    pub warnings: Option<Diagnostics>,
    environment: Environment,
    sources: Sources,
    places: Places,
}

impl Loaded {
    /// Problems that were found later (by a plan, for example), at their places in the file.
    pub fn locate(&self, problems: &[Problem]) -> Option<Diagnostics> {
        let found = problems
            .iter()
            .filter_map(|problem| self.places.diagnostic(problem))
            .collect();
        let found = Diagnostics::new(self.sources.clone(), found);
        found.map(|found| found.during(format!("plan stage {:?}", self.stack.stage())))
    }

    /// The variable `name`: of the environment that was handed over, of `.env.STAGE`, or of `.env`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name)
    }

    /// Every file that was read.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }
}

/// All stages of a file, checked; for a check that needs none of them in particular.
#[derive(Debug)]
pub struct Checked {
    /// The names of all stages of the file.
    pub stages: Vec<String>,
    /// What is probably not meant as it is written.
    pub warnings: Option<Diagnostics>,
}

/// Loads one stage. Every mistake of every stage is in the error; a missing environment variable is a mistake only in
/// the chosen stage.
pub fn load(options: &LoadOptions<'_>) -> Result<Loaded, Diagnostics> {
    load_with(options, &CoreCatalog)
}

/// Checks all stages and chooses none.
pub fn check(options: &LoadOptions<'_>) -> Result<Checked, Diagnostics> {
    check_with(options, &CoreCatalog)
}

/// The names of the stages, as a load knows them; `default` alone where the file has no `stage` node.
///
/// # Errors
///
/// A file that cannot be read, or that does not parse: of its stages nobody knows. Other mistakes do not matter here.
pub fn stages(options: &LoadOptions<'_>) -> Result<Vec<String>, Diagnostics> {
    let mut session = Session::default();
    let nodes = session.read(options, &CoreCatalog);
    let Session {
        sources,
        mut found,
        more,
    } = session;
    let outline = Outline::new(&nodes, &CoreCatalog.kinds(), &mut found);
    match Diagnostics::new(sources, found).filter(|_| more) {
        Some(found) => Err(found),
        None => Ok(outline.stage_names()),
    }
}

pub(crate) fn load_with(options: &LoadOptions<'_>, catalog: &dyn Catalog) -> Result<Loaded, Diagnostics> {
    let mut session = Session::default();
    let nodes = session.read(options, catalog);
    let outline = Outline::new(&nodes, &catalog.kinds(), &mut session.found);
    // Of a file that could not be read nobody knows which stages it has.
    let told = !session.more;
    let chosen = choice::choose(&outline, options.stage.as_deref())
        .map_err(|error| session.found.extend(told.then_some(*error)))
        .ok();
    let assemblies = session.assemble(&outline, options, catalog, chosen);
    let stages = outline.stage_names();
    let assembly = chosen.and_then(|chosen| assemblies.into_iter().nth(chosen));
    session.warn_of_empty(assembly.iter());
    let (sources, warnings) = session.finish()?;
    // A stage that could not be chosen or put together is among the errors of `finish`.
    let Some(Assembly {
        stack,
        state,
        protect,
        environment,
        places,
        ..
    }) = assembly
    else {
        return Err(nothing(sources));
    };
    Ok(Loaded {
        // It was checked: what is written in other words is not kept beside what it means.
        stack: stack.canonical().unwrap_or(stack),
        state,
        protect,
        stages,
        warnings,
        environment,
        sources,
        places,
    })
}

pub(crate) fn check_with(options: &LoadOptions<'_>, catalog: &dyn Catalog) -> Result<Checked, Diagnostics> {
    let mut session = Session::default();
    let nodes = session.read(options, catalog);
    let outline = Outline::new(&nodes, &catalog.kinds(), &mut session.found);
    let assemblies = session.assemble(&outline, options, catalog, None);
    session.warn_of_empty(assemblies.iter());
    let stages = outline.stage_names();
    session.finish().map(|(_, warnings)| Checked { stages, warnings })
}

fn nothing(sources: Sources) -> Diagnostics {
    let error = Diagnostic::error("flow::stage", None, "there is no stage to load");
    Diagnostics::one(sources, error)
}

/// What is gathered while a file is loaded.
#[derive(Default)]
struct Session {
    sources: Sources,
    found: Vec<Diagnostic>,
    /// Whether a file could not be read.
    more: bool,
}

impl Session {
    /// The nodes of the file, by the names that they were meant to have.
    fn read(&mut self, options: &LoadOptions<'_>, catalog: &dyn Catalog) -> Vec<Node> {
        let mut read = read::read(options, &mut self.sources, &mut self.found);
        let includes = respell::respell(&mut read.nodes, &catalog.kinds(), &mut self.found);
        self.more = read.more || includes;
        read.nodes
    }

    /// Every stage, put together and checked.
    fn assemble(
        &mut self,
        outline: &Outline<'_>,
        options: &LoadOptions<'_>,
        catalog: &dyn Catalog,
        chosen: Option<usize>,
    ) -> Vec<Assembly> {
        let mut stages = Stages {
            outline,
            options,
            catalog,
            chosen,
            more: self.more,
            sources: &mut self.sources,
            found: &mut self.found,
        };
        stages.assemble()
    }

    fn warn_of_empty<'a>(&mut self, assemblies: impl Iterator<Item = &'a Assembly>) {
        if self.found.iter().any(|told| told.severity == Severity::Error) {
            return;
        }
        let empty = assemblies.filter(|one| one.stack.declarations().is_empty() && one.nameless.is_empty());
        self.found.extend(empty.map(|assembly| {
            let message = format!("the stage `{}` declares nothing", assembly.stack.stage());
            let help = "with this file, `up` removes everything that it made for the stage before";
            Diagnostic::warning("flow::empty", None, message).help(help.to_owned())
        }));
    }

    fn finish(self) -> Result<(Sources, Option<Diagnostics>), Diagnostics> {
        let failed = self
            .found
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error);
        match Diagnostics::new(self.sources.clone(), self.found) {
            Some(diagnostics) if failed => Err(diagnostics),
            warnings => Ok((self.sources, warnings)),
        }
    }
}

/// The folder of the main file.
fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests;
