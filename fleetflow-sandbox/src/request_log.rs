//! What was asked of the sandbox, in the order it was answered, without secrets. Requests to the sandbox's own control paths are not in it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Cloud, Error};

/// One request and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it arrived, in the sandbox's time.
    pub time: Timestamp,
    /// Which emulated cloud it was for.
    pub cloud: Cloud,
    /// The engine's name, where a request went to a server's Docker Engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, percent-decoded and redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The sandbox's name for this request; SAKURA Cloud's error bodies carry it as `serial`.
    pub request_id: String,
    /// The JSON body, redacted. Bodies of other kinds are described, not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Entry {
    /// True for everything but GET and HEAD.
    pub fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered with this status.
    Status(u16),
    /// The connection was closed without an answer.
    Dropped,
}

/// A copy of the log at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestLog {
    entries: Vec<Entry>,
}

impl RequestLog {
    /// Every request, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The requests that were not GET or HEAD.
    pub fn writes(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_write())
    }

    /// How many requests had this method.
    pub fn count(&self, method: &str) -> usize {
        self.entries.iter().filter(|entry| entry.method == method).count()
    }

    /// How many requests there were.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets the copied entries; the sandbox's own log is cleared with [`Sandbox::clear_log`](crate::Sandbox::clear_log).
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

/// The log of a running sandbox, kept in memory and, beside a world file, in `requests.jsonl`.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    entries: Mutex<Vec<Entry>>,
    file: Option<File>,
}

impl Recorder {
    /// Also appends to `requests.jsonl` in the folder of `world`.
    pub(crate) fn beside(world: &Path) -> Result<Self, Error> {
        let path = world.with_file_name("requests.jsonl");
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Self {
                entries: Mutex::default(),
                file: Some(file),
            }),
            Err(source) => Err(Error::WorldFile {
                action: "open the request log of",
                path,
                source,
            }),
        }
    }

    /// Adds a request. A line that cannot be written is reported, not fatal: the answer is worth more than its trace.
    pub(crate) fn push(&self, entry: Entry) {
        let mut entries = self.entries();
        if let Some(file) = &self.file
            && let Err(error) = append(file, &entry)
        {
            tracing::warn!(%error, "cannot append to the sandbox's request log");
        }
        entries.push(entry);
    }

    /// The log as it is now.
    pub(crate) fn snapshot(&self) -> RequestLog {
        RequestLog {
            entries: self.entries().clone(),
        }
    }

    /// Forgets everything, in the file too.
    pub(crate) fn clear(&self) -> std::io::Result<()> {
        let mut entries = self.entries();
        entries.clear();
        self.file.as_ref().map_or(Ok(()), |file| file.set_len(0))
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn append(mut file: &File, entry: &Entry) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)
}
