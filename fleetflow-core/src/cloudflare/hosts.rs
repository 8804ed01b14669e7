//! Hosts that Workers, buckets and sites answer, held against each other and against the records of the stack. It asks
//! nobody.

use serde_json::Value;

use super::dns::RecordType;
use super::{Dns, Pages, R2Bucket, Worker, name};
use crate::codes;
use crate::error::Error;
use crate::model::{Address, Declaration, Expansion, Path, Problem, Resource as _};
use crate::plan::Change;

/// Kinds with custom domains. Cloudflare makes the record of a Worker's and of a bucket's by itself; a site's is an ordinary
/// one (API doc §3.8).
const KINDS: &[&str] = &[Worker::KIND, R2Bucket::KIND, Pages::KIND];

/// The custom domains in a declaration of any of the kinds that have some, each in its one form.
pub(super) fn custom_domains(spec: &Value) -> impl Iterator<Item = (usize, String)> + '_ {
    let domains = spec["custom_domain"].as_array().into_iter().flatten();
    domains.enumerate().filter_map(|(index, domain)| {
        let host = domain.as_str().or_else(|| domain["domain"].as_str())?;
        Some((index, name::host(host).ok()?))
    })
}

/// The addresses of `declared` that are there, then those that were `written` before and still are.
pub(super) fn kept<'a>(
    declared: &'a [String],
    written: impl Iterator<Item = &'a String>,
    held: impl Fn(&String) -> bool,
) -> Vec<String> {
    let mut all: Vec<&String> = declared.iter().collect();
    for was in written {
        if !all.contains(&was) {
            all.push(was);
        }
    }
    all.into_iter().filter(|one| held(one)).cloned().collect()
}

/// Adds to `addresses` what `change` shows to be there besides: an interrupted run may have added it.
pub(super) fn add_shown(addresses: &mut Vec<String>, change: &Change) {
    let several = change.before.as_array().into_iter().flatten();
    for shown in several.chain([&change.before]).filter_map(Value::as_str) {
        if !addresses.iter().any(|known| known == shown) {
            addresses.push(shown.to_owned());
        }
    }
}

/// The bucket whose endpoint is the host `target`.
pub(super) fn aliased_bucket(target: &str) -> Option<String> {
    let host = name::host(target).ok()?;
    host.strip_suffix(".r2.cloudflarestorage.com").map(str::to_owned)
}

/// What is wrong with custom domains of the declaration beside those of others, and beside records of the stack.
pub(super) fn check(declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let makes_record = declared.address.kind() != Pages::KIND;
    for (index, host) in custom_domains(&declared.spec) {
        let path = Path::root().key("custom_domain").index(index);
        if let Some(other) = earlier(&host, &declared.address, around) {
            let message = format!("`{host}` is a custom domain of {other} already");
            problems.push(
                Problem::at(path.clone(), message).help("a host is answered by one: remove one of them"),
            );
        }
        let record = recorded(&host, around).filter(|_| makes_record);
        // The alias of a bucket is understood as served by its custom domain, and not made.
        if let Some((record_type, _)) = record.filter(|(_, aliases_bucket)| !aliases_bucket) {
            let message = format!("`{host}` has a record of type {record_type} in the same stack");
            problems.push(Problem::at(path, message).help(
                "remove the record: Cloudflare makes the one of a custom domain by itself, and refuses it beside another",
            ));
        }
    }
    problems
}

/// The refusal of a custom domain whose host is taken, with what to do.
pub(super) fn occupied(error: Error, host: &str) -> Error {
    error.number(&codes::TAKEN).help(format!(
        "something else stands at {host}: remove its DNS record, or the custom domain of the other bucket or Worker"
    ))
}

/// The first other declaration that has `host`, where it comes before this one.
fn earlier<'s>(host: &str, address: &Address, around: &Expansion<'s>) -> Option<&'s Address> {
    let all = KINDS.iter().flat_map(|kind| around.of_kind(kind));
    let mut holding = all.filter(|other| custom_domains(&other.spec).any(|(_, theirs)| theirs == host));
    let first = holding.next()?;
    (first.address != *address).then_some(&first.address)
}

/// The type of a record that leads somewhere from `host`, and whether it is the alias of a bucket.
fn recorded(host: &str, around: &Expansion<'_>) -> Option<(RecordType, bool)> {
    around.of_kind(Dns::KIND).find_map(|dns| {
        let zone = name::host(dns.spec["zone"].as_str()?).ok()?;
        if !name::is_within(host, &zone) {
            return None;
        }
        let mut records = dns.spec["record"].as_array()?.iter();
        records.find_map(|record| {
            let record_type =
                RecordType::called(record["type"].as_str()?).filter(|one| one.is_proxiable())?;
            let full = name::record_name(record["name"].as_str()?, &zone).ok()?;
            let target = record["value"][0].as_str().unwrap_or_default();
            let aliases_bucket = aliased_bucket(target).is_some();
            (full == host).then_some((record_type, aliases_bucket))
        })
    })
}
