//! The kind `pages`: a site of Cloudflare Pages, published from a folder. Functions are left to a `build` command.

#![expect(
    unreachable_pub,
    reason = "the derived builder has each mutator a second time, inside"
)]

mod change;
mod functions;
mod look;
mod place;
mod publish;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use typed_builder::TypedBuilder;

use serde_json::{Map, Value};

use super::dns::{self, Dns, Record, RecordType};
use super::permission::{Need, Permission};
use super::{Cloudflare, hosts, name, worker};
use crate::converge::Context;
use crate::error::{Error, Result};
use crate::model::{
    Address, Declaration, Existing, Expansion, Found, Input, Intent, Lifecycle, Made, Output, OutputField,
    Path, Problem, Provider, Resource, Scope, Wanted,
};
use crate::plan::{Change, Disruption, Level};

/// A site of Cloudflare Pages.
///
/// ```
/// use fleetflow_core::cloudflare::Pages;
/// use fleetflow_core::Stack;
///
/// let site = Pages::builder().name("creo-site").source("./dist").custom_domain("www.example.jp").build();
/// assert!(Stack::new("creo", "dev").add(site).check().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, TypedBuilder)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-arguments" = ["name"]))]
#[builder(mutators(
    /// With a host of its own.
    pub fn custom_domain(&mut self, host: impl Into<String>) {
        self.custom_domain.push(host.into());
    }
    /// With a variable for its functions.
    pub fn env(&mut self, name: impl Into<String>, value: impl Into<Input<String>>) {
        self.env.insert(name.into(), value.into());
    }
))]
pub struct Pages {
    /// The project's name: up to 58 lower-case letters, digits and `-`.
    #[builder(setter(into))]
    pub name: String,
    /// The folder that is published. Functions are found in a folder `functions` in it or beside it, or in its
    /// `_worker.js`, and are compiled like a Worker.
    #[schemars(extend("x-path" = true))]
    #[builder(setter(into))]
    pub source: String,
    /// A command that is run first, in the folder of the stack's file: by `up`, when a file there is another one that Git
    /// does not ignore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option, suffix = "_command"))]
    pub build: Option<String>,
    /// The branch that is production; `main` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub production_branch: Option<String>,
    /// The branch that is published now: another one than production's is a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub branch: Option<String>,
    /// Hosts of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[builder(via_mutators)]
    pub custom_domain: Vec<String>,
    /// Variables for its functions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("x-aliases" = ["environment"]))]
    #[builder(via_mutators)]
    pub env: BTreeMap<String, Input<String>>,
    /// The day whose behaviour of the runtime it wants: `2026-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[builder(default, setter(into, strip_option))]
    pub compatibility_date: Option<String>,
    /// The digest of what is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    #[builder(default, setter(skip))]
    pub source_digest: Option<String>,
}

impl Pages {
    /// Its address.
    pub fn address(&self) -> Address {
        Address::new(Self::KIND, &self.name)
    }

    /// Its URL.
    pub fn url(&self) -> Output<String> {
        Output::new(&self.address(), "url")
    }

    /// Its host at `pages.dev`.
    pub fn host(&self) -> Output<String> {
        Output::new(&self.address(), "host")
    }
}

impl Resource for Pages {
    const KIND: &'static str = "pages";
    const PROVIDER: Provider = Provider::Cloudflare;
    const OUTPUTS: &'static [OutputField] = &[
        OutputField {
            name: "url",
            value_type: "text",
            doc: "The site's URL",
        },
        OutputField {
            name: "deployment-url",
            value_type: "text",
            doc: "The URL of what was published last",
        },
        OutputField {
            name: "host",
            value_type: "text",
            doc: "The site's host at pages.dev, which CNAME records of custom domains lead to",
        },
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn deletion() -> Disruption {
        Disruption::new(Level::Replace, ["outage: its addresses stop answering"])
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_project_name(&self.name) {
            let message = format!("`{}` cannot name a project of Pages", self.name);
            let help =
                "use up to 58 lower-case letters, digits and `-`, with a letter or a digit at both ends";
            problems.push(Problem::at(Path::root().key("name"), message).help(help));
        }
        for (index, host) in self.custom_domain.iter().enumerate() {
            if let Err(message) = name::host(host) {
                let path = Path::root().key("custom_domain").index(index);
                problems.push(Problem::at(path, message));
            }
        }
        problems.extend(worker::day(self.compatibility_date.as_deref()));
        problems
    }

    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        hosts::check(declared, around)
    }

    /// With a record for each custom domain in a zone of the stack: Pages makes none by itself (API doc §5.5).
    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        let mut parts = vec![declared.clone()];
        for host in self.custom_domain.iter().filter_map(|host| name::host(host).ok()) {
            let zones = around.of_kind(Dns::KIND);
            let zones = zones.filter_map(|zone| zone.spec.decode::<Dns>().ok());
            let holding =
                zones.filter(|dns| name::host(&dns.zone).is_ok_and(|zone| name::is_within(&host, &zone)));
            let nearest = holding.max_by_key(|dns| dns.zone.len());
            if let Some(dns) = nearest.filter(|dns| !stands_at(dns, &host)) {
                let record = Record::cname(host, self.host()).proxied(true);
                let mut record = dns::leaf_of(&dns, &record, around)?.inherit(declared);
                record.depends_on.insert(declared.address.clone());
                parts.push(record);
            }
        }
        Some(parts)
    }

    fn volatile(changes: &[Change], _: &Value) -> Vec<&'static str> {
        let published = changes
            .iter()
            .any(|change| change::PUBLISHED.contains(&change.field()));
        let moved = changes.iter().any(|change| change.field() == "custom_domain");
        match (published, moved) {
            (true, true) => vec!["url", "deployment-url"],
            (true, false) => vec!["deployment-url"],
            (false, true) => vec!["url"],
            (false, false) => Vec::new(),
        }
    }
}

/// Whether the zone declares a record of its own at `host` that leads somewhere.
fn stands_at(dns: &Dns, host: &str) -> bool {
    let leads = |record: &&Record| {
        matches!(
            record.record_type,
            RecordType::A | RecordType::Aaaa | RecordType::Cname
        ) && name::record_name(&record.name, &canonical(&dns.zone)).as_deref() == Ok(host)
    };
    dns.record.iter().any(|record| leads(&record))
}

/// A host in its one form.
fn canonical(host: &str) -> String {
    name::host(host).unwrap_or_else(|_| host.to_owned())
}

impl Lifecycle for Pages {
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

    fn digests(&self, root: &std::path::Path) -> Result<Map<String, Value>> {
        let digest = publish::digest_of(self, root)?;
        Ok(Map::from_iter([(
            "source_digest".to_owned(),
            Value::from(digest),
        )]))
    }

    async fn lacking(cloud: &Cloudflare, _: &[Intent<'_>]) -> Result<Vec<Error>> {
        cloud.lacking([Need::Account(Permission::Pages)].into()).await
    }
}

fn is_project_name(name: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let legal = name.bytes().all(|byte| simple(byte) || byte == b'-');
    (1..=58).contains(&name.len()) && legal && !name.starts_with('-') && !name.ends_with('-')
}
