//! Credentials to callers (API doc §1.2): bearer tokens and the legacy key pair. It grants nothing.

use http::HeaderMap;

use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::{Owner, Rows, Token, digest};

/// What the gate found out about a request's credentials.
pub(crate) type Identity = Result<Caller, Refused>;

/// Somebody whose credentials are good.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// The holder of an API token, by the token's id.
    Token(String),
    /// A user with the legacy global key, by e-mail address. May do everything.
    User(String),
    /// Nobody in particular, on the routes that check an upload token of their own.
    Anonymous,
}

/// Why credentials were refused.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// There were none.
    Missing,
    /// They cannot be credentials at all.
    Malformed(Failure),
    /// A token that nobody was given, or that ran out.
    UnknownToken,
    /// A key pair that nobody has.
    UnknownKey,
}

impl Caller {
    /// The name whose requests are counted together: tokens of one user share the user's allowance.
    pub(crate) fn budget(&self, rows: &Rows) -> String {
        match self {
            Self::User(email) => format!("user:{email}"),
            Self::Anonymous => "anonymous".to_owned(),
            Self::Token(id) => rows.token(id).map_or_else(|| "gone".to_owned(), Token::budget),
        }
    }
}

impl Token {
    fn budget(&self) -> String {
        match &self.owner {
            Owner::User(email) => format!("user:{email}"),
            Owner::Account(_) => format!("token:{}", self.id),
        }
    }
}

/// Finds out who sent these headers.
pub(super) fn identify(rows: &Rows, headers: &HeaderMap, now: jiff::Timestamp) -> Identity {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text("authorization"), text("x-auth-email"), text("x-auth-key")) {
        (None, None, None) => Err(Refused::Missing),
        (Some(bearer), None, None) => by_token(rows, bearer, now),
        (None, Some(email), Some(key)) => by_key(rows, email, key),
        (None, None, Some(_)) => Err(malformed(6102, "Invalid format for X-Auth-Email header")),
        (None, Some(_), None) => Err(malformed(6103, "Invalid format for X-Auth-Key header")),
        (Some(_), _, _) => Err(malformed(6111, "Invalid format for Authorization header")),
    }
}

fn by_token(rows: &Rows, header: &str, now: jiff::Timestamp) -> Identity {
    let secret = header.strip_prefix("Bearer ").map(str::trim).unwrap_or_default();
    if secret.is_empty() || secret.contains(char::is_whitespace) {
        return Err(malformed(6111, "Invalid format for Authorization header"));
    }
    let fingerprint = digest(secret);
    rows.tokens
        .iter()
        .find(|token| token.digest == fingerprint && token.is_active(now))
        .map(|token| Caller::Token(token.id.clone()))
        .ok_or(Refused::UnknownToken)
}

fn by_key(rows: &Rows, email: &str, key: &str) -> Identity {
    if !email.contains('@') {
        return Err(malformed(6102, "Invalid format for X-Auth-Email header"));
    }
    if key.len() != 37 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed(6103, "Invalid format for X-Auth-Key header"));
    }
    let fingerprint = digest(key);
    rows.users
        .iter()
        .find(|user| user.email == email && user.key_digest == fingerprint)
        .map(|user| Caller::User(user.email.clone()))
        .ok_or(Refused::UnknownKey)
}

fn malformed(code: u32, message: &str) -> Refused {
    Refused::Malformed(Failure::chained(
        400,
        (6003, "Invalid request headers"),
        (code, message),
    ))
}
