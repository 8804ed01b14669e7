//! What OpenSSH's settings say about a host. The OpenSSH client itself is asked (`ssh -G`), so that `Match`, `Include` and
//! tokens mean what they mean there. It opens no connection.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::way::{Stop, Way};
use crate::error::{Error, ErrorKind, Result};

/// How long the client may take: `Match exec` runs commands.
const ANSWER: Duration = Duration::from_secs(20);
/// The settings of all users of a machine (`ssh(1)`, "FILES").
const OF_THE_MACHINE: &str = "/etc/ssh/ssh_config";

/// The settings of OpenSSH's client: those of a user, then those of the machine.
///
/// They say which keys open a host, and how it is reached: `HostName`, `ProxyJump`, `ProxyCommand`, `IdentityFile`,
/// `IdentitiesOnly`, `IdentityAgent`, `UserKnownHostsFile`; `User` and `Port` where the address of the host names none. A
/// server's user and port are declared with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshConfig {
    home: PathBuf,
    file: PathBuf,
}

impl SshConfig {
    /// The settings in `.ssh/config` of the home folder `home`.
    pub fn of_home(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        Self {
            file: home.join(".ssh/config"),
            home,
        }
    }

    /// With the settings in `file` instead, as `ssh -F` takes them.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = file.into();
        self
    }

    /// What the settings say about `stop`. Without an OpenSSH client there are none.
    pub(super) async fn ask(&self, stop: &Stop) -> Result<Option<Way>> {
        let both = self.both()?;
        let mut command = Command::new("ssh");
        command.arg("-G").arg("-F").arg(both.path());
        if let Some(user) = &stop.user {
            command.args(["-l", user]);
        }
        if let Some(port) = stop.port {
            command.args(["-p", &port.to_string()]);
        }
        command.args(["--", &stop.host]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let asked = timeout(ANSWER, command.output());
        let failed = |why: &str| {
            let message = format!(
                "the SSH settings in {} cannot be used for {}: {why}",
                self.file.display(),
                stop.host
            );
            Error::new(ErrorKind::Local, message).help(format!("`ssh -G {}` shows what they mean", stop.host))
        };
        let answer = match asked.await {
            Err(_) => return Err(failed("`ssh -G` does not answer")),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(Err(error)) => return Err(failed(&error.to_string())),
            Ok(Ok(answer)) => answer,
        };
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr).trim().replace('\n', "; ");
            return Err(failed(&said));
        }
        self.read(stop, &String::from_utf8_lossy(&answer.stdout))
            .map(Some)
    }

    /// A file that includes the user's settings and then the machine's: `-F` alone would leave out the latter.
    fn both(&self) -> Result<tempfile::NamedTempFile> {
        use std::io::Write as _;
        let written = tempfile::NamedTempFile::new().and_then(|mut both| {
            let included = [self.file.as_path(), Path::new(OF_THE_MACHINE)];
            for file in included.into_iter().filter(|file| file.exists()) {
                writeln!(both, "Include \"{}\"", file.display())?;
            }
            Ok(both)
        });
        written.map_err(|error| {
            Error::new(
                ErrorKind::Local,
                format!("no temporary file can be written: {error}"),
            )
            .help("see that there is room in the folder for temporary files")
        })
    }

    /// Reads what `ssh -G` prints: a keyword in small letters and its value a line.
    fn read(&self, stop: &Stop, text: &str) -> Result<Way> {
        let mut way = Way::to(stop);
        for (word, value) in text.lines().filter_map(|line| line.trim().split_once(' ')) {
            let is_set = value != "none";
            match word {
                "hostname" => way.host = value.to_owned(),
                "user" => way.user = Some(value.to_owned()),
                "port" => way.port = value.parse().unwrap_or(way.port),
                "identityfile" if is_set => way.identity_files.push(self.path(value, &way)),
                "identitiesonly" => way.identities_only = value == "yes",
                "identityagent" if value == "SSH_AUTH_SOCK" => {}
                "identityagent" => way.agent = Some(is_set.then(|| self.path(value, &way))),
                "userknownhostsfile" => {
                    way.known_hosts = value.split(' ').map(|file| self.path(file, &way)).collect();
                }
                "proxyjump" if is_set => {
                    way.jumps = value.split(',').map(str::parse).collect::<Result<_>>()?;
                }
                "proxycommand" if is_set => way.command = Some(value.to_owned()),
                _ => {}
            }
        }
        way.command = way.command.take().map(|command| tokens(&command, stop, &way));
        Ok(way)
    }

    fn path(&self, value: &str, way: &Way) -> PathBuf {
        let value = value
            .replace("%d", &self.home.display().to_string())
            .replace("%h", &way.host)
            .replace("%r", way.user.as_deref().unwrap_or_default());
        match value.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None => value.into(),
        }
    }
}

/// `command` with the tokens that `ProxyCommand` may have (`ssh_config(5)`, "TOKENS").
fn tokens(command: &str, stop: &Stop, way: &Way) -> String {
    let mut told = String::new();
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (letter, if letter == '%' { letters.next() } else { None }) {
            ('%', Some('h')) => told.push_str(&way.host),
            ('%', Some('p')) => told.push_str(&way.port.to_string()),
            ('%', Some('n')) => told.push_str(&stop.host),
            ('%', Some('r')) => told.push_str(way.user.as_deref().unwrap_or_default()),
            ('%', Some('%')) => told.push('%'),
            (letter, next) => told.extend(std::iter::once(letter).chain(next)),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(config: &str, stop: &str) -> Option<Result<Way>> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".ssh")).unwrap();
        std::fs::write(home.path().join(".ssh/config"), config).unwrap();
        let config = SshConfig::of_home("/home/me").file(home.path().join(".ssh/config"));
        let found = config.ask(&stop.parse().unwrap()).await.transpose();
        if found.is_none() {
            eprintln!("skipped: settings of OpenSSH: there is no `ssh` here");
        }
        found
    }

    #[tokio::test]
    async fn settings_mean_what_openssh_takes_them_for() {
        let config = "Host bastion\n  HostName 192.0.2.9\n  User jump\n  Port 2222\n  IdentityFile ~/.ssh/bastion\n\
                      Host 10.0.* !10.0.9.*\n  ProxyJump first,second@[2001:db8::2]:23\n  IdentitiesOnly yes\n  \
                      IdentityAgent /run/agent.sock\n  UserKnownHostsFile /etc/of-%h /etc/known\n  User nobody\n\
                      Match host tunnel\n  ProxyCommand cloudflared access ssh --hostname %h -p %p --as %r 100%%\n";
        let Some(bastion) = asked(config, "bastion").await else {
            return;
        };
        let bastion = bastion.unwrap();
        assert_eq!(
            (bastion.host.as_str(), bastion.user.as_deref(), bastion.port),
            ("192.0.2.9", Some("jump"), 2222)
        );
        assert_eq!(bastion.identity_files, [PathBuf::from("/home/me/.ssh/bastion")]);
        assert!(bastion.jumps.is_empty() && bastion.command.is_none() && bastion.agent.is_none());

        let inner = asked(config, "root@10.0.1.2:22").await.unwrap().unwrap();
        assert_eq!(
            inner.user.as_deref(),
            Some("root"),
            "what the address says comes first"
        );
        let jumps: Vec<_> = inner.jumps.iter().map(ToString::to_string).collect();
        assert_eq!(jumps, ["first", "second@[2001:db8::2]:23"]);
        assert!(inner.identities_only);
        assert_eq!(inner.agent, Some(Some("/run/agent.sock".into())));
        let known = ["/etc/of-10.0.1.2", "/etc/known"].map(PathBuf::from);
        assert_eq!(inner.known_hosts, known);
        let outer = asked(config, "root@10.0.9.2").await.unwrap().unwrap();
        assert!(outer.jumps.is_empty());

        let tunnel = asked(config, "me@tunnel").await.unwrap().unwrap();
        let command = "cloudflared access ssh --hostname tunnel -p 22 --as me 100%";
        assert_eq!(tunnel.command.as_deref(), Some(command));
    }

    #[tokio::test]
    async fn settings_that_openssh_refuses_are_an_error_with_its_words() {
        let Some(refused) = asked("Host x\n  Prot 22\n", "x").await else {
            return;
        };
        let error = refused.unwrap_err();
        assert!(
            error.to_string().contains("Bad configuration option: prot"),
            "{error}"
        );
        assert!(error.advice().unwrap().contains("ssh -G x"), "{error:?}");
    }
}
