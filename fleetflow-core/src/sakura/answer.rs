//! What an answer of SAKURA Cloud means: success, not now, unclear, or refused, with the error that says so.

use http::StatusCode;
use serde::Deserialize;

use crate::error::{Error, ErrorKind};
use crate::http::{Response, Verdict};

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

/// Codes of 409 that pass by themselves: somebody who waits tries again (API doc "Errors").
const PASSING: &[&str] = &[
    "still_creating",
    "disk_is_copying",
    "disk_is_not_available",
    "archive_is_incomplete",
    "in_migration",
    "diskorss_in_migration",
    "server_is_cleaning",
    "packetfilter_applying",
    "cdrom_is_incomplete",
];

/// Whether `error` passes by itself.
pub(super) fn passes(error: &Error) -> bool {
    error.provider_code().is_some_and(|code| PASSING.contains(&code))
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
        503 if !PERMANENT.contains(&code.as_str()) => Verdict::NotNow(error),
        500 | 502 | 504 => Verdict::Unclear(error),
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
    match advice(status, code) {
        Some(advice) => error.help(advice),
        None => error,
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
        423 | 500 | 502 | 503 | 504 => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

/// What to do next, where the code says enough.
fn advice(status: StatusCode, code: &str) -> Option<&'static str> {
    Some(match (status.as_u16(), code) {
        (401, _) => "check the access token and its secret",
        (403, "disabled_in_sandbox" | "dont_create_in_sandbox") => {
            "the zone tk1v cannot do this: use another zone"
        }
        (403, _) => "give the API key the permission to create and delete, in the control panel",
        (402, _) => "look at the account's payments in the control panel",
        (409, _) if code.starts_with("limit_") => {
            "ask SAKURA internet for a higher limit, or remove something"
        }
        (409, "disconnect_b4_delete" | "res_used_in_zone") => {
            "something else still uses it: remove that first"
        }
        (409, _) if PASSING.contains(&code) => "it passes by itself: run the same command again in a minute",
        (409, _) => "somebody else changed it at the same time: look at a new plan",
        (503, "boot_failure_in_group") => "too few hosts for the `@group=` tag: choose another letter",
        (503, "unknown_os_type") => {
            "the disk's image cannot be edited: leave out hostname, keys, password and script, or choose another image"
        }
        (423 | 429 | 500..=504, _) => "try again in a few minutes; status: https://support.sakura.ad.jp",
        _ => return None,
    })
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
        assert!(passes(&waits) && !passes(&stays));
        assert_eq!(
            (waits.kind(), stays.kind()),
            (ErrorKind::Conflict, ErrorKind::Refused)
        );
    }
}
