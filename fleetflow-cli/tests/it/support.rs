//! A project in a folder of its own, the program run in it, and the emulated clouds looked at behind its back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fleetflow_sandbox::{Options, Sandbox};
use serde_json::Value;

/// A folder with a project; its home folder is empty.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

/// How a run ended, and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The run of `words`, which did what was asked.
    pub(crate) fn succeeded(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(0), "flow {words:?}: {self:#?}");
        self
    }
}

impl Project {
    /// A project with this `flow.kdl`.
    pub(crate) fn new(text: &str) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(project.folder.path().join("home")).unwrap();
        fs::create_dir(project.root()).unwrap();
        project.write(text);
        project
    }

    /// The project of the README: the example with all three clouds.
    pub(crate) fn example() -> Self {
        let project = Self::new("");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/creo-memories");
        copy(&example, &project.root());
        project
    }

    /// Puts the examples of the repository into the project, as a clone has them.
    pub(crate) fn with_examples(&self) {
        for example in ["creo-memories", "scaled-shop"] {
            let path = Path::new("examples").join(example);
            copy(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&path),
                &self.root().join(path),
            );
        }
    }

    /// The home folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder of the project.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// Replaces the file.
    pub(crate) fn write(&self, text: &str) {
        fs::write(self.root().join("flow.kdl"), text).unwrap();
    }

    /// Replaces a part of the file, which must be there.
    pub(crate) fn edit(&self, before: &str, after: &str) {
        let file = self.root().join("flow.kdl");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(before), "{before:?} is not in {text}");
        fs::write(file, text.replace(before, after)).unwrap();
    }

    /// The command `flow ARGUMENTS` with nothing of this process's surroundings, and nobody to ask.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flow"));
        command
            .args(arguments)
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env("USER", "tester")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `flow ARGUMENTS`.
    pub(crate) fn flow(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs `flow ARGUMENTS --sandbox`, which must succeed.
    pub(crate) fn sandbox(&self, arguments: &[&str]) -> String {
        let run = self.in_sandbox(arguments);
        assert_eq!(run.code, Some(0), "flow {}: {run:#?}", arguments.join(" "));
        run.out
    }

    /// Runs `flow ARGUMENTS --sandbox`.
    pub(crate) fn in_sandbox(&self, arguments: &[&str]) -> Run {
        self.flow(&[arguments, &["--sandbox"]].concat())
    }

    /// The folder of the emulated world.
    pub(crate) fn world(&self) -> PathBuf {
        self.root().join(".fleetflow/sandbox")
    }

    /// What is in the emulated world now.
    pub(crate) fn inventory(&self) -> Value {
        let world = self.folder.path().join("copy.json");
        fs::copy(self.world().join("world.json"), &world).unwrap();
        let options = Options {
            world: Some(world),
            ..Options::default()
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async { Sandbox::start(options).await.unwrap().inventory() })
    }

    /// The requests of the last command: method and path.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        let log = fs::read_to_string(self.world().join("requests.jsonl")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        log.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|entry| (text(&entry["method"]), text(&entry["path"])))
            .collect()
    }

    /// The writes among them.
    pub(crate) fn writes(&self) -> Vec<(String, String)> {
        let mut requests = self.requests();
        requests.retain(|(method, _)| !matches!(method.as_str(), "GET" | "HEAD"));
        requests
    }

    /// A file of the project.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Every line of a text, as JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Copies a folder without what somebody's runs in it left there: who has tried the README must be able to run the tests.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.ends_with(".fleetflow") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
