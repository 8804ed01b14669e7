//! The keys by which a stage's servers are recognised, kept in a file beside its state, under the ids of the servers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fleetflow_core::docker::HostKeys;
use fleetflow_core::{Error, ErrorKind, Result};

use crate::whole::{self, Readers};

/// The memory. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct KnownHosts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    keys: Mutex<BTreeMap<String, String>>,
}

impl KnownHosts {
    /// The hosts in `file`: a host and its key a line.
    pub fn read(file: &Path) -> Result<Self> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(file, &error)),
        };
        let keys = text.lines().filter_map(|line| line.trim().split_once(' '));
        Ok(Self(Arc::new(Inner {
            file: file.to_owned(),
            keys: Mutex::new(
                keys.map(|(host, key)| (host.to_owned(), key.to_owned()))
                    .collect(),
            ),
        })))
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Writes all of it, or nothing.
    fn write(&self, keys: &BTreeMap<String, String>) -> Result<()> {
        let lines: Vec<_> = keys.iter().map(|(host, key)| format!("{host} {key}\n")).collect();
        whole::replace(&self.file, lines.concat().as_bytes(), Readers::Owner).map_err(|error| {
            let message = format!("could not write the known hosts {}", self.file.display());
            whole::unwritable(message, &error)
        })
    }
}

impl HostKeys for KnownHosts {
    fn known(&self, host: &str) -> Option<String> {
        self.keys().get(host).cloned()
    }

    fn learn(&self, host: &str, key: &str) -> Result<()> {
        let mut keys = self.keys();
        keys.insert(host.to_owned(), key.to_owned());
        self.0.write(&keys)
    }

    fn forget(&self, host: &str) -> Result<()> {
        let mut keys = self.keys();
        match keys.remove(host) {
            Some(_) => self.0.write(&keys),
            None => Ok(()),
        }
    }

    fn kept_in(&self) -> Option<String> {
        Some(self.0.file.display().to_string())
    }
}

fn failed(file: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Local,
        format!("could not read the known hosts {}: {error}", file.display()),
    )
    .help("check the file and its folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_outlive_the_process_until_their_server_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known_hosts");
        let hosts = KnownHosts::read(&file).unwrap();
        for (host, key) in [
            ("server-1", "ssh-ed25519 A"),
            ("[192.0.2.1]:2222", "ssh-ed25519 B"),
            ("server-10", "ssh-ed25519 C"),
        ] {
            assert_eq!(hosts.known(host), None);
            hosts.learn(host, key).unwrap();
        }
        let again = KnownHosts::read(&file).unwrap();
        assert_eq!(again.known("server-1").as_deref(), Some("ssh-ed25519 A"));
        again.forget("server-1").unwrap();
        let last = KnownHosts::read(&file).unwrap();
        assert_eq!(last.known("server-1"), None);
        for (host, key) in [
            ("[192.0.2.1]:2222", "ssh-ed25519 B"),
            ("server-10", "ssh-ed25519 C"),
        ] {
            assert_eq!(last.known(host).as_deref(), Some(key));
        }
    }
}
