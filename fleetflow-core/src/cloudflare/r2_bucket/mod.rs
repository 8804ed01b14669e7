//! The kind `r2-bucket`: a bucket of Cloudflare R2 with its settings and custom domains.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod change;
mod check;
mod look;
mod place;
mod settings;
mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub(in crate::cloudflare) use place::exists;
pub use settings::{
    BucketLifecycle, Cors, CorsMethod, CustomDomain, Jurisdiction, LifecycleRule, R2Location, StorageClass,
    TlsVersion,
};

use super::permission::{Need, Permission};
use super::{Cloudflare, hosts};
use crate::converge::Context;
use crate::error::{Error, Result};
use crate::model::{
    Address, Declaration, Existing, Expansion, Found, Intent, Lifecycle, Made, Output, OutputField, Problem,
    Provider, Resource, Scope, Wanted,
};
use crate::plan::Change;

/// A bucket of Cloudflare R2.
///
/// A bucket has no room for an owner mark: the state says whose it is. One that holds objects is not deleted, unless
/// `force_destroy` says that they may go with it.
///
/// ```
/// use fleetflow_core::cloudflare::{R2Bucket, r2_bucket::{Cors, CorsMethod, R2Location}};
/// use fleetflow_core::Stack;
///
/// let uploads = R2Bucket::builder()
///     .name("creo-attachments")
///     .location(R2Location::Apac)
///     .cors(Cors::builder().origin("https://app.example.jp").method(CorsMethod::Get).build())
///     .custom_domain("cdn.example.jp")
///     .build();
/// assert!(Stack::new("creo", "dev").add(uploads).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With a CORS rule.
    pub fn cors(&mut self, rule: Cors) {
        self.cors.push(rule);
    }
    /// With a custom domain: a host, or a [`CustomDomain`].
    pub fn custom_domain(&mut self, domain: impl Into<CustomDomain>) {
        self.custom_domain.push(domain.into());
    }
    /// With a lifecycle rule.
    pub fn lifecycle_rule(&mut self, rule: LifecycleRule) {
        self.lifecycle.get_or_insert_default().rule.push(rule);
    }
))]
pub struct R2Bucket {
    /// The bucket's name: 3 to 63 lower-case letters, digits and `-`.
    #[builder(setter(into))]
    pub name: String,
    /// Where it shall lie. A wish that R2 honours only when a name is used for the first time; it never moves a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub location: Option<R2Location>,
    /// The law that its data stays under. Another one is another bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub jurisdiction: Option<Jurisdiction>,
    /// How new objects are stored: `Standard` or `InfrequentAccess`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub storage_class: Option<StorageClass>,
    /// Which web pages may use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub cors: Vec<Cors>,
    /// Hosts under which it is public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub custom_domain: Vec<CustomDomain>,
    /// Whether it is public under a name at `r2.dev`, for trying things out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub public_dev_url: Option<bool>,
    /// What happens to objects as they age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(via_mutators)]
    pub lifecycle: Option<BucketLifecycle>,
    /// Whether its objects may be deleted with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[builder(default)]
    pub force_destroy: bool,
}

impl R2Bucket {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    /// The endpoint for S3 clients.
    pub fn s3_endpoint(&self) -> Output<String> {
        Output::new(&self.address(), "s3-endpoint")
    }

    /// Its URL at `r2.dev`. It can be referred to where `public_dev_url` is on: otherwise nobody is answered there.
    /// (API doc §2.8)
    pub fn dev_url(&self) -> Output<String> {
        Output::new(&self.address(), "dev-url")
    }
}

impl Resource for R2Bucket {
    const KIND: &'static str = "r2-bucket";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "name",
            value_type: "text",
            doc: "The bucket's name",
        },
        OutputField {
            name: "s3-endpoint",
            value_type: "text",
            doc: "The endpoint for S3 clients, without the bucket",
        },
        OutputField {
            name: "dev-url",
            value_type: "text",
            doc: "The bucket's URL at r2.dev, while `public-dev-url` is on",
        },
    ];
    // A bucket lies under its jurisdiction for good. Its location is only a wish, and never a reason to replace it.
    const REPLACE_ON: &'static [&'static str] = &["jurisdiction"];
    const WRITE_ONLY: &'static [&'static str] = &["location"];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        let mut problems = hosts::check(declared, around);
        problems.extend(check::unanswered(self, declared, around));
        problems
    }

    fn volatile(changes: &[Change], _: &serde_json::Value) -> Vec<&'static str> {
        let switches = changes.iter().any(|change| change.field() == "public_dev_url");
        if switches { vec!["dev-url"] } else { Vec::new() }
    }
}

impl Lifecycle for R2Bucket {
    type Cloud = Cloudflare;

    async fn observe(cloud: &Cloudflare, _: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look::observe(cloud, wanted).await
    }

    async fn create(
        cloud: &Cloudflare,
        context: &Context,
        spec: &Self,
        _: Option<&Existing>,
    ) -> Result<Made> {
        change::create(cloud, context, spec).await
    }

    async fn update(
        cloud: &Cloudflare,
        context: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> Result<Made> {
        change::update(cloud, context, was, spec, changes).await
    }

    async fn delete(cloud: &Cloudflare, context: &Context, was: &Existing) -> Result<()> {
        change::delete(cloud, context, was).await
    }

    async fn lacking(cloud: &Cloudflare, _: &[Intent<'_>]) -> Result<Vec<Error>> {
        cloud.lacking([Need::Account(Permission::Buckets)].into()).await
    }
}
