//! The log of a container, once or as long as it runs.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::stream::{self, Stream};
use http::StatusCode;
use jiff::Timestamp;

use super::find;
use super::row::Container;
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::{Call, Target};
use crate::docker::daemon::Daemon;
use crate::docker::stream::{Framing, LogLine, Pipe};

/// How often a followed log is looked at.
const TICK: Duration = Duration::from_millis(50);

/// Which lines are wanted, and how.
#[derive(Clone, Debug)]
struct Selection {
    pipes: Vec<Pipe>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    tail: Option<usize>,
    stamps: Stamps,
    framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamps {
    Shown,
    Hidden,
}

pub(super) fn logs(call: &Call, name: &str) -> Outcome {
    let (id, framing, lines, seen) = call.daemon(|daemon| {
        let container = find(daemon.engine, name)?;
        let framing = Framing::of(container.config.tty);
        let lines = Selection::read(call, framing)?.encode(container, 0);
        Ok::<_, Failure>((container.id.clone(), framing, lines, container.logs.len()))
    })?;
    let body = if call.flag("follow") {
        let selection = Selection {
            tail: None,
            ..Selection::read(call, framing)?
        };
        Body::from_stream(follow(call.target.clone(), id, selection, lines, seen))
    } else {
        Body::from_stream(stream::iter(lines.into_iter().map(Ok::<_, std::io::Error>)))
    };
    Ok(answer::with_body(StatusCode::OK, framing.content_type(), body))
}

impl Selection {
    fn read(call: &Call, framing: Framing) -> Result<Self, Failure> {
        let wanted = [("stdout", Pipe::Stdout), ("stderr", Pipe::Stderr)];
        let pipes: Vec<Pipe> = wanted
            .into_iter()
            .filter(|(name, _)| call.flag(name))
            .map(|(_, pipe)| pipe)
            .collect();
        if pipes.is_empty() {
            return Err(Failure::bad(
                "Bad parameters: you must choose at least one stream",
            ));
        }
        Ok(Self {
            pipes,
            since: instant(call, "since")?,
            until: instant(call, "until")?,
            tail: call.parameter("tail").and_then(|tail| tail.parse().ok()),
            stamps: if call.flag("timestamps") {
                Stamps::Shown
            } else {
                Stamps::Hidden
            },
            framing,
        })
    }

    /// The wanted lines after the first `seen` ones, ready for the wire.
    fn encode(&self, container: &Container, seen: usize) -> Vec<Bytes> {
        let lines = container.logs.iter().skip(seen).filter(|line| self.wants(line));
        let lines: Vec<&LogLine> = lines.collect();
        let first = self.tail.map_or(0, |tail| lines.len().saturating_sub(tail));
        lines[first..].iter().map(|line| self.encode_line(line)).collect()
    }

    fn wants(&self, line: &LogLine) -> bool {
        self.pipes.contains(&line.pipe)
            && self.since.is_none_or(|since| since <= line.at)
            && self.until.is_none_or(|until| line.at <= until)
    }

    fn encode_line(&self, line: &LogLine) -> Bytes {
        let text = match self.stamps {
            Stamps::Shown => format!("{:.9} {}\n", line.at, line.text),
            Stamps::Hidden => format!("{}\n", line.text),
        };
        self.framing.encode(line.pipe, text.as_bytes())
    }
}

/// Seconds since 1970, with a fraction or without; 0 stands for no limit.
fn instant(call: &Call, name: &str) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = call.parameter(name).filter(|text| *text != "0") else {
        return Ok(None);
    };
    let invalid = || Failure::bad(format!("invalid value for {name:?}: {text:?}"));
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let nanoseconds: i32 = format!("{fraction:0<9}")
        .get(..9)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(invalid)?;
    let seconds = seconds.parse().map_err(|_| invalid())?;
    Timestamp::new(seconds, nanoseconds)
        .map(Some)
        .map_err(|_| invalid())
}

struct Following {
    target: Target,
    id: String,
    selection: Selection,
    ready: VecDeque<Bytes>,
    seen: usize,
}

/// The lines so far, then new ones until the container ends or is removed.
fn follow(
    target: Target,
    id: String,
    selection: Selection,
    ready: Vec<Bytes>,
    seen: usize,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    let state = Following {
        target,
        id,
        selection,
        ready: ready.into(),
        seen,
    };
    stream::unfold(state, |mut state| async move {
        loop {
            if let Some(line) = state.ready.pop_front() {
                return Some((Ok(line), state));
            }
            if !state.look() && state.ready.is_empty() {
                return None;
            }
            if state.ready.is_empty() {
                tokio::time::sleep(TICK).await;
            }
        }
    })
}

impl Following {
    /// Takes in what was written since the last look; false once nothing more will be written.
    fn look(&mut self) -> bool {
        Daemon::open(&self.target.shared, &self.target.engine, |daemon| {
            let Ok(container) = find(daemon.engine, &self.id) else {
                return false;
            };
            self.ready.extend(self.selection.encode(container, self.seen));
            self.seen = container.logs.len();
            container.is_running()
        })
    }
}
