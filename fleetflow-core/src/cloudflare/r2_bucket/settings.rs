//! The parts of a declared bucket: place, CORS rules, custom domains, lifecycle. Vocabulary only.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use typed_builder::TypedBuilder;

/// Where a bucket shall lie: a wish that R2 honours when a name is used for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum R2Location {
    /// Asia and the Pacific.
    Apac,
    /// Eastern Europe.
    Eeur,
    /// Eastern North America.
    Enam,
    /// Oceania.
    Oc,
    /// Western Europe.
    Weur,
    /// Western North America.
    Wnam,
}

impl R2Location {
    const ALL: [Self; 6] = [
        Self::Apac,
        Self::Eeur,
        Self::Enam,
        Self::Oc,
        Self::Weur,
        Self::Wnam,
    ];

    /// The word in requests: answers have it in upper case (API doc §2.3).
    pub(crate) const fn hint(self) -> &'static str {
        match self {
            Self::Apac => "apac",
            Self::Eeur => "eeur",
            Self::Enam => "enam",
            Self::Oc => "oc",
            Self::Weur => "weur",
            Self::Wnam => "wnam",
        }
    }
}

impl<'de> Deserialize<'de> for R2Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Self::ALL
            .into_iter()
            .find(|location| location.hint().eq_ignore_ascii_case(&text));
        found.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a location of R2")))
    }
}

impl JsonSchema for R2Location {
    fn schema_name() -> Cow<'static, str> {
        "R2Location".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let upper = Self::ALL.iter().map(|location| location.hint().to_uppercase());
        let lower = Self::ALL.iter().map(|location| location.hint().to_owned());
        let words: Vec<String> = upper.chain(lower).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// The law that a bucket's data stays under. It is part of the bucket's identity and cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Jurisdiction {
    /// None in particular.
    Default,
    /// The European Union.
    Eu,
    /// `FedRAMP`.
    Fedramp,
}

/// How new objects are stored and paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StorageClass {
    /// For objects that are read often.
    Standard,
    /// For objects that are rarely read.
    InfrequentAccess,
}

/// Which web pages may use the bucket, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[builder(mutators(
    /// A page's origin that may use the bucket: `https://app.example.jp`, or `*`.
    pub fn origin(&mut self, origin: impl Into<String>) {
        self.allowed_origins.push(origin.into());
    }
    /// A method that it may use.
    pub fn method(&mut self, method: CorsMethod) {
        self.allowed_methods.push(method);
    }
    /// A request header that it may send.
    pub fn header(&mut self, header: impl Into<String>) {
        self.allowed_headers.push(header.into());
    }
    /// A response header that it may read.
    pub fn expose(&mut self, header: impl Into<String>) {
        self.expose_headers.push(header.into());
    }
))]
pub struct Cors {
    /// Origins of pages that may use the bucket: `https://app.example.jp`, or `*`.
    #[builder(via_mutators)]
    pub allowed_origins: Vec<String>,
    /// The methods they may use.
    #[builder(via_mutators)]
    pub allowed_methods: Vec<CorsMethod>,
    /// Request headers they may send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub allowed_headers: Vec<String>,
    /// Response headers they may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub expose_headers: Vec<String>,
    /// Seconds that browsers keep the answer, at most 86400.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 86_400))]
    #[builder(default, setter(strip_option))]
    pub max_age: Option<u32>,
}

/// A method of a CORS rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum CorsMethod {
    /// Read an object.
    Get,
    /// Write an object.
    Put,
    /// Write an object by a form.
    Post,
    /// Delete an object.
    Delete,
    /// Read an object's headers.
    Head,
}

/// A host under which the bucket is public. R2 makes its DNS record and its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["domain"]))]
pub struct CustomDomain {
    /// The host: `cdn.example.jp`. Its zone must be in the account of the bucket.
    #[builder(setter(into))]
    pub domain: String,
    /// The lowest version of TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub min_tls: Option<TlsVersion>,
    /// The zone, where it is not the nearest one above the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub zone: Option<String>,
}

impl From<&str> for CustomDomain {
    fn from(domain: &str) -> Self {
        Self::builder().domain(domain).build()
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.0.
    #[serde(rename = "1.0")]
    Tls10,
    /// TLS 1.1.
    #[serde(rename = "1.1")]
    Tls11,
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What happens to objects as they age. Rules that FleetFlow did not make stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BucketLifecycle {
    /// The rules.
    #[serde(default)]
    pub rule: Vec<LifecycleRule>,
}

/// One rule about ageing objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["id"]))]
pub struct LifecycleRule {
    /// Its name in the bucket.
    #[builder(setter(into))]
    pub id: String,
    /// Whether it works; it does by default.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    #[builder(default = true)]
    pub enabled: bool,
    /// Only objects whose keys begin with this; all of them by default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[builder(default, setter(into))]
    pub prefix: String,
    /// Objects are deleted after so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[builder(default, setter(strip_option))]
    pub delete_after_days: Option<u32>,
    /// Objects are deleted on this day: `2027-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub delete_on: Option<String>,
    /// Objects become `InfrequentAccess` after so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[builder(default, setter(strip_option))]
    pub infrequent_access_after_days: Option<u32>,
    /// Objects become `InfrequentAccess` on this day: `2027-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub infrequent_access_on: Option<String>,
    /// Unfinished uploads are dropped after so many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    #[builder(default, setter(strip_option))]
    pub abort_uploads_after_days: Option<u32>,
}

fn yes() -> bool {
    true
}
