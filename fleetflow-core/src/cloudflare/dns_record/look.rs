//! What the zones hold: our records by their marks, others' where one of ours is wanted, and how many others there are.
//! One list a zone; nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::hosts::{Answered, Keeper};
use super::mark::{self, Which};
use super::wire::{Row, identity};
use super::{DnsRecord, PER_PAGE};
use crate::cloudflare::dns::value::canonical;
use crate::cloudflare::dns::{Dns, RecordType};
use crate::cloudflare::{Cloudflare, name};
use crate::error::Result;
use crate::model::{
    Address, Declaration, Existing, Found, Input, Observed, Ownership, Resource as _, Scope, Spec, Wanted,
};

/// Looks at every zone that records are wanted in, or that is declared.
pub(super) async fn observe(cloud: &Cloudflare, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
    let declared: Vec<Dns> = scope
        .declared
        .iter()
        .filter(|declared| declared.address.kind() == Dns::KIND)
        .filter_map(|declared| declared.spec.decode().ok())
        .collect();
    let authoritative: BTreeSet<String> = declared
        .iter()
        .filter(|dns| dns.authoritative)
        .filter_map(|dns| name::host(&dns.zone).ok())
        .collect();
    let by_address = scope
        .declared
        .iter()
        .map(|declared| (&declared.address, declared))
        .collect();
    let wishes: Vec<Wish> = wanted
        .iter()
        .filter_map(|wanted| Wish::of(wanted, &by_address))
        .collect();
    let names: BTreeSet<String> = declared
        .iter()
        .filter_map(|dns| name::host(&dns.zone).ok())
        .chain(wishes.iter().map(|wish| wish.zone.clone()))
        .collect();
    // A zone that is not there has no records; that it is missing is told by the kind that looks it up.
    let zones = cloud
        .zones_called(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await?;
    let lists = zones.values().map(|zone| list(cloud, &zone.id));
    let lists = try_join_all(lists).await?;
    let answered = Answered::of(
        cloud,
        scope,
        &zones.keys().map(String::as_str).collect::<Vec<_>>(),
    )
    .await?;
    let found = zones.keys().zip(lists).map(|(zone, rows)| {
        let wishes = wishes.iter().filter(|wish| wish.zone == *zone);
        let look = Look::new(
            scope,
            zone,
            authoritative.contains(zone),
            &wishes.collect::<Vec<_>>(),
        );
        let mut found = look.found(&rows);
        let kept = rows.iter().map(|row| (row, look.keeper(row)));
        found.notes.extend(answered.notes(zone, &scope.declared, kept));
        found
    });
    let mut all = Found::default();
    all.extend(found.collect::<Vec<_>>());
    Ok(all)
}

/// Every record of a zone, in pages as large as they go.
pub(super) async fn list(cloud: &Cloudflare, zone_id: &str) -> Result<Vec<Row>> {
    let path = format!("/zones/{zone_id}/dns_records");
    cloud
        .pages(&path, PER_PAGE, "DNS Read", "list the DNS records")
        .await
}

/// A record that is declared or remembered.
struct Wish<'w> {
    address: &'w Address,
    zone: String,
    spec: &'w Spec,
    remembered: Option<&'w Existing>,
    adopt_id: Option<&'w str>,
    /// Declared, not only remembered.
    declared: bool,
    /// Whether it may take over what has its name and type.
    adopts: bool,
}

impl<'w> Wish<'w> {
    fn of(wanted: &'w Wanted, declared: &BTreeMap<&Address, &Declaration>) -> Option<Self> {
        let declared = declared.get(&wanted.address);
        Some(Self {
            address: &wanted.address,
            zone: wanted.spec.get("zone")?.as_str()?.to_owned(),
            spec: &wanted.spec,
            remembered: wanted.remembered.as_ref(),
            adopt_id: wanted.adopt_id.as_deref(),
            declared: declared.is_some(),
            adopts: declared.is_some_and(|declared| declared.adopt == Some(None)),
        })
    }

    /// Decoded only where a record of somebody else may be meant: most are found by their marks.
    fn record(&self) -> Option<DnsRecord> {
        self.spec.decode().ok()
    }

    /// The id that it is known by, or shall be.
    fn id(&self) -> Option<&str> {
        self.adopt_id
            .or_else(|| self.remembered.map(|existing| existing.id.as_str()))
    }

    fn is_named_like(&self, row: &Row) -> bool {
        let same = |record: DnsRecord| {
            record.name == row.full_name() && Some(record.record_type) == row.known_type()
        };
        self.record().is_some_and(same)
    }

    fn is_same_as(&self, row: &Row) -> bool {
        let known = self
            .record()
            .filter(|record| record.value.as_ref().is_none_or(|value| value.known().is_some()));
        match (known, row.record(&self.zone)) {
            (Some(record), Some(other)) => identity(&record) == identity(&other),
            _ => false,
        }
    }

    /// Whether `row` cannot stand beside it: an alias tolerates no address and no other alias (API doc §3.3).
    fn excludes(&self, row: &Row) -> bool {
        let Some(record) = self.record() else { return false };
        if record.name != row.full_name() {
            return false;
        }
        match (record.record_type, row.known_type()) {
            (RecordType::Cname, Some(other)) => other.is_proxiable(),
            (RecordType::A | RecordType::Aaaa, Some(RecordType::Cname)) => true,
            (RecordType::A | RecordType::Aaaa, Some(_)) => row.managed_by().is_some(),
            _ => false,
        }
    }
}

/// One zone, as it is looked at; what is wanted in it by address, digest of the address, id and name.
struct Look<'l> {
    scope: &'l Scope,
    zone: &'l str,
    authoritative: bool,
    by_address: BTreeMap<&'l Address, &'l Wish<'l>>,
    by_digest: BTreeMap<String, &'l Wish<'l>>,
    by_id: BTreeMap<&'l str, &'l Wish<'l>>,
    by_name: BTreeMap<&'l str, Vec<&'l Wish<'l>>>,
}

impl<'l> Look<'l> {
    fn new(scope: &'l Scope, zone: &'l str, authoritative: bool, wishes: &[&'l Wish<'l>]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Wish<'_>>> = BTreeMap::new();
        for wish in wishes {
            if let Some(name) = wish.spec.get("name").and_then(Value::as_str) {
                by_name.entry(name).or_default().push(wish);
            }
        }
        Self {
            scope,
            zone,
            authoritative,
            by_address: wishes.iter().map(|wish| (wish.address, *wish)).collect(),
            by_digest: wishes
                .iter()
                .map(|wish| (mark::digest(wish.address), *wish))
                .collect(),
            by_id: wishes
                .iter()
                .filter_map(|wish| Some((wish.id()?, *wish)))
                .collect(),
            by_name,
        }
    }

    fn found(&self, rows: &[Row]) -> Found {
        let mut ours: BTreeMap<Address, &Row> = BTreeMap::new();
        let mut surplus: Vec<&Row> = Vec::new();
        let mut others: Vec<&Row> = Vec::new();
        for row in rows {
            match self.address_of(row) {
                Some(address) if !ours.contains_key(&address) => drop(ours.insert(address, row)),
                // A second one with the same mark is left over from a create whose answer was lost.
                Some(_) => surplus.push(row),
                None => others.push(row),
            }
        }
        let mut found = Found::default();
        let zone = self.zone.to_owned();
        let free = rows.iter().filter(|row| row.managed_by().is_none()).count();
        found.population.insert(zone, free);
        found.resources.extend(
            ours.iter()
                .map(|(address, row)| self.observed(address.clone(), row, Ownership::Marked)),
        );
        found
            .resources
            .extend(surplus.iter().map(|row| self.unnamed(row)));
        let taken: BTreeSet<&Address> = ours.keys().collect();
        self.others(&others, &taken, &mut found);
        found
    }

    /// The address in the record's mark, where it is a mark of this stage.
    fn address_of(&self, row: &Row) -> Option<Address> {
        let mark = mark::of(row.comment.as_deref()?)?;
        row.known_type()?;
        if row.managed_by().is_some() || mark.project != self.scope.project || mark.stage != self.scope.stage
        {
            return None;
        }
        Some(match mark.which {
            Which::Address(address) => address,
            Which::Digest(digest) => {
                let wish = self.by_digest.get(&digest);
                wish.map_or_else(|| self.unnamed_address(row), |wish| wish.address.clone())
            }
        })
    }

    /// In an authoritative zone, what nobody marked is this stage's too.
    fn keeper(&self, row: &Row) -> Keeper {
        let marked = || row.comment.as_deref().and_then(mark::of).is_some();
        match row.managed_by() {
            Some(_) => Keeper::Product,
            None if self.address_of(row).is_some() => Keeper::Stage,
            None if self.authoritative && !marked() => Keeper::Stage,
            None => Keeper::Other,
        }
    }

    /// Records without a mark of ours: they are counted, unless one of ours is wanted in their place.
    fn others(&self, others: &[&Row], taken: &BTreeSet<&Address>, found: &mut Found) {
        let mut claimed: BTreeSet<&Address> = taken.clone();
        for row in others {
            let managed = row.managed_by();
            let wish = self.claim(row, &claimed, managed.is_some());
            let theirs = row.comment.as_deref().and_then(mark::of);
            if let Some(wish) = wish {
                claimed.insert(wish.address);
                let is_ours =
                    self.authoritative && managed.is_none() && theirs.is_none() && wish.is_same_as(row);
                let ownership = if is_ours {
                    Ownership::Marked
                } else {
                    Ownership::Foreign(managed.or_else(|| theirs.map(|mark| mark.to_string())))
                };
                found
                    .resources
                    .push(self.observed(wish.address.clone(), row, ownership));
            } else if managed.is_none() && self.authoritative && theirs.is_none() {
                found.resources.push(self.unnamed(row));
            } else if managed.is_none() {
                found.foreign += 1;
                if self.authoritative {
                    found.notes.push(self.spared(row));
                }
            }
        }
    }

    /// The wanted record whose place `row` takes.
    fn claim(&self, row: &Row, claimed: &BTreeSet<&Address>, managed: bool) -> Option<&'l Wish<'l>> {
        let open = |wish: &&Wish<'_>| !claimed.contains(wish.address);
        if let Some(wish) = self.by_id.get(row.id.as_str()).copied().filter(open) {
            return Some(wish);
        }
        let full = row.full_name();
        let named = || {
            self.by_name
                .get(full.as_str())
                .into_iter()
                .flatten()
                .copied()
                .filter(open)
        };
        let spared = managed || !self.authoritative;
        let in_the_way =
            |wish: &&Wish<'_>| wish.declared && (wish.is_same_as(row) || (spared && wish.excludes(row)));
        named()
            .find(in_the_way)
            .or_else(|| named().find(|wish| !managed && wish.adopts && wish.is_named_like(row)))
    }

    fn spared(&self, row: &Row) -> String {
        format!(
            "{}: the {} record has the mark of another stage and stays, although the zone is authoritative",
            row.full_name(),
            row.label(self.zone).rsplit('/').next().unwrap_or_default()
        )
    }

    /// A record that nobody declared under an address of its own.
    fn unnamed(&self, row: &Row) -> Observed {
        self.observed(self.unnamed_address(row), row, Ownership::Marked)
    }

    fn unnamed_address(&self, row: &Row) -> Address {
        Address::new(DnsRecord::KIND, row.label(self.zone))
    }

    fn observed(&self, address: Address, row: &Row, ownership: Ownership) -> Observed {
        let wish = self.by_address.get(&address);
        let applied = wish.and_then(|wish| wish.remembered);
        let record = row.record(self.zone).map(|record| as_applied(record, applied));
        let live = match record.map(|record| serde_json::to_value(record).unwrap_or_default()) {
            Some(live) if live.is_object() => live,
            _ => json!({"zone": self.zone}),
        };
        Observed {
            ownership,
            // Mostly it is as it is declared: then it is held once.
            live: match wish {
                Some(wish) => wish.spec.or_same(live),
                None => live.into(),
            },
            ..Observed::marked(address, &row.id)
        }
    }
}

/// A value that was applied in another spelling (it came from a reference) is shown as it was applied.
fn as_applied(mut record: DnsRecord, applied: Option<&Existing>) -> DnsRecord {
    let applied = applied.and_then(|existing| existing.spec.get("value")?.as_str());
    if let (Some(text), Some(Input::Value(live))) = (applied, &record.value)
        && canonical(record.record_type, text, &record.zone).as_ref() == Ok(live)
    {
        record.value = Some(Input::Value(text.to_owned()));
    }
    record
}
