//! What of a state reads may not show yet, as it was done a short while ago. Pure: it reads no clock, and trusts none.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Entry, State};
use crate::model::Address;

/// How far the clocks of two machines may be apart. What was done may be so much younger than it seems; where it seems
/// older than it is, or to be done in the future, somebody waits in vain, once and not for long.
const SKEW: Duration = Duration::from_mins(10);

/// How long what was deleted is remembered, at least.
const MEMORY: Duration = Duration::from_mins(30);

/// Something that was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Gone {
    /// The id that it had.
    id: String,
    /// When, in RFC 3339.
    time: String,
}

/// The ids that were found at each address.
pub(crate) type Seen<'s> = BTreeMap<&'s Address, Vec<&'s str>>;

/// Why it is not known whether what was read is how things are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// A run began to make it and did not finish.
    Intended,
    /// It was made or changed a short while ago, and cannot be seen.
    Unseen,
    /// It was changed just now, and looks otherwise.
    Older,
    /// Its deletion was begun a short while ago, and it is still to be seen.
    Doomed,
    /// It was deleted a short while ago, and is still to be seen.
    Lingering,
}

/// The time of a look, and how long reads may be stale before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// When, by the clock of who looks, if that tells a time.
    now: Option<Timestamp>,
    /// How old what reads show may be.
    stale: Duration,
}

impl Look {
    /// A look at the time `now`, in RFC 3339.
    pub(crate) fn at(now: &str, stale: Duration) -> Self {
        Self {
            now: read(now),
            stale,
        }
    }

    /// Whether reads may still show how things were before `time`. In doubt they may.
    fn is_fresh(&self, time: &str) -> bool {
        within(read(time), self.now, self.stale + SKEW)
    }

    /// Whether reads may still show how things were before `time`, if both clocks are right.
    fn is_just_now(&self, time: &str) -> bool {
        let time = read(time);
        within(time, self.now, self.stale) && within(self.now, time, self.stale)
    }
}

impl State {
    /// Whether reads show all of it, as nothing was done about it for so long: there is nothing to doubt.
    pub(crate) fn is_settled(&self, look: Look) -> bool {
        let settled = |entry: &Entry| {
            let since = entry.since.as_deref();
            entry.id().is_some() && !since.is_some_and(|since| look.is_fresh(since))
        };
        self.entries.values().all(settled) && !self.gone.values().any(|gone| look.is_fresh(&gone.time))
    }

    /// What `seen` leaves in doubt.
    pub(crate) fn doubts<'s>(
        &'s self,
        look: Look,
        seen: &'s Seen<'s>,
    ) -> impl Iterator<Item = (&'s Address, Doubt)> {
        let remembered = self.entries.iter();
        let there = remembered
            .filter_map(move |(address, entry)| Some((address, entry.doubt(seen.get(address), look)?)));
        let gone = self.gone.iter().filter(move |(address, gone)| {
            let seen = seen
                .get(address)
                .is_some_and(|ids| ids.contains(&gone.id.as_str()));
            seen && look.is_fresh(&gone.time)
        });
        there.chain(gone.map(|(address, _)| (address, Doubt::Lingering)))
    }

    /// Something is gone, and may be seen for a while all the same.
    pub(super) fn bury(&mut self, address: Address, time: Option<String>) {
        if address.kind() == "server" {
            self.scaled.remove(address.name());
        }
        let entry = self.entries.remove(&address);
        let id = entry.and_then(|entry| entry.id().map(str::to_owned));
        if let (Some(id), Some(time)) = (id, time) {
            self.gone.insert(address, Gone { id, time });
        }
    }

    /// A run begins `now`: what was deleted long before is seen by nobody any more.
    pub(super) fn forget_gone(&mut self, now: &str) {
        let now = read(now);
        self.gone.retain(|_, gone| within(read(&gone.time), now, MEMORY));
    }
}

impl Entry {
    /// Whether something was done about it just now. For what does no harm if the clocks are wrong.
    pub(crate) fn is_just_done(&self, look: Look) -> bool {
        self.since.as_deref().is_some_and(|since| look.is_just_now(since))
    }

    fn doubt(&self, seen: Option<&Vec<&str>>, look: Look) -> Option<Doubt> {
        let Some(id) = self.id() else {
            return seen.is_none().then_some(Doubt::Intended);
        };
        let doubt = match seen.is_some_and(|ids| ids.contains(&id)) {
            true if self.doomed => Doubt::Doomed,
            true => return None,
            false => Doubt::Unseen,
        };
        let since = self.since.as_deref()?;
        look.is_fresh(since).then_some(doubt)
    }
}

fn read(time: &str) -> Option<Timestamp> {
    time.parse().ok()
}

/// Whether less than `length` lies between `time` and `now`. What is no time, or lies in the future, may be anything.
fn within(time: Option<Timestamp>, now: Option<Timestamp>, length: Duration) -> bool {
    let (Some(then), Some(now)) = (time, now) else {
        return true;
    };
    now.duration_since(then) < SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}
