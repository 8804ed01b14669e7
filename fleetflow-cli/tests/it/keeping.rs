//! The state where it is kept, in a folder and in a bucket of a real S3 service, with the program: damaged in every way, mended, of
//! another version, encrypted, and shared by two machines. After each of it a plan offers to make nothing anew.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fleetflow_sandbox::{Options, Sandbox, Timings};

use crate::support::{Project, Run};

const UNCHANGED: &str = "No changes. Stage \"dev\" is as declared.\n";

/// A network and two records, each of which can be found again by its mark.
const FILE: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a" } }
STATE
stage "dev" {
    switch "lan"
    dns "example.jp" {
        record "www" type="A" value="192.0.2.1"
        record "api" type="A" value="192.0.2.2"
    }
}
"#;

/// Emulated clouds that several projects work on.
pub(crate) struct Clouds {
    sandbox: Sandbox,
    _runtime: tokio::runtime::Runtime,
}

impl Clouds {
    pub(crate) fn start() -> Self {
        Self::slow(Duration::ZERO)
    }

    /// With so much time in front of each answer.
    pub(crate) fn slow(latency: Duration) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let options = Options {
            timings: Timings::INSTANT,
            latency,
            ..Options::default()
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Self {
            sandbox,
            _runtime: runtime,
        }
    }
}

/// A machine: a project of its own, and variables.
pub(crate) struct Machine<'c> {
    clouds: &'c Clouds,
    pub(crate) project: Project,
    variables: Vec<(&'static str, String)>,
}

impl<'c> Machine<'c> {
    pub(crate) fn new(clouds: &'c Clouds, file: &str, service: Option<&Service>) -> Self {
        let mut variables = clouds.sandbox.environment();
        if let Some(service) = service {
            variables.push(("AWS_ACCESS_KEY_ID", "test".to_owned()));
            variables.push(("AWS_SECRET_ACCESS_KEY", "planted-s3-secret".to_owned()));
            variables.push(("AWS_ENDPOINT_URL", service.endpoint.clone()));
        }
        Self {
            clouds,
            project: Project::new(file),
            variables,
        }
    }

    pub(crate) fn knowing(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The command `flow WORDS` with its variables.
    pub(crate) fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = self.project.command(words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn flow(&self, words: &[&str]) -> Run {
        self.command(words).output().unwrap().into()
    }

    pub(crate) fn succeeds(&self, words: &[&str]) -> Run {
        self.flow(words).succeeded(words)
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.project.file(".fleetflow/keys/shop/dev/deploy_key")
    }
}

/// A real S3 service that keeps what is in a bucket in a folder; it ends with the test.
pub(crate) struct Service {
    process: Child,
    endpoint: String,
    folder: tempfile::TempDir,
}

impl Service {
    /// versitygw, or none with the reason on standard error.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    pub(crate) fn start() -> Option<Self> {
        if std::env::var("FLEETFLOW_TEST_S3").as_deref() != Ok("1") {
            eprintln!(
                "skipped: a state in a bucket: it is only tried with FLEETFLOW_TEST_S3=1 (see scripts/test-services.sh)"
            );
            return None;
        }
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/services/bin/versitygw");
        if !program.exists() {
            eprintln!(
                "skipped: a state in a bucket: versitygw is not installed at {}",
                program.display()
            );
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        // A folder is a bucket there.
        fs::create_dir(folder.path().join("states")).unwrap();
        let mut command = Command::new(program);
        command
            .args(["--access", "test", "--secret", "planted-s3-secret", "--port"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("posix")
            .arg(folder.path());
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let service = Self {
            process,
            endpoint: format!("http://127.0.0.1:{port}"),
            folder,
        };
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the service did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(service)
    }

    /// What is in the bucket of this stage.
    pub(crate) fn stage(&self) -> PathBuf {
        self.folder.path().join("states/team/shop/dev")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The files below `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => all.push(path),
        }
    }
    all.sort();
    all
}

/// What becomes of a file that somebody else wrote to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Damage {
    Corrupt,
    Truncated,
    Empty,
    Gone,
}

/// The pages of a journal: of a folder one, of a bucket one an append.
fn journal(folder: &Path) -> Vec<PathBuf> {
    let is_journal = |file: &PathBuf| {
        file.display().to_string().contains("journal") && file.extension().is_some_and(|end| end == "jsonl")
    };
    files(folder).into_iter().filter(is_journal).collect()
}

fn hurt(file: &Path, damage: Damage) {
    let content = fs::read(file).unwrap();
    let half = content.len() / 2;
    let hurt = match damage {
        Damage::Corrupt => {
            let (before, after) = content.split_at(half);
            [before, &[after[0] ^ 1], &after[1..]].concat()
        }
        Damage::Truncated => content[..half].to_vec(),
        Damage::Empty => Vec::new(),
        Damage::Gone => return fs::remove_file(file).unwrap(),
    };
    // In its place, as a service keeps what it knows of an object beside its content.
    fs::write(file, hurt).unwrap();
}

/// Whatever was done to what is remembered: a plan makes nothing anew and is told of the damage where there is any to be seen; a
/// rebuild finds everything; then nothing is damaged and nothing is to be done.
fn comes_back(machine: &Machine<'_>, what: &str) {
    let before = machine.clouds.sandbox.inventory();
    let plan = machine.flow(&["plan"]);
    assert_eq!(plan.code, Some(0), "{what}: {plan:#?}");
    assert!(
        !plan.out.contains("  create"),
        "{what}: it would be made anew: {plan:#?}"
    );
    let told = format!("{}{}", plan.out, plan.err).contains("flow state rebuild");
    machine.succeeds(&["state", "history"]);
    let rebuilt = machine.succeeds(&["state", "rebuild", "--yes"]);
    assert!(
        !told || rebuilt.out.contains("set aside: "),
        "{what}: {rebuilt:#?}"
    );
    assert!(rebuilt.out.contains(", 0 left."), "{what}: {rebuilt:#?}");
    let after = machine.succeeds(&["plan"]);
    assert_eq!(
        after
            .out
            .lines()
            .next()
            .map(|line| format!("{line}\n"))
            .as_deref(),
        Some(UNCHANGED),
        "{what}: {after:#?}"
    );
    assert!(!after.err.contains("damaged"), "{what}: {after:#?}");
    let list = machine.succeeds(&["state", "list"]);
    assert_eq!(list.out.lines().count(), 3, "{what}: {list:#?}");
    assert_eq!(
        machine.clouds.sandbox.inventory(),
        before,
        "{what}: a cloud was changed"
    );
}

/// Every verb of the state, with its files in `folder`, after every kind of damage.
fn lives_through(machine: &Machine<'_>, folder: &Path, place: &str) {
    machine.succeeds(&["up", "--yes"]);
    for damage in [Damage::Corrupt, Damage::Truncated, Damage::Empty, Damage::Gone] {
        for is_first in [true, false] {
            let pages = journal(folder);
            let file = if is_first { pages.first() } else { pages.last() };
            let file = file.unwrap();
            hurt(file, damage);
            comes_back(machine, &format!("{place}, {damage:?} {}", file.display()));
        }
        // What was set aside, or is the generation before, is not needed for anything.
        for snapshot in files(folder)
            .iter()
            .filter(|file| file.ends_with("snapshot.json"))
        {
            hurt(snapshot, damage);
            comes_back(machine, &format!("{place}, {damage:?} {}", snapshot.display()));
        }
    }
    for file in files(folder).iter().filter(|file| !file.ends_with("lock")) {
        fs::remove_file(file).unwrap();
    }
    comes_back(machine, &format!("{place}, everything is gone"));
    newer(machine, folder, place);
    forgets(machine);
}

/// A state that a newer version wrote is refused by every verb, with what to do, and stays as it is.
fn newer(machine: &Machine<'_>, folder: &Path, place: &str) {
    let is_read = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        name != "lease.json" && !name.contains(".old.")
    };
    let written: Vec<_> = files(folder)
        .into_iter()
        .filter(is_read)
        .filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains("\"fleetflow_state\":")))
        .map(|file| (file.clone(), fs::read_to_string(&file).unwrap()))
        .collect();
    assert!(!written.is_empty());
    let number = regex::Regex::new("\"fleetflow_state\":[0-9]+").unwrap();
    for (file, text) in &written {
        let text = number.replace(text, "\"fleetflow_state\":99");
        fs::write(file, &*text).unwrap();
        for words in [
            &["plan"][..],
            &["up", "--yes"],
            &["state", "list"],
            &["state", "history"],
            &["state", "rebuild", "--yes"],
            &["state", "forget", "switch.lan", "--yes"],
        ] {
            let run = machine.flow(words);
            // The history is of the journal alone, which may be of this version.
            if run.code == Some(0) && words.contains(&"history") {
                continue;
            }
            assert_eq!(
                run.code,
                Some(1),
                "{place}, {words:?}, {}: {run:#?}",
                file.display()
            );
            assert!(
                run.err.contains("newer") && run.err.contains("help: "),
                "{place}, {words:?}: {run:#?}"
            );
            assert_eq!(
                fs::read_to_string(file).unwrap(),
                text,
                "{place}, {words:?}: it was changed"
            );
        }
        fs::write(
            file,
            written
                .iter()
                .find(|(name, _)| name == file)
                .map(|(_, text)| text)
                .unwrap(),
        )
        .unwrap();
    }
    assert!(machine.succeeds(&["plan"]).out.starts_with(UNCHANGED.trim_end()));
}

/// What is forgotten stays in its cloud, and is found by its mark as long as it is declared.
fn forgets(machine: &Machine<'_>) {
    let run = machine.flow(&["state", "forget", "switch.lam", "--yes"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.err.contains("the state knows no switch.lam"), "{run:#?}");
    machine.succeeds(&["state", "forget", "switch.lan", "--yes"]);
    let plan = machine.succeeds(&["plan"]);
    assert!(!plan.out.contains("  create"), "{plan:#?}");
    machine.succeeds(&["up", "--yes"]);
    assert!(machine.succeeds(&["plan"]).out.starts_with(UNCHANGED.trim_end()));
    let nobody = machine.succeeds(&["state", "unlock", "--yes"]);
    assert_eq!(nobody.out, "Nobody has locked the state of shop / dev.\n");
}

#[test]
fn a_damaged_state_in_a_folder_loses_nothing() {
    let clouds = Clouds::start();
    let machine = Machine::new(&clouds, &FILE.replace("STATE", ""), None);
    let folder = machine.project.file(".fleetflow/state/shop/dev");
    lives_through(&machine, &folder, "a folder");
}

#[test]
fn a_damaged_state_in_a_bucket_loses_nothing() {
    let Some(service) = Service::start() else {
        return;
    };
    let clouds = Clouds::start();
    let state = "state \"s3://states/team\"";
    let machine = Machine::new(&clouds, &FILE.replace("STATE", state), Some(&service));
    lives_through(&machine, &service.stage(), "a bucket");
}
