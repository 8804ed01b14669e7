//! What the buckets are like: one list, and details of those that are wanted, as far as they are declared. It writes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::place::{Place, list};
use super::wire::{self, CorsRule, Domain, Managed, Progress, RawRule, Row};
use super::{BucketLifecycle, Cors, CustomDomain, Jurisdiction, R2Bucket};
use crate::cloudflare::{Cloudflare, name};
use crate::error::Result;
use crate::model::{Found, Observed, Ownership, Spec, Wanted};

/// Looks for the wanted buckets.
pub(super) async fn observe(cloud: &Cloudflare, wanted: &[Wanted]) -> Result<Found> {
    let wishes: Vec<Wish<'_>> = wanted.iter().filter_map(Wish::of).collect();
    let laws: BTreeSet<Jurisdiction> = wishes.iter().flat_map(|wish| wish.laws.iter().copied()).collect();
    let lists = try_join_all(laws.iter().map(|law| list(cloud, *law))).await?;
    let rows: BTreeMap<Jurisdiction, Vec<Row>> = laws.into_iter().zip(lists).collect();
    let there = wishes.iter().filter_map(|wish| {
        // It may still lie under the jurisdiction that was written last: a changed one replaces it.
        wish.laws.iter().rev().find_map(|law| {
            let row = rows.get(law)?.iter().find(|row| row.name == wish.bucket.name)?;
            Some((wish, *law, row))
        })
    });
    let seen = try_join_all(there.map(|(wish, law, row)| wish.look(cloud, law, row))).await?;
    let mut found = Found::default();
    for (observed, notes) in seen {
        found.resources.push(observed);
        found.notes.extend(notes);
    }
    Ok(found)
}

/// A bucket that is declared or remembered.
struct Wish<'w> {
    wanted: &'w Wanted,
    bucket: R2Bucket,
    applied: Option<R2Bucket>,
    attempted: Option<R2Bucket>,
    /// Where it may be: as declared, and as written before.
    laws: Vec<Jurisdiction>,
}

/// What was asked about one bucket; `None` was not asked.
struct Details {
    cors: Option<Vec<CorsRule>>,
    domains: Option<Vec<Domain>>,
    managed: Option<Managed>,
    lifecycle: Option<Vec<RawRule>>,
}

impl<'w> Wish<'w> {
    fn of(wanted: &'w Wanted) -> Option<Self> {
        let decoded = |spec: &Spec| spec.decode::<R2Bucket>().ok();
        let bucket = decoded(&wanted.spec)?;
        let applied = wanted.remembered.as_ref().and_then(|was| decoded(&was.spec));
        let attempted = wanted.attempted.as_ref().and_then(decoded);
        let law = |bucket: &R2Bucket| bucket.jurisdiction.unwrap_or(Jurisdiction::Default);
        let mut laws = vec![law(&bucket)];
        for was in attempted.iter().chain(&applied).map(law) {
            if !laws.contains(&was) {
                laws.push(was);
            }
        }
        Some(Self {
            wanted,
            bucket,
            applied,
            attempted,
            laws,
        })
    }

    /// As it was applied, and as an interrupted change may have made it.
    fn written(&self) -> impl Iterator<Item = &R2Bucket> + Clone {
        self.applied.iter().chain(&self.attempted)
    }

    async fn look(
        &self,
        cloud: &Cloudflare,
        law: Jurisdiction,
        row: &Row,
    ) -> Result<(Observed, Vec<String>)> {
        let place = Place {
            jurisdiction: law,
            ..Place::of(cloud, &self.bucket).await?
        };
        let details = Box::pin(self.details(&place)).await?;
        let notes = self.notes(row, &details);
        let observed = Observed {
            ownership: Ownership::Unmarkable,
            live: self.live(law, row, &details).into(),
            outputs: outputs(&place, details.managed.as_ref()),
            status: status(&details),
            ..Observed::marked(self.wanted.address.clone(), &row.name)
        };
        Ok((observed, notes))
    }

    /// Only what is or was declared is asked for: the rest is nobody's business.
    async fn details(&self, place: &Place<'_>) -> Result<Details> {
        let concerns = |of: fn(&R2Bucket) -> bool| of(&self.bucket) || self.written().any(of);
        let cors = asked(concerns(|bucket| !bucket.cors.is_empty()), place.cors());
        let domains = asked(
            concerns(|bucket| !bucket.custom_domain.is_empty()),
            place.domains(),
        );
        let lifecycle = asked(concerns(|bucket| bucket.lifecycle.is_some()), place.lifecycle());
        let managed = asked(
            concerns(|bucket| bucket.public_dev_url.is_some()),
            place.managed(),
        );
        let (cors, domains, managed, lifecycle) = futures::try_join!(cors, domains, managed, lifecycle)?;
        Ok(Details {
            cors,
            domains,
            managed,
            lifecycle,
        })
    }

    fn live(&self, law: Jurisdiction, row: &Row, details: &Details) -> Map<String, Value> {
        let mut live = Map::from_iter([("name".to_owned(), json!(row.name))]);
        let mut show = |field: &str, value: Value| drop(live.insert(field.to_owned(), value));
        // No jurisdiction, and the one called `default`, are the same.
        let spelled = self.bucket.jurisdiction.is_some() || law != Jurisdiction::Default;
        show("jurisdiction", if spelled { json!(law) } else { Value::Null });
        if let Some(class) = row.storage_class {
            show("storage_class", json!(class));
        }
        if let Some(rules) = &details.cors {
            let rules: Vec<Cors> = rules.iter().cloned().map(Cors::from).collect();
            show("cors", listed(&rules));
        }
        if let Some(domains) = &details.domains {
            show("custom_domain", listed(&self.domains(domains)));
        }
        if let Some(managed) = &details.managed {
            show("public_dev_url", json!(managed.enabled));
        }
        if let Some(rules) = &details.lifecycle {
            show("lifecycle", json!(self.lifecycle(rules)));
        }
        live
    }

    /// Our custom domains among `live`, in the order of the declaration; those that are no longer declared where they
    /// used to be. Those of others are left alone.
    fn domains(&self, live: &[Domain]) -> Vec<CustomDomain> {
        let declared = &self.bucket.custom_domain;
        let written = self.written().flat_map(|bucket| &bucket.custom_domain);
        let mut ours: Vec<_> = declared
            .iter()
            .filter_map(|custom| self.domain(custom, live))
            .collect();
        for (index, was) in written.enumerate() {
            let mut known = declared.iter().chain(&ours);
            if known.any(|custom| is_same_host(custom, was)) {
                continue;
            }
            if let Some(found) = self.domain(was, live) {
                ours.insert(index.min(ours.len()), found);
            }
        }
        ours
    }

    fn domain(&self, custom: &CustomDomain, live: &[Domain]) -> Option<CustomDomain> {
        let found = live
            .iter()
            .find(|found| host_of(custom) == found.host && found.enabled)?;
        let mut written = self.written().flat_map(|bucket| &bucket.custom_domain);
        let was_tls = written.find_map(|was| was.min_tls.filter(|_| is_same_host(custom, was)));
        let shows_tls = custom.min_tls.is_some() || was_tls.is_some();
        let zone = custom.zone.as_ref();
        Some(CustomDomain {
            domain: custom.domain.clone(),
            // A degraded answer leaves it out: then what was applied is believed (API doc §2.7).
            min_tls: found.min_tls.or(was_tls).filter(|_| shows_tls),
            zone: zone.map(|zone| spelled_like(zone, found.zone_name.as_deref())),
        })
    }

    /// Our rules among `live`; others stay (the one that every new bucket has, for instance).
    fn lifecycle(&self, live: &[RawRule]) -> Option<BucketLifecycle> {
        let declared = self.bucket.lifecycle.iter().flat_map(|lifecycle| &lifecycle.rule);
        let written = self.written().flat_map(|bucket| bucket.lifecycle.iter());
        let written = written.flat_map(|lifecycle| &lifecycle.rule);
        let mut ids: Vec<&str> = Vec::new();
        for rule in declared.chain(written) {
            if !ids.contains(&rule.id.as_str()) {
                ids.push(&rule.id);
            }
        }
        let found = ids
            .iter()
            .filter_map(|id| live.iter().find(|rule| wire::id_of(rule) == *id));
        let rule: Vec<_> = found.filter_map(wire::declared).collect();
        (self.bucket.lifecycle.is_some() || !rule.is_empty()).then_some(BucketLifecycle { rule })
    }

    fn notes(&self, row: &Row, details: &Details) -> Vec<String> {
        let name = &row.name;
        let mut notes = Vec::new();
        // Answers have the location in upper case (API doc §2.3).
        if let (Some(wish), Some(location)) = (self.bucket.location, &row.location)
            && !location.eq_ignore_ascii_case(wish.hint())
        {
            let wish = wish.hint().to_uppercase();
            notes.push(format!(
                "{name}: the bucket lies in {location} and stays there: R2 follows `location` ({wish}) only when a name is used for the first time"
            ));
        }
        for (host, told) in pending(details) {
            notes.push(format!(
                "{name}: the custom domain {host} is not active yet: {told}"
            ));
        }
        notes
    }
}

/// The outputs of a bucket. Every bucket has a URL at r2.dev for life; it is told while it answers.
pub(super) fn outputs(place: &Place<'_>, managed: Option<&Managed>) -> Map<String, Value> {
    let mut outputs = Map::from_iter([
        ("name".to_owned(), json!(place.name)),
        ("s3-endpoint".to_owned(), json!(place.s3_endpoint())),
    ]);
    if let Some(managed) = managed.filter(|managed| managed.enabled) {
        let url = format!("https://{}", managed.domain);
        outputs.insert("dev-url".to_owned(), json!(url));
    }
    outputs
}

/// A custom domain's host in its one form.
pub(super) fn host_of(custom: &CustomDomain) -> String {
    name::host(&custom.domain).unwrap_or_else(|_| custom.domain.clone())
}

pub(super) fn is_same_host(left: &CustomDomain, right: &CustomDomain) -> bool {
    host_of(left) == host_of(right)
}

async fn asked<T>(asks: bool, answer: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    if asks { answer.await.map(Some) } else { Ok(None) }
}

/// A list as a declaration has it: an empty one is left out.
fn listed<T: serde::Serialize>(items: &[T]) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        json!(items)
    }
}

/// The zone's live name, in the declaration's spelling where it is the same.
fn spelled_like(declared: &str, live: Option<&str>) -> String {
    match live {
        Some(live) if name::host(declared) != name::host(live) => live.to_owned(),
        _ => declared.to_owned(),
    }
}

fn pending(details: &Details) -> impl Iterator<Item = (&str, String)> {
    let domains = details.domains.iter().flatten().filter(|domain| domain.enabled);
    domains.filter_map(|domain| match domain.progress() {
        Progress::Active => None,
        Progress::Pending(told) | Progress::Failed(told) => Some((domain.host.as_str(), told)),
    })
}

fn status(details: &Details) -> Map<String, Value> {
    let pending: Vec<_> = pending(details)
        .map(|(host, told)| format!("{host}: {told}"))
        .collect();
    let mut status = Map::new();
    if !pending.is_empty() {
        status.insert("pending".to_owned(), json!(pending));
    }
    status
}
