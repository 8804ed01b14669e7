//! The keys by which servers are recognised: trusted on first sight, and from then on only they.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use russh::client::{Config, Handler};
use russh::keys::known_hosts::known_host_keys_path;
use russh::keys::{Algorithm, HashAlg, PublicKey, PublicKeyOrCertificate};

use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// A memory for the keys of servers, kept by the caller.
///
/// `server` is `server-ID` for a server of the stage, with the id that its cloud gave it: one that is made anew has another
/// id, and its key is no surprise. Everything else, such as a jump host, is named by its address: `192.0.2.1`, or
/// `[192.0.2.1]:2222`. A key is one line in OpenSSH's format.
pub trait HostKeys: Send + Sync {
    /// The key of `server`, if it was seen before.
    fn known(&self, server: &str) -> Option<String>;

    /// Remembers the key of a server that was seen for the first time.
    fn learn(&self, server: &str, key: &str) -> Result<()>;

    /// Forgets the key of a server that is gone.
    fn forget(&self, server: &str) -> Result<()>;

    /// Where they are kept, for people who have to correct them: the path of a file.
    fn kept_in(&self) -> Option<String> {
        None
    }
}

/// Keys that are remembered as long as the process lives.
#[derive(Default)]
pub(super) struct PinnedForThisRun(Mutex<BTreeMap<String, String>>);

impl PinnedForThisRun {
    fn keys(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostKeys for PinnedForThisRun {
    fn known(&self, server: &str) -> Option<String> {
        self.keys().get(server).cloned()
    }

    fn learn(&self, server: &str, key: &str) -> Result<()> {
        self.keys().insert(server.to_owned(), key.to_owned());
        Ok(())
    }

    fn forget(&self, server: &str) -> Result<()> {
        self.keys().remove(server);
        Ok(())
    }
}

/// The keys that a server may show, and where they are written down.
#[derive(Default)]
pub(super) struct Known {
    keys: Vec<PublicKey>,
    /// What to do about them if the server rightly shows another one.
    remedy: String,
}

impl Known {
    /// The key that was learned of `server`; for one that is not of the stage, then those of OpenSSH's own `files` under
    /// `host` and `port`.
    pub(super) fn of(
        server: &str,
        memory: &dyn HostKeys,
        (host, port): (&str, u16),
        files: &[PathBuf],
    ) -> Result<Self> {
        if let Some(line) = memory.known(server) {
            return Self::learned(server, &line, memory.kept_in());
        }
        for file in files {
            let found = known_host_keys_path(host, port, file).map_err(|error| {
                let message = format!(
                    "the keys of {server} in {} cannot be read: {error}",
                    file.display()
                );
                Error::new(ErrorKind::Local, message).help("mend or remove its line there")
            })?;
            if !found.is_empty() {
                return Ok(Self {
                    remedy: format!("run `ssh-keygen -R '{server}' -f {}`", file.display()),
                    keys: found.into_iter().map(|(_, key)| key).collect(),
                });
            }
        }
        Ok(Self::default())
    }

    fn learned(server: &str, line: &str, kept_in: Option<String>) -> Result<Self> {
        let file = kept_in.unwrap_or_else(|| "the known hosts".to_owned());
        let remedy = format!("remove the line that begins with `{server} ` from {file}");
        let key = PublicKey::from_openssh(line).map_err(|error| {
            let message = format!("the remembered key of {server} is not one: {error}");
            Error::new(ErrorKind::Local, message).help(format!("{remedy}; the next run learns it anew"))
        })?;
        Ok(Self {
            keys: vec![key],
            remedy,
        })
    }

    /// Whether nothing is known: then the first key that is shown is learned.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Asks the server for a key of a kind that is known, as servers have several.
    pub(super) fn prefer(&self, config: &mut Config) {
        let known = |algorithm: &&Algorithm| {
            let is_rsa = matches!(algorithm, Algorithm::Rsa { .. });
            self.keys
                .iter()
                .any(|key| key.algorithm() == **algorithm || is_rsa && key.algorithm().is_rsa())
        };
        let kinds: Vec<_> = config.preferred.key.iter().filter(known).cloned().collect();
        if !kinds.is_empty() {
            config.preferred.key = Cow::Owned(kinds);
        }
    }

    /// A judge that believes these keys only; any where none is known.
    pub(super) fn judge(&self) -> (Judge, Shown) {
        let shown = Shown::default();
        let judge = Judge {
            known: self.keys.clone(),
            shown: shown.0.clone(),
        };
        (judge, shown)
    }

    /// The refusal of a server that shows another key than it used to.
    pub(super) fn refusal(&self, at: &str, server: &str, shown: &Shown) -> Error {
        let print = |key: &PublicKey| key.fingerprint(HashAlg::Sha256).to_string();
        let known: Vec<_> = self.keys.iter().map(print).collect();
        let shown = shown.key().map_or_else(|| "none".to_owned(), |key| print(&key));
        let who = match server == at {
            true => "it".to_owned(),
            false => format!("`{server}`"),
        };
        let message = format!(
            "{at} shows the key {shown}, but {who} used to have {}: it may be another machine",
            known.join(" or ")
        );
        Error::of(&codes::HOST_KEY, message).help(format!(
            "if you know why it has another key, because its system was installed anew, {}; otherwise find out who answers \
             there",
            self.remedy
        ))
    }
}

/// Judges the key that a server shows.
pub(super) struct Judge {
    known: Vec<PublicKey>,
    shown: std::sync::Arc<Mutex<Option<PublicKey>>>,
}

/// What a server showed, for after the handshake.
#[derive(Clone, Default)]
pub(super) struct Shown(std::sync::Arc<Mutex<Option<PublicKey>>>);

impl Shown {
    /// The key, as one line.
    pub(super) fn line(&self) -> Option<String> {
        self.key()?.to_openssh().ok()
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
        // Comments do not count.
        let is_it = |known: &PublicKey| known.key_data() == key.key_data();
        Ok(self.known.is_empty() || self.known.iter().any(is_it))
    }
}
