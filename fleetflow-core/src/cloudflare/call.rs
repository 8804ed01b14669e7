//! One call of the API: credentials, permission, envelope, pages. It knows no product.

use std::num::NonZeroUsize;

use futures::future::try_join_all;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Cloudflare, answer};
use crate::codes;
use crate::error::{Error, Result};
use crate::http::{Body, MAY_HAVE_CHANGED, Request};

/// What stands in a path or a query as it is (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `text` as one segment of a path, or one value of a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A call that is being described.
pub(crate) struct Call<'c> {
    client: &'c Cloudflare,
    request: Request,
    permission: &'static str,
}

/// What every answer is wrapped in (API doc §1.6).
#[derive(Deserialize)]
struct Envelope<T> {
    result: Option<T>,
    #[serde(default)]
    result_info: Option<ResultInfo>,
}

/// Where a list goes on (API doc §1.7).
#[derive(Default, Deserialize)]
struct ResultInfo {
    count: Option<usize>,
    per_page: Option<usize>,
    total_count: Option<usize>,
    cursor: Option<String>,
}

/// A page of a list, and what it says about the whole.
struct Page<T> {
    items: Vec<T>,
    total: Option<usize>,
    empty: bool,
    short: bool,
}

impl<T> Page<T> {
    fn of(envelope: Envelope<Vec<T>>, per_page: usize) -> Self {
        let items = envelope.result.unwrap_or_default();
        let info = envelope.result_info.unwrap_or_default();
        let size = info.per_page.unwrap_or(per_page);
        Self {
            total: info.total_count,
            empty: items.is_empty(),
            short: items.len().max(info.count.unwrap_or(0)) < size,
            items,
        }
    }

    /// Whether nothing can come after it, once `got` items are there.
    fn ends(&self, got: usize) -> bool {
        self.empty || self.total.map_or(self.short, |total| got >= total)
    }
}

impl Cloudflare {
    /// A call of `path` below the base, to `operation` (`list the zones`).
    pub(crate) fn call(&self, method: Method, path: &str, operation: impl Into<String>) -> Call<'_> {
        let mut request = Request::new(method, format!("{}{path}", self.base), operation);
        request.headers.extend(self.authorization.clone());
        Call {
            client: self,
            request,
            permission: "",
        }
    }

    /// A call that only reads.
    pub(crate) fn get(&self, path: &str, operation: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path, operation)
    }

    /// Every page of the list at `path`, which may have a query already. Where the first page says how many items there
    /// are, the others are asked for at once.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        per_page: usize,
        permission: &'static str,
        operation: &str,
    ) -> Result<Vec<T>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = |number: usize| {
            let path = format!("{path}{separator}page={number}&per_page={per_page}");
            async move {
                let call = self.get(&path, operation).needs(permission);
                Ok::<_, Error>(Page::of(call.envelope().await?, per_page))
            }
        };
        let mut last = page(1).await?;
        let mut items: Vec<T> = std::mem::take(&mut last.items);
        let mut next = 2;
        let told = last.total.filter(|total| *total > items.len());
        if let (Some(total), Some(size)) = (told, NonZeroUsize::new(items.len())) {
            let end = total.div_ceil(size.get());
            for found in try_join_all((2..=end).map(page)).await? {
                items.extend(found.items);
            }
            next = end + 1;
        }
        // What the first page did not tell, or what was added meanwhile.
        while !last.ends(items.len()) {
            last = page(next).await?;
            items.append(&mut last.items);
            next += 1;
        }
        Ok(items)
    }

    /// Every page of the list at `path`, which is read by cursor; `described` completes each call, and `items` takes
    /// them out of a result.
    pub(crate) async fn cursor_pages<'c, R: DeserializeOwned, T>(
        &'c self,
        path: &str,
        operation: &str,
        described: impl Fn(Call<'c>) -> Call<'c>,
        items: impl Fn(R) -> Vec<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let call = self.get(&format!("{path}?per_page=1000{cursor}"), operation);
            let envelope = described(call).envelope::<R>().await?;
            found.extend(envelope.result.map(&items).unwrap_or_default());
            match envelope.result_info.and_then(|info| info.cursor) {
                Some(next) if !next.is_empty() => cursor = format!("&cursor={}", encoded(&next)),
                _ => return Ok(found),
            }
        }
    }
}

impl Call<'_> {
    /// Needs `permission`: told when the provider refuses.
    pub(crate) fn needs(mut self, permission: &'static str) -> Self {
        self.permission = permission;
        self
    }

    /// With a JSON body.
    pub(crate) fn json(mut self, value: &impl Serialize) -> Result<Self> {
        self.request = self.request.json(value)?;
        Ok(self)
    }

    /// With another body.
    pub(crate) fn body(mut self, body: Body) -> Self {
        self.request.body = body;
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With an upload token instead of the credentials (API doc §1.2).
    pub(crate) fn bearer(mut self, token: &str) -> Result<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
            Error::of(
                &codes::UNEXPECTED,
                "the provider gave an upload token that no header can carry",
            )
        })?;
        value.set_sensitive(true);
        self.request.headers.clear();
        self.request.headers.insert(http::header::AUTHORIZATION, value);
        Ok(self)
    }

    /// May be sent twice: a second one finds what the first one did.
    pub(crate) fn repeatable(mut self) -> Self {
        self.request = self.request.repeatable();
        self
    }

    /// Sends it; its result.
    pub(crate) async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let operation = self.request.operation.clone();
        let envelope = self.envelope::<T>().await?;
        envelope.result.ok_or_else(|| {
            Error::of(&codes::UNEXPECTED, "the answer has no result")
                .during(operation)
                .help(MAY_HAVE_CHANGED)
        })
    }

    /// Sends it; only that it worked matters.
    pub(crate) async fn done(self) -> Result<()> {
        let permission = self.permission;
        let judge = |response: &_| answer::judge(response, permission);
        self.client.http.send(self.request, judge).await.map(drop)
    }

    async fn envelope<T: DeserializeOwned>(self) -> Result<Envelope<T>> {
        let (permission, operation) = (self.permission, self.request.operation.clone());
        let judge = |response: &_| answer::judge(response, permission);
        let response = self.client.http.send(self.request, judge).await?;
        if response.body.is_empty() {
            return Ok(Envelope {
                result: None,
                result_info: None,
            });
        }
        response.json().map_err(|error| error.during(operation))
    }
}
