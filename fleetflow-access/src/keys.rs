//! The keys that servers are reached with: our own for a stage, and the private halves of those that the user named.

use std::fs;
use std::path::{Path, PathBuf};

use fleetflow_core::docker::KeyPair;
use fleetflow_core::state::Store;
use fleetflow_core::{Error, ErrorKind, Result, Stack};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::whole::{self, Readers};

/// The name of the deploy key: of its file, and among the secrets beside the state.
pub const DEPLOY_KEY: &str = "deploy_key";

/// Our own key of a stage: the private half lies in a file that only its owner reads.
#[derive(Debug)]
pub struct DeployKey {
    /// The public half, as one line.
    pub public: String,
    private: SecretString,
}

/// How the key of a stage is looked for.
#[derive(Clone, Copy)]
pub struct Search<'s> {
    /// The file of this machine's copy.
    pub file: &'s Path,
    /// The stage that it belongs to, which names it in lists of keys.
    pub stack: &'s Stack,
    /// Whether servers of the stage let it in.
    pub needed: bool,
    /// Whether a new one may be made, and kept with the state.
    pub changes: bool,
    /// Makes the folder of the file.
    pub make_folder: &'s (dyn Fn() -> Result<()> + Sync),
}

/// What was found of the key of a stage.
#[derive(Debug)]
pub struct Found {
    /// The key; none where none is needed, or none may be made.
    pub key: Option<DeployKey>,
    /// Whether servers let in a key that this machine does not have: they cannot be looked into from here.
    pub is_elsewhere: bool,
}

impl Search<'_> {
    /// The key: on this machine, else where the state is kept, else made.
    pub async fn find(self, store: &dyn Store) -> Result<Found> {
        let at_hand = |key| Found {
            key: Some(key),
            is_elsewhere: false,
        };
        if let Some(key) = DeployKey::read(self.file)? {
            if self.changes && self.needed {
                store.keep_secret(DEPLOY_KEY, key.private()).await?;
            }
            return Ok(at_hand(key));
        }
        if !self.needed {
            return Ok(Found {
                key: None,
                is_elsewhere: false,
            });
        }
        if let Some(kept) = store.secret(DEPLOY_KEY).await? {
            (self.make_folder)()?;
            return DeployKey::write(self.file, kept).map(at_hand);
        }
        let state = store.load().await?;
        let is_elsewhere = state.entries().any(|(address, _)| address.kind() == "server");
        let key = if self.changes {
            Some(self.made(store, is_elsewhere).await?)
        } else {
            None
        };
        Ok(Found { key, is_elsewhere })
    }

    async fn made(self, store: &dyn Store, is_elsewhere: bool) -> Result<DeployKey> {
        (self.make_folder)()?;
        let (project, stage) = (self.stack.project(), self.stack.stage());
        let made = DeployKey::generate(&format!("fleetflow {project}/{stage}"))?;
        // What servers let in already is not this one: it is kept by the machine that has it.
        let shared = match is_elsewhere {
            true => None,
            false => store.keep_secret(DEPLOY_KEY, made.private()).await?,
        };
        let private = shared.unwrap_or_else(|| made.private().clone());
        DeployKey::write(self.file, private)
    }
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

    fn written(file: &Path, pair: &KeyPair) -> Result<Self> {
        let text = pair.private().expose_secret();
        whole::make(file, text.as_bytes(), Readers::Owner).map_err(|error| {
            let message = format!("could not write the deploy key {}", file.display());
            whole::unwritable(message, &error)
        })?;
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
    use fleetflow_core::state::MemoryStore;
    use futures::FutureExt as _;

    use super::*;

    /// What is found for `file`, where a change needs a key.
    fn found(file: &Path, project: &str) -> DeployKey {
        let search = Search {
            file,
            stack: &Stack::new(project, "dev"),
            needed: true,
            changes: true,
            make_folder: &|| Ok(()),
        };
        // A store in memory waits for nothing.
        let found = search.find(&MemoryStore::new()).now_or_never().unwrap().unwrap();
        assert!(!found.is_elsewhere);
        found.key.unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deploy_key");
        assert!(DeployKey::read(&file).unwrap().is_none());
        let made = found(&file, "shop");
        assert!(
            made.public.starts_with("ssh-ed25519 AAAA") && made.public.ends_with(" fleetflow shop/dev"),
            "{}",
            made.public
        );
        let again = found(&file, "another");
        assert_eq!(again.public, made.public);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let other = found(&folder.path().join("other"), "x");
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
