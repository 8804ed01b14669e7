//! The written form of journal and snapshot, the same on every store: lines of JSON that each carry a checksum. Pure.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Event, STATE_FORMAT, State};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// How many hexadecimal digits a checksum has: 64 bits, enough against accidents.
const SUM_LENGTH: usize = 16;

/// One event of the journal: its number, and the number of the lease that it was written under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) serial: u64,
    pub(super) lease: u64,
    pub(super) event: Event,
}

/// The first line of a journal, or of a page of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    fleetflow_state: u32,
    /// Which page it is; 0 where a journal has no pages.
    #[serde(default)]
    pub(super) page: u64,
    /// The lease that it was begun under.
    #[serde(default)]
    pub(super) lease: u64,
    /// How many events there are before it.
    #[serde(default)]
    pub(super) after: u64,
}

/// Everything up to some event, folded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Snapshot {
    fleetflow_state: u32,
    /// The last page that is folded in; 0 where the journal has no pages.
    pub(super) page: u64,
    /// The newest lease that wrote something of it.
    pub(super) lease: u64,
    pub(super) state: State,
}

/// A journal, or a page of one, as far as it is whole.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) header: Header,
    pub(super) records: Vec<Record>,
    /// What is not whole, in words.
    pub(super) damage: Vec<String>,
    /// Where the last whole line ends: what follows was being written during a crash, and did not happen.
    pub(super) whole: usize,
    /// The version of the form that it is written in; 0 where nothing is written.
    pub(super) format: u32,
}

impl Header {
    pub(super) fn new(page: u64, lease: u64, after: u64) -> Self {
        Self {
            fleetflow_state: STATE_FORMAT,
            page,
            lease,
            after,
        }
    }
}

impl Snapshot {
    pub(super) fn new(page: u64, lease: u64, state: State) -> Self {
        Self {
            fleetflow_state: STATE_FORMAT,
            page,
            lease,
            state,
        }
    }

    pub(super) fn encode(&self) -> Result<String> {
        sealed(self)
    }

    /// The snapshot in `bytes`; none when it is damaged.
    pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Option<Self>> {
        let text = String::from_utf8_lossy(bytes);
        known_format(name, &text)?;
        Ok(unsealed(text.trim_end_matches('\n')))
    }
}

/// The text of `header`.
pub(super) fn encode_header(header: &Header) -> Result<String> {
    sealed(header)
}

/// The text of `events`, the first of which is number `serial`.
pub(super) fn encode(events: &[Event], serial: u64, lease: u64) -> Result<String> {
    let line = |(serial, event): (u64, &Event)| {
        sealed(&Record {
            serial,
            lease,
            event: event.clone(),
        })
    };
    (serial..).zip(events).map(line).collect()
}

impl Journal {
    /// What is whole in `bytes`, which `name` names in messages. An error only for a newer format.
    pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<Self> {
        let mut journal = Self::default();
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let Some(first) = lines.next().filter(|line| line.ends_with(b"\n")) else {
            return Ok(journal);
        };
        journal.whole = first.len();
        journal.begin(name, &String::from_utf8_lossy(first))?;
        for (number, line) in lines.enumerate() {
            if !line.ends_with(b"\n") {
                break;
            }
            journal.whole += line.len();
            journal.line(name, number, &String::from_utf8_lossy(line));
        }
        Ok(journal)
    }

    /// The number of the last event in `end`, the end of a journal; none where that cannot be read.
    pub(super) fn last_serial(end: &[u8]) -> Option<u64> {
        let whole = &end[..=end.iter().rposition(|byte| *byte == b'\n')?];
        let line = whole.split_inclusive(|byte| *byte == b'\n').next_back()?;
        let line = std::str::from_utf8(line).ok()?.trim_end_matches('\n');
        unsealed::<Record>(line).map(|record| record.serial)
    }

    fn begin(&mut self, name: &str, line: &str) -> Result<()> {
        self.format = known_format(name, line)?.unwrap_or(STATE_FORMAT);
        let header = match self.format {
            1 => serde_json::from_str(line).ok(),
            _ => unsealed(line.trim_end_matches('\n')),
        };
        match header {
            Some(header) => self.header = header,
            None => self.damage.push(format!("{name} is damaged at line 1")),
        }
        Ok(())
    }

    fn line(&mut self, name: &str, number: usize, line: &str) {
        let line = line.trim_end_matches('\n');
        let record = match self.format {
            // The first format numbered its events by their lines, and had no checksums.
            1 => serde_json::from_str(line).ok().map(|event| Record {
                serial: number as u64 + 1,
                lease: 0,
                event,
            }),
            _ => unsealed(line),
        };
        match record {
            Some(record) => self.records.push(record),
            None => self
                .damage
                .push(format!("{name} is damaged at line {}", number + 2)),
        }
    }
}

impl State {
    /// What is remembered: `snapshot`, and the events after it. What is missing is noted as damage.
    pub(super) fn folded(
        snapshot: Option<Snapshot>,
        records: impl IntoIterator<Item = Record>,
        mut damage: Vec<String>,
    ) -> Self {
        let mut lease = snapshot.as_ref().map_or(0, |snapshot| snapshot.lease);
        let mut state = snapshot.map(|snapshot| snapshot.state).unwrap_or_default();
        state.pack();
        for record in records {
            if record.serial <= state.serial {
                continue;
            }
            if record.serial > state.serial + 1 {
                damage.push(missing(state.serial + 1, record.serial - 1));
            }
            if record.lease < lease {
                damage.push(format!(
                    "event {} was written by a run that no longer held the state",
                    record.serial
                ));
            }
            lease = lease.max(record.lease);
            state.fold(record.event);
            state.serial = record.serial;
        }
        state.damage = damage;
        state
    }

    /// Notes that there were `serial` events, if fewer were found.
    pub(super) fn expecting(mut self, serial: u64) -> Self {
        if serial > self.serial {
            self.damage.push(missing(self.serial + 1, serial));
            self.serial = serial;
        }
        self
    }
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("event {first} is missing")
    } else {
        format!("events {first} to {last} are missing")
    }
}

/// `value`, which is an object, as a line whose first field is the checksum of the rest of the line.
fn sealed(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(value).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("the state could not be encoded: {error}"),
        )
    })?;
    let rest = &json[1..];
    Ok(format!("{{\"sum\":\"{}\",{rest}\n", sum(rest)))
}

/// The value of a line that is as it was written.
fn unsealed<T: DeserializeOwned>(line: &str) -> Option<T> {
    let (found, rest) = line.strip_prefix("{\"sum\":\"")?.split_at_checked(SUM_LENGTH)?;
    let rest = rest.strip_prefix("\",")?;
    if sum(rest) != found {
        return None;
    }
    // The checksum itself is a field that no value knows, and is passed over.
    serde_json::from_str(line).ok()
}

fn sum(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..SUM_LENGTH].to_owned()
}

/// The format that `line` names, if it names one; an error when it is newer than ours.
fn known_format(name: &str, line: &str) -> Result<Option<u32>> {
    let format = serde_json::from_str::<Header>(line)
        .ok()
        .map(|header| header.fleetflow_state);
    match format {
        Some(format) if format > STATE_FORMAT => Err(Error::of(
            &codes::STATE_NEWER,
            format!("{name} has format {format}, this version knows {STATE_FORMAT}"),
        )
        .help("use a newer version of FleetFlow")),
        other => Ok(other),
    }
}
