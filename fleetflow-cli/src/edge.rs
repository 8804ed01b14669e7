//! Everything that is read from the process's surroundings: environment, home, working folder, clock, machine. No
//! other module asks the system for them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use fleetflow_core::converge::Caller;
use fleetflow_core::{Error, ErrorKind};

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
/// What the process was started with and in.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The words of the command line, the program first.
    pub(crate) words: Vec<OsString>,
    /// The environment, as far as it is text.
    pub(crate) environment: BTreeMap<String, String>,
    /// The user's home folder.
    pub(crate) home: Option<PathBuf>,
    /// The working folder.
    pub(crate) folder: PathBuf,
    /// Whether a person can be asked: questions are read from there, and shown on standard error.
    pub(crate) can_ask: bool,
    /// Whether standard input is a terminal.
    pub(crate) stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub(crate) stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr_is_terminal: bool,
}

/// The variable by which the script of a shell says that it asks what to offer.
pub(crate) const COMPLETE: &str = "FLEETFLOW_COMPLETE";

/// The shell that asks what to offer, where one does.
pub(crate) fn asking_shell() -> Option<String> {
    std::env::var(COMPLETE).ok().filter(|shell| !shell.is_empty())
}

impl Edge {
    /// The surroundings of this process.
    pub(crate) fn of_process() -> Result<Self, Error> {
        let folder = std::env::current_dir().map_err(|error| {
            Error::new(
                ErrorKind::Local,
                format!("the working folder cannot be read: {error}"),
            )
            .help("change to a folder that exists")
        })?;
        let stderr_is_terminal = io::stderr().is_terminal();
        Ok(Self {
            words: std::env::args_os().collect(),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
            folder,
            can_ask: io::stdin().is_terminal() && stderr_is_terminal,
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal,
        })
    }

    /// A variable of the environment that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The name the program was called by: `flow` or `fleetflow`.
    pub(crate) fn program(&self) -> String {
        let called = self.words.first().map(PathBuf::from);
        let name = called
            .as_ref()
            .and_then(|path| path.file_stem())
            .and_then(|stem| stem.to_str());
        match name {
            Some("fleetflow") => "fleetflow".to_owned(),
            _ => "flow".to_owned(),
        }
    }

    /// The command line as it can be typed again.
    pub(crate) fn command_line(&self) -> String {
        let words = self
            .words
            .iter()
            .skip(1)
            .map(|word| quoted(&word.to_string_lossy()));
        std::iter::once(self.program())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Who runs this, for the lock and the journal.
    pub(crate) fn caller(&self) -> Caller {
        let user = self
            .variable("USER")
            .or_else(|| self.variable("LOGNAME"))
            .unwrap_or("somebody");
        let who = format!(
            "{user}@{}, process {}, fleetflow {}",
            self.machine(),
            std::process::id(),
            env!("CARGO_PKG_VERSION")
        );
        Caller::new(who, now)
    }

    fn machine(&self) -> String {
        if let Some(name) = self.variable("HOSTNAME") {
            return name.to_owned();
        }
        ["/proc/sys/kernel/hostname", "/etc/hostname"]
            .into_iter()
            .filter_map(|file| std::fs::read_to_string(file).ok())
            .map(|name| name.trim().to_owned())
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| "this machine".to_owned())
    }
}

/// The current time in RFC 3339, to the millisecond.
pub(crate) fn now() -> String {
    format!("{:.3}", moment())
}

/// The current time.
pub(crate) fn moment() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("--var"), "--var");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_time_is_rfc_3339() {
        let now = now();
        assert!(
            now.parse::<jiff::Timestamp>().is_ok() && now.len() == "2026-01-01T00:00:00.000Z".len(),
            "{now}"
        );
    }
}
