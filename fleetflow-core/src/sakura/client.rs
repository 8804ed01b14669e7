//! Requests to SAKURA Cloud: address, headers, query, envelope, pages. What answers mean is said in `answer`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, Method, header};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{Sakura, answer, zone};
use crate::clouds::Account;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::http::{MAY_HAVE_CHANGED, Repeat, Request, Response};

/// Rows of a page. The API's own bound is not published; official clients ask for as many (API doc "Plans and prices").
const PAGE: usize = 1000;

/// One call, described.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    zone: String,
    path: String,
    operation: String,
    body: Option<Value>,
    query: Option<Value>,
    repeat: Option<Repeat>,
}

impl Call {
    fn new(method: Method, zone: &str, path: impl Into<String>, operation: impl Into<String>) -> Self {
        Self {
            method,
            zone: zone.to_owned(),
            path: path.into(),
            operation: operation.into(),
            body: None,
            query: None,
            repeat: None,
        }
    }

    /// A read.
    pub(super) fn get(zone: &str, path: impl Into<String>, operation: impl Into<String>) -> Self {
        Self::new(Method::GET, zone, path, operation)
    }

    /// A create. It is not repeated when its answer was lost.
    pub(super) fn post(zone: &str, path: impl Into<String>, operation: impl Into<String>) -> Self {
        Self::new(Method::POST, zone, path, operation)
    }

    /// A change that may be repeated.
    pub(super) fn put(zone: &str, path: impl Into<String>, operation: impl Into<String>) -> Self {
        Self::new(Method::PUT, zone, path, operation)
    }

    /// A removal. Some of them have a body.
    pub(super) fn delete(zone: &str, path: impl Into<String>, operation: impl Into<String>) -> Self {
        Self::new(Method::DELETE, zone, path, operation)
    }

    /// With a body.
    pub(super) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With a query: the whole of it is one JSON object (API doc "GET parameters").
    pub(super) fn query(mut self, query: Value) -> Self {
        self.query = Some(query);
        self
    }

    /// Not to be repeated when its answer was lost: a second one would do something else.
    pub(super) fn once(mut self) -> Self {
        self.repeat = Some(Repeat::LookFirst);
        self
    }
}

impl Sakura {
    /// Whose the API key is: asks, so that wrong credentials are told before anything else happens.
    pub async fn account(&self) -> Result<Account> {
        #[derive(serde::Deserialize)]
        struct Row {
            #[serde(rename = "ID")]
            id: super::Id,
            #[serde(rename = "Name", default)]
            name: Option<String>,
            #[serde(rename = "Code", default)]
            code: Option<String>,
        }
        let call = Call::get(
            zone::GLOBAL,
            "auth-status",
            "ask SAKURA Cloud whose the API key is",
        );
        let asked = self.one(call, "Account").await;
        let row: Row = asked.map_err(|error| self.naming_source(error))?;
        Ok(Account {
            id: row.id.to_string(),
            name: row.name.or(row.code).unwrap_or_default(),
        })
    }

    /// An API key that is refused is told with where it came from.
    fn naming_source(&self, error: Error) -> Error {
        match self.key_source.as_deref() {
            Some(source) if error.kind() == ErrorKind::Unauthorized => {
                let said = format!("the API key of {source} is refused: {}", error.message());
                error.saying(said)
            }
            _ => error,
        }
    }

    /// The object under `key` of the answer.
    pub(super) async fn one<T: DeserializeOwned>(&self, call: Call, key: &str) -> Result<T> {
        let operation = call.operation.clone();
        let response = self.send(call).await?;
        let mut body: Map<String, Value> = response.json().map_err(|error| error.during(&operation))?;
        decode(body.remove(key).unwrap_or_default(), key).map_err(|error| error.during(&operation))
    }

    /// A call whose answer says nothing but that it worked.
    pub(super) async fn done(&self, call: Call) -> Result<()> {
        self.send(call).await.map(drop)
    }

    /// All rows of a list, page by page: `filter` is the API's own (API doc "Find").
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        call: Call,
        key: &str,
        filter: Value,
    ) -> Result<Vec<T>> {
        #[derive(serde::Deserialize)]
        struct Page {
            #[serde(rename = "Total", default)]
            total: usize,
            #[serde(flatten)]
            rest: Map<String, Value>,
        }
        let mut rows = Vec::new();
        loop {
            let mut query = json!({ "From": rows.len(), "Count": PAGE });
            if !filter.is_null() {
                query["Filter"] = filter.clone();
            }
            let response = self.send(call.clone().query(query)).await?;
            let mut page: Page = response.json().map_err(|error| error.during(&call.operation))?;
            let found: Vec<T> = decode(page.rest.remove(key).unwrap_or_default(), key)
                .map_err(|error| error.during(&call.operation))?;
            let count = found.len();
            rows.extend(found);
            if count == 0 || rows.len() >= page.total {
                return Ok(rows);
            }
        }
    }

    async fn send(&self, call: Call) -> Result<Response> {
        let mut url = format!("{}/{}/api/cloud/1.1/{}", self.root, call.zone, call.path);
        if let Some(query) = &call.query {
            url.push('?');
            url.push_str(&percent_encoded(&query.to_string()));
        }
        let mut request = Request::new(call.method, url, call.operation)
            .header(header::AUTHORIZATION, self.authorization()?)
            .header(
                HeaderName::from_static("x-requested-with"),
                HeaderValue::from_static("XMLHttpRequest"),
            )
            .header(
                HeaderName::from_static("x-sakura-bigint-as-int"),
                HeaderValue::from_static("1"),
            );
        if let Some(body) = &call.body {
            request = request.json(body)?;
        }
        request.repeat = call.repeat.unwrap_or(request.repeat);
        self.shared.http.send(request, answer::judge).await
    }

    fn authorization(&self) -> Result<HeaderValue> {
        let pair = format!("{}:{}", self.token.expose_secret(), self.secret.expose_secret());
        let mut value =
            HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair))).map_err(|_| {
                Error::of(&codes::BAD_CREDENTIALS, "the API key cannot be sent")
                    .help("look for line breaks in it")
            })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// The part of an answer under `key`.
pub(super) fn decode<T: DeserializeOwned>(value: Value, key: &str) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        Error::of(
            &codes::UNEXPECTED,
            format!("the answer is not what was expected, in `{key}`: {error}"),
        )
        .help(MAY_HAVE_CHANGED)
    })
}

/// The whole text percent-encoded once; the server decodes once, and does not read `+` as a space (API doc "GET
/// parameters").
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_once_and_whole() {
        let query = json!({"Name": "web 01+é"}).to_string();
        assert_eq!(
            percent_encoded(&query),
            "%7B%22Name%22%3A%22web%2001%2B%C3%A9%22%7D"
        );
    }
}
