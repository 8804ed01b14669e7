//! Output of containers and commands on the wire: frames of eight bytes and data, or raw when there is a terminal.

use axum::body::Body;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Raw bytes, as a terminal gives them.
pub(super) const RAW: &str = "application/vnd.docker.raw-stream";
/// Frames.
pub(super) const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";

/// Where a process wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Pipe {
    Stdout,
    Stderr,
}

/// One line of a container's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LogLine {
    pub(super) at: Timestamp,
    pub(super) pipe: Pipe,
    pub(super) text: String,
}

/// How output goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Everything in one stream, without marks.
    Raw,
    /// Each piece says where it was written.
    Frames,
}

impl Framing {
    /// What a container or command with or without a terminal gets.
    pub(super) fn of(tty: bool) -> Self {
        if tty { Self::Raw } else { Self::Frames }
    }

    /// The content type engines announce.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Raw => RAW,
            Self::Frames => MULTIPLEXED,
        }
    }

    /// One piece of output.
    pub(super) fn encode(self, pipe: Pipe, data: &[u8]) -> Bytes {
        if self == Self::Raw {
            return Bytes::copy_from_slice(data);
        }
        let mut frame = BytesMut::with_capacity(data.len() + 8);
        frame.put_u8(if pipe == Pipe::Stdout { 1 } else { 2 });
        frame.put_bytes(0, 3);
        frame.put_u32(u32::try_from(data.len()).unwrap_or(u32::MAX));
        frame.put_slice(data);
        frame.freeze()
    }
}

/// 101: from here on the connection is the input and output of a container or a command.
pub(super) fn switching(framing: Framing) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(framing.content_type()),
    );
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("tcp"));
    response
}
