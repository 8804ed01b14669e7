//! Installing and running a foreign program with nothing of the user's around it. What it has to do is said elsewhere.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;

use fleetflow_sandbox::{Options, Sandbox, Timings};
use tokio::process::Command;
use tokio::sync::Mutex;

/// One installation at a time: package managers share caches.
static INSTALLING: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// True if foreign clients are wanted.
pub(super) fn wanted(what: &str) -> bool {
    let wanted = std::env::var_os("FLEETFLOW_TEST_CLIENTS").is_some_and(|value| value == "1");
    if !wanted {
        eprintln!("skipped: {what} is not asked without FLEETFLOW_TEST_CLIENTS=1, because that installs it");
    }
    wanted
}

/// Where installations are kept between runs, below the target folder.
pub(super) fn cache(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the steps of an installation unless `program` is there already. Says why, if it cannot be had.
pub(super) async fn install(program: &Path, what: &str, steps: Vec<Command>) -> bool {
    let _turn = INSTALLING.lock().await;
    if program.exists() {
        return true;
    }
    eprintln!("installing {what} to {}", program.display());
    for mut step in steps {
        match step.output().await {
            Ok(done) if done.status.success() => {}
            Ok(done) => {
                let said = String::from_utf8_lossy(&done.stderr);
                let reason = said.lines().rfind(|line| !line.trim().is_empty());
                eprintln!(
                    "skipped: {what} cannot be installed: {}",
                    reason.unwrap_or("no reason given")
                );
                return false;
            }
            Err(error) => {
                eprintln!(
                    "skipped: {what} cannot be installed: {}: {error}",
                    step.as_std().get_program().display()
                );
                return false;
            }
        }
    }
    assert!(
        program.exists(),
        "installing {what} did not make {}",
        program.display()
    );
    true
}

/// A command with these arguments.
pub(super) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command
}

/// A sandbox in which nothing has to be waited for.
pub(super) async fn sandbox() -> Sandbox {
    let options = Options {
        timings: Timings::INSTANT,
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

/// A folder for one test, and programs that see nothing but it and the sandbox.
pub(super) struct Desk {
    pub(super) folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Desk {
    pub(super) fn new(sandbox: &Sandbox) -> Self {
        let environment = sandbox.environment().into_iter();
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }

    /// Another variable, or another value of one.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.into()));
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a program in the folder, which is its home folder too.
    pub(super) async fn run(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut command = command(program, arguments);
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("CI", "1")
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path());
        command.output().await.unwrap()
    }

    /// What a program prints, if it is content.
    pub(super) async fn ask(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> String {
        let done = self.run(program, arguments).await;
        let [output, errors] =
            [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert!(
            done.status.success(),
            "{arguments:?} ended with {}:\n{output}\n{errors}",
            done.status
        );
        output
    }
}
