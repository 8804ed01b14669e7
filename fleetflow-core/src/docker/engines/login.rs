//! Logging in to a server with keys: those of an agent, those that were given, those in files. Never with a password.

use std::collections::BTreeSet;
use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKey, decode_secret_key};
use secrecy::ExposeSecret as _;

use super::Access;
use super::host_keys::Judge;
use super::way::Way;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};

/// Logs in to the host at the end of `way`, or says which keys were tried.
pub(super) async fn authenticate(handle: &mut Handle<Judge>, way: &Way, access: &Access) -> Result<()> {
    let Some(user) = &way.user else {
        let message = format!("nobody says as whom to log in to {}", way.name());
        return Err(Error::of(&codes::SSH_LOGIN, message)
            .help("name the user: `ssh://USER@HOST`, or `User` in your SSH settings"));
    };
    let mut tried = Vec::new();
    let keys = given(access, way, &mut tried);
    if agent(handle, user, (access, way), &keys, &mut tried).await {
        return Ok(());
    }
    for key in keys.into_iter().filter(|key| !key.is_public()) {
        let private = match decode_secret_key(&key.text, None) {
            Ok(private) => private,
            Err(error) => {
                tried.push(unreadable(&key.name, &error));
                continue;
            }
        };
        let lost = |error: russh::Error| Error::new(ErrorKind::Unavailable, error.to_string());
        if offer(handle, user, private).await.map_err(lost)? {
            return Ok(());
        }
        tried.push(key.name);
    }
    Err(refused(user, &way.name(), &tried))
}

/// A private key, as text.
struct Given {
    name: String,
    text: String,
    /// The public half, where it can be had without a passphrase.
    public: Option<PublicKey>,
}

impl Given {
    fn new(name: String, text: String, beside: Option<&str>) -> Self {
        // A key with a passphrase tells its public half all the same.
        let inside = PrivateKey::from_openssh(&text).map(|private| private.public_key().clone());
        let public = inside
            .or_else(|_| PublicKey::from_openssh(beside.unwrap_or(&text)))
            .ok();
        Self { name, text, public }
    }

    /// Whether it is a public key: it says which of the agent's keys is meant.
    fn is_public(&self) -> bool {
        PublicKey::from_openssh(&self.text).is_ok()
    }
}

fn unreadable(name: &str, error: &russh::keys::Error) -> String {
    match error {
        russh::keys::Error::KeyIsEncrypted => {
            format!("{name} (has a passphrase: `ssh-add {name}` gives it to the agent)")
        }
        error => format!("{name} (cannot be read: {error})"),
    }
}

async fn offer(handle: &mut Handle<Judge>, user: &str, key: PrivateKey) -> Result<bool, russh::Error> {
    let hash = match key.algorithm().is_rsa() {
        true => handle.best_supported_rsa_hash().await?.flatten(),
        false => None,
    };
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
    let answer = handle.authenticate_publickey(user, key).await?;
    Ok(answer.success())
}

/// The keys that were handed over, then those in files: those that were named, and those of the SSH settings.
fn given(access: &Access, way: &Way, tried: &mut Vec<String>) -> Vec<Given> {
    let texts = access.identities.iter().enumerate();
    let mut keys: Vec<_> = texts
        .map(|(index, text)| {
            let name = format!("the given key {}", index + 1);
            Given::new(name, text.expose_secret().to_owned(), None)
        })
        .collect();
    let mut seen = BTreeSet::new();
    let files = access.identity_files.iter().chain(&way.identity_files);
    for path in files.filter(|path| seen.insert(path.as_path())) {
        let beside = std::fs::read_to_string(path.with_added_extension("pub")).ok();
        match std::fs::read_to_string(path) {
            Ok(text) => keys.push(Given::new(path.display().to_string(), text, beside.as_deref())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tried.push(format!("{} (cannot be read: {error})", path.display())),
        }
    }
    keys
}

/// Tries the keys of the agent. One that does not answer is noted, not fatal: there may be other keys.
async fn agent(
    handle: &mut Handle<Judge>,
    user: &str,
    (access, way): (&Access, &Way),
    keys: &[Given],
    tried: &mut Vec<String>,
) -> bool {
    let Some(socket) = way.agent.as_ref().unwrap_or(&access.agent) else {
        return false;
    };
    let asked = async {
        let mut agent = AgentClient::connect_uds(socket).await?;
        let identities = agent.request_identities().await?;
        Ok::<_, russh::keys::Error>((agent, identities))
    };
    let (mut agent, identities) = match asked.await {
        Ok(found) => found,
        Err(error) => {
            tried.push(format!("the SSH agent (does not answer: {error})"));
            return false;
        }
    };
    for identity in identities {
        let AgentIdentity::PublicKey { key, comment } = identity else {
            continue;
        };
        let is_named = |given: &Given| {
            let public = given.public.as_ref();
            public.is_some_and(|public| public.key_data() == key.key_data())
        };
        if way.identities_only && !keys.iter().any(is_named) {
            continue;
        }
        // Servers take no signature of an RSA key with SHA-1 any more (OpenSSH 8.8).
        let hash = match key.algorithm().is_rsa() {
            true => handle.best_supported_rsa_hash().await.ok().flatten().flatten(),
            false => None,
        };
        match handle
            .authenticate_publickey_with(user, key, hash, &mut agent)
            .await
        {
            Ok(AuthResult::Success) => return true,
            Ok(AuthResult::Failure { .. }) => tried.push(format!("the agent's key {comment}")),
            Err(error) => tried.push(format!("the agent's key {comment} ({error})")),
        }
    }
    false
}

fn refused(user: &str, server: &str, tried: &[String]) -> Error {
    let tried = match tried {
        [] => "there is no key to try".to_owned(),
        keys => format!("tried {}", keys.join(", ")),
    };
    Error::of(
        &codes::SSH_LOGIN,
        format!("{server} lets no `{user}` in: {tried}"),
    )
    .during("log in with SSH")
    .help("give the server your key with `ssh-key`, and name its private half with `ssh key=\"~/.ssh/id_ed25519\"`")
}
