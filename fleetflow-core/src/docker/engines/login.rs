//! Logging in to a server with keys: those of an agent, those that were given, those in files. Never with a password.

use std::sync::Arc;

use russh::client::{AuthResult, Handle};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, decode_secret_key};
use secrecy::ExposeSecret as _;

use super::Access;
use super::host_keys::Judge;
use crate::error::{Error, ErrorKind, Result};

/// Logs in as `user`, or says which keys were tried.
pub(super) async fn authenticate(
    handle: &mut Handle<Judge>,
    user: &str,
    server: &str,
    access: &Access,
) -> Result<()> {
    let mut tried = Vec::new();
    if agent(handle, user, access, &mut tried).await {
        return Ok(());
    }
    for (name, text) in given(access, &mut tried) {
        let key = match decode_secret_key(&text, None) {
            Ok(key) => key,
            Err(error) => {
                tried.push(format!("{name} (cannot be read: {error})"));
                continue;
            }
        };
        let lost = |error: russh::Error| Error::new(ErrorKind::Unavailable, error.to_string());
        if offer(handle, user, key).await.map_err(lost)? {
            return Ok(());
        }
        tried.push(name);
    }
    Err(refused(user, server, &tried))
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

/// The keys that were handed over, and then those in files, with what they are called.
fn given(access: &Access, tried: &mut Vec<String>) -> Vec<(String, String)> {
    let texts = access.identities.iter().enumerate();
    let mut keys: Vec<_> = texts
        .map(|(index, text)| {
            (
                format!("the given key {}", index + 1),
                text.expose_secret().to_owned(),
            )
        })
        .collect();
    for path in &access.identity_files {
        match std::fs::read_to_string(path) {
            Ok(text) => keys.push((path.display().to_string(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tried.push(format!("{} (cannot be read: {error})", path.display())),
        }
    }
    keys
}

/// Tries the keys of the agent. One that does not answer is noted, not fatal: there may be other keys.
async fn agent(handle: &mut Handle<Judge>, user: &str, access: &Access, tried: &mut Vec<String>) -> bool {
    let Some(socket) = &access.agent else {
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
        match handle
            .authenticate_publickey_with(user, key, None, &mut agent)
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
    Error::new(
        ErrorKind::Unauthorized,
        format!("{server} lets no `{user}` in: {tried}"),
    )
    .during("log in with SSH")
    .help("give the server your key with `ssh-key`, and name its private half with `ssh key=\"~/.ssh/id_ed25519\"`")
}
