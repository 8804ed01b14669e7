//! A loaded stage and where its state is: what every command about a stage begins with.

use std::path::Path;
use std::sync::Arc;

use fleetflow_core::Error;
use fleetflow_core::state::Store;
use fleetflow_kdl::{LoadOptions, Loaded, StateSettings};

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::load;
use crate::place::Place;
use crate::project::Project;
use crate::question::Care;
use crate::show::header::World;

/// A stage of a project on this disk.
pub(crate) struct Site {
    pub(crate) project: Project,
    pub(crate) loaded: Loaded,
    pub(crate) place: Place,
    pub(crate) world: World,
    /// One for all that is done: it remembers how long somebody else has shown no life.
    store: Arc<dyn Store>,
}

impl Site {
    /// Finds and loads the stage that the user means; `argument` is the positional STAGE.
    pub(crate) fn load(invocation: &Invocation, argument: Option<&str>) -> Result<Self, Failure> {
        Self::of(invocation, argument, |options| options)
    }

    /// The same for commands that ask no cloud: they work without the variables that only a cloud would be told.
    pub(crate) fn remembered(invocation: &Invocation, argument: Option<&str>) -> Result<Self, Failure> {
        Self::of(invocation, argument, LoadOptions::without_clouds)
    }

    fn of(
        invocation: &Invocation,
        argument: Option<&str>,
        how: fn(LoadOptions<'static>) -> LoadOptions<'static>,
    ) -> Result<Self, Failure> {
        let project = load::project(invocation)?;
        let wanted = load::wanted_stage(invocation, argument)?;
        let loaded = load::stage(invocation, how(load::options(invocation, &project)), wanted)?;
        let place = place(invocation, &project, &loaded)?;
        // Nothing of value is in the emulated world: it needs no key.
        let settings = match invocation.world() {
            World::Sandbox => StateSettings::default(),
            World::Real => loaded.state.clone(),
        };
        let store = crate::store::open(&invocation.edge, &place, &settings)?;
        Ok(Self {
            store,
            project,
            loaded,
            place,
            world: invocation.world(),
        })
    }

    /// The variable `name`, as the file would read it.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.loaded.variable(name)
    }

    /// The state of the stage.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// What the stage asks for before it is changed.
    pub(crate) fn care(&self) -> Care {
        if self.loaded.protect {
            Care::Protected
        } else {
            Care::Usual
        }
    }

    /// The project's name and the stage's.
    pub(crate) fn names(&self) -> (&str, &str) {
        (self.loaded.stack.project(), self.loaded.stack.stage())
    }

    /// `error` as a failure; problems of declarations are shown at their places in the file.
    pub(crate) fn failed(&self, error: Error) -> Failure {
        Failure::of(&self.loaded, error)
    }
}

fn place(invocation: &Invocation, project: &Project, loaded: &Loaded) -> Result<Place, Error> {
    let (name, stage) = (loaded.stack.project(), loaded.stack.stage());
    if invocation.options.sandbox {
        return Ok(Place::sandbox(project, name, stage));
    }
    let option = invocation.options.state.as_deref();
    // The default stands for the project's root, also where the file lies in `.fleetflow` itself.
    let declared = Some(loaded.state.location.as_str()).filter(|place| *place != "./.fleetflow");
    let file = invocation.edge.folder.join(&project.file);
    let file_folder = file.parent().unwrap_or(Path::new("."));
    Place::new(project, file_folder, (name, stage), option, declared)
}
