//! A running workerd: started, listened to until it is ready, and ended with the sandbox, however that ends. Unix only.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

/// How long workerd may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines of complaints that are kept.
const KEPT: usize = 40;

/// Ends workerd and removes its folder once standard input ends, which it does when the sandbox is gone.
const GUARD: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null &
runtime=$!
exec >/dev/null 2>&1
read -r _ <&3
kill -KILL "$runtime"
wait "$runtime"
rm -rf "$folder"
"#;

/// A running workerd. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    /// The port of each program, by name.
    pub(super) ports: BTreeMap<String, u16>,
    /// Where its configuration is. The guard removes it at the end.
    pub(super) folder: PathBuf,
    guard: Child,
    output: JoinHandle<()>,
    lifeline: Option<ChildStdin>,
}

/// Why it did not start.
#[derive(Debug)]
pub(super) enum Failed {
    /// Programs that are to blame, with what was said about each.
    Programs(BTreeMap<String, String>),
    /// Anything else.
    Other(String),
}

/// What workerd says on its control channel.
#[derive(Deserialize)]
struct Listening {
    event: String,
    socket: String,
    port: u16,
}

impl Process {
    /// Starts workerd on the configuration in a folder, which goes with it, and waits until `sockets` listen.
    pub(super) async fn start(
        program: &Path,
        folder: PathBuf,
        sockets: &[String],
        said: &broadcast::Sender<String>,
    ) -> Result<Self, Failed> {
        let mut guard = guard(program, &folder).map_err(|error| Failed::Other(error.to_string()))?;
        let (ready, mut listening) = mpsc::unbounded_channel();
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let output = guard.stdout.take();
        let said_aloud = said.clone();
        let output = tokio::spawn(async move {
            if let Some(output) = output {
                hear(output, said_aloud, ready).await;
            }
        });
        let heard = guard
            .stderr
            .take()
            .map(|errors| tokio::spawn(note(errors, said.clone(), Arc::clone(&complaints))));
        let mut process = Self {
            ports: BTreeMap::new(),
            lifeline: guard.stdin.take(),
            folder,
            guard,
            output,
        };
        let waiting = async {
            while process.ports.len() < sockets.len() {
                let Some(Listening { socket, port, .. }) = listening.recv().await else {
                    return false;
                };
                process.ports.insert(socket, port);
            }
            true
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(true) => return Ok(process),
            Ok(false) => {}
            Err(_) => return Err(Failed::Other(format!("it did not listen within {PATIENCE:?}"))),
        }
        process.end().await;
        if let Some(heard) = heard {
            let _ = tokio::time::timeout(Duration::from_secs(1), heard).await;
        }
        let complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        Err(blamed(&complaints, sockets))
    }

    /// False once workerd has ended by itself: its standard output has ended then.
    pub(super) fn is_alive(&self) -> bool {
        !self.output.is_finished()
    }

    /// Ends it and waits until it has gone.
    pub(super) async fn end(&mut self) {
        self.lifeline = None;
        if tokio::time::timeout(Duration::from_secs(3), self.guard.wait())
            .await
            .is_err()
        {
            tracing::warn!("workerd does not end");
        }
    }
}

/// In a process group of its own, so that Ctrl-C in a terminal reaches the sandbox alone, which then ends it.
#[cfg(unix)]
fn guard(program: &Path, folder: &Path) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "sh"])
        .arg(folder)
        .arg(program)
        .args(["serve", "--experimental", "--control-fd=1"])
        .arg(folder.join("config.capnp"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

#[cfg(not(unix))]
fn guard(_: &Path, _: &Path) -> io::Result<Child> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "Workers run in the sandbox on Unix only",
    ))
}

/// Ports go to whoever waits for them, everything else is what Workers log.
async fn hear(
    output: impl AsyncRead + Unpin,
    said: broadcast::Sender<String>,
    ready: mpsc::UnboundedSender<Listening>,
) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str::<Listening>(&line) {
            Ok(listening) if listening.event == "listen" => drop(ready.send(listening)),
            _ => drop(said.send(line)),
        }
    }
}

async fn note(
    errors: impl AsyncRead + Unpin,
    said: broadcast::Sender<String>,
    complaints: Arc<Mutex<VecDeque<String>>>,
) {
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line.clone());
        drop(kept);
        drop(said.send(line));
    }
}

/// workerd names the service that a complaint is about, and says more on the lines after.
fn blamed(complaints: &VecDeque<String>, names: &[String]) -> Failed {
    let mut programs: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<&String> = None;
    for line in complaints {
        let of = |name: &&String| line.strip_prefix(&format!("service {name}: ")).is_some();
        if let Some(name) = names.iter().find(of) {
            let reason = &line["service : ".len() + name.len()..];
            programs.entry(name.clone()).or_insert_with(|| reason.to_owned());
            current = Some(name);
        } else if let Some(reason) = current.and_then(|name| programs.get_mut(name)) {
            *reason += " ";
            *reason += line.trim();
        }
    }
    match programs.is_empty() {
        false => Failed::Programs(programs),
        true => Failed::Other(complaints.iter().cloned().collect::<Vec<_>>().join("\n")),
    }
}
