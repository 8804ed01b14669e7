//! The keys that servers are reached with: our own for a stage, and the private halves of those that the user named.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use fleetflow_core::docker::KeyPair;
use fleetflow_core::{Error, ErrorKind, Result, Stack};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Our own key of a stage: the private half lies in a file that only its owner reads.
#[derive(Debug)]
pub struct DeployKey {
    /// The public half, as one line.
    pub public: String,
    private: SecretString,
}

impl DeployKey {
    /// The key in `file`, if there is one.
    pub fn read(file: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", file, &error)),
        };
        let pair = KeyPair::from_private(text.into()).map_err(|error| failed("understand", file, &error))?;
        Ok(Some(Self::of(&pair)))
    }

    /// The key in `file`, made if there is none. `comment` says in lists of keys whose it is.
    pub fn read_or_make(file: &Path, comment: &str) -> Result<Self> {
        match Self::read(file)? {
            Some(key) => Ok(key),
            None => Self::make(file, comment),
        }
    }

    /// The private half.
    pub fn private(&self) -> &SecretString {
        &self.private
    }

    /// The key with this private half, which is written to `file`, where nothing is yet.
    pub fn write(file: &Path, private: SecretString) -> Result<Self> {
        let pair = KeyPair::from_private(private).map_err(|error| failed("understand", file, &error))?;
        Self::written(file, &pair)
    }

    /// A new key, which is written nowhere. `comment` says in lists of keys whose it is.
    pub fn generate(comment: &str) -> Result<Self> {
        Ok(Self::of(&KeyPair::generate(comment)?))
    }

    fn make(file: &Path, comment: &str) -> Result<Self> {
        let pair = KeyPair::generate(comment).map_err(|error| failed("make", file, &error))?;
        Self::written(file, &pair)
    }

    fn written(file: &Path, pair: &KeyPair) -> Result<Self> {
        let text = pair.private().expose_secret();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(file)
            .and_then(|mut open| open.write_all(text.as_bytes()).and_then(|()| open.sync_all()))
            .map_err(|error| failed("write", file, &error))?;
        Ok(Self::of(pair))
    }

    fn of(pair: &KeyPair) -> Self {
        Self {
            public: pair.public().to_owned(),
            private: pair.private().clone(),
        }
    }
}

/// The files with private keys that may open the stage's servers, as the user named them: `ssh key=` first, then what
/// lies beside each declared public key.
pub fn named(stack: &Stack) -> Vec<PathBuf> {
    let specs = || stack.declarations().iter().map(|declared| &declared.spec);
    let private = specs().filter_map(|spec| spec["ssh"]["key"].as_str().map(PathBuf::from));
    let listed = specs().flat_map(|spec| spec["ssh_key"].as_array().into_iter().flatten());
    let shared = specs().map(|spec| &spec["public_key"]);
    let public = listed
        .chain(shared)
        .filter_map(Value::as_str)
        .filter(|key| !key.contains(char::is_whitespace))
        .filter_map(|path| path.strip_suffix(".pub").map(PathBuf::from));
    let mut files = Vec::new();
    for file in private.chain(public) {
        let file = stack.root_folder().join(file);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

fn failed(verb: &str, file: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Local,
        format!("could not {verb} the deploy key {}: {error}", file.display()),
    )
    .help("check the file; without it, servers that declare no `ssh-key` cannot be reached")
}

#[cfg(test)]
mod tests {
    use fleetflow_core::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deploy_key");
        assert!(DeployKey::read(&file).unwrap().is_none());
        let made = DeployKey::read_or_make(&file, "fleetflow shop/dev").unwrap();
        assert!(
            made.public.starts_with("ssh-ed25519 AAAA") && made.public.ends_with(" fleetflow shop/dev"),
            "{}",
            made.public
        );
        let again = DeployKey::read_or_make(&file, "another").unwrap();
        assert_eq!(again.public, made.public);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = DeployKey::read_or_make(&folder.path().join("other"), "x").unwrap();
        assert_ne!(other.public.split(' ').nth(1), made.public.split(' ').nth(1));
    }

    #[test]
    fn private_halves_lie_beside_public_ones() {
        let server = |name: &str| {
            Server::builder()
                .name(name)
                .plan(Plan::new(1, 1))
                .disk(Disk::new(20, "ubuntu-24.04"))
                .zone("tk1a")
        };
        let stack = Stack::new("shop", "dev")
            .root("/p")
            .add(
                server("a")
                    .ssh_key("/home/me/.ssh/id_ed25519.pub")
                    .ssh_key("ssh-ed25519 AAAA me")
                    .ssh(Ssh::user("ubuntu").key("/home/me/.ssh/other"))
                    .build(),
            )
            .add(server("b").ssh_key("/home/me/.ssh/id_ed25519.pub").build())
            .add(SshKey::builder().name("ops").public_key("keys/ops.pub").build());
        let files: Vec<_> = named(&stack)
            .into_iter()
            .map(|file| file.display().to_string())
            .collect();
        assert_eq!(
            files,
            ["/home/me/.ssh/other", "/home/me/.ssh/id_ed25519", "/p/keys/ops"]
        );
    }
}
