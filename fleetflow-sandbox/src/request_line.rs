//! Lets request lines through that the HTTP library refuses: SAKURA Cloud's official client sends the JSON of a query
//! as it is (API doc §1.4). The stream is changed only there; bodies are never looked at.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose request targets are percent-encoded where they have to be.
#[derive(Debug)]
pub(crate) struct Tolerant<Stream> {
    stream: Stream,
    /// Read from the stream, not yet understood.
    raw: Vec<u8>,
    /// Ready for the reader.
    ready: Vec<u8>,
    part: Part,
}

/// Where in the sequence of requests the stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// In a request's head.
    Head,
    /// So many bytes of a body are still to come.
    Body(u64),
    /// No more heads are looked for: a body without a known length, or another protocol.
    Rest,
}

/// A head longer than this is handed on as it is, for the HTTP library to refuse.
const LONGEST_HEAD: usize = 256 * 1024;

impl<Stream> Tolerant<Stream> {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            raw: Vec::new(),
            ready: Vec::new(),
            part: Part::Head,
        }
    }

    /// Moves what can be understood from `raw` to `ready`.
    fn digest(&mut self) {
        while !self.raw.is_empty() {
            match self.part {
                Part::Head => {
                    let Some(length) = head_length(&self.raw) else {
                        if self.raw.len() > LONGEST_HEAD {
                            self.part = Part::Rest;
                            continue;
                        }
                        return;
                    };
                    let head: Vec<u8> = self.raw.drain(..length).collect();
                    self.part = rewrite(&head, &mut self.ready);
                }
                Part::Body(0) => self.part = Part::Head,
                Part::Body(left) => {
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(self.raw.len());
                    self.ready.extend(self.raw.drain(..take));
                    self.part = Part::Body(left - take as u64);
                }
                Part::Rest => self.ready.append(&mut self.raw),
            }
        }
    }
}

/// The length of the head at the start of `bytes`, if it is complete.
fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map(|at| at + 4)
}

/// Writes a head with a clean request line, and says what follows it.
fn rewrite(head: &[u8], into: &mut Vec<u8>) -> Part {
    let line_end = head
        .windows(2)
        .position(|window| window == b"\r\n")
        .unwrap_or(head.len());
    let (line, fields) = head.split_at(line_end);
    into.extend(clean_line(line));
    let part = what_follows(fields);
    if part == Part::Rest && !has_field(fields, "upgrade") {
        // The end of this body is not looked for, so no second request may follow it.
        into.extend(b"\r\nConnection: close");
    }
    into.extend(fields);
    part
}

fn what_follows(fields: &[u8]) -> Part {
    if has_field(fields, "transfer-encoding") || has_field(fields, "upgrade") {
        return Part::Rest;
    }
    let length = field(fields, "content-length").and_then(|length| length.parse().ok());
    Part::Body(length.unwrap_or(0))
}

fn has_field(fields: &[u8], name: &str) -> bool {
    field(fields, name).is_some()
}

fn field(fields: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(fields);
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// `METHOD target HTTP/1.1` with a target of which nothing but its own characters is left.
fn clean_line(line: &[u8]) -> Vec<u8> {
    let first = line.iter().position(|byte| *byte == b' ');
    let last = line.iter().rposition(|byte| *byte == b' ');
    let (Some(first), Some(last)) = (first, last) else {
        return line.to_vec();
    };
    if first == last {
        return line.to_vec();
    }
    let mut clean = line[..=first].to_vec();
    for byte in &line[first + 1..last] {
        match byte {
            0..=b' ' | b'"' | b'#' | b'<' | b'>' | b'`' | 0x7f..=0xff => {
                clean.extend(format!("%{byte:02X}").bytes());
            }
            _ => clean.push(*byte),
        }
    }
    clean.extend(&line[last..]);
    clean
}

impl<Stream: AsyncRead + Unpin> AsyncRead for Tolerant<Stream> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.ready.is_empty() {
            let mut space = [0; 16 * 1024];
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                // The end; whatever is left is handed on for the HTTP library to complain about.
                this.ready.append(&mut this.raw);
                break;
            }
            this.raw.extend_from_slice(buffer.filled());
            this.digest();
        }
        let count = this.ready.len().min(into.remaining());
        into.put_slice(&this.ready[..count]);
        this.ready.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl<Stream: AsyncWrite + Unpin> AsyncWrite for Tolerant<Stream> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digested(input: &[u8]) -> String {
        let mut stream = Tolerant::new(());
        // In small pieces, as a network may bring them.
        for piece in input.chunks(3) {
            stream.raw.extend_from_slice(piece);
            stream.digest();
        }
        String::from_utf8(stream.ready).unwrap()
    }

    #[test]
    fn raw_json_is_encoded_in_every_request_of_a_connection() {
        let text = digested(
            b"POST /a HTTP/1.1\r\nContent-Length: 14\r\n\r\nGET /\"x\" HTTP/GET /b?{\"Name\":\"a b\"} HTTP/1.1\r\n\r\n",
        );
        assert_eq!(
            text,
            "POST /a HTTP/1.1\r\nContent-Length: 14\r\n\r\nGET /\"x\" HTTP/GET /b?{%22Name%22:%22a%20b%22} HTTP/1.1\r\n\r\n"
        );
    }

    #[test]
    fn an_unmeasured_body_is_the_last_of_its_connection() {
        let text = digested(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\"\r\n0\r\n\r\n");
        assert!(text.starts_with("POST /a HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding"));
        assert!(text.ends_with("1\r\n\"\r\n0\r\n\r\n"));
    }
}
