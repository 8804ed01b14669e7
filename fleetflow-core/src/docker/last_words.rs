//! What a container wrote before it ended, as part of the error that it ended with: without secrets, and understood where it
//! tells what is wrong. Whose log it is, and why it ended, is not its matter.

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use futures::{Stream, StreamExt as _};
use serde::Serialize;
use serde_json::Value;

use super::engines::{FOREIGN_PROGRAM, other_processor};
use crate::error::{Error, ErrorKind};
use crate::model::secrets;

const LAST_LINES: &str = "20";
/// An engine may send a line in parts; more than that is no last word.
const PARTS: usize = 1000;

/// How engines are asked for it.
pub(super) fn asked() -> LogsOptions {
    LogsOptions {
        stdout: true,
        stderr: true,
        tail: LAST_LINES.to_owned(),
        ..LogsOptions::default()
    }
}

/// What the engine sends, as far as it does.
pub(super) async fn heard(lines: impl Stream<Item = Result<LogOutput, bollard::errors::Error>>) -> String {
    let mut lines = std::pin::pin!(lines.take(PARTS));
    let mut text = String::new();
    while let Some(line) = lines.next().await {
        match line {
            Ok(line) => text.push_str(&line.to_string()),
            Err(error) => {
                text.push_str(&format!("(the log cannot be read: {error})"));
                break;
            }
        }
    }
    text.trim_end().to_owned()
}

/// `error`, with the last lines of what failed.
pub(super) fn told(error: Error, lines: &str) -> Error {
    let message = match lines {
        "" => format!("{}; it logged nothing", error.message()),
        lines => format!("{}; its last lines were:\n{lines}", error.message()),
    };
    if lines.contains(FOREIGN_PROGRAM) {
        return other_processor(Error::new(ErrorKind::Refused, message));
    }
    error.saying(message)
}

/// `text` without the secrets of the container of `spec`.
pub(super) fn masked(text: &str, spec: &impl Serialize, applied: &Value) -> String {
    let Ok(plain) = serde_json::to_value(spec) else {
        return String::new();
    };
    let mut masked = text.to_owned();
    for (path, _) in secrets(applied) {
        if let Some(value) = path
            .of(&plain)
            .and_then(Value::as_str)
            .filter(|value| value.len() > 3)
        {
            masked = masked.replace(value, "(secret)");
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    /// `exec /app: ...` is what runc writes into the log of a container that it started, as Docker 20.10 has it; all that a
    /// swarm says of its task is that it ended.
    #[test]
    fn a_program_for_another_processor_is_known_by_its_log() {
        let ended = || Error::new(ErrorKind::Refused, "task: non-zero exit (1)").number(&codes::UNHEALTHY);
        let error = told(ended(), "exec /app: exec format error");
        assert_eq!(error.registered(), &codes::OTHER_PROCESSOR);
        assert!(error.advice().is_some_and(|help| help.contains("platform=")));
        assert_eq!(
            error.message(),
            "task: non-zero exit (1); its last lines were:\nexec /app: exec format error"
        );
        let error = told(ended(), "bye");
        assert_eq!(error.registered(), &codes::UNHEALTHY);
        assert_eq!(
            told(ended(), "").message(),
            "task: non-zero exit (1); it logged nothing"
        );
    }
}
