//! Looks zones up: they exist already, and only their ids are wanted. It makes and deletes none.

use serde_json::{Map, Value, json};

use super::check::zone_name;
use super::{Dns, Record};
use crate::cloudflare::Cloudflare;
use crate::cloudflare::zones::Zone;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Ownership, Scope, Wanted};
use crate::plan::Change;

impl Lifecycle for Dns {
    type Cloud = Cloudflare;

    async fn observe(cloud: &Cloudflare, _: &Scope, wanted: &[Wanted]) -> Result<Found> {
        let wanted: Vec<_> = wanted
            .iter()
            .filter_map(|wanted| Some((wanted, named(wanted)?)))
            .collect();
        let names: Vec<_> = wanted.iter().map(|(_, (_, name))| name.as_str()).collect();
        let zones = cloud.zones_called(&names).await?;
        let mut found = Found::default();
        for (wanted, (dns, name)) in &wanted {
            let Some(zone) = zones.get(name) else { continue };
            found.resources.push(observed(wanted, zone));
            found
                .notes
                .extend(dns.record.iter().map(|record| served(record, name)));
            found.notes.extend(sleeping(zone));
        }
        Ok(found)
    }

    async fn create(_: &Cloudflare, _: &Context, _: &Self, _: Option<&Existing>) -> Result<Made> {
        Err(only_looked_up())
    }

    async fn update(_: &Cloudflare, _: &Context, _: &Existing, _: &Self, _: &[Change]) -> Result<Made> {
        Err(only_looked_up())
    }

    async fn delete(_: &Cloudflare, _: &Context, _: &Existing) -> Result<()> {
        Err(only_looked_up())
    }
}

fn named(wanted: &Wanted) -> Option<(Dns, String)> {
    let dns: Dns = wanted.spec.decode().ok()?;
    let name = zone_name(&dns.zone).ok()?;
    Some((dns, name))
}

/// Nobody's mark is on a zone, and none is needed: it is never changed.
fn observed(wanted: &Wanted, zone: &Zone) -> Observed {
    let servers = zone.name_servers.as_deref().unwrap_or_default().join(",");
    let outputs = json!({"zone-id": zone.id, "name-servers": servers});
    Observed {
        ownership: Ownership::Unmarkable,
        outputs: object(outputs),
        status: object(json!({"status": zone.status})),
        ..Observed::marked(wanted.address.clone(), &zone.id)
    }
}

/// A record that the expansion left out, because a bucket's custom domain makes one of its own.
fn served(record: &Record, zone: &str) -> String {
    let name =
        crate::cloudflare::name::record_name(&record.name, zone).unwrap_or_else(|_| record.name.clone());
    let target = record.value.first().and_then(crate::model::Input::known);
    format!(
        "{name}: no CNAME record is made for `{}`, because the bucket's custom domain makes its own",
        target.map_or("", String::as_str)
    )
}

fn sleeping(zone: &Zone) -> Option<String> {
    let status = zone.status.as_deref().filter(|status| *status != "active")?;
    let servers = zone.name_servers.as_deref().unwrap_or_default().join(", ");
    Some(format!(
        "{}: the zone is {status}: its records are not seen until its registrar names the servers {servers}",
        zone.name
    ))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn only_looked_up() -> Error {
    Error::new(
        ErrorKind::Internal,
        "a zone is only looked up: it is neither made nor changed nor deleted",
    )
}
