//! The way to a host: where it answers, through which others, and what opens it. It connects to nothing.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ssh_config::SshConfig;
use crate::error::{Error, ErrorKind, Result};

/// More hosts in a row than anybody has: they lead in a circle.
const LONGEST: usize = 8;
/// Where SSH servers answer (RFC 4253 section 4.1).
const USUAL_PORT: u16 = 22;

/// A host as people name it: `[USER@]HOST[:PORT]`. The host may be an alias of the SSH settings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stop {
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

/// How a host is reached and opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// None where nobody says it.
    pub(super) user: Option<String>,
    /// Where it answers, as seen from the last of the hosts before it.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) identity_files: Vec<PathBuf>,
    /// Whether the agent is asked only for keys that are among the files.
    pub(super) identities_only: bool,
    /// Another agent than the given one, or none.
    pub(super) agent: Option<Option<PathBuf>>,
    /// Files of OpenSSH with keys of hosts.
    pub(super) known_hosts: Vec<PathBuf>,
    /// The hosts that lead there, the first one first.
    pub(super) jumps: Vec<Stop>,
    /// A command whose input and output are the connection.
    pub(super) command: Option<String>,
}

impl Way {
    /// The way to `stop` where there are no settings.
    pub(super) fn to(stop: &Stop) -> Self {
        Self {
            user: stop.user.clone(),
            host: stop.host.clone(),
            port: stop.port.unwrap_or(USUAL_PORT),
            identity_files: Vec::new(),
            identities_only: false,
            agent: None,
            known_hosts: Vec::new(),
            jumps: Vec::new(),
            command: None,
        }
    }

    /// Every host on the way to `goal`, and `goal` as the last one.
    pub(super) async fn all(goal: &Stop, config: Option<&SshConfig>) -> Result<Vec<Self>> {
        let mut all = vec![Self::of(goal, config).await?];
        // The settings of the first host say what leads to it; those in between follow each other as they were named.
        while let Some(jumps) = all
            .first()
            .map(|first| first.jumps.clone())
            .filter(|jumps| !jumps.is_empty())
        {
            let mut before = Vec::with_capacity(jumps.len() + all.len());
            for jump in &jumps {
                before.push(Self::of(jump, config).await?);
            }
            before.iter_mut().skip(1).for_each(Self::follow);
            all.iter_mut().take(1).for_each(Self::follow);
            before.append(&mut all);
            all = before;
            if all.len() > LONGEST {
                return Err(circle(goal, &all));
            }
        }
        Ok(all)
    }

    async fn of(stop: &Stop, config: Option<&SshConfig>) -> Result<Self> {
        let found = match config {
            Some(config) => config.ask(stop).await?,
            None => None,
        };
        Ok(found.unwrap_or_else(|| Self::to(stop)))
    }

    /// Its address as OpenSSH writes it among the known hosts.
    pub(super) fn name(&self) -> String {
        known_as(&self.host, self.port)
    }

    /// The host that it leads to.
    pub(super) fn stop(&self) -> Stop {
        Stop {
            user: self.user.clone(),
            host: self.host.clone(),
            port: Some(self.port),
        }
    }

    /// Nothing leads to it but the host before it.
    fn follow(&mut self) {
        self.jumps.clear();
        self.command = None;
    }
}

/// An address as OpenSSH writes it among the known hosts.
pub(super) fn known_as(host: &str, port: u16) -> String {
    match port {
        USUAL_PORT => host.to_owned(),
        port => format!("[{host}]:{port}"),
    }
}

fn circle(goal: &Stop, all: &[Way]) -> Error {
    let names: Vec<_> = all.iter().take(3).map(Way::name).collect();
    let message = format!(
        "the SSH settings lead to {goal} in a circle: through {}, and so on",
        names.join(", ")
    );
    Error::new(ErrorKind::Local, message)
        .help("give the jump host settings of its own with `ProxyJump none`, before those that are for all")
}

impl FromStr for Stop {
    type Err = Error;

    /// `[USER@]HOST[:PORT]` or `ssh://[USER@]HOST[:PORT]`, as `ProxyJump` and `DOCKER_HOST` have it.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(
                ErrorKind::Local,
                format!("`{text}` is not a host to reach with SSH"),
            )
            .help("write `ssh://USER@HOST:PORT`; user and port may be left to the SSH settings")
        };
        let rest = text.strip_prefix("ssh://").unwrap_or(text).trim_end_matches('/');
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, rest),
        };
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            // An IPv6 address without brackets has no port.
            None if place.matches(':').count() > 1 => (place, None),
            None => place
                .split_once(':')
                .map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
        let is_path = host.contains('/');
        if host.is_empty() || is_path || host.starts_with('-') || user.as_deref() == Some("") {
            return Err(wrong());
        }
        Ok(Self {
            user,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_they_are_written() {
        for text in [
            "box",
            "me@box",
            "box:23",
            "root@[2001:db8::1]:22",
            "root@192.0.2.1:2222",
        ] {
            assert_eq!(text.parse::<Stop>().unwrap().to_string(), text);
        }
        assert_eq!(
            "ssh://me@box:23/".parse::<Stop>().unwrap().to_string(),
            "me@box:23"
        );
        assert_eq!("2001:db8::1".parse::<Stop>().unwrap().host, "2001:db8::1");
        for text in [
            "",
            "@box",
            "box:x",
            "ssh://",
            "-oProxyCommand=x",
            "ssh://me@box/run/x.sock",
        ] {
            assert!(text.parse::<Stop>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn hosts_before_hosts_stand_in_their_order_and_circles_are_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let settings = "Host inner\n ProxyJump middle\nHost middle\n ProxyJump outer,between\nHost between\n ProxyJump lost\n\
                        Host a\n ProxyJump b\nHost b\n ProxyJump a\n";
        std::fs::write(file.path(), settings).unwrap();
        let config = SshConfig::of_home("/home/me").file(file.path());
        let way = |goal: &str| {
            let (goal, config) = (goal.parse::<Stop>().unwrap(), config.clone());
            async move { Way::all(&goal, Some(&config)).await }
        };
        let all = way("inner").await.unwrap();
        // Without an OpenSSH client there are no settings to follow; the test beside the settings says so.
        if all.len() == 1 {
            return;
        }
        let names: Vec<_> = all.iter().map(Way::name).collect();
        assert_eq!(names, ["outer", "between", "middle", "inner"]);
        let error = way("a").await.unwrap_err();
        assert!(error.to_string().contains("in a circle"), "{error}");
    }
}
