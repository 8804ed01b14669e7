//! Records that products of Cloudflare make for themselves (API doc §3.8). Users see them and cannot touch them.

use jiff::Timestamp;

use super::name::in_zone;
use super::{Fields, Kind, Meta, Record, conflict, refusal, settle};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::{Rows, Zone};

/// Adds the record behind an R2 custom domain. Any record on the host makes it fail.
pub(crate) fn attach_bucket(
    rows: &mut Rows,
    zone: &Zone,
    host: &str,
    bucket: &str,
    id: String,
    now: Timestamp,
) -> Result<(), Failure> {
    let alias = Fields {
        content: "public.r2.dev".to_owned(),
        ..Fields::blank(Kind::Cname)
    };
    let meta = Meta {
        r2_bucket: Some(bucket.to_owned()),
        read_only: true,
        ..Meta::default()
    };
    attach(
        rows,
        zone,
        Fields {
            name: host.to_owned(),
            proxied: true,
            ..alias
        },
        meta,
        id,
        now,
    )
}

/// Adds the record behind a Workers custom domain. Any record on the host makes it fail.
pub(crate) fn attach_worker(
    rows: &mut Rows,
    zone: &Zone,
    host: &str,
    origin: &str,
    id: String,
    now: Timestamp,
) -> Result<(), Failure> {
    let address = Fields {
        content: "100::".to_owned(),
        ..Fields::blank(Kind::Aaaa)
    };
    let meta = Meta {
        origin_worker_id: Some(origin.to_owned()),
        read_only: true,
        ..Meta::default()
    };
    attach(
        rows,
        zone,
        Fields {
            name: host.to_owned(),
            proxied: true,
            ..address
        },
        meta,
        id,
        now,
    )
}

/// The zone a host is in: the one with the longest name.
pub(crate) fn zone_of<'a>(rows: &'a Rows, host: &str) -> Option<&'a Zone> {
    let holding = rows.zones.iter().filter(|zone| in_zone(host, &zone.name));
    holding.max_by_key(|zone| zone.name.len())
}

/// True if a record makes `host` an alias of `target`.
pub(crate) fn is_alias_of(rows: &Rows, host: &str, target: &str) -> bool {
    let records = zone_of(rows, host).and_then(|zone| rows.records.get(&zone.id));
    records
        .into_iter()
        .flat_map(|records| records.named(host))
        .any(|record| {
            let fields = &record.fields;
            fields.kind == Kind::Cname && fields.content.eq_ignore_ascii_case(target)
        })
}

/// Takes the managed record of a host away.
pub(crate) fn detach(rows: &mut Rows, zone_id: &str, host: &str) {
    if let Some(records) = rows.records.get_mut(zone_id) {
        let managed = records.named(host).filter(|record| record.meta.read_only);
        let managed: Vec<String> = managed.map(|record| record.id.clone()).collect();
        for id in managed {
            let place = records.find(&id).map(|(place, _)| place);
            place.map(|place| records.put(place, None));
        }
    }
}

fn attach(
    rows: &mut Rows,
    zone: &Zone,
    fields: Fields,
    meta: Meta,
    id: String,
    now: Timestamp,
) -> Result<(), Failure> {
    let fields = settle::settle(fields, zone)?;
    let records = rows.records.entry(zone.id.clone()).or_default();
    if records
        .named(&fields.name)
        .any(|record| record.fields.proxiable())
    {
        return Err(refusal::alias_is_not_alone());
    }
    conflict::check(records, &fields, None, &zone.name)?;
    records.put(records.end(), Some(Record::new(id, fields, meta, now)));
    Ok(())
}
