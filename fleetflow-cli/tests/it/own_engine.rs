//! A container engine of a test's own, which may be filled, killed and started again: others share the one that a variable names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::engines::Engine;

/// It ends with its containers when it is dropped.
pub(crate) struct OwnEngine {
    folder: tempfile::TempDir,
    daemon: Child,
}

impl OwnEngine {
    /// Starts one. Its program is there wherever a real engine is.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(folder.path());
        let own = Self { folder, daemon };
        own.wait();
        own
    }

    /// Its address, as variables and files name it.
    pub(crate) fn address(&self) -> String {
        format!("unix://{}", self.path("docker.sock").display())
    }

    pub(crate) fn engine(&self) -> Engine {
        Engine::at(&self.address())
    }

    /// Ends it as a machine that loses its power does; what runs in containers is not told.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    /// Starts it again, with what it had.
    pub(crate) fn revive(&mut self) {
        self.daemon = daemon(self.folder.path());
        self.wait();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wait(&self) {
        let (engine, began) = (self.engine(), Instant::now());
        while !engine.answers() {
            let log = fs::read_to_string(self.path("log")).unwrap();
            assert!(began.elapsed().as_secs() < 60, "dockerd does not answer: {log}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn daemon(folder: &Path) -> Child {
    let place = |name: &str| folder.join(name).display().to_string();
    // One that was killed left it behind.
    drop(fs::remove_file(place("pid")));
    let log = fs::File::options().create(true).append(true).open(place("log"));
    // In a network of its own: one without a bridge removes that of the machine's other engine.
    Command::new("unshare")
        .args(["--net", "dockerd"])
        .args(["--data-root", &place("data"), "--exec-root", &place("exec")])
        .args(["--pidfile", &place("pid")])
        .args(["--bridge", "none", "--iptables=false", "--storage-driver", "vfs"])
        .args(["--host", &format!("unix://{}", place("docker.sock"))])
        .stdout(Stdio::null())
        .stderr(log.unwrap())
        .spawn()
        .unwrap()
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        let engine = self.engine();
        if engine.answers() {
            let left = engine.docker(&["ps", "--all", "--quiet"]);
            for id in left.lines() {
                engine.docker(&["rm", "--force", id]);
            }
        }
        drop(Command::new("kill").arg(self.daemon.id().to_string()).status());
        drop(self.daemon.wait());
    }
}
