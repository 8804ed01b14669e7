//! Makes, changes and removes buckets. What is there is read by `look`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::look::{host_of, is_same_host, outputs};
use super::place::{NO_BUCKET, Place, taken};
use super::wire::{self, CorsRule, Domain, NewBucket, NewDomain, Progress};
use super::{CustomDomain, R2Bucket, StorageClass, TlsVersion};
use crate::cloudflare::answer::has_code;
use crate::cloudflare::{Cloudflare, hosts, name};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Made, Segment};
use crate::plan::Change;

/// How long a custom domain may take. A certificate takes seconds to minutes; no bound is documented (API doc §2.7).
const ACTIVATION: Duration = Duration::from_mins(10);
/// How long a host may stay in use by what this run removes at the same time.
const HANDOVER: Duration = Duration::from_secs(5);
/// How long a new bucket may be unknown to its own settings (API doc §2.8).
const SETTLING: Duration = Duration::from_secs(30);
/// How often a create whose answer was lost is looked after.
const ATTEMPTS: usize = 5;
/// Codes for a bucket that exists (API doc §2.4).
const EXISTS: &[u64] = &[10_004, 10_073];

/// Makes a bucket, then its settings. A create that was interrupted in between is completed by an update.
pub(super) async fn create(cloud: &Cloudflare, context: &Context, bucket: &R2Bucket) -> Result<Made> {
    let place = Place::of(cloud, bucket).await?;
    make(&place, bucket).await?;
    context.checkpoint(&place.name, outputs(&place, None)).await?;
    // Directly after a create the settings may answer that there is no such bucket (API doc §2.8).
    let seen = || async {
        match place.managed().await {
            Err(error) if has_code(&error, NO_BUCKET) => Ok(None),
            answer => answer.map(Some),
        }
    };
    let mut managed = context
        .until("waiting for the new bucket to be seen", SETTLING, seen)
        .await?;
    if !bucket.cors.is_empty() {
        place
            .set_cors(bucket.cors.iter().map(CorsRule::from).collect())
            .await?;
    }
    if bucket.lifecycle.is_some() {
        set_lifecycle(&place, BTreeSet::new(), bucket).await?;
    }
    if let Some(enabled) = bucket
        .public_dev_url
        .filter(|enabled| *enabled != managed.enabled)
    {
        managed = place.set_managed(enabled).await?;
    }
    // Where nothing is said of it, nobody looks after it.
    let managed = Some(managed).filter(|_| bucket.public_dev_url.is_some());
    if !bucket.custom_domain.is_empty() {
        set_domains(context, &place, &[], bucket).await?;
    }
    Ok(Made {
        id: place.name.clone(),
        outputs: outputs(&place, managed.as_ref()),
    })
}

/// Changes the fields that `changes` speak of, and no others.
pub(super) async fn update(
    cloud: &Cloudflare,
    context: &Context,
    was: &Existing,
    bucket: &R2Bucket,
    changes: &[Change],
) -> Result<Made> {
    let place = Place::of(cloud, bucket).await?;
    let before = was.spec_as::<R2Bucket>().ok();
    let fields: BTreeSet<&str> = changes.iter().map(Change::field).collect();
    let mut told = was.outputs.clone();
    if fields.contains("storage_class") {
        let class = bucket.storage_class.unwrap_or(StorageClass::Standard);
        place.store_as(class).await?;
    }
    if fields.contains("cors") {
        place
            .set_cors(bucket.cors.iter().map(CorsRule::from).collect())
            .await?;
    }
    if fields.contains("lifecycle") {
        let mut ours: BTreeSet<String> = before.iter().flat_map(ids).collect();
        ours.extend(changes.iter().flat_map(shown_ids));
        set_lifecycle(&place, ours, bucket).await?;
    }
    if fields.contains("public_dev_url") {
        let managed = place.set_managed(bucket.public_dev_url.unwrap_or(false)).await?;
        told = outputs(&place, Some(&managed));
    }
    if fields.contains("custom_domain") {
        let mut before = before.map(|before| before.custom_domain).unwrap_or_default();
        for shown in changes.iter().flat_map(|change| shown_domains(change, bucket)) {
            match before.iter_mut().find(|known| is_same_host(known, &shown)) {
                Some(known) => known.min_tls = known.min_tls.or(shown.min_tls),
                None => before.push(shown),
            }
        }
        set_domains(context, &place, &before, bucket).await?;
    }
    Ok(Made {
        id: place.name.clone(),
        outputs: told,
    })
}

/// The custom domains that `change` shows to be there: an interrupted change may have added them.
fn shown_domains(change: &Change, bucket: &R2Bucket) -> Vec<CustomDomain> {
    let read = |shown: &Value| serde_json::from_value::<CustomDomain>(shown.clone()).ok();
    match (change.path.segments(), &change.before) {
        ([Segment::Key(field), ..], _) if field != "custom_domain" => Vec::new(),
        ([_, _, Segment::Key(part)], Value::String(host)) if part == "domain" => vec![host.as_str().into()],
        ([_, Segment::Index(index), Segment::Key(part)], shown) if part == "min_tls" => {
            let min_tls = serde_json::from_value(shown.clone()).ok();
            let known = bucket.custom_domain.get(*index).cloned();
            known
                .map(|known| CustomDomain { min_tls, ..known })
                .into_iter()
                .collect()
        }
        (_, Value::Array(several)) => several.iter().filter_map(read).collect(),
        (_, one) => read(one).into_iter().collect(),
    }
}

/// The ids of the rules that `change` shows to be there.
fn shown_ids(change: &Change) -> Vec<String> {
    fn all(shown: &Value, found: &mut Vec<String>) {
        let parts: Vec<&Value> = match shown {
            Value::Array(several) => several.iter().collect(),
            Value::Object(fields) => fields.values().collect(),
            _ => return,
        };
        found.extend(shown["id"].as_str().map(str::to_owned));
        parts.into_iter().for_each(|part| all(part, found));
    }
    let mut found = Vec::new();
    match (change.path.segments(), &change.before) {
        ([Segment::Key(field), ..], _) if field != "lifecycle" => {}
        ([.., Segment::Key(part)], Value::String(id)) if part == "id" => found.push(id.clone()),
        (_, shown) => all(shown, &mut found),
    }
    found
}

/// Removes a bucket. One with objects in it is refused, unless they may go with it.
pub(super) async fn delete(cloud: &Cloudflare, context: &Context, was: &Existing) -> Result<()> {
    let bucket: R2Bucket = match was.spec_as() {
        Ok(bucket) => bucket,
        Err(_) => R2Bucket::builder().name(&was.id).build(),
    };
    let place = Place::of(cloud, &bucket).await?;
    let keys = place.some_keys().await?;
    if !keys.is_empty() && !bucket.force_destroy {
        return Err(not_empty(&place.name, keys.len()));
    }
    empty(context, &place, keys).await?;
    match place.domains().await {
        Err(error) if has_code(&error, NO_BUCKET) => return Ok(()),
        domains => {
            for domain in domains? {
                place.detach(&domain.host).await?;
            }
        }
    }
    place.remove().await
}

async fn make(place: &Place<'_>, bucket: &R2Bucket) -> Result<()> {
    let new = NewBucket {
        name: &bucket.name,
        location_hint: bucket.location.map(super::R2Location::hint),
        storage_class: bucket.storage_class,
    };
    let mut lost = None;
    for _ in 0..ATTEMPTS {
        match place.make(&new).await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                // It was not there when the plan was made: what is there now is what was sent.
                if place.exists().await? {
                    return Ok(());
                }
                lost = Some(error);
            }
            // Sent again after an answer was lost, it meets the first one.
            Err(error) if has_code(&error, EXISTS) && lost.is_some() => return Ok(()),
            Err(error) if has_code(&error, EXISTS) => return Err(taken(&error, &place.name)),
            Err(error) => return Err(error),
        }
    }
    Err(lost.unwrap_or_else(|| Error::new(ErrorKind::Internal, "the bucket was never sent")))
}

fn ids(bucket: &R2Bucket) -> Vec<String> {
    let rules = bucket.lifecycle.iter().flat_map(|lifecycle| &lifecycle.rule);
    rules.map(|rule| rule.id.clone()).collect()
}

/// Writes our rules among those that are there, in place of those with the ids `ours`: a write replaces them all (API doc
/// §2.9).
async fn set_lifecycle(place: &Place<'_>, mut ours: BTreeSet<String>, bucket: &R2Bucket) -> Result<()> {
    ours.extend(ids(bucket));
    let there = place.lifecycle().await?.into_iter();
    let others = there.filter(|rule| !ours.contains(wire::id_of(rule)));
    let declared = bucket.lifecycle.iter().flat_map(|lifecycle| &lifecycle.rule);
    let rules = others.map(wire::sent_back).chain(declared.map(wire::raw));
    place.set_lifecycle(rules.collect()).await
}

/// Attaches, changes and detaches custom domains, and waits until all of them work.
async fn set_domains(
    context: &Context,
    place: &Place<'_>,
    before: &[CustomDomain],
    bucket: &R2Bucket,
) -> Result<()> {
    let live = place.domains().await?;
    let found = |custom: &CustomDomain| live.iter().find(|domain| domain.host == host_of(custom));
    for was in before {
        let stays = bucket
            .custom_domain
            .iter()
            .any(|custom| is_same_host(custom, was));
        if !stays && found(was).is_some() {
            place.detach(&host_of(was)).await?;
        }
    }
    for custom in &bucket.custom_domain {
        let was = before.iter().find(|was| is_same_host(custom, was));
        match found(custom) {
            Some(domain) if is_in_zone(domain, custom) => correct(place, domain, custom, was).await?,
            Some(domain) => {
                place.detach(&domain.host).await?;
                attach(context, place, custom).await?;
            }
            None => attach(context, place, custom).await?,
        }
    }
    for custom in &bucket.custom_domain {
        activated(context, place, &host_of(custom)).await?;
    }
    Ok(())
}

fn is_in_zone(domain: &Domain, custom: &CustomDomain) -> bool {
    match (&custom.zone, &domain.zone_name) {
        (Some(wanted), Some(zone)) => name::host(wanted) == name::host(zone),
        _ => true,
    }
}

/// Switches on what is off, and sets the lowest version of TLS; one that is no longer declared is reset.
async fn correct(
    place: &Place<'_>,
    domain: &Domain,
    custom: &CustomDomain,
    was: Option<&CustomDomain>,
) -> Result<()> {
    let reset = was.and_then(|was| was.min_tls).map(|_| TlsVersion::Tls10);
    let wanted = custom
        .min_tls
        .or(reset)
        .filter(|version| domain.min_tls != Some(*version));
    if domain.enabled && wanted.is_none() {
        return Ok(());
    }
    place.set_domain(&domain.host, wanted).await
}

async fn attach(context: &Context, place: &Place<'_>, custom: &CustomDomain) -> Result<()> {
    let host = host_of(custom);
    let zone = match &custom.zone {
        Some(zone) => {
            place
                .cloud
                .zone(&name::host(zone).unwrap_or_else(|_| zone.clone()))
                .await?
        }
        None => place.cloud.zone_of(&host).await?,
    };
    let new = NewDomain {
        domain: &host,
        zone_id: &zone.id,
        enabled: true,
        min_tls: custom.min_tls,
    };
    let began = tokio::time::Instant::now();
    let what = format!("waiting for {host} to be free");
    let tried = || async {
        match place.attach(&new).await {
            Ok(()) => Ok(Some(())),
            Err(error) if error.kind() == ErrorKind::Ambiguous => Ok(place.domain(&host).await?.map(drop)),
            // What this run removes may still stand there: another bucket's domain, a record of ours.
            Err(error) if error.kind() == ErrorKind::Conflict && began.elapsed() < HANDOVER => Ok(None),
            Err(error) if error.kind() == ErrorKind::Conflict => Err(hosts::occupied(error, &host)),
            Err(error) => Err(error),
        }
    };
    context.until(&what, HANDOVER * 2, tried).await
}

/// Waits until the host's ownership and certificate are there: pending is progress, not failure.
async fn activated(context: &Context, place: &Place<'_>, host: &str) -> Result<()> {
    let what = format!("waiting for the custom domain {host} and its certificate");
    let began = tokio::time::Instant::now();
    let asked = || async {
        let domain = match place.domain(host).await? {
            Some(domain) => domain,
            // What was attached just now may not be seen everywhere.
            None if began.elapsed() < SETTLING => return Ok(None),
            None => {
                let message = format!("the custom domain {host} was detached meanwhile");
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        };
        match domain.progress() {
            Progress::Active => Ok(Some(())),
            Progress::Pending(_) => Ok(None),
            Progress::Failed(told) => Err(Error::new(
                ErrorKind::Refused,
                format!("the custom domain {host} does not become active: {told}"),
            )
            .help("look at the bucket's settings in the dashboard, which give the reason")),
        }
    };
    context.until(&what, ACTIVATION, asked).await
}

/// Deletes the objects, beginning with those under `keys`.
async fn empty(context: &Context, place: &Place<'_>, mut keys: Vec<String>) -> Result<()> {
    let mut deleted = 0;
    while !keys.is_empty() {
        if context.cancelled.is_cancelled() {
            return Err(
                Error::new(ErrorKind::Cancelled, "stopped while emptying the bucket")
                    .help("run the same command again: it goes on from here"),
            );
        }
        place.delete_objects(&keys).await?;
        deleted += keys.len();
        context.waiting(format!("emptying the bucket: {deleted} objects deleted"));
        let rest = place.some_keys().await?;
        if rest == keys {
            return Err(
                Error::new(ErrorKind::Conflict, "the objects in the bucket do not go away")
                    .help("look for lock rules of the bucket, which keep objects"),
            );
        }
        keys = rest;
    }
    Ok(())
}

fn not_empty(name: &str, count: usize) -> Error {
    let count = match count {
        1 => "1 object".to_owned(),
        1000.. => "1,000 objects or more".to_owned(),
        some => format!("{some} objects"),
    };
    Error::of(&codes::NOT_EMPTY, format!("the bucket `{name}` holds {count}"))
        .during("delete the bucket")
        .help("empty it, or declare `force-destroy #true` and run `up` before removing it")
}
