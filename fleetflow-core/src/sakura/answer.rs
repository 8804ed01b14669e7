//! What an answer of SAKURA Cloud means: success, not now, unclear, or refused, with the error that says so.

use http::StatusCode;
use serde::Deserialize;

use crate::codes::{self, Code};
use crate::error::{Error, ErrorKind};
use crate::http::{Response, Verdict};
use crate::sakura::advice;

/// The body of an error (API doc "Errors").
#[derive(Debug, Default, Deserialize)]
struct Body {
    error_code: Option<String>,
    error_msg: Option<String>,
    serial: Option<String>,
}

/// Codes of 503 that another try does not cure (API doc "Errors").
const PERMANENT: &[&str] = &[
    "boot_failure_in_group",
    "unknown_os_type",
    "server_could_not_stop",
    "no_display_response",
];

/// Codes of 503 for an operation that was begun: as with a gateway's time-out, it may have happened (API doc "Errors").
const BEGUN: &[&str] = &[
    "operation_timeout",
    "operation_failure",
    "storage_operation_failure",
];

/// Codes that pass by themselves, of what state of affairs they tell: somebody who waits tries again (API doc
/// "Errors"). The last one comes while the cloud recovers from a broken host ("Power").
const PASSING: &[(&str, &str)] = &[
    ("still_creating", "it is still being made"),
    ("disk_is_copying", "a disk is being copied"),
    ("disk_is_not_available", "a disk is busy"),
    ("archive_is_incomplete", "the archive is not complete yet"),
    ("in_migration", "the server moves to another host"),
    ("diskorss_in_migration", "a disk moves to other storage"),
    ("server_is_cleaning", "the server is still shutting down"),
    ("packetfilter_applying", "a packet filter is being applied"),
    ("cdrom_is_incomplete", "the ISO image is not complete yet"),
    ("boot_failure_by_lock", "the server's host is locked"),
];

/// What is in the way, if `error` passes by itself: what users are told while it is waited for.
pub(super) fn hindrance(error: &Error) -> Option<&'static str> {
    passing(error.provider_code()?)
}

/// What `code` tells, if that passes by itself.
fn passing(code: &str) -> Option<&'static str> {
    let known = PASSING.iter().find(|(known, _)| *known == code)?;
    Some(known.1)
}

/// Whether what `code` tells passes by itself.
pub(super) fn is_passing(code: &str) -> bool {
    passing(code).is_some()
}

/// Whether `error` has one of `codes`.
pub(super) fn is_one_of(error: &Error, codes: &[&str]) -> bool {
    error.provider_code().is_some_and(|code| codes.contains(&code))
}

/// What `response` means.
pub(super) fn judge(response: &Response) -> Verdict {
    // Official clients take these four as success and everything else as an error (API doc "Response envelopes").
    if matches!(response.status.as_u16(), 200 | 201 | 202 | 204) {
        return Verdict::Success;
    }
    let body: Body = serde_json::from_slice(&response.body).unwrap_or_default();
    let code = body.error_code.clone().unwrap_or_default();
    let error = error(response, body, &code);
    match response.status.as_u16() {
        423 | 429 => Verdict::NotNow(error),
        503 if BEGUN.contains(&code.as_str()) => Verdict::Unclear(error),
        503 if !PERMANENT.contains(&code.as_str()) => Verdict::NotNow(error),
        408 | 500 | 502 | 504 => Verdict::Unclear(error),
        _ => Verdict::Refused(error),
    }
}

fn error(response: &Response, body: Body, code: &str) -> Error {
    let status = response.status;
    // A proxy in front may answer something else than JSON.
    let message = body.error_msg.filter(|text| !text.is_empty()).unwrap_or_else(|| {
        let raw = String::from_utf8_lossy(&response.body);
        let start: String = raw.trim().chars().take(200).collect();
        if start.is_empty() {
            status.to_string()
        } else {
            format!("{status}: {start}")
        }
    });
    let mut error = Error::new(kind(status, code), message);
    if !code.is_empty() {
        error = error.code(code);
    }
    if let Some(serial) = body.serial {
        error = error.request_id(serial);
    }
    if let Some(wait) = response.retry_after() {
        error = error.retry_after(wait);
    }
    if let Some(number) = number(status, code) {
        error = error.number(number);
    }
    match advice::of(status.as_u16(), code) {
        Some(advice) => error.help(advice),
        None => error,
    }
}

/// What more is known of it than its kind.
fn number(status: StatusCode, code: &str) -> Option<&'static Code> {
    match status.as_u16() {
        401 => Some(&codes::REFUSED_CREDENTIALS),
        403 if code == "access_apikey_disabled" => Some(&codes::REFUSED_CREDENTIALS),
        403 => Some(&codes::PERMISSION),
        409 if code.starts_with("limit_") => Some(&codes::LIMIT),
        _ => None,
    }
}

fn kind(status: StatusCode, code: &str) -> ErrorKind {
    match status.as_u16() {
        401 | 403 => ErrorKind::Unauthorized,
        404 => ErrorKind::NotFound,
        409 if code.starts_with("limit_") => ErrorKind::Refused,
        409 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        503 if code == "too_many_request" => ErrorKind::RateLimited,
        503 if PERMANENT.contains(&code) => ErrorKind::Refused,
        408 | 423 | 500 | 502 | 503 | 504 => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Verdict {
        judge(&Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: http::HeaderMap::new(),
            body: body.to_owned().into(),
        })
    }

    fn refused(status: u16, code: &str) -> Verdict {
        answered(
            status,
            &format!(
                r#"{{"is_fatal":true,"serial":"c7e3","status":"x","error_code":"{code}","error_msg":"だめ"}}"#
            ),
        )
    }

    #[test]
    fn an_error_carries_what_the_cloud_said() {
        let Verdict::Refused(error) = refused(404, "not_found") else {
            panic!()
        };
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), "だめ [code not_found, request c7e3]");
        let Verdict::Unclear(error) = answered(502, "<html>Bad Gateway") else {
            panic!()
        };
        assert!(error.to_string().contains("<html>Bad Gateway"), "{error}");
    }

    #[test]
    fn refusals_that_are_mended_in_different_ways_have_different_numbers() {
        for (status, code, number) in [
            (401, "unauthorized", &codes::REFUSED_CREDENTIALS),
            (403, "access_apikey_disabled", &codes::REFUSED_CREDENTIALS),
            (403, "forbidden", &codes::PERMISSION),
            (409, "limit_count_in_zone", &codes::LIMIT),
            (409, "conflict", ErrorKind::Conflict.code()),
        ] {
            let Verdict::Refused(error) = refused(status, code) else {
                panic!("{code}")
            };
            assert_eq!(error.registered(), number, "{code}");
            assert_eq!(error.kind(), number.kind, "{code}");
        }
    }

    #[test]
    fn a_503_is_repeated_unless_its_code_says_that_this_is_in_vain() {
        assert!(
            matches!(refused(503, "too_many_request"), Verdict::NotNow(error) if error.kind() == ErrorKind::RateLimited)
        );
        assert!(matches!(refused(503, "boot_failure_by_lock"), Verdict::NotNow(_)));
        assert!(matches!(refused(423, "locked"), Verdict::NotNow(_)));
        for code in PERMANENT {
            assert!(matches!(refused(503, code), Verdict::Refused(_)), "{code}");
        }
        assert!(matches!(
            refused(504, "apiproxy_timeout_non_get"),
            Verdict::Unclear(_)
        ));
    }

    #[test]
    fn conflicts_that_pass_are_told_from_those_that_do_not() {
        let Verdict::Refused(waits) = refused(409, "still_creating") else {
            panic!()
        };
        let Verdict::Refused(stays) = refused(409, "limit_count_in_zone") else {
            panic!()
        };
        assert_eq!(
            (hindrance(&waits), hindrance(&stays)),
            (Some("it is still being made"), None)
        );
        assert_eq!(
            (waits.kind(), stays.kind()),
            (ErrorKind::Conflict, ErrorKind::Refused)
        );
    }
}
