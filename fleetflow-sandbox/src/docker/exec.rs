//! Commands in running containers: create, start with a raw stream, inspect. Only commands the emulation knows do anything.

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::answer::{self, Failure, Outcome};
use super::call::{Call, Target, null_as_default, words};
use super::container::{self, Environment};
use super::daemon::Daemon;
use super::program::Program;
use super::stream::{Framing, Pipe, switching};

/// A command in a container.
#[derive(Clone, Debug)]
pub(super) struct Exec {
    container: String,
    argv: Vec<String>,
    env: Environment,
    framing: Framing,
    input: Input,
    progress: Progress,
}

/// Whether the command reads what the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Attached,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Created,
    Running,
    Ended(i64),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    #[serde(default, deserialize_with = "words")]
    cmd: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    env: Environment,
    #[serde(default, deserialize_with = "null_as_default")]
    tty: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    attach_stdin: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Mode {
    #[serde(deserialize_with = "null_as_default")]
    detach: bool,
}

/// The requests below `/exec`.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::POST, [id, "start"]) => start(call, id),
        (&Method::POST, [id, "resize"]) => {
            call.daemon(|daemon| find(daemon, id).map(drop))?;
            answer::empty(StatusCode::OK)
        }
        (&Method::GET, [id, "json"]) => call.daemon(|daemon| answer::ok(find(daemon, id)?.describe(id))),
        _ => Err(Failure::no_page()),
    }
}

/// `POST /containers/{name}/exec`
pub(super) fn create(call: &Call, name: &str) -> Outcome {
    let wanted: Wanted = call.json()?;
    let argv = wanted
        .cmd
        .filter(|argv| !argv.is_empty())
        .ok_or_else(|| Failure::bad("No exec command specified"))?;
    call.daemon(|daemon| {
        let container = container::running(daemon.engine, name)?;
        let env = wanted.env.or(&container.config.env);
        let exec = Exec {
            container: container.id.clone(),
            argv,
            env,
            framing: Framing::of(wanted.tty),
            input: if wanted.attach_stdin {
                Input::Attached
            } else {
                Input::Closed
            },
            progress: Progress::Created,
        };
        let id = daemon.fresh_id("exec");
        daemon.engine.execs.insert(id.clone(), exec);
        answer::created(json!({ "Id": id }))
    })
}

fn find<'a>(daemon: &'a Daemon<'_>, id: &str) -> Result<&'a Exec, Failure> {
    let exec = daemon.engine.execs.get(id);
    exec.ok_or_else(|| Failure::not_found(format!("No such exec instance: {id}")))
}

impl Exec {
    /// True for a command in this container.
    pub(super) fn runs_in(&self, container: &str) -> bool {
        self.container == container
    }

    fn describe(&self, id: &str) -> Value {
        let code = if let Progress::Ended(code) = self.progress {
            Some(code)
        } else {
            None
        };
        let (entrypoint, arguments) = self
            .argv
            .split_first()
            .map_or(("", &[][..]), |(first, rest)| (first, rest));
        json!({
            "ID": id,
            "Running": self.progress == Progress::Running,
            "ExitCode": code,
            "ProcessConfig": {
                "tty": self.framing == Framing::Raw,
                "entrypoint": entrypoint,
                "arguments": arguments,
                "privileged": false,
            },
            "OpenStdin": self.input == Input::Attached,
            "OpenStdout": true,
            "OpenStderr": true,
            "CanRemove": false,
            "ContainerID": self.container,
            "DetachKeys": "",
            "Pid": 0,
        })
    }

    /// What it prints and how it ends; a copying command without input has nothing to copy.
    fn result(&self) -> (Bytes, i64) {
        match Program::read(&self.argv, &self.env.0) {
            Program::Ends { output, code } => (self.framing.encode(Pipe::Stdout, output.as_bytes()), code),
            Program::Copies | Program::Sleeps(_) => (Bytes::new(), 0),
            Program::Unknown => (Bytes::from(self.not_found()), 127),
        }
    }

    /// The runtime's own words, which engines send without a frame around them.
    fn not_found(&self) -> String {
        let name = self.argv.first().map(String::as_str).unwrap_or_default();
        format!(
            "OCI runtime exec failed: exec failed: unable to start container process: exec: {name:?}: executable \
             file not found in $PATH: unknown\r\n"
        )
    }

    fn copies_input(&self) -> bool {
        self.input == Input::Attached && Program::read(&self.argv, &self.env.0) == Program::Copies
    }
}

fn start(call: &Call, id: &str) -> Outcome {
    let mode: Mode = call.json_or_default()?;
    let exec = call.daemon(|daemon| begin(daemon, id))?;
    if let Some(upgrade) = call.upgrade.clone().filter(|_| !mode.detach) {
        return Ok(hijack(call, id, exec, upgrade));
    }
    let (output, code) = exec.result();
    end(&call.target, id, code);
    match mode.detach {
        false => Ok(answer::with_body(
            StatusCode::OK,
            exec.framing.content_type(),
            Body::from(output),
        )),
        true if code == 127 => Err(Failure::bad(exec.not_found().trim())),
        true => answer::empty(StatusCode::OK),
    }
}

fn begin(daemon: &mut Daemon<'_>, id: &str) -> Result<Exec, Failure> {
    let exec = find(daemon, id)?;
    container::running(daemon.engine, &exec.container)?;
    if exec.progress != Progress::Created {
        return Err(Failure::conflict(format!(
            "Error: Exec command {id} is already running"
        )));
    }
    let mut exec = exec.clone();
    exec.progress = Progress::Running;
    daemon.engine.execs.insert(id.to_owned(), exec.clone());
    Ok(exec)
}

fn end(target: &Target, id: &str, code: i64) {
    Daemon::open(&target.shared, &target.engine, |daemon| {
        if let Some(exec) = daemon.engine.execs.get_mut(id) {
            exec.progress = Progress::Ended(code);
        }
    });
}

/// 101, and then the connection is the command's input and output.
fn hijack(call: &Call, id: &str, exec: Exec, upgrade: OnUpgrade) -> Response<Body> {
    let response = switching(exec.framing);
    let (target, id) = (call.target.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = converse(&target, &id, &exec, upgrade).await {
            tracing::debug!(%error, exec = %id, "the client left its exec stream");
            end(&target, &id, 137);
        }
    });
    response
}

/// The exit code is known before the stream ends: clients ask for it as soon as they see the end.
async fn converse(target: &Target, id: &str, exec: &Exec, upgrade: OnUpgrade) -> std::io::Result<()> {
    let mut stream = TokioIo::new(upgrade.await.map_err(std::io::Error::other)?);
    if exec.copies_input() {
        copy(exec.framing, &mut stream).await?;
        end(target, id, 0);
    } else {
        let (output, code) = exec.result();
        end(target, id, code);
        stream.write_all(&output).await?;
    }
    stream.shutdown().await
}

async fn copy(framing: Framing, stream: &mut TokioIo<Upgraded>) -> std::io::Result<()> {
    let mut piece = [0; 8192];
    loop {
        let length = stream.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        stream
            .write_all(&framing.encode(Pipe::Stdout, &piece[..length]))
            .await?;
        stream.flush().await?;
    }
}
