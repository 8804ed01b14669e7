//! What is known of the project that the words typed so far mean: the names in its file, and those in its local state.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{ArgMatches, CommandFactory as _};
use fleetflow_core::Address;
use fleetflow_core::state::{FolderStore, Store as _};
use fleetflow_kdl::FolderFiles;
use fleetflow_kdl::editor::Names;

use crate::arguments::Arguments;
use crate::edge::Edge;
use crate::place::Place;
use crate::project::Project;

/// What is meant by an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Stages,
    /// What the file declares.
    Declared,
    /// What the state has.
    Remembered,
    Services,
    ServicesAndGroups,
    /// Names of one kind.
    Of(&'static str),
}

/// A word that may be typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) word: String,
    /// What it is, where the word does not say so.
    pub(super) meaning: Option<String>,
}

/// The project, as far as it is asked for.
#[derive(Debug)]
pub(super) struct Known {
    folder: PathBuf,
    file: Option<PathBuf>,
    stage: Option<String>,
    /// What `--state` says.
    place: Option<String>,
    sandbox: bool,
    names: OnceLock<Option<(Project, Names)>>,
}

impl Known {
    /// What is meant by `words`, of which the one at `at` is not ready.
    pub(super) fn new(edge: &Edge, words: &[OsString], at: usize) -> Self {
        let ready = words.iter().enumerate().filter(|(index, _)| *index != at);
        let ready = ready.map(|(_, word)| word);
        let parsed = Arguments::command()
            .ignore_errors(true)
            .try_get_matches_from(ready);
        let given = parsed.ok().map(Given::of).unwrap_or_default();
        let stage = given
            .stage
            .or_else(|| edge.variable("FLEETFLOW_STAGE").map(str::to_owned));
        Self {
            folder: edge.folder.clone(),
            file: given.file,
            stage,
            place: given.place,
            sandbox: given.sandbox,
            names: OnceLock::new(),
        }
    }

    pub(super) fn offers(&self, subject: Subject, typed: &str) -> Vec<Offer> {
        let Some((_, names)) = self.project() else {
            return Vec::new();
        };
        let stage = names.stage(self.stage.as_deref());
        match subject {
            Subject::Stages => names.stages().map(plain).collect(),
            Subject::Declared => addresses(&names.addresses(stage)),
            Subject::Remembered => addresses(&self.remembered().unwrap_or_default()),
            Subject::Of(kind) => of_kind(names, stage, kind).map(|name| plain(&name)).collect(),
            Subject::Services => services(names, stage, typed),
            Subject::ServicesAndGroups => {
                let groups = of_kind(names, stage, "service-group");
                let groups = groups.map(|name| meaning(name, "service-group".to_owned()));
                groups.chain(services(names, stage, typed)).collect()
            }
        }
    }

    fn project(&self) -> Option<&(Project, Names)> {
        let read = || {
            let project = Project::find(&self.folder, self.file.as_deref()).ok()?;
            let names = Names::read(&self.folder.join(&project.file), &FolderFiles);
            Some((project, names))
        };
        self.names.get_or_init(read).as_ref()
    }

    /// What the local state has; nothing of a state in a bucket, which is far away and may be locked up.
    fn remembered(&self) -> Option<Vec<Address>> {
        let (project, names) = self.project()?;
        let stage = names.stage(self.stage.as_deref())?;
        let called = (names.project.as_deref()?, stage);
        let place = if self.sandbox {
            Place::sandbox(project, called.0, called.1)
        } else {
            let file = self.folder.join(&project.file);
            let folder = file.parent().unwrap_or(Path::new("."));
            Place::new(
                project,
                folder,
                called,
                self.place.as_deref(),
                declared_place(names),
            )
            .ok()?
        };
        if place.bucket.is_some() {
            return None;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        let state = runtime
            .block_on(FolderStore::new(self.folder.join(place.state)).load())
            .ok()?;
        Some(state.entries().map(|(address, _)| address.clone()).collect())
    }
}

/// What the words say that are ready.
#[derive(Default)]
struct Given {
    file: Option<PathBuf>,
    stage: Option<String>,
    place: Option<String>,
    sandbox: bool,
}

impl Given {
    /// Reads what a command and the commands in it were given.
    fn of(matches: ArgMatches) -> Self {
        let (mut given, mut next) = (Self::default(), Some(matches));
        while let Some(mut matches) = next.take() {
            // An id that this command does not have is no mistake here.
            let mut text = |id: &str| matches.try_remove_one::<String>(id).ok().flatten();
            given.stage = text("stage").or_else(|| text("name")).or(given.stage);
            given.place = text("state").or(given.place);
            given.file = matches
                .try_remove_one::<PathBuf>("file")
                .ok()
                .flatten()
                .or(given.file);
            given.sandbox |= matches.try_remove_one::<bool>("sandbox").ok().flatten() == Some(true);
            next = matches.remove_subcommand().map(|(_, inside)| inside);
        }
        given
    }
}

/// The default stands for the project's root, as it does where a stage is loaded.
fn declared_place(names: &Names) -> Option<&str> {
    names.state.as_deref().filter(|place| *place != "./.fleetflow")
}

fn of_kind<'n>(
    names: &'n Names,
    stage: Option<&str>,
    kind: &'n str,
) -> impl Iterator<Item = String> + use<'n> {
    let all = names.addresses(stage).into_iter();
    all.filter(move |address| address.kind() == kind)
        .map(|address| address.name().to_owned())
}

/// Services by their names; with those of their groups where the name alone may be several, or a group was typed.
fn services(names: &Names, stage: Option<&str>, typed: &str) -> Vec<Offer> {
    let all = names.services(stage);
    let mut counts = BTreeMap::new();
    for (_, service) in &all {
        *counts.entry(service.as_str()).or_insert(0) += 1;
    }
    let offers = all.iter().map(|(group, service)| {
        if typed.contains('/') || counts.get(service.as_str()) != Some(&1) {
            plain(&format!("{group}/{service}"))
        } else {
            meaning(service.clone(), format!("service of {group}"))
        }
    });
    offers.collect()
}

fn addresses(all: &[Address]) -> Vec<Offer> {
    all.iter().map(|address| plain(&address.to_string())).collect()
}

fn plain(word: &str) -> Offer {
    Offer {
        word: word.to_owned(),
        meaning: None,
    }
}

fn meaning(word: String, meaning: String) -> Offer {
    Offer {
        word,
        meaning: Some(meaning),
    }
}
