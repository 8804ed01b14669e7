//! Two machines as two processes in network namespaces of their own, with one state on a real S3 service between them: they
//! try at once, one of them dies, is cut off, or has a clock that is wrong and goes backwards.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::services::{installed, store_at};
use super::*;
use crate::error::{Error, ErrorKind};
use crate::state::acquire_within;

/// How many runs each of two machines does, as fast as it can, each against the other.
const RUNS: usize = 100;
/// How many events a run writes, one after another.
const PARTS: usize = 3;
/// After how long without a sign of life a holder is taken over.
const PATIENCE: Duration = Duration::from_secs(3);
const PORT: u16 = 7070;

/// The service in a namespace, and two machines that each have a cable to it.
struct Site {
    name: String,
    service: Option<Running>,
    folder: tempfile::TempDir,
}

/// A process that ends with the test, also with one that fails.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn succeeds(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}

impl Site {
    /// Lays the cables and starts the service; or says why that cannot be done.
    fn start() -> Option<Self> {
        let program = installed("versitygw", "bin/versitygw")?;
        let mut site = Self {
            name: format!("fleetflow-lease-{}", std::process::id()),
            service: None,
            folder: tempfile::tempdir().unwrap(),
        };
        if let Err(why) = site.lay_cables() {
            println!("skipped: two machines with one state: there are no network namespaces: {why}");
            return None;
        }
        let bucket = site.folder.path().join("bucket");
        fs::create_dir_all(bucket.join("states")).unwrap();
        let mut command = site.inside("s", &program);
        command.args(["--access", "test", "--secret", "test-secret", "--port"]);
        command.arg(format!("0.0.0.0:{PORT}")).arg("posix").arg(bucket);
        let service = command.stdout(Stdio::null()).stderr(Stdio::null());
        site.service = Some(Running::start(service));
        let mut probe = site.machine("a", "looks", "nobody");
        probe.stderr(Stdio::null());
        let until = Instant::now() + Duration::from_secs(60);
        while !probe.status().unwrap().success() {
            assert!(Instant::now() < until, "the service did not start");
        }
        Some(site)
    }

    fn lay_cables(&self) -> Result<(), String> {
        for space in ["s", "a", "b"] {
            ip(&["netns", "add", &self.space(space)])?;
        }
        let hub = self.space("s");
        for (machine, number) in [("a", 1), ("b", 2)] {
            let (space, cable) = (self.space(machine), format!("to-{machine}"));
            ip(&[
                "link", "add", &cable, "netns", &hub, "type", "veth", "peer", "name", "eth0", "netns", &space,
            ])?;
            for (space, link, host) in [(&hub, cable.as_str(), 1), (&space, "eth0", 2)] {
                let address = format!("10.77.{number}.{host}/24");
                ip(&["-n", space, "address", "add", &address, "dev", link])?;
                ip(&["-n", space, "link", "set", link, "up"])?;
            }
        }
        Ok(())
    }

    fn space(&self, machine: &str) -> String {
        format!("{}-{machine}", self.name)
    }

    /// Pulls the plug of a machine's cable, or puts it in again.
    fn plug(&self, machine: &str, state: &str) {
        ip(&[
            "-n",
            &self.space("s"),
            "link",
            "set",
            &format!("to-{machine}"),
            state,
        ])
        .unwrap();
    }

    fn inside(&self, machine: &str, program: &FilePath) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/run/netns/{}", self.space(machine)))
            .arg(program);
        command
    }

    /// This program on that machine, where it does as `role` says.
    fn machine(&self, machine: &str, role: &str, who: &str) -> Command {
        let mut command = self.inside(machine, &std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "state::bucket::tests::machines::machine",
                "--ignored",
                "--nocapture",
            ])
            .env("FLEETFLOW_TEST_ENDPOINT", endpoint(machine))
            .env("FLEETFLOW_TEST_ROLE", role)
            .env("FLEETFLOW_TEST_WHO", who)
            .env("FLEETFLOW_TEST_SIGN", self.sign(who))
            .stdout(Stdio::null());
        command
    }

    /// The file in which `who` says how far it came.
    fn sign(&self, who: &str) -> PathBuf {
        self.folder.path().join(who)
    }

    async fn until(&self, who: &str, text: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !fs::read_to_string(self.sign(who)).is_ok_and(|said| said.contains(text)) {
            assert!(Instant::now() < until, "{who} does not say `{text}`");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.service = None;
        for machine in ["a", "b", "s"] {
            drop(ip(&["netns", "delete", &self.space(machine)]));
        }
    }
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let run = Command::new("ip").args(arguments).output();
    let run = run.map_err(|error| error.to_string())?;
    match run.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&run.stderr).into_owned()),
    }
}

fn endpoint(machine: &str) -> String {
    let number = if machine == "a" { 1 } else { 2 };
    format!("http://10.77.{number}.1:{PORT}")
}

/// A clock that is wrong by what a file says, where `faketime` is installed. Only the time of day is: how long something takes
/// is measured by a clock that nobody sets.
fn with_wrong_clock(command: &mut Command, file: &FilePath) -> bool {
    let library = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let library = library
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|file| file.exists());
    let Some(library) = library else {
        println!(
            "skipped: a state between machines of which one has a wrong clock: faketime is not installed"
        );
        return false;
    };
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", file)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    true
}

/// A machine of the test below; by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is started by the test of two machines"]
async fn machine() {
    let [endpoint, role, who, sign] = ["ENDPOINT", "ROLE", "WHO", "SIGN"]
        .map(|name| std::env::var(format!("FLEETFLOW_TEST_{name}")).unwrap_or_default());
    if endpoint.is_empty() {
        return;
    }
    let store = store_at(&endpoint).patience(PATIENCE);
    match role.as_str() {
        "looks" => assert!(damage(&store).await.is_empty()),
        "checks" => check(&store).await,
        "competes" => compete(&store, &who, &sign).await,
        _ => hold(&store, &who, &sign).await,
    }
}

/// Does its runs, each as soon as the other machine lets it.
async fn compete(store: &BucketStore, who: &str, sign: &str) {
    let (mut lost, began) = (0, jiff::Timestamp::now());
    let mut latest = began;
    let mut went_back = false;
    for number in 0..RUNS {
        let lease = loop {
            match store.acquire(holder(who)).await {
                Ok(lease) => break lease,
                Err(refusal) => {
                    assert_eq!(refusal.kind(), ErrorKind::Locked, "{refusal}");
                    let other = if who == "one" { "two" } else { "one" };
                    assert!(refusal.to_string().contains(other), "{refusal}");
                    lost += 1;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        for part in 0..PARTS {
            let event = applied(&format!("{who}-{number}-{part}"));
            store.append(&lease, vec![event]).await.unwrap();
        }
        store.release(lease).await.unwrap();
        let now = jiff::Timestamp::now();
        went_back |= now < latest;
        latest = now;
        fs::write(sign, format!("run {number}.\n")).unwrap();
    }
    fs::write(sign, format!("lost {lost}, clock went back: {went_back}")).unwrap();
}

/// Takes the state, and writes to it until it is lost.
async fn hold(store: &BucketStore, who: &str, sign: &str) {
    let wait = Duration::from_secs(60);
    let lease = acquire_within(store, holder(who), wait, |_| {}).await.unwrap();
    fs::write(sign, "holds").unwrap();
    for number in 0.. {
        let event = applied(&format!("{who}-{number}"));
        let written: Result<(), Error> = store.append(&lease, vec![event]).await;
        if let Err(error) = written.as_ref()
            && error.kind() == ErrorKind::Locked
        {
            fs::write(sign, format!("lost after {number}: {error}")).unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_machines_never_interleave_and_a_dead_or_lost_one_is_taken_over() {
    let Some(site) = Site::start() else { return };
    let began = Instant::now();
    site.two_hundred_runs().await;
    println!(
        "two machines took turns {} times in {:?}",
        2 * RUNS,
        began.elapsed()
    );
    site.killed_and_cut_off().await;
    println!("with a death and a cut cable: {:?}", began.elapsed());
}

impl Site {
    /// The clock of the second machine is four minutes ahead, and then four minutes behind.
    async fn two_hundred_runs(&self) {
        let clock = self.folder.path().join("clock");
        fs::write(&clock, "+240").unwrap();
        let mut one = Running::start(&mut self.machine("a", "competes", "one"));
        let mut two = self.machine("b", "competes", "two");
        let wrong = with_wrong_clock(&mut two, &clock);
        let mut two = Running::start(&mut two);
        self.until("two", &format!("run {}", RUNS / 4)).await;
        fs::write(&clock, "-240").unwrap();
        for (who, machine) in [("one", &mut one), ("two", &mut two)] {
            assert!(machine.succeeds(), "{who}");
            let said = fs::read_to_string(self.sign(who)).unwrap();
            println!("{who}: {said}");
            assert_eq!(
                said.contains("clock went back: true"),
                wrong && who == "two",
                "{said}"
            );
            assert!(!said.contains("lost 0,"), "they never met: {said}");
        }
        assert!(self.machine("a", "checks", "nobody").status().unwrap().success());
    }

    /// Each next one waits for the one before: the first is killed, and the second cut off.
    async fn killed_and_cut_off(&self) {
        let mut first = Running::start(&mut self.machine("a", "holds", "first"));
        self.until("first", "holds").await;
        first.kill();
        let began = Instant::now();
        let mut second = Running::start(&mut self.machine("b", "holds", "second"));
        self.until("second", "holds").await;
        println!("who was killed is taken over after {:?}", began.elapsed());
        assert!(began.elapsed() >= PATIENCE);

        self.plug("b", "down");
        let began = Instant::now();
        let mut third = Running::start(&mut self.machine("a", "holds", "third"));
        self.until("third", "holds").await;
        println!("who was cut off is taken over after {:?}", began.elapsed());
        assert!(began.elapsed() >= PATIENCE);
        self.plug("b", "up");
        self.until("second", "lost after").await;
        assert!(second.succeeds());
        third.kill();
        assert!(self.machine("b", "looks", "nobody").status().unwrap().success());
    }
}

/// That every run is there, and that what is kept of the journal has each run's events one after another.
async fn check(store: &BucketStore) {
    assert!(damage(store).await.is_empty());
    assert_eq!(names(store).await.len(), 2 * RUNS * PARTS);
    let written = store.history().await.unwrap();
    let applied = written.iter().filter_map(|event| match event {
        crate::state::Event::Applied { address, .. } => Some(address.name().to_owned()),
        _ => None,
    });
    let names: Vec<_> = applied.skip_while(|name| !name.ends_with("-0")).collect();
    assert!(names.len() > PARTS, "{names:?}");
    for run in names.chunks(PARTS) {
        let (of, _) = run[0].rsplit_once('-').unwrap();
        let whole = (0..PARTS).map(|part| format!("{of}-{part}"));
        assert!(run.iter().cloned().eq(whole), "{run:?}");
    }
}
