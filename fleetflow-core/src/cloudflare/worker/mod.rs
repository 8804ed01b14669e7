//! The kind `worker`: a Worker with its code, bindings and addresses. It does not make the records of its routes.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod around;
mod assets;
mod bindings;
mod change;
mod check;
mod form;
mod key;
mod look;
mod migration;
mod place;
mod plain;
mod shorthand;
mod source;
mod targets;
mod wrangler;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

pub use bindings::Binding;
pub use key::{KeyFormat, KeyUsage};
pub use migration::{Migration, RenamedClass, TransferredClass};

pub(in crate::cloudflare) use check::day;
pub(in crate::cloudflare) use look::{build_note, canonical, host_of, parts_of};

#[cfg(test)]
pub(in crate::cloudflare) use form::{With, metadata};

use serde_json::{Map, Value};

use self::around::{donors, is_first_to_name, is_id, resolved};
use super::kv_namespace::KvNamespace;
use super::permission::{Need, Permission};
use super::{Cloudflare, hosts};
use crate::converge::Context;
use crate::error::{Error, Result};
use crate::model::{
    Address, Declaration, Existing, Expansion, Found, Intent, Lifecycle, Made, Output, OutputField, Problem,
    Provider, Resource, Scope, Wanted, digests,
};
use crate::plan::{Change, Disruption, Level};

/// A Worker. A namespace of Workers KV that a binding names, and that nobody declares, is made.
///
/// ```
/// use fleetflow_core::cloudflare::{Worker, worker::Binding};
/// use fleetflow_core::Stack;
///
/// let gateway = Worker::builder()
///     .name("api-gateway")
///     .source("./workers/api-gateway")
///     .route("api.example.jp/*")
///     .binding(Binding::kv("CACHE", "creo-cache"))
///     .cron("*/5 * * * *")
///     .build();
/// assert!(Stack::new("creo", "dev").add(gateway).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With a route: `api.example.jp/*`.
    pub fn route(&mut self, pattern: impl Into<String>) {
        self.route.push(pattern.into());
    }
    /// With a host of its own.
    pub fn custom_domain(&mut self, host: impl Into<String>) {
        self.custom_domain.push(host.into());
    }
    /// With a binding.
    pub fn binding(&mut self, binding: Binding) {
        self.bindings.push(binding);
    }
    /// Run at these times, in UTC.
    pub fn cron(&mut self, schedule: impl Into<String>) {
        self.cron.push(schedule.into());
    }
    /// With a migration of its Durable Objects.
    pub fn migration(&mut self, migration: Migration) {
        self.migration.push(migration);
    }
    /// With a compatibility flag.
    pub fn compatibility_flag(&mut self, flag: impl Into<String>) {
        self.compatibility_flags.push(flag.into());
    }
))]
pub struct Worker {
    /// Its name: lower-case letters, digits, `-` and `_`.
    #[builder(setter(into))]
    pub name: String,
    /// The code, in JavaScript or TypeScript: a file, or a folder with an entry point (`index.ts`, `src/index.ts`,
    /// `index.js`, ..., or the `main` of a `wrangler.toml`). It is compiled here, and packages of npm that it imports
    /// are sent with it. What a `wrangler.toml` or `wrangler.jsonc` in the folder says holds where nothing is declared.
    #[schemars(extend("x-path" = true))]
    #[builder(setter(into))]
    pub source: String,
    /// A command that is run first, in the folder of the source: by `up`, when a file there is another one that Git does
    /// not ignore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option, suffix = "_command"))]
    pub build: Option<String>,
    /// Patterns of URLs that it answers: `api.example.jp/*`. Their hosts need a proxied record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub route: Vec<String>,
    /// Hosts that it answers alone. Cloudflare makes their records and certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub custom_domain: Vec<String>,
    /// What its code reaches by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-tagged" = true))]
    #[builder(via_mutators)]
    pub bindings: Vec<Binding>,
    /// What becomes of the classes of its Durable Objects, step by step: `migration "v1" { new-sqlite-class "Counter" }`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub migration: Vec<Migration>,
    /// Whether its Durable Objects may be deleted with it, with all that they hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub force_destroy: Option<bool>,
    /// The day whose behaviour of the runtime it wants: `2026-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub compatibility_date: Option<String>,
    /// Single behaviours of the runtime: `nodejs_compat`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub compatibility_flags: Vec<String>,
    /// Times at which it is run, in UTC: `*/5 * * * *`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub cron: Vec<String>,
    /// Whether it answers under the account's name at `workers.dev`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub workers_dev: Option<bool>,
    /// What is logged and traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(strip_option))]
    pub observability: Option<Observability>,
    /// The digest of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    #[builder(default, setter(skip))]
    pub source_digest: Option<String>,
    /// The digest of the static files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    #[builder(default, setter(skip))]
    pub assets_digest: Option<String>,
}

/// What is logged and traced of a Worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["enabled"]))]
pub struct Observability {
    /// Whether anything is.
    pub enabled: bool,
    /// The share of requests that are, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub head_sampling_rate: Option<f64>,
}

impl Worker {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    /// Its URL.
    pub fn url(&self) -> Output<String> {
        Output::new(&self.address(), "url")
    }

    /// The namespaces of Workers KV that its bindings name.
    fn namespaces(&self) -> BTreeSet<&str> {
        let names = self.bindings.iter().filter_map(|binding| match binding {
            Binding::Kv { namespace, .. } => {
                namespace.known().map(String::as_str).filter(|name| !is_id(name))
            }
            _ => None,
        });
        names.collect()
    }
}

impl Resource for Worker {
    const KIND: &'static str = "worker";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "url",
            value_type: "text",
            doc: "Its URL: the first custom domain or route, otherwise the one at workers.dev",
        },
        OutputField {
            name: "version-id",
            value_type: "text",
            doc: "The id of the deployed version",
        },
        OutputField {
            name: "etag",
            value_type: "text",
            doc: "The hash that Cloudflare gives the code",
        },
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Vec<Problem> {
        check::check(self)
    }

    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        hosts::check(declared, around)
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        let mut parts = vec![declared.clone()];
        for name in self.namespaces() {
            let address = Address::new(KvNamespace::KIND, name);
            if around.declaration(&address).is_none() && is_first_to_name(name, &declared.address, around) {
                parts.push(Declaration::from(KvNamespace::builder().name(name).build()));
            }
        }
        let mut worker = self.clone();
        for binding in &mut worker.bindings {
            parts[0].depends_on.extend(resolved(binding, around));
        }
        parts[0].depends_on.extend(donors(self, around));
        parts[0].spec = Declaration::from(worker).spec;
        Some(parts)
    }

    fn loses(changes: &[Change]) -> Option<&'static str> {
        let mut migrations = changes.iter().filter(|change| change.field() == "migration");
        migrations
            .any(migration::deletes)
            .then_some("what the Durable Objects of a deleted class hold")
    }

    fn deletion() -> Disruption {
        Disruption::new(Level::Replace, ["outage: its addresses stop answering"])
    }

    fn volatile(changes: &[Change], _: &Value) -> Vec<&'static str> {
        let versioned = changes
            .iter()
            .any(|change| change::VERSIONED.contains(&change.field()));
        let moved = ["custom_domain", "route", "workers_dev"];
        let moved = changes.iter().any(|change| moved.contains(&change.field()));
        match (versioned, moved) {
            (true, true) => vec!["url", "version-id", "etag"],
            (true, false) => vec!["version-id", "etag"],
            (false, true) => vec!["url"],
            (false, false) => Vec::new(),
        }
    }
}

impl Lifecycle for Worker {
    type Cloud = Cloudflare;

    async fn observe(cloud: &Cloudflare, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look::observe(cloud, scope, wanted).await
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

    async fn delete(cloud: &Cloudflare, _: &Context, was: &Existing) -> Result<()> {
        change::delete(cloud, was).await
    }

    fn completed(&self, root: &std::path::Path) -> Result<Option<(Self, Vec<String>)>> {
        let Some(config) = wrangler::Config::beside(self, root)? else {
            return Ok(None);
        };
        let (worker, notes) = config.fill(self);
        let problems = worker.check();
        if problems.is_empty() {
            Ok(Some((worker, notes)))
        } else {
            Err(Error::from_problems(problems).during("use what wrangler's configuration says"))
        }
    }

    fn digests(&self, root: &std::path::Path) -> Result<Map<String, Value>> {
        let unmade = migration::unmade(self);
        if !unmade.is_empty() {
            return Err(Error::from_problems(unmade));
        }
        digests([
            ("source_digest", source::digest(self, root).map(Some)),
            ("assets_digest", assets::digest_of(self, root)),
        ])
    }

    async fn lacking(cloud: &Cloudflare, intents: &[Intent<'_>]) -> Result<Vec<Error>> {
        let mut needs = BTreeSet::new();
        for intent in intents {
            let routes = intent.spec["route"].as_array().into_iter().flatten();
            if intent.concerns("route") {
                let hosts = routes.filter_map(|route| Some(look::canonical(look::host_of(route.as_str()?))));
                needs.extend(hosts.map(|host| Need::Host(Permission::Routes, host)));
            }
            let only_routes = |changed: &Vec<&str>| changed.iter().all(|field| *field == "route");
            if !intent.changed.as_ref().is_some_and(only_routes) {
                needs.insert(Need::Account(Permission::Scripts));
            }
        }
        cloud.lacking(needs).await
    }
}
