//! What the projects are like, from one list. It writes nothing.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::place::{Deployment, Place, Project, projects};
use super::publish::digest_in;
use super::{Pages, canonical};
use crate::cloudflare::worker::build_note;
use crate::cloudflare::{Cloudflare, hosts};
use crate::error::Result;
use crate::model::{Found, Observed, Ownership, Spec, Wanted};

/// The branch that is production where none is declared.
pub(super) const USUAL_BRANCH: &str = "main";

/// Looks for the wanted projects.
pub(super) async fn observe(cloud: &Cloudflare, wanted: &[Wanted]) -> Result<Found> {
    let rows = projects(cloud).await?;
    let wishes: Vec<Wish<'_>> = wanted
        .iter()
        .filter_map(|wanted| Wish::of(wanted, &rows))
        .collect();
    let notes = try_join_all(wishes.iter().map(|wish| wish.pending(cloud))).await?;
    Ok(Found {
        resources: wishes.iter().map(Wish::observed).collect(),
        notes: notes
            .into_iter()
            .flatten()
            .chain(wanted.iter().filter_map(build_note))
            .collect(),
        ..Found::default()
    })
}

/// The outputs of a site.
pub(super) fn outputs(pages: &Pages, host: &str, deployment: Option<&str>) -> Map<String, Value> {
    let first = pages.custom_domain.first().map(|host| canonical(host));
    let mut outputs = Map::from_iter([
        (
            "url".to_owned(),
            json!(format!("https://{}", first.as_deref().unwrap_or(host))),
        ),
        ("host".to_owned(), json!(host)),
    ]);
    if let Some(url) = deployment {
        outputs.insert("deployment-url".to_owned(), json!(url));
    }
    outputs
}

struct Wish<'w> {
    wanted: &'w Wanted,
    pages: Pages,
    applied: Option<Pages>,
    /// As an interrupted change may have made it.
    attempted: Option<Pages>,
    row: &'w Project,
}

impl<'w> Wish<'w> {
    fn of(wanted: &'w Wanted, rows: &'w [Project]) -> Option<Self> {
        let decoded = |spec: &Spec| spec.decode::<Pages>().ok();
        let pages = decoded(&wanted.spec)?;
        let row = rows.iter().find(|row| row.name == pages.name)?;
        Some(Self {
            wanted,
            pages,
            applied: wanted.remembered.as_ref().and_then(|was| decoded(&was.spec)),
            attempted: wanted.attempted.as_ref().and_then(decoded),
            row,
        })
    }

    fn observed(&self) -> Observed {
        let remembered = self.wanted.remembered.as_ref();
        // One that was deleted and made again by somebody else is not ours any more.
        let ownership = match remembered {
            Some(was) if was.id != self.row.id => Ownership::Foreign(None),
            _ => Ownership::Unmarkable,
        };
        let published = remembered.and_then(|was| was.output("deployment-url"));
        let live_url = self.deployed();
        Observed {
            ownership,
            live: self.live(published, live_url).into(),
            outputs: outputs(&self.pages, &self.row.subdomain, live_url.or(published)),
            ..Observed::marked(self.wanted.address.clone(), &self.row.id)
        }
    }

    fn is_preview(&self) -> bool {
        let production = self.pages.production_branch.as_deref().unwrap_or(USUAL_BRANCH);
        self.pages
            .branch
            .as_deref()
            .is_some_and(|branch| branch != production)
    }

    /// What is live; for a preview, what was published last.
    fn deployment(&self) -> Option<&Deployment> {
        if self.is_preview() {
            self.row.latest_deployment.as_ref()
        } else {
            self.row.canonical_deployment.as_ref()
        }
    }

    fn deployed(&self) -> Option<&str> {
        self.deployment().map(|deployment| deployment.url.as_str())
    }

    /// The digest of what a run published that remembers nothing of it: it was interrupted, or its state is lost. What a
    /// command makes has another one in the declaration.
    fn left_behind(&self) -> Option<Value> {
        let digest = digest_in(self.deployment()?.message())?;
        let remembered = self.wanted.remembered.as_ref();
        let interrupted = remembered.is_some_and(|was| was.spec["source_digest"].is_null());
        match self.pages.build {
            None => Some(json!(digest)),
            Some(_) => interrupted.then(|| json!("published by a run that was interrupted")),
        }
    }

    fn live(&self, published: Option<&str>, live_url: Option<&str>) -> Map<String, Value> {
        let branch = self.row.production_branch.as_deref();
        let usual = self.pages.production_branch.is_none() && branch == Some(USUAL_BRANCH);
        let config = &self.row.deployment_configs["production"];
        let dated = |pages: &Pages| pages.compatibility_date.is_some();
        let dated = dated(&self.pages) || self.applied.as_ref().is_some_and(dated);
        let mut live = Map::from_iter([
            ("name".to_owned(), json!(self.row.name)),
            ("production_branch".to_owned(), json!(branch.filter(|_| !usual))),
            ("custom_domain".to_owned(), listed(&self.domains())),
            ("env".to_owned(), self.env(&config["env_vars"])),
        ]);
        if dated {
            live.insert(
                "compatibility_date".to_owned(),
                config["compatibility_date"].clone(),
            );
        }
        // Nothing was published yet, or somebody else published after us.
        if live_url.is_none() || published.is_some_and(|url| live_url != Some(url)) {
            let told = live_url.map(|url| json!(format!("published by somebody else: {url}")));
            live.insert("source_digest".to_owned(), told.unwrap_or_default());
        } else if published.is_none() {
            live.extend(
                self.left_behind()
                    .map(|digest| ("source_digest".to_owned(), digest)),
            );
        }
        live
    }

    fn domains(&self) -> Vec<String> {
        let attached: BTreeSet<&str> = self.row.domains.iter().flatten().map(String::as_str).collect();
        let declared = &self.pages.custom_domain;
        let written = self.applied.iter().chain(&self.attempted);
        let removed = written.flat_map(|pages| &pages.custom_domain);
        let removed = removed.filter(|was| declared.iter().all(|now| canonical(now) != canonical(was)));
        hosts::kept(declared, removed, |host| {
            attached.contains(canonical(host).as_str())
        })
    }

    /// Our variables. The value of a secret reads back empty: what was applied is believed (API doc §5.1).
    fn env(&self, live: &Value) -> Value {
        let applied = self.wanted.remembered.as_ref().map(|was| &was.spec);
        let written = || applied.into_iter().chain(&self.wanted.attempted);
        let names = |pages: &Pages| pages.env.keys().cloned().collect::<Vec<_>>();
        let mut ours: BTreeSet<String> = names(&self.pages).into_iter().collect();
        ours.extend(self.applied.iter().chain(&self.attempted).flat_map(names));
        let mut shown = Map::new();
        for name in ours {
            let read = &live[&name];
            let value = match read["type"].as_str() {
                Some("secret_text") => written().find_map(|spec| spec["env"].get(&name)).cloned(),
                Some(_) => Some(read["value"].clone()),
                None => None,
            };
            shown.extend(value.map(|value| (name, value)));
        }
        if shown.is_empty() {
            Value::Null
        } else {
            Value::Object(shown)
        }
    }

    /// Custom domains that do not work yet, and what they wait for (API doc §5.5).
    async fn pending(&self, cloud: &Cloudflare) -> Result<Vec<String>> {
        if self.domains().is_empty() {
            return Ok(Vec::new());
        }
        let domains = Place::of(cloud, &self.row.name).await?.domains().await?;
        let pending = domains.into_iter().filter(|domain| domain.status != "active");
        let told = pending.map(|domain| {
            format!(
                "{}: the custom domain {} is {}: it needs a proxied CNAME record that leads to {}",
                self.row.name, domain.name, domain.status, self.row.subdomain
            )
        });
        Ok(told.collect())
    }
}

fn listed(items: &[String]) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        json!(items)
    }
}
