//! Where the state is kept: the interface that every store implements.

use futures::future::BoxFuture;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{Event, State};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// A place for the state of one stage.
pub trait Store: Send + Sync {
    /// In words, for messages: `the folder .fleetflow/state/creo/dev`.
    fn describe(&self) -> String;

    /// Everything remembered. What could not be read is named by [`State::damage`].
    fn load(&self) -> BoxFuture<'_, Result<State>>;

    /// The journal as far back as it is kept, oldest first: at least since the snapshot before the last.
    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>>;

    /// Adds events, durable when this returns. Cost does not depend on how many there are already.
    ///
    /// A writer whose lease is over gets an error of kind [`ErrorKind::Locked`], and nothing is written.
    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>>;

    /// Takes the right to write, or says who has it: an error of kind [`ErrorKind::Locked`]. Does not wait; see
    /// [`acquire_within`](super::acquire_within).
    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>>;

    /// Whether `lease` still holds, as far as can be told without asking anybody: for steps that write nothing.
    fn still_held<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>>;

    /// Gives the right to write back.
    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>>;

    /// Takes the right to write away from who has it, and answers who that was.
    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>>;

    /// Goes on from what is whole, and answers what was damaged. What is damaged is set aside, not deleted.
    fn repair<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>>;

    /// The key of this state's fingerprints of secrets, made on first use and kept where only the owner reads it.
    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>>;

    /// The secret that is kept as `name` beside the state, for whoever can read the state on any machine: none where none was
    /// kept, or where nothing is encrypted.
    fn secret<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<SecretString>>> {
        let _ = name;
        Box::pin(async { Ok(None) })
    }

    /// Keeps `secret` as `name` where nothing is kept so yet, and answers what is kept. None where nothing is encrypted: then
    /// nothing is kept.
    fn keep_secret<'a>(
        &'a self,
        name: &'a str,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>>> {
        let _ = (name, secret);
        Box::pin(async { Ok(None) })
    }

    /// Changes the passphrase that opens the state to `to`. What is kept is not written anew: its key is closed with `to`, in one
    /// write that takes effect or does not. Who had the passphrase before and kept a copy of the key has it still.
    ///
    /// An error of kind [`ErrorKind::Unauthorized`] where nothing is encrypted, where the passphrase before is wrong, and where
    /// either is a key and not a passphrase.
    fn change_passphrase(&self, to: SecretString) -> BoxFuture<'_, Result<()>> {
        let _ = to;
        Box::pin(async { Err(not_encrypted(&self.describe())) })
    }
}

/// A store that is shared.
impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    fn describe(&self) -> String {
        (**self).describe()
    }

    fn load(&self) -> BoxFuture<'_, Result<State>> {
        (**self).load()
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<Event>>> {
        (**self).history()
    }

    fn append<'a>(&'a self, lease: &'a Lease, events: Vec<Event>) -> BoxFuture<'a, Result<()>> {
        (**self).append(lease, events)
    }

    fn acquire(&self, holder: Holder) -> BoxFuture<'_, Result<Lease>> {
        (**self).acquire(holder)
    }

    fn still_held<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        (**self).still_held(lease)
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        (**self).release(lease)
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>>> {
        (**self).unlock()
    }

    fn repair<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Vec<String>>> {
        (**self).repair(lease)
    }

    fn fingerprint_key(&self) -> BoxFuture<'_, Result<[u8; 32]>> {
        (**self).fingerprint_key()
    }

    fn secret<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<SecretString>>> {
        (**self).secret(name)
    }

    fn keep_secret<'a>(
        &'a self,
        name: &'a str,
        secret: &'a SecretString,
    ) -> BoxFuture<'a, Result<Option<SecretString>>> {
        (**self).keep_secret(name, secret)
    }

    fn change_passphrase(&self, to: SecretString) -> BoxFuture<'_, Result<()>> {
        (**self).change_passphrase(to)
    }
}

/// Who wants to write, for the message that others get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// User, machine and process, in words.
    pub who: String,
    /// What they do: `up`.
    pub operation: String,
    /// Since when, in RFC 3339. For people: nothing is decided by it.
    pub since: String,
}

/// The right to write. Its number grows with every holder, so that a late write of an earlier one is refused.
#[derive(Debug)]
pub struct Lease {
    /// The fencing number.
    pub number: u64,
    /// What keeps it. Dropped, it is free again, or will be soon.
    pub(super) guard: Guard,
}

/// What a store needs to write under a lease.
#[derive(Debug)]
pub(super) enum Guard {
    Memory,
    Folder(super::folder::Writer),
    Bucket(Box<super::bucket::Writer>),
}

/// A key that nobody can guess.
pub(super) fn random_key() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| {
        Error::new(
            ErrorKind::Local,
            format!("the system gave no random numbers: {error}"),
        )
    })?;
    Ok(key)
}

/// The refusal for who comes second.
pub(super) fn locked(held: &Holder) -> Error {
    Error::new(
        ErrorKind::Locked,
        format!(
            "the state is locked by {} ({} since {})",
            held.who, held.operation, held.since
        ),
    )
    .help("wait for that run to end, or give `--lock-wait 15m`")
}

/// The refusal for a holder whose lease was taken over.
pub(super) fn fenced() -> Error {
    Error::of(
        &codes::TAKEN_OVER,
        "somebody else took over the state; nothing more is written",
    )
    .help("run `flow plan` to see where things are")
}

/// The refusal to change a passphrase where there is none.
pub(super) fn not_encrypted(place: &str) -> Error {
    Error::of(&codes::STATE_KEY, format!("nothing is encrypted in {place}"))
        .help("a state in a bucket can be: `state \"s3://…\" { encrypt env=\"NAME\" }`")
}

/// The refusal for a lease of another store.
pub(super) fn foreign_lease() -> Error {
    Error::new(ErrorKind::Internal, "the lease is one of another store")
}
