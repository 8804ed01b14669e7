//! What the Workers are like: one list, and details of those that are wanted, as far as they are declared. It writes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::place::{Domain, Place, Route, Script, Settings, account_name, domains, routes, scripts};
use super::{Binding, Migration, Observability, Worker, form, migration};
use crate::cloudflare::{Cloudflare, build, hosts, name};
use crate::error::Result;
use crate::model::{Address, Found, Observed, Ownership, Resource as _, Scope, Spec, Wanted};

/// Looks for the wanted Workers, and for others that carry our mark.
pub(super) async fn observe(cloud: &Cloudflare, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
    let rows = scripts(cloud).await?;
    migration::check_donors(scope, wanted, &rows)?;
    let wishes: Vec<Wish<'_>> = wanted
        .iter()
        .filter_map(|wanted| Wish::of(wanted, scope, &rows))
        .collect();
    let around = Around::of(cloud, &wishes).await?;
    let seen = try_join_all(wishes.iter().map(|wish| wish.look(cloud, &around))).await?;
    let mut found: Vec<Observed> = seen;
    let known: BTreeSet<&str> = wishes.iter().map(|wish| wish.row.id.as_str()).collect();
    for row in rows.iter().filter(|row| !known.contains(row.id.as_str())) {
        if let Some(address) = ours(row, scope) {
            found.push(Observed {
                live: json!({"name": row.id}).into(),
                ..Observed::marked(address, row.identity())
            });
        }
    }
    let notes = wanted.iter().filter_map(build_note).collect();
    Ok(Found {
        notes,
        ..found.into()
    })
}

/// What is said of a build that the next `up` runs.
pub(in crate::cloudflare) fn build_note(wanted: &Wanted) -> Option<String> {
    let command = wanted.spec["build"].as_str()?;
    let digest = |spec: &Value| spec["source_digest"].as_str().map(str::to_owned);
    let before = wanted.remembered.as_ref().and_then(|was| digest(&was.spec));
    let now = digest(&wanted.spec)?;
    (before.as_ref() != Some(&now)).then(|| build::note(&wanted.address, command))
}

/// The address in the Worker's mark, where it is a mark of this stage.
pub(super) fn ours(row: &Script, scope: &Scope) -> Option<Address> {
    let owner = form::owner(row.tags.as_deref()?)?;
    let here = owner.project == scope.project && owner.stage == scope.stage;
    (here && owner.address.kind() == Worker::KIND).then_some(owner.address)
}

/// The host in a route's pattern, with the star that it may have, and the path.
pub(in crate::cloudflare) fn parts_of(pattern: &str) -> (&str, &str) {
    let bare = pattern.split_once("://").map_or(pattern, |(_, rest)| rest);
    bare.split_once('/').unwrap_or((bare, ""))
}

/// The host in a route's pattern, without its star.
pub(in crate::cloudflare) fn host_of(pattern: &str) -> &str {
    let (host, _) = parts_of(pattern);
    host.strip_prefix("*.")
        .or_else(|| host.strip_prefix('*'))
        .unwrap_or(host)
}

/// A custom domain in its one form.
pub(in crate::cloudflare) fn canonical(host: &str) -> String {
    name::host(host).unwrap_or_else(|_| host.to_owned())
}

/// The Worker's URL: its first custom domain or route, otherwise the one at workers.dev.
pub(super) async fn url(cloud: &Cloudflare, worker: &Worker) -> Result<Option<String>> {
    let host = worker.custom_domain.first().map(|host| canonical(host));
    let route = worker.route.first().map(|pattern| host_of(pattern).to_owned());
    if let Some(host) = host.or(route) {
        return Ok(Some(format!("https://{host}")));
    }
    if worker.workers_dev != Some(true) {
        return Ok(None);
    }
    let account = account_name(cloud).await?;
    Ok(account.map(|account| format!("https://{}.{account}.workers.dev", worker.name)))
}

/// Outputs, without those that are not known.
pub(super) fn outputs(url: Option<&str>, version: Option<&str>, etag: Option<&str>) -> Map<String, Value> {
    let outputs = [("url", url), ("version-id", version), ("etag", etag)];
    let known = outputs
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    known.collect()
}

/// What is read once for all Workers.
struct Around {
    domains: Vec<Domain>,
    /// The routes of the zones that are routed from, by host.
    routes: BTreeMap<String, Vec<Route>>,
}

impl Around {
    async fn of(cloud: &Cloudflare, wishes: &[Wish<'_>]) -> Result<Self> {
        let hosted = wishes
            .iter()
            .any(|wish| wish.concerns(|worker| !worker.custom_domain.is_empty()));
        let domains = if hosted { domains(cloud).await? } else { Vec::new() };
        let patterns = wishes
            .iter()
            .flat_map(|wish| wish.all().flat_map(|worker| &worker.route));
        let hosts: BTreeSet<String> = patterns.map(|pattern| canonical(host_of(pattern))).collect();
        let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for host in hosts {
            // A zone that is gone has no routes any more.
            match cloud.zone_of(&host).await {
                Ok(zone) => zones.entry(zone.id).or_default().push(host),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        let lists = try_join_all(zones.keys().map(|zone| routes(cloud, zone))).await?;
        let mut by_host = BTreeMap::new();
        for (hosts, routes) in zones.into_values().zip(lists) {
            for host in hosts {
                by_host.insert(host, routes.clone());
            }
        }
        Ok(Self {
            domains,
            routes: by_host,
        })
    }
}

/// A Worker that is declared or remembered, and there.
struct Wish<'w> {
    wanted: &'w Wanted,
    worker: Worker,
    applied: Option<Worker>,
    attempted: Option<Worker>,
    row: &'w Script,
    ownership: Ownership,
}

impl<'w> Wish<'w> {
    fn of(wanted: &'w Wanted, scope: &Scope, rows: &'w [Script]) -> Option<Self> {
        let decoded = |spec: &Spec| spec.decode::<Worker>().ok();
        let worker = decoded(&wanted.spec)?;
        let row = rows.iter().find(|row| row.id == worker.name)?;
        let ownership = match ours(row, scope) {
            Some(address) if address == wanted.address => Ownership::Marked,
            _ => {
                let theirs = row.tags.as_deref().and_then(form::owner);
                Ownership::Foreign(theirs.map(|owner| owner.to_string()))
            }
        };
        Some(Self {
            wanted,
            worker,
            applied: wanted.remembered.as_ref().and_then(|was| decoded(&was.spec)),
            attempted: wanted.attempted.as_ref().and_then(decoded),
            row,
            ownership,
        })
    }

    /// As it is declared, and as it was written before.
    fn all(&self) -> impl Iterator<Item = &Worker> {
        std::iter::once(&self.worker).chain(self.written())
    }

    /// As it was applied, and as an interrupted change may have made it.
    fn written(&self) -> impl Iterator<Item = &Worker> {
        self.applied.iter().chain(&self.attempted)
    }

    /// Whether it is declared, or was written.
    fn concerns(&self, of: impl Fn(&Worker) -> bool) -> bool {
        self.all().any(of)
    }

    async fn look(&self, cloud: &Cloudflare, around: &Around) -> Result<Observed> {
        let place = Place::of(cloud, &self.worker.name).await?;
        let settings = place.settings().await?;
        let mut live = self.configuration(&settings);
        let mut show = |field: &str, value: Value| drop(live.insert(field.to_owned(), value));
        if self.concerns(|worker| !worker.cron.is_empty()) {
            show(
                "cron",
                listed(&ordered_like(&self.worker.cron, place.crons().await?)),
            );
        }
        if self.concerns(|worker| worker.workers_dev.is_some()) {
            show("workers_dev", json!(place.is_at_workers_dev().await?));
        }
        show("custom_domain", listed(&self.domains(around)));
        show("route", listed(&self.routes(around)));
        let remembered = self.wanted.remembered.as_ref();
        if let Some(etag) = remembered.and_then(|was| was.output("etag"))
            && self.row.etag.as_deref().is_some_and(|live| live != etag)
        {
            show("source_digest", json!("changed by somebody else"));
        }
        let version = match remembered.and_then(|was| was.output("version-id")) {
            Some(version) => Some(version.to_owned()),
            None => place.version().await?,
        };
        let url = url(cloud, &self.worker).await?;
        Ok(Observed {
            ownership: self.ownership.clone(),
            live: live.into(),
            outputs: outputs(url.as_deref(), version.as_deref(), self.row.etag.as_deref()),
            ..Observed::marked(self.wanted.address.clone(), self.row.identity())
        })
    }

    /// What belongs to the version, and the observability.
    fn configuration(&self, settings: &Settings) -> Map<String, Value> {
        let flags = settings.compatibility_flags.clone().unwrap_or_default();
        let date = settings.compatibility_date.as_deref();
        let usual = self.worker.compatibility_date.is_none() && date == Some(form::USUAL_DATE);
        let date = if usual { None } else { date };
        let live = json!({
            "name": self.row.id,
            "bindings": listed(&self.bindings(&settings.bindings)),
            "migration": listed(&self.migrations()),
            "compatibility_date": date,
            "compatibility_flags": listed(&self.flags(flags)),
            "observability": self.observability(settings.observability.as_ref()),
        });
        live.as_object().cloned().unwrap_or_default()
    }

    /// Our bindings among those that are there, in the order of the declaration.
    fn bindings(&self, live: &[Value]) -> Vec<Binding> {
        let applied = self.applied.iter().flat_map(|worker| &worker.bindings);
        let removed = applied
            .clone()
            .filter(|was| self.worker.bindings.iter().all(|now| now.name() != was.name()));
        let ours = self.worker.bindings.iter().chain(removed);
        ours.filter_map(|binding| {
            let read = live
                .iter()
                .find(|read| read["name"].as_str() == Some(binding.name()))?;
            // What cannot be read back is shown as it was applied.
            let was = applied.clone().find(|was| was.name() == binding.name());
            form::declared(read, was.unwrap_or(binding)).or_else(|| form::declared(read, binding))
        })
        .collect()
    }

    /// Those that are there; as declared, where they are what is sent of that.
    fn flags(&self, live: Vec<String>) -> Vec<String> {
        let sent = form::flags(&self.worker);
        let shown = ordered_like(&sent, live);
        if shown == sent {
            self.worker.compatibility_flags.clone()
        } else {
            shown
        }
    }

    /// Those that are carried out. They are of no concern where none is or was declared.
    fn migrations(&self) -> Vec<Migration> {
        let tag = self.row.migration_tag.as_deref();
        let applied = self.applied.as_ref().map(|worker| &worker.migration);
        match applied {
            Some(applied) if self.worker.migration.is_empty() => {
                migration::done(applied, tag.filter(|_| !applied.is_empty()))
            }
            _ if self.worker.migration.is_empty() => Vec::new(),
            _ => migration::done(&self.worker.migration, tag),
        }
    }

    /// Only the members that are or were declared.
    fn observability(&self, live: Option<&Value>) -> Option<Observability> {
        let live = live?;
        let enabled = live["enabled"].as_bool().unwrap_or(false);
        let sampled = self.concerns(|worker| {
            worker
                .observability
                .as_ref()
                .is_some_and(|declared| declared.head_sampling_rate.is_some())
        });
        let declared = self.concerns(|worker| worker.observability.is_some());
        declared.then(|| Observability {
            enabled,
            head_sampling_rate: live["head_sampling_rate"].as_f64().filter(|_| sampled),
        })
    }

    fn domains(&self, around: &Around) -> Vec<String> {
        let held = |host: &String| {
            let host = canonical(host);
            around
                .domains
                .iter()
                .any(|domain| domain.hostname == host && domain.service == self.row.id)
        };
        hosts::kept(
            &self.worker.custom_domain,
            self.written().flat_map(|worker| &worker.custom_domain),
            held,
        )
    }

    fn routes(&self, around: &Around) -> Vec<String> {
        let held = |pattern: &String| {
            let routes = around.routes.get(&canonical(host_of(pattern)));
            let mut routes = routes.into_iter().flatten();
            routes.any(|route| route.pattern == *pattern && route.script.as_ref() == Some(&self.row.id))
        };
        hosts::kept(
            &self.worker.route,
            self.written().flat_map(|worker| &worker.route),
            held,
        )
    }
}

/// `live` in the declaration's order where it is the same set.
fn ordered_like(declared: &[String], live: Vec<String>) -> Vec<String> {
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    if set(declared) == set(&live) {
        declared.to_vec()
    } else {
        live
    }
}

/// A list as a declaration has it: an empty one is left out.
fn listed<T: serde::Serialize>(items: &[T]) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        json!(items)
    }
}
