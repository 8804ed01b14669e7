//! What an engine's errors mean, in our own kinds.

use bollard::errors::Error as Answer;

use crate::codes;
use crate::error::{Error, ErrorKind};

/// The typed form of `answer`.
pub(super) fn explain(answer: Answer) -> Error {
    if let Some(ours) = ours(&answer) {
        return ours;
    }
    match answer {
        Answer::DockerResponseServerError { status_code, message } => refusal(status_code, &message),
        Answer::DockerStreamError { error } => Error::new(ErrorKind::Refused, error),
        Answer::DockerContainerWaitError { error, code } => {
            Error::new(ErrorKind::Refused, format!("exit code {code} {error}"))
        }
        Answer::RequestTimeoutError => Error::of(
            &codes::ENGINE_SILENT,
            "the container engine did not answer in time",
        ),
        Answer::HyperResponseError { .. } | Answer::HyperLegacyError { .. } | Answer::IOError { .. } => {
            let cause = root_cause(&answer);
            // With TLS 1.3 an engine says so only when it is asked for something.
            if cause.contains("received fatal alert") {
                let message = format!("the container engine refuses our certificate: {cause}");
                return Error::of(&codes::TLS, message).help(
                    "see that `cert.pem` and `key.pem` were made for this engine, and are still valid",
                );
            }
            if cause.contains("connection was not ready") {
                let message = "the container engine ended the connection at once";
                return Error::of(&codes::ENGINE_SILENT, message).help(
                    "see that it runs, and if it speaks TLS that `cert.pem` and `key.pem` were made for it",
                );
            }
            Error::of(&codes::ENGINE_SILENT, cause)
                .help("see that the container engine runs, then run the same command again")
        }
        other => Error::new(
            ErrorKind::Internal,
            format!(
                "the container engine's answer is not understood: {}",
                root_cause(&other)
            ),
        ),
    }
}

/// An error of our own dialler, which came up through the HTTP client.
fn ours(answer: &Answer) -> Option<Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(answer);
    while let Some(error) = cause {
        if let Some(ours) = error.downcast_ref::<Error>() {
            return Some(ours.clone());
        }
        cause = error.source();
    }
    None
}

/// An answer with an error status. The engine says 500 for much that no other try would change, such as a taken port.
fn refusal(status: u16, message: &str) -> Error {
    let kind = match status {
        _ if lacks_login(message) => ErrorKind::Unauthorized,
        401 => ErrorKind::Unauthorized,
        404 => ErrorKind::NotFound,
        // The engine's word for what its state does not allow: a network in use, a predefined name.
        403 | 409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        502..=504 => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    };
    let error = Error::new(kind, message.trim()).code(status.to_string());
    if message.contains("port is already allocated") || message.contains("address already in use") {
        return error
            .number(&codes::PUBLISHED_PORT)
            .help("another program on that machine uses the port: stop it, or publish another port");
    }
    error
}

/// What registries that want another login say, for which engines have the status 500: Docker 28 hands through the text of
/// a registry of version 2.
fn lacks_login(message: &str) -> bool {
    let texts = [
        "no basic auth credentials",
        "unauthorized: authentication required",
    ];
    texts.iter().any(|text| message.contains(text))
}

/// The innermost message: "connection refused" says more than "error sending request".
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
