//! Where the state is kept: the interface that every store implements.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Event, State};
use crate::error::Result;

/// A place for the state of one stage.
pub trait Store: Send + Sync {
    /// In words, for messages: `the folder .fleetflow/state/creo/dev`.
    fn describe(&self) -> String;

    /// Everything remembered.
    fn load(&self) -> BoxFuture<'_, Result<State>>;

    /// The journal so far, oldest first.
    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>>;

    /// Adds events, durable when this returns. Cost does not depend on how many there are already.
    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>>;

    /// Takes the right to write, or says who has it.
    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>>;

    /// Gives the right to write back.
    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>>;

    /// The key of this state's fingerprints of secrets, made on first use and kept where only the owner reads it.
    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>>;
}

/// Who wants to write, for the message that others get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// User, machine and process, in words.
    pub who: String,
    /// What they do: `up`.
    pub operation: String,
    /// Since when, in RFC 3339.
    pub since: String,
}

/// The right to write. Its number grows with every holder, so that a late write of an earlier one is refused.
#[derive(Debug)]
pub struct Lease {
    /// The fencing number.
    pub number: u64,
    /// What keeps it: a locked file, for the folder store. Dropped, it is free again.
    pub(super) guard: Option<std::fs::File>,
}

/// A key that nobody can guess.
pub(super) fn random_key() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| {
        crate::Error::new(
            crate::ErrorKind::Local,
            format!("the system gave no random numbers: {error}"),
        )
    })?;
    Ok(key)
}
