//! A zone's records as declarations of their own: one for each value, one more for each further replica of a server.

use std::collections::BTreeMap;

use super::check::zone_name;
use super::types::RecordType;
use super::{Dns, Record, value};
use crate::cloudflare::dns_record::{DnsRecord, mark};
use crate::cloudflare::r2_bucket::R2Bucket;
use crate::cloudflare::{hosts, name};
use crate::model::{Address, Declaration, Expansion, Input, Owner, Resource as _};
use crate::sakura::scale::{self, Behind};

/// The zone itself, to be looked up, and its records. What buckets serve stays with the zone, which tells of it.
pub(super) fn expand(dns: &Dns, declared: &Declaration, around: &Expansion<'_>) -> Vec<Declaration> {
    let zone = zone_name(&dns.zone).unwrap_or_else(|_| dns.zone.clone());
    let lookup = Dns {
        record: dns
            .record
            .iter()
            .filter(|record| served_by_bucket(record, &zone, around))
            .cloned()
            .collect(),
        ..dns.clone()
    };
    let mut parts = vec![Declaration {
        spec: Declaration::from(lookup).spec,
        ..declared.clone()
    }];
    let mut numbers: BTreeMap<(String, RecordType), usize> = BTreeMap::new();
    for (record, value) in each_value(dns, &zone, around) {
        let Ok(full) = name::record_name(&record.name, &zone) else {
            continue;
        };
        let number = numbers.entry((full.clone(), record.record_type)).or_default();
        *number += 1;
        let behind = value.as_ref().and_then(|value| Behind::of(value, around));
        if behind.as_ref().is_some_and(Behind::is_absent) {
            continue;
        }
        let address = address(&zone, &full, record.record_type, *number);
        let leaf = leaf(record, value, &zone, full, &address, around);
        let mut part = Declaration::new(address, Declaration::from(leaf).spec).inherit(declared);
        part.adopt = declared.adopt.as_ref().map(|_| None);
        let services = behind.iter().flat_map(Behind::services);
        parts.push(services.fold(part, Declaration::after));
    }
    parts
}

/// A record of another kind's making in the zone of `dns`, where none is declared on its name.
pub(crate) fn leaf_of(dns: &Dns, record: &Record, around: &Expansion<'_>) -> Option<Declaration> {
    let zone = zone_name(&dns.zone).ok()?;
    let full = name::record_name(&record.name, &zone).ok()?;
    let address = address(&zone, &full, record.record_type, 1);
    let value = record.value.first().cloned();
    let leaf = leaf(record, value, &zone, full, &address, around);
    Some(Declaration::new(address, Declaration::from(leaf).spec))
}

/// The address of the `number`th record of one name and type.
pub(crate) fn address(zone: &str, full: &str, record_type: RecordType, number: usize) -> Address {
    let relative = name::relative(full, zone);
    let name = match number {
        1 => format!("{zone}/{relative}/{record_type}"),
        further => format!("{zone}/{relative}/{record_type}#{further}"),
    };
    Address::new(DnsRecord::KIND, name)
}

/// Every record with each of its values. Further replicas come last, so that a changed count moves nothing else.
fn each_value<'d>(
    dns: &'d Dns,
    zone: &str,
    around: &Expansion<'_>,
) -> Vec<(&'d Record, Option<Input<String>>)> {
    let mut declared = Vec::new();
    let mut replicas = Vec::new();
    for record in dns
        .record
        .iter()
        .filter(|record| !served_by_bucket(record, zone, around))
    {
        if record.value.is_empty() {
            declared.push((record, None));
        }
        for value in &record.value {
            declared.push((record, Some(value.clone())));
            replicas.extend(further_replicas(value, around).map(|value| (record, Some(value))));
        }
    }
    declared.extend(replicas);
    declared
}

/// Where `value` is the address of a scaled server: the addresses of its further replicas.
fn further_replicas(
    value: &Input<String>,
    around: &Expansion<'_>,
) -> impl Iterator<Item = Input<String>> + use<> {
    let server = match value {
        Input::Reference(reference) if reference.output == "ip" && reference.address.kind() == "server" => {
            Some(reference.address.name())
        }
        _ => None,
    };
    let names = server
        .map(|server| scale::replicas(around, server))
        .unwrap_or_default();
    names
        .into_iter()
        .skip(1)
        .map(|name| Input::Reference(Address::new("server", name).output("ip")))
}

/// Whether R2 makes this record by itself: a CNAME at a declared bucket's endpoint, under that bucket's custom domain.
fn served_by_bucket(record: &Record, zone: &str, around: &Expansion<'_>) -> bool {
    let (RecordType::Cname, [Input::Value(target)]) = (record.record_type, record.value.as_slice()) else {
        return false;
    };
    let (Ok(full), Some(bucket)) = (
        name::record_name(&record.name, zone),
        hosts::aliased_bucket(target),
    ) else {
        return false;
    };
    let declared = around.declaration(&Address::new(R2Bucket::KIND, bucket));
    let bucket = declared.and_then(|declared| declared.spec.decode::<R2Bucket>().ok());
    bucket.is_some_and(|bucket| {
        let mut domains = bucket.custom_domain.iter();
        domains.any(|custom| name::host(&custom.domain).as_ref() == Ok(&full))
    })
}

fn leaf(
    record: &Record,
    value: Option<Input<String>>,
    zone: &str,
    full: String,
    address: &Address,
    around: &Expansion<'_>,
) -> DnsRecord {
    let owner = Owner {
        project: around.project().to_owned(),
        stage: around.stage().to_owned(),
        address: address.clone(),
    };
    let value = value.map(|value| match value {
        Input::Value(text) => Input::Value(value::canonical(record.record_type, &text, zone).unwrap_or(text)),
        other => other,
    });
    let proxied = record.proxied.unwrap_or(false);
    let mut details = record.details.clone();
    if record.record_type == RecordType::Caa {
        details.flags.get_or_insert(0);
    }
    DnsRecord {
        zone: zone.to_owned(),
        name: full,
        record_type: record.record_type,
        value,
        ttl: record.ttl.unwrap_or(1),
        proxied,
        comment: mark::comment(&owner, record.comment.as_deref()),
        details,
    }
}
