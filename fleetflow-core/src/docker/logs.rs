//! What containers log, line by line with the time of each, and several logs as one. Where they run is said elsewhere.

use std::collections::{BTreeMap, VecDeque};

use bollard::query_parameters::LogsOptions;
use bytes::{Bytes, BytesMut};
use futures::future::join_all;
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;

use super::Host;
use super::engines::Engines;
use super::looking_in::{LogRequest, Output, Pipe, explained};
use crate::error::Result;

impl Engines {
    /// What the container `id` on the engine at `host` logs, line by line. Both are outputs of a `container`.
    pub async fn logs(
        &self,
        host: &Host,
        id: &str,
        request: LogRequest,
    ) -> Result<BoxStream<'static, Result<Output>>> {
        let engine = self.engine(host).await?;
        let options = LogsOptions {
            stdout: true,
            stderr: true,
            follow: request.follow,
            // Always: by them the lines of several logs are put in order.
            timestamps: true,
            tail: request
                .tail
                .map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
            // Whole seconds: of the first one, lines may come that are too old.
            since: request
                .since
                .and_then(|since| i32::try_from(since.as_second()).ok())
                .unwrap_or_default(),
            ..LogsOptions::default()
        };
        let pieces = engine.docker().logs(id, Some(options)).boxed();
        let pieces = explained(pieces, engine, "read the container's log");
        let lines = lines(pieces, request.timestamps);
        Ok(match request.since {
            Some(since) => after(lines, since),
            None => lines,
        })
    }
}

/// Several logs as one, in the order in which their lines were written, as far as the clocks of their servers agree. What
/// has no time, as an error, comes when it is its turn in its own log. Each log has to end, and to be in order itself.
///
/// ```
/// use fleetflow_core::docker::in_order;
/// use futures::StreamExt as _;
///
/// # futures::executor::block_on(async {
/// let logs = [["2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"], ["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]];
/// let logs = logs.map(|times| futures::stream::iter(times).boxed());
/// let merged = in_order(logs.into(), |time: &&str| time.parse().ok());
/// let seconds: Vec<_> = merged.map(|time| &time[18..19]).collect().await;
/// assert_eq!(seconds, ["0", "1", "2", "9"]);
/// # });
/// ```
pub fn in_order<T: Send + 'static>(
    logs: Vec<BoxStream<'static, T>>,
    time: fn(&T) -> Option<Timestamp>,
) -> BoxStream<'static, T> {
    let begun = async move {
        // Each is asked at once: one that is slow to begin does not keep the others waiting for their turn to be asked.
        let begun = join_all(logs.into_iter().map(StreamExt::into_future)).await;
        let mut heads = BTreeMap::new();
        for (number, (first, rest)) in begun.into_iter().enumerate() {
            heads.extend(first.map(|first| ((time(&first), number), (first, rest))));
        }
        stream::unfold(heads, move |mut heads| async move {
            let ((_, number), (first, mut rest)) = heads.pop_first()?;
            if let Some(next) = rest.next().await {
                heads.insert((time(&next), number), (next, rest));
            }
            Some((first, heads))
        })
    };
    stream::once(begun).flatten().boxed()
}

/// Without what is known not to be written after `since`.
fn after(lines: BoxStream<'static, Result<Output>>, since: Timestamp) -> BoxStream<'static, Result<Output>> {
    let is_later = move |line: &Result<Output>| {
        let time = line.as_ref().ok().and_then(|line| line.time);
        futures::future::ready(time.is_none_or(|time| since < time))
    };
    lines.filter(is_later).boxed()
}

/// The pieces of a log of which each line begins with its time, as whole lines. Their times stay in the text where they are
/// `shown`.
fn lines(pieces: BoxStream<'static, Result<Output>>, shown: bool) -> BoxStream<'static, Result<Output>> {
    let open = Open {
        pieces,
        shown,
        begun: [BytesMut::new(), BytesMut::new()],
        ready: VecDeque::new(),
    };
    stream::unfold(Some(open), |open| async move {
        let mut open = open?;
        loop {
            if let Some(line) = open.ready.pop_front() {
                return Some((Ok(line), Some(open)));
            }
            match open.pieces.next().await {
                Some(Ok(piece)) => open.take(&piece),
                Some(Err(error)) => return Some((Err(error), Some(open))),
                None => {
                    open.finish();
                    return open.ready.pop_front().map(|line| {
                        let rest = (!open.ready.is_empty()).then_some(open);
                        (Ok(line), rest)
                    });
                }
            }
        }
    })
    .boxed()
}

/// A log that is being read.
struct Open {
    pieces: BoxStream<'static, Result<Output>>,
    shown: bool,
    /// What was begun and has not ended yet, of standard output and of standard error.
    begun: [BytesMut; 2],
    ready: VecDeque<Output>,
}

impl Open {
    fn take(&mut self, piece: &Output) {
        let begun = &mut self.begun[usize::from(piece.pipe == Pipe::Err)];
        // A line of more than 16 KiB comes in parts, and each of them has the time of the line.
        let part = if begun.is_empty() {
            &piece.bytes[..]
        } else {
            stamped(&piece.bytes).1
        };
        begun.extend_from_slice(part);
        while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
            let line = begun.split_to(end + 1).freeze();
            self.ready.push_back(line_of(piece.pipe, line, self.shown));
        }
    }

    /// Hands on lines that never ended.
    fn finish(&mut self) {
        for (pipe, begun) in [Pipe::Out, Pipe::Err].into_iter().zip(&mut self.begun) {
            if !begun.is_empty() {
                let line = begun.split().freeze();
                self.ready.push_back(line_of(pipe, line, self.shown));
            }
        }
    }
}

fn line_of(pipe: Pipe, line: Bytes, shown: bool) -> Output {
    let (time, text) = stamped(&line);
    let bytes = if shown { line.clone() } else { line.slice_ref(text) };
    Output { pipe, bytes, time }
}

/// The time that a line begins with, and the rest of it.
fn stamped(line: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let split = || {
        let end = line.iter().take(40).position(|byte| *byte == b' ')?;
        let time = std::str::from_utf8(&line[..end]).ok()?.parse().ok()?;
        Some((Some(time), &line[end + 1..]))
    };
    split().unwrap_or((None, line))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    fn heard(pieces: &[(Pipe, &'static str)], shown: bool) -> Vec<(Pipe, String, bool)> {
        let pieces = pieces.iter().map(|(pipe, text)| {
            Ok(Output {
                pipe: *pipe,
                bytes: Bytes::from_static(text.as_bytes()),
                time: None,
            })
        });
        let pieces: Vec<_> = pieces.collect();
        let lines: Vec<_> = block_on(lines(stream::iter(pieces).boxed(), shown).collect());
        let lines = lines.into_iter().map(|line| {
            let line = line.unwrap();
            let text = String::from_utf8(line.bytes.to_vec()).unwrap();
            (line.pipe, text, line.time.is_some())
        });
        lines.collect()
    }

    #[test]
    fn pieces_become_lines_with_their_time_and_keep_their_pipes() {
        let pieces = [
            (Pipe::Out, "2026-01-01T00:00:00.000000001Z on"),
            (Pipe::Err, "2026-01-01T00:00:00.000000002Z bad\n"),
            (Pipe::Out, "2026-01-01T00:00:00.000000001Z e\n"),
            (
                Pipe::Out,
                "2026-01-01T00:00:03Z two\n2026-01-01T00:00:04Z three\n2026-01-01T00:00:05Z open",
            ),
        ];
        let line = |pipe, text: &str| (pipe, text.to_owned(), true);
        let told = [
            line(Pipe::Err, "bad\n"),
            line(Pipe::Out, "one\n"),
            line(Pipe::Out, "two\n"),
            line(Pipe::Out, "three\n"),
            line(Pipe::Out, "open"),
        ];
        assert_eq!(heard(&pieces, false), told);
        let shown = heard(&pieces, true);
        assert_eq!(shown[1].1, "2026-01-01T00:00:00.000000001Z one\n");
        assert_eq!(shown.len(), 5);
    }

    #[test]
    fn what_is_not_later_is_left_out_to_the_nanosecond() {
        let piece = |text: &'static str| {
            let bytes = Bytes::from_static(text.as_bytes());
            let (pipe, time) = (Pipe::Out, None);
            Ok(Output { pipe, bytes, time })
        };
        let pieces = [
            piece("2026-01-01T00:00:03.000000001Z old\n"),
            piece("2026-01-01T00:00:03.000000002Z last\n"),
            piece("2026-01-01T00:00:03.000000003Z new\nwithout\n"),
        ];
        let all = lines(stream::iter(pieces).boxed(), false);
        let since = "2026-01-01T00:00:03.000000002Z".parse().unwrap();
        let later: Vec<_> = block_on(after(all, since).map(|line| line.unwrap().bytes).collect());
        assert_eq!(later, ["new\n", "without\n"]);
    }

    #[test]
    fn a_line_without_a_time_is_handed_on_as_it_is() {
        let pieces = [(Pipe::Out, "no time\n"), (Pipe::Err, "\n"), (Pipe::Out, "2026 x")];
        let texts: Vec<_> = heard(&pieces, false);
        let is_untouched = |(line, piece): (&(Pipe, String, bool), &(Pipe, &str))| {
            (line.0, line.1.as_str(), line.2) == (piece.0, piece.1, false)
        };
        assert!(texts.iter().zip(&pieces).all(is_untouched), "{texts:?}");
    }

    #[test]
    fn logs_are_merged_by_time_and_what_has_none_comes_in_its_turn() {
        let at = |second: i64| Some(Timestamp::from_second(second).unwrap());
        let logs = [
            vec![(at(1), "a"), (None, "silent")],
            vec![(at(0), "b"), (at(3), "b")],
            vec![],
            vec![(at(1), "c"), (at(2), "c"), (at(4), "c")],
        ];
        let logs = logs.map(|log| stream::iter(log).boxed());
        let merged = in_order(logs.into(), |(time, _): &(Option<Timestamp>, &str)| *time);
        let names: Vec<_> = block_on(merged.map(|(_, name)| name).collect());
        assert_eq!(names, ["b", "a", "silent", "c", "c", "b", "c"]);
    }
}
