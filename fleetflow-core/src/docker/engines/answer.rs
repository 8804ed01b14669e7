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
        Answer::DockerStreamError { error } => advised(Error::new(ErrorKind::Refused, error)),
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
        // Podman before 5.6 and 6.0 tells of its own states for a moment: another look is answered in Docker's words
        // (podman-container-tools/podman, pull requests 26149 and 28390).
        Answer::JsonDataError { message, .. } if message.contains("unknown variant `stop") => Error::new(
            ErrorKind::Unavailable,
            format!("a container is between two states: {message}"),
        ),
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
    advised(Error::new(kind, message.trim()).code(status.to_string()))
}

/// Says what to do where engines say what is wrong in words only, in answers and in the midst of them.
pub(in crate::docker) fn advised(error: Error) -> Error {
    let says = |texts: &[&str]| texts.iter().any(|text| error.message().contains(text));
    if says(&["port is already allocated", "address already in use"]) {
        return error
            .number(&codes::PUBLISHED_PORT)
            .help("another program on that machine uses the port: stop it, or publish another port");
    }
    if says(&["no space left on device"]) {
        return error.number(&codes::DISK_FULL).help(
            "the disk of the engine's machine is full: `docker system df` there shows of what, and `docker system prune` \
             removes what nothing uses",
        );
    }
    if says(&["executable file not found", "no such file or directory: unknown"]) {
        return error
            .number(&codes::NO_COMMAND)
            .help("the image has no such program: correct `command` or `entrypoint`");
    }
    if says(&[
        FOREIGN_PROGRAM,
        "no matching manifest for",
        "no match for platform in manifest",
    ]) {
        return other_processor(error);
    }
    if lacks_addresses(error.message()) {
        return error.help(
            "every network of an engine takes a range of addresses of it: `docker network prune` on that machine removes those \
             that nothing uses, and `default-address-pools` in its `daemon.json` gives it more",
        );
    }
    error
}

/// What is said of a program for another processor: by engines that could not start it, and by what they start it with,
/// in the log of a container.
pub(in crate::docker) const FOREIGN_PROGRAM: &str = "exec format error";

pub(in crate::docker) fn other_processor(error: Error) -> Error {
    error.number(&codes::OTHER_PROCESSOR).help(
        "build it for that machine, with `platform=` of `build`, or choose an image that is made for its processor",
    )
}

/// What Docker 20 and 29 say when no range of addresses is left for another network.
fn lacks_addresses(message: &str) -> bool {
    let texts = [
        "non-overlapping IPv4 address pool",
        "all predefined address pools have been fully subnetted",
    ];
    texts.iter().any(|text| message.contains(text))
}

/// What registries that want another login say, for which engines have the status 500: Docker 28 hands through the text of
/// a registry of version 2, and an engine that keeps its images in containerd's store the status of its answer.
fn lacks_login(message: &str) -> bool {
    let texts = [
        "no basic auth credentials",
        "unauthorized: authentication required",
        "401 Unauthorized",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_call_a_fault_of_theirs_is_told_as_what_it_is() {
        // As Docker 20, 28 and 29 write them, the last one with containerd's store.
        let texts = [
            "Head \"https://r/v2/a/manifests/1\": no basic auth credentials",
            "unauthorized: authentication required",
            "failed to resolve reference \"r/a:1\": unexpected status from HEAD request to http://r/v2/a/manifests/1: 401 Unauthorized",
        ];
        for text in texts {
            assert_eq!(refusal(500, text).kind(), ErrorKind::Unauthorized, "{text}");
        }
        let texts = [
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
            "all predefined address pools have been fully subnetted",
        ];
        for text in texts {
            let error = refusal(500, text);
            assert!(
                error.advice().is_some_and(|help| help.contains("network prune")),
                "{text}"
            );
        }
        assert_eq!(refusal(500, "something else").advice(), None);
    }

    #[test]
    fn what_is_wrong_in_words_only_has_its_number_in_answers_and_in_their_midst() {
        let texts = [
            ("write /large: no space left on device", &codes::DISK_FULL),
            (
                "runc create failed: exec: \"slep\": executable file not found in $PATH: unknown",
                &codes::NO_COMMAND,
            ),
            (
                "no matching manifest for linux/amd64 in the manifest list entries",
                &codes::OTHER_PROCESSOR,
            ),
            (
                "Bind for 0.0.0.0:80 failed: port is already allocated",
                &codes::PUBLISHED_PORT,
            ),
        ];
        for (text, code) in texts {
            let streamed = explain(Answer::DockerStreamError {
                error: text.to_owned(),
            });
            for error in [refusal(500, text), streamed] {
                assert_eq!(error.registered().number, code.number, "{text}");
                assert!(error.advice().is_some(), "{text}");
            }
        }
    }
}
