//! The few commands whose result the emulation knows. Everything else is not executed.

use std::time::Duration;

/// What a command line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Prints and ends.
    Ends {
        /// On standard output.
        output: String,
        /// Exit code.
        code: i64,
    },
    /// Copies its input to its output until the input ends.
    Copies,
    /// Waits and ends.
    Sleeps(Duration),
    /// Not known here.
    Unknown,
}

impl Program {
    /// Reads a command line, including `sh -c` around a simple command.
    pub(crate) fn read(argv: &[String], env: &[String]) -> Self {
        let Some((name, arguments)) = argv.split_first() else {
            return Self::Unknown;
        };
        match (base_name(name), arguments) {
            ("sh" | "bash" | "ash", [flag, script]) if flag == "-c" => Self::script(script, env),
            ("true", _) => Self::ends("", 0),
            ("false", _) => Self::ends("", 1),
            ("echo", words) => Self::ends(&format!("{}\n", words.join(" ")), 0),
            ("env", []) => Self::ends(&env.iter().flat_map(|entry| [entry, "\n"]).collect::<String>(), 0),
            ("cat", []) => Self::Copies,
            ("sleep", [seconds]) => seconds.parse().map_or(Self::Unknown, |seconds| {
                Self::Sleeps(Duration::from_secs(seconds))
            }),
            _ => Self::Unknown,
        }
    }

    /// A shell line without any of the shell's own characters is a command line.
    pub(crate) fn script(script: &str, env: &[String]) -> Self {
        if script.contains([
            '|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '\n',
        ]) {
            return Self::Unknown;
        }
        let words: Vec<String> = script.split_whitespace().map(str::to_owned).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["exit", code] => code.parse().map_or(Self::Unknown, |code| Self::ends("", code)),
            ["exec", ..] => Self::read(&words[1..], env),
            _ => Self::read(&words, env),
        }
    }

    fn ends(output: &str, code: i64) -> Self {
        Self::Ends {
            output: output.to_owned(),
            code,
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
