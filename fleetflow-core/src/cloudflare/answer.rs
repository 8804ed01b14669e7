//! What an answer of Cloudflare means: success, not now, unclear, refused. It reads no result.

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::codes;
use crate::error::{Error, ErrorKind};
use crate::http::{Response, Verdict};

/// Codes that speak of credentials and permissions (API doc §1.9).
const AUTHENTICATION: &[u64] = &[1000, 6003, 6111, 9103, 9106, 9109, 10_000, 10_001, 10_002, 10_003];
/// Codes under status 404 that do not say that a thing is gone: a malformed id, an unknown route, a hidden zone or
/// account (API doc §9 no. 51).
const MISDIRECTED: &[u64] = &[1001, 1003, 7000, 7001, 7003, 9109, 10_000, 10_015];
/// Codes under status 403 that no permission helps against: an address of e-mail that was never confirmed, R2 that was
/// never switched on, an object that a rule locks (API doc §1.9, §2.5).
const NOT_ABOUT_PERMISSIONS: &[u64] = &[10_034, 10_042, 10_069];
/// Codes for "it is there already, or in use" (API doc §1.9): DNS, R2, KV.
const CONFLICTS: &[u64] = &[
    10_004, 10_008, 10_014, 10_073, 81_053, 81_054, 81_055, 81_056, 81_057, 81_058,
];

/// The part of the envelope that says whether it worked (API doc §1.6).
#[derive(Default, Deserialize)]
struct Head {
    success: Option<bool>,
    #[serde(default)]
    errors: Value,
    error: Option<Value>,
    code: Option<Value>,
}

/// What `response` means; `permission` is what the call needs.
pub(super) fn judge(response: &Response, permission: &str) -> Verdict {
    let head = serde_json::from_slice::<Head>(&response.body).ok();
    let succeeded = match &head {
        Some(head) => head.success.unwrap_or(response.status.is_success()),
        // Some deletes answer 200 or 204 with nothing at all (API doc §1.6).
        None => response.status.is_success() && response.body.iter().all(u8::is_ascii_whitespace),
    };
    if succeeded && response.status.is_success() {
        return Verdict::Success;
    }
    let said = Said::of(head.unwrap_or_default(), response);
    let error = said.error(response, permission);
    match response.status {
        StatusCode::TOO_MANY_REQUESTS => Verdict::NotNow(error),
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Verdict::Unclear(error)
        }
        // A page of something in between instead of an answer.
        status if status.is_success() && !said.is_envelope => Verdict::Unclear(error),
        _ => Verdict::Refused(error),
    }
}

/// Whether `error` has one of `codes`. Numbers are only unique per product: ask right after a call to it.
pub(crate) fn has_code(error: &Error, codes: &[u64]) -> bool {
    let code = error.provider_code().and_then(|code| code.parse().ok());
    code.is_some_and(|code| codes.contains(&code))
}

/// What the provider said about a failure.
struct Said {
    code: Option<u64>,
    inner: Vec<u64>,
    message: String,
    is_envelope: bool,
}

impl Said {
    fn of(head: Head, response: &Response) -> Self {
        let is_envelope = head.success.is_some();
        let first = match head.errors {
            Value::Array(errors) => errors.into_iter().next(),
            _ => None,
        };
        let first = first.unwrap_or_else(|| {
            let message = head.error.unwrap_or_default();
            serde_json::json!({"code": head.code, "message": message})
        });
        let mut said = Self {
            code: number(&first["code"]),
            inner: Vec::new(),
            message: String::new(),
            is_envelope,
        };
        said.read(&first);
        if said.message.is_empty() {
            said.message = format!("it answered with status {}", response.status);
        }
        said
    }

    /// The real reason of some failures is in their chain (API doc §1.6).
    fn read(&mut self, error: &Value) {
        let text = error["message"]
            .as_str()
            .unwrap_or_default()
            .trim_end_matches('.');
        if !text.is_empty() {
            let separator = if self.message.is_empty() { "" } else { ": " };
            self.message = format!("{}{separator}{text}", self.message);
        }
        for inner in error["error_chain"].as_array().into_iter().flatten() {
            self.inner.extend(number(&inner["code"]));
            self.read(inner);
        }
    }

    fn error(&self, response: &Response, permission: &str) -> Error {
        let kind = self.kind(response.status);
        let mut error = Error::new(kind, self.message.clone());
        if let Some(code) = self.code {
            error = error.code(code.to_string());
        }
        if let Some(ray) = response.header("cf-ray") {
            error = error.request_id(ray);
        }
        if let Some(wait) = response.retry_after() {
            error = error.retry_after(wait);
        }
        if kind == ErrorKind::Unauthorized {
            error = match permission {
                "" => error.number(&codes::REFUSED_CREDENTIALS),
                lacks => error.number(&codes::PERMISSION).lacking(lacks),
            };
        }
        match advice(kind, response, permission) {
            Some(help) => error.help(help),
            None => error,
        }
    }

    fn kind(&self, status: StatusCode) -> ErrorKind {
        let among = |codes: &[u64]| self.code.is_some_and(|code| codes.contains(&code));
        let inner = |codes: &[u64]| self.inner.iter().any(|code| codes.contains(code));
        match status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                ErrorKind::Unavailable
            }
            StatusCode::FORBIDDEN if among(NOT_ABOUT_PERMISSIONS) => ErrorKind::Refused,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::Unauthorized,
            StatusCode::NOT_FOUND if !among(MISDIRECTED) && self.is_envelope => ErrorKind::NotFound,
            StatusCode::CONFLICT => ErrorKind::Conflict,
            _ if among(CONFLICTS) || inner(CONFLICTS) => ErrorKind::Conflict,
            // R2 and Workers use the other numbers of this range for their own things.
            _ if among(&AUTHENTICATION[..7]) => ErrorKind::Unauthorized,
            _ => ErrorKind::Refused,
        }
    }
}

fn advice(kind: ErrorKind, response: &Response, permission: &str) -> Option<String> {
    if response.header("cf-mitigated").is_some() {
        return Some(
            "a firewall in front of the API refused the request: try from another network".to_owned(),
        );
    }
    match kind {
        ErrorKind::Unauthorized if permission.is_empty() => {
            Some("check the API token: it may be mistyped, expired or revoked".to_owned())
        }
        ErrorKind::Unauthorized => Some(format!(
            "the API token needs the permission `{permission}`, for this account or zone; check also that it is not expired"
        )),
        ErrorKind::RateLimited => Some(
            "1,200 requests in five minutes are allowed, over all tokens and the dashboard: try again later"
                .to_owned(),
        ),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("cf-ray", "8e1b-NRT".parse().unwrap());
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: Bytes::from(body.to_owned()),
        }
    }

    fn refused(status: u16, body: &str) -> Error {
        match judge(&answer(status, body), "DNS Write") {
            Verdict::Refused(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_says_the_real_reason_the_code_and_the_ray() {
        let error = refused(
            400,
            r#"{"success":false,"errors":[{"code":1004,"message":"DNS Validation Error","error_chain":[{"code":9007,"message":"Content for CNAME record is invalid."}]}],"messages":["x"],"result":null}"#,
        );
        assert_eq!(
            error.to_string(),
            "DNS Validation Error: Content for CNAME record is invalid [code 1004, request 8e1b-NRT]"
        );
        assert_eq!(error.kind(), ErrorKind::Refused);
        let without_code = refused(
            400,
            r#"{"success":false,"errors":[{"message":"no"}],"messages":[{"code":1}]}"#,
        );
        assert_eq!(without_code.to_string(), "no [request 8e1b-NRT]");
    }

    #[test]
    fn kinds_follow_codes_before_statuses() {
        let of = |status, code: u64| {
            refused(
                status,
                &format!(r#"{{"success":false,"errors":[{{"code":{code},"message":"m"}}]}}"#),
            )
        };
        assert_eq!(of(404, 81_044).kind(), ErrorKind::NotFound);
        assert_eq!(of(404, 7003).kind(), ErrorKind::Refused);
        assert_eq!(of(400, 81_058).kind(), ErrorKind::Conflict);
        assert_eq!(of(400, 9106).kind(), ErrorKind::Unauthorized);
        assert_eq!(of(400, 10_001).kind(), ErrorKind::Refused);
        let missing = of(403, 10_000);
        assert_eq!(missing.registered(), &codes::PERMISSION);
        assert!(missing.advice().unwrap().contains("`DNS Write`"), "{missing:?}");
    }

    #[test]
    fn what_may_have_worked_is_not_called_a_refusal() {
        assert!(matches!(judge(&answer(200, ""), ""), Verdict::Success));
        assert!(matches!(judge(&answer(204, ""), ""), Verdict::Success));
        assert!(matches!(judge(&answer(502, "<html>"), ""), Verdict::Unclear(_)));
        assert!(matches!(judge(&answer(200, "<html>"), ""), Verdict::Unclear(_)));
        assert!(matches!(
            judge(&answer(200, r#"{"success":false,"errors":[]}"#), ""),
            Verdict::Refused(_)
        ));
        assert!(matches!(
            judge(&answer(429, r#"{"success":false,"errors":[{"code":10100}]}"#), ""),
            Verdict::NotNow(_)
        ));
    }
}
