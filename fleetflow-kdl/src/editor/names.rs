//! What a file declares, by name alone: for a command line that is being typed. No schema is read and nothing is judged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fleetflow_core::model::Kind;
use fleetflow_core::{Address, catalog};

use super::beside;
use super::loose::{Loose, Node};
use super::place::unquoted;
use crate::files::{Files, normal};
use crate::load::{DEFAULT_STAGE, called_like};

/// The names in a file and in what it includes, as far as they can be read without variables.
///
/// The text need not parse, and what cannot be read is left out: this is for offers, of which the loader knows better.
///
/// ```
/// use std::path::Path;
/// use fleetflow_kdl::{MemoryFiles, editor::Names};
///
/// let text = "project \"shop\"\nstage \"dev\" {\n    server \"web\"\n}\nstage \"prod\" {";
/// let names = Names::read(Path::new("flow.kdl"), &MemoryFiles::new().with("flow.kdl", text));
/// assert_eq!(names.project.as_deref(), Some("shop"));
/// assert!(names.stages().eq(["dev", "prod"]));
/// assert_eq!(names.addresses(Some("dev")), ["server.web".parse()?]);
/// # Ok::<(), fleetflow_core::model::InvalidName>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The project's: the file's word, or else the name of its folder.
    pub project: Option<String>,
    /// Where the state is kept, where the file says it: a folder, or a URL such as `s3://bucket/prefix`.
    pub state: Option<String>,
    /// What stands in no stage.
    top: Declared,
    stages: Vec<(String, Declared)>,
}

/// What stands in one stage, or in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Declared {
    addresses: BTreeSet<Address>,
    /// Group and service.
    services: BTreeSet<(String, String)>,
}

impl Names {
    /// Reads `main` and its includes.
    pub fn read(main: &Path, files: &dyn Files) -> Self {
        let mut names = Self::default();
        let mut reader = Reader {
            files,
            open: Vec::new(),
        };
        reader.file(&normal(main), &mut names, None);
        names.project = names.project.or_else(|| called_like(main));
        names
    }

    /// The stages, in the order of the file; `default` alone where it has none.
    pub fn stages(&self) -> impl Iterator<Item = &str> {
        let only = self.stages.is_empty().then_some(DEFAULT_STAGE);
        self.stages.iter().map(|(name, _)| name.as_str()).chain(only)
    }

    /// The stage that is meant by `wanted`: the only one, where none is said.
    pub fn stage<'a>(&'a self, wanted: Option<&'a str>) -> Option<&'a str> {
        let mut stages = self.stages();
        let first = stages.next();
        wanted.or_else(|| first.filter(|_| stages.next().is_none()))
    }

    /// What `stage` declares, sorted; what any stage does, where it is not known which is meant. Groups are there that
    /// stand in no stage, as servers bring them into theirs.
    pub fn addresses(&self, stage: Option<&str>) -> Vec<Address> {
        let shared = self.top.addresses.iter();
        let shared = shared.filter(|address| self.stages.is_empty() || address.kind() == "service-group");
        let own = self.of(stage).flat_map(|declared| &declared.addresses);
        let all: BTreeSet<&Address> = shared.chain(own).collect();
        all.into_iter().cloned().collect()
    }

    /// The services of the groups that [`addresses`](Self::addresses) has: group and service, sorted.
    pub fn services(&self, stage: Option<&str>) -> Vec<(String, String)> {
        let own = self.of(stage).flat_map(|declared| &declared.services);
        let all: BTreeSet<_> = self.top.services.iter().chain(own).collect();
        all.into_iter().cloned().collect()
    }

    fn of(&self, stage: Option<&str>) -> impl Iterator<Item = &Declared> {
        let is_meant = move |name: &str| stage.is_none_or(|stage| stage == name);
        let all = self.stages.iter().filter(move |(name, _)| is_meant(name));
        all.map(|(_, declared)| declared)
    }
}

struct Reader<'f> {
    files: &'f dyn Files,
    /// The files that are being read, each included by the one before: none of them is read once more inside.
    open: Vec<PathBuf>,
}

impl Reader<'_> {
    /// Reads the nodes of a file into the stage of this index, or into what stands in none.
    fn file(&mut self, path: &Path, names: &mut Names, stage: Option<usize>) {
        let is_open = self.open.iter().any(|open| open == path);
        let Some(text) = self.files.read(path).ok().filter(|_| !is_open) else {
            return;
        };
        self.open.push(path.to_owned());
        for node in &Loose::read(&text).nodes {
            self.node(&text, node, names, stage);
        }
        self.open.pop();
    }

    fn node(&mut self, text: &str, node: &Node, names: &mut Names, stage: Option<usize>) {
        let Some(name) = argument(text, node) else { return };
        let is_top = stage.is_none();
        match &text[node.name.clone()] {
            "include" => self.include(name, names, stage),
            "project" if is_top => names.project = Some(name.to_owned()),
            "state" if is_top => names.state = Some(name.to_owned()),
            "stage" if is_top => {
                names.stages.push((name.to_owned(), Declared::default()));
                let stage = Some(names.stages.len() - 1);
                for inside in &node.children {
                    self.node(text, inside, names, stage);
                }
            }
            kind => names.declared(stage).add(text, kind, name, node),
        }
    }

    fn include(&mut self, name: &str, names: &mut Names, stage: Option<usize>) {
        if let Some(path) = self.open.last().map(|path| beside(path, name)) {
            self.file(&path, names, stage);
        }
    }
}

impl Names {
    fn declared(&mut self, stage: Option<usize>) -> &mut Declared {
        match stage {
            Some(stage) => &mut self.stages[stage].1,
            None => &mut self.top,
        }
    }
}

impl Declared {
    fn add(&mut self, text: &str, kind: &str, name: &str, node: &Node) {
        const GROUP: &str = "service-group";
        if kind == "service" {
            // Alone it is a group of one.
            self.addresses.insert(Address::new(GROUP, name));
            self.services.insert((name.to_owned(), name.to_owned()));
        } else if catalog::kind(kind).is_some_and(Kind::declarable) {
            self.addresses.insert(Address::new(kind, name));
        }
        if kind == GROUP {
            let services = node
                .children
                .iter()
                .filter(|node| &text[node.name.clone()] == "service");
            let services = services.filter_map(|service| argument(text, service));
            self.services
                .extend(services.map(|service| (name.to_owned(), service.to_owned())));
        }
    }
}

/// The first argument, where it says what is meant: what a variable is part of says nothing.
fn argument<'t>(text: &'t str, node: &Node) -> Option<&'t str> {
    let entry = node.entries.iter().find(|entry| entry.key.is_none())?;
    let name = &text[unquoted(text, &entry.value)];
    let is_plain = !name.is_empty() && !name.contains(['\\', '\n']) && !name.contains("${");
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    fn addresses(names: &Names, stage: Option<&str>) -> String {
        let all: Vec<_> = names.addresses(stage).iter().map(ToString::to_string).collect();
        all.join(" ")
    }

    #[test]
    fn a_stage_has_what_it_names_and_the_groups_of_all() {
        let files = MemoryFiles::new()
            .with(
                "a/flow.kdl",
                "include \"more/shared.kdl\"\nstate \"s3://b/p\"\nserver \"definition\"\n\
                 stage \"dev\" { include \"more/in.kdl\"\n dns \"${var.zone}\"\n server \"web\" { deploy-services \"shop\" } }\n\
                 stage \"prod\" { dns \"example.jp\" { record \"www\" }; service \"lone\" {",
            )
            .with(
                "a/more/shared.kdl",
                "service-group \"shop\" { service \"api\" { image \"x\" }; service \"db\" }\ninclude \"../flow.kdl\"",
            )
            .with("a/more/in.kdl", "r2-bucket \"uploads\"");
        let names = Names::read(Path::new("a/flow.kdl"), &files);
        assert!(names.stages().eq(["dev", "prod"]));
        assert_eq!(
            (names.project.as_deref(), names.state.as_deref()),
            (Some("a"), Some("s3://b/p"))
        );
        assert_eq!(
            addresses(&names, Some("dev")),
            "r2-bucket.uploads server.web service-group.shop"
        );
        assert_eq!(
            addresses(&names, Some("prod")),
            "dns.example.jp service-group.lone service-group.shop"
        );
        let services = names.services(Some("prod"));
        let services: Vec<_> = services
            .iter()
            .map(|(group, name)| format!("{group}/{name}"))
            .collect();
        assert_eq!(services, ["lone/lone", "shop/api", "shop/db"]);
        assert_eq!(names.stage(None), None);
        assert_eq!(names.addresses(None).len(), 5);
    }

    #[test]
    fn a_file_without_stages_is_one_stage() {
        let files = MemoryFiles::new().with("flow.kdl", "server \"web\"\nscale \"web\" min=1\nplan \"x\"");
        let names = Names::read(Path::new("flow.kdl"), &files);
        assert!(names.stages().eq(["default"]));
        assert_eq!(names.stage(None), Some("default"));
        assert_eq!(addresses(&names, None), "scale.web server.web");
    }
}
