//! Where an engine is, as a value that resources refer to: `local`, or `ssh://USER@HOST:PORT`. It connects to nothing.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ValueType;

/// The address of a container engine: what a server's output `docker` is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Host(Place);

/// What a [`Host`] says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The engine that the run was given as the local one.
    Local,
    /// The engine of a server, reached through SSH.
    Ssh {
        /// The user to log in as.
        user: String,
        /// The server's address, as its cloud knows it.
        host: String,
        /// The port of its SSH server.
        port: u16,
    },
}

impl ValueType for Host {
    const NAME: &'static str = "docker-host";
}

impl Host {
    /// The local engine.
    pub const fn local() -> Self {
        Self(Place::Local)
    }

    /// The engine of the server at `host`, reached through SSH.
    pub fn ssh(user: impl Into<String>, host: impl Into<String>, port: u16) -> Self {
        Self(Place::Ssh {
            user: user.into(),
            host: host.into(),
            port,
        })
    }

    /// What it says.
    pub fn place(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Local => f.write_str("local"),
            Place::Ssh { user, host, port } if host.contains(':') => {
                write!(f, "ssh://{user}@[{host}]:{port}")
            }
            Place::Ssh { user, host, port } => write!(f, "ssh://{user}@{host}:{port}"),
        }
    }
}

/// A text that is not the address of an engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `local` or of the form ssh://USER@HOST:PORT")]
pub struct InvalidHost(String);

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        if text == "local" {
            return Ok(Self::local());
        }
        ssh(text).ok_or_else(|| InvalidHost(text.to_owned()))
    }
}

fn ssh(text: &str) -> Option<Host> {
    let (user, address) = text.strip_prefix("ssh://")?.split_once('@')?;
    let (host, port) = address.rsplit_once(':')?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let complete = !user.is_empty() && !host.is_empty();
    complete.then_some(Host::ssh(user, host, port.parse().ok()?))
}

impl TryFrom<String> for Host {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, InvalidHost> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_they_are_written() {
        for text in [
            "local",
            "ssh://ubuntu@192.0.2.1:22",
            "ssh://root@[2001:db8::1]:2222",
        ] {
            assert_eq!(text.parse::<Host>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "192.0.2.1",
            "ssh://192.0.2.1:22",
            "ssh://a@b",
            "ssh://a@b:x",
            "tcp://a@b:1",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }
}
