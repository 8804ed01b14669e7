//! The keys by which servers are recognised: trusted on first sight, and from then on only they.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use russh::client::Handler;
use russh::keys::{self, PublicKeyOrCertificate};
use russh::keys::{HashAlg, PublicKey};

use crate::error::{Error, ErrorKind, Result};

/// A memory for the keys of servers, kept by the caller.
///
/// `host` is the server's address, as `192.0.2.1` or `[192.0.2.1]:2222`; a key is one line in OpenSSH's format.
pub trait HostKeys: Send + Sync {
    /// The key of `host`, if it was seen before.
    fn known(&self, host: &str) -> Option<String>;

    /// Remembers the key of a server that was seen for the first time.
    fn learn(&self, host: &str, key: &str) -> Result<()>;

    /// Where they are kept, for people who have to correct them: the path of a file.
    fn kept_in(&self) -> Option<String> {
        None
    }
}

/// Keys that are remembered as long as the process lives.
#[derive(Default)]
pub(super) struct PinnedForThisRun(Mutex<BTreeMap<String, String>>);

impl HostKeys for PinnedForThisRun {
    fn known(&self, host: &str) -> Option<String> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(host).cloned()
    }

    fn learn(&self, host: &str, key: &str) -> Result<()> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(host.to_owned(), key.to_owned());
        Ok(())
    }
}

/// Judges the key that a server shows.
pub(super) struct Judge {
    known: Option<PublicKey>,
    shown: std::sync::Arc<Mutex<Option<PublicKey>>>,
}

/// What a server showed, for after the handshake.
#[derive(Clone, Default)]
pub(super) struct Shown(std::sync::Arc<Mutex<Option<PublicKey>>>);

impl Judge {
    /// A judge that knows the key `known` of `host`, or none yet.
    pub(super) fn new(host: &str, known: Option<&str>) -> Result<(Self, Shown)> {
        let known = known
            .map(|line| {
                PublicKey::from_openssh(line).map_err(|error| {
                    Error::new(
                        ErrorKind::Local,
                        format!("the remembered key of {host} is not one: {error}"),
                    )
                    .help("remove it from the known hosts; the next run learns it anew")
                })
            })
            .transpose()?;
        let shown = Shown::default();
        let judge = Self {
            known,
            shown: shown.0.clone(),
        };
        Ok((judge, shown))
    }
}

impl Shown {
    /// The key, as one line.
    pub(super) fn line(&self) -> Option<String> {
        self.key()?.to_openssh().ok()
    }

    /// The refusal of a server that shows another key than it used to.
    pub(super) fn refusal(&self, host: &str, known: &str, kept_in: Option<&str>) -> Error {
        let print = |key: &PublicKey| key.fingerprint(HashAlg::Sha256).to_string();
        let known =
            PublicKey::from_openssh(known).map_or_else(|_| "another one".to_owned(), |key| print(&key));
        let shown = self.key().map_or_else(|| "none".to_owned(), |key| print(&key));
        Error::new(
            ErrorKind::Unauthorized,
            format!("{host} shows the key {shown}, but it used to have {known}: it may be another machine"),
        )
        .help(format!(
            "if the server was made anew at this address, remove the line that begins with `{host} ` from {}; otherwise \
             find out who answers there",
            kept_in.unwrap_or("the known hosts")
        ))
    }

    fn key(&self) -> Option<PublicKey> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Handler for Judge {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            // Certificates are never asked for, see the list of algorithms.
            return Ok(false);
        };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Ok(self.known.as_ref().is_none_or(|known| same(known, key)))
    }
}

/// Comments do not count.
fn same(one: &keys::PublicKey, other: &keys::PublicKey) -> bool {
    one.key_data() == other.key_data()
}
