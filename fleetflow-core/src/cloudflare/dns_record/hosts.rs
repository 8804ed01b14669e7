//! What the records of a zone mean for routes and custom domains of the stack: hosts that lead nowhere, and hosts that are
//! taken. It asks for nothing that is not read anyway.

use std::collections::{BTreeMap, BTreeSet};

use super::DnsRecord;
use super::wire::Row;
use crate::cloudflare::dns::RecordType;
use crate::cloudflare::worker::{Worker, canonical, host_of, parts_of};
use crate::cloudflare::{Cloudflare, R2Bucket, hosts, name};
use crate::error::Result;
use crate::model::{Address, Declaration, Resource as _, Scope};

/// A route of a declared Worker.
struct Route<'d> {
    worker: &'d Address,
    pattern: &'d str,
    host: String,
}

/// A custom domain whose record Cloudflare makes.
struct Custom<'d> {
    owner: &'d Address,
    host: String,
}

/// The routes and custom domains of a stack, by the zone that holds them.
#[derive(Default)]
pub(super) struct Answered<'d> {
    routes: BTreeMap<String, Vec<Route<'d>>>,
    customs: BTreeMap<String, Vec<Custom<'d>>>,
}

/// Who keeps a record: that decides what becomes of it in this run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeper {
    /// A product of Cloudflare.
    Product,
    /// Somebody else: it stays.
    Other,
    /// This stage: what is declared of it holds.
    Stage,
}

impl<'d> Answered<'d> {
    /// The zones of routes were asked for with the Workers; a custom domain belongs to the nearest of those that are `listed`.
    /// A zone that is not to be seen is told by the kind that needs it.
    pub(super) async fn of(cloud: &Cloudflare, scope: &'d Scope, listed: &[&str]) -> Result<Self> {
        let mut answered = Self::default();
        for declared in scope.declared.iter() {
            for (pattern, host) in routes_of(declared) {
                if let Some(zone) = zone_of(cloud, &host).await? {
                    answered.routes.entry(zone).or_default().push(Route {
                        worker: &declared.address,
                        pattern,
                        host,
                    });
                }
            }
            if [Worker::KIND, R2Bucket::KIND].contains(&declared.address.kind()) {
                for (_, host) in hosts::custom_domains(&declared.spec) {
                    let holding = listed.iter().filter(|zone| name::is_within(&host, zone));
                    if let Some(zone) = holding.max_by_key(|zone| zone.len()) {
                        let owner = &declared.address;
                        let customs = answered.customs.entry((*zone).to_owned()).or_default();
                        customs.push(Custom { owner, host });
                    }
                }
            }
        }
        Ok(answered)
    }

    /// What users of a plan shall know about the hosts in `zone`, which has these records.
    pub(super) fn notes<'r>(
        &self,
        zone: &str,
        declared: &[Declaration],
        rows: impl Iterator<Item = (&'r Row, Keeper)>,
    ) -> Vec<String> {
        let routes = self.routes.get(zone).map_or(&[][..], Vec::as_slice);
        let customs = self.customs.get(zone).map_or(&[][..], Vec::as_slice);
        if routes.is_empty() && customs.is_empty() {
            return Vec::new();
        }
        let mut standing = Standing::declared(zone, declared, customs);
        for (row, keeper) in rows {
            standing.add(row, keeper);
        }
        let unreached = routes.iter().filter(|route| !standing.reaches(route));
        let unreached = unreached.map(Route::unreached);
        let taken = customs.iter().filter_map(|custom| standing.taken(custom));
        unreached.chain(taken).collect()
    }
}

impl Route<'_> {
    fn unreached(&self) -> String {
        let Self {
            worker,
            pattern,
            host,
        } = self;
        format!(
            "{worker}: the route `{pattern}` is not reached, because {host} has no proxied record: declare one in its zone \
             (`record \"{host}\" type=\"A\" value=\"192.0.2.1\" proxied=true` leads nowhere but to the Worker), or use \
             `custom-domain`"
        )
    }

    /// `*.example.jp/*` and `*example.jp/*` answer hosts below the one that they name.
    fn is_wide(&self) -> bool {
        parts_of(self.pattern).0.starts_with('*')
    }
}

/// What leads somewhere in a zone once the stack is carried out.
struct Standing {
    /// Names with a record through Cloudflare; `*.example.jp` among them.
    proxied: BTreeSet<String>,
    /// Names with a record past it, or that somebody else made.
    direct: BTreeSet<String>,
    /// Others' records at hosts, by their type.
    others: BTreeMap<String, RecordType>,
    /// Hosts whose record a product keeps.
    products: BTreeSet<String>,
}

impl Standing {
    fn declared(zone: &str, declared: &[Declaration], customs: &[Custom<'_>]) -> Self {
        let mut standing = Self {
            proxied: customs.iter().map(|custom| custom.host.clone()).collect(),
            direct: BTreeSet::new(),
            others: BTreeMap::new(),
            products: BTreeSet::new(),
        };
        let records = declared
            .iter()
            .filter(|one| one.address.kind() == DnsRecord::KIND);
        for record in records.filter(|record| record.spec["zone"].as_str() == Some(zone)) {
            let record_type = record.spec["type"].as_str().and_then(RecordType::called);
            let leads = record_type.is_some_and(RecordType::is_proxiable);
            if let Some(name) = record.spec["name"].as_str().filter(|_| leads) {
                standing.put(name.to_owned(), record.spec["proxied"] == true);
            }
        }
        standing
    }

    fn put(&mut self, name: String, proxied: bool) {
        let names = if proxied {
            &mut self.proxied
        } else {
            &mut self.direct
        };
        names.insert(name);
    }

    fn add(&mut self, row: &Row, keeper: Keeper) {
        let Some(record_type) = row.known_type().filter(|one| one.is_proxiable()) else {
            return;
        };
        let name = row.full_name();
        match keeper {
            Keeper::Stage => return,
            Keeper::Product => drop(self.products.insert(name.clone())),
            Keeper::Other => drop(self.others.insert(name.clone(), record_type)),
        }
        self.put(name, row.is_proxied());
    }

    /// A wildcard serves the names that have no record of their own.
    fn reaches(&self, route: &Route<'_>) -> bool {
        let host = route.host.as_str();
        let below = |name: &String| name != host && name::is_within(name, host);
        if self.proxied.contains(host) || (route.is_wide() && self.proxied.iter().any(below)) {
            return true;
        }
        let parents = std::iter::successors(host.split_once('.'), |(_, parent)| parent.split_once('.'));
        let mut wildcards = parents.map(|(_, parent)| format!("*.{parent}"));
        !self.direct.contains(host) && wildcards.any(|wildcard| self.proxied.contains(&wildcard))
    }

    fn taken(&self, custom: &Custom<'_>) -> Option<String> {
        let Custom { owner, host } = custom;
        let record_type = self.others.get(host).filter(|_| !self.products.contains(host))?;
        Some(format!(
            "{owner}: {host} cannot become its custom domain while somebody else's {record_type} record stands there: remove \
             that, or use another host"
        ))
    }
}

fn routes_of(declared: &Declaration) -> impl Iterator<Item = (&str, String)> {
    let is_worker = declared.address.kind() == Worker::KIND;
    let routes = declared.spec["route"].as_array().filter(|_| is_worker);
    let patterns = routes.into_iter().flatten().filter_map(|route| route.as_str());
    patterns.map(|pattern| (pattern, canonical(host_of(pattern))))
}

/// The name of the zone that holds `host`, in its one form. All zones are listed once, as they are for the Workers.
async fn zone_of(cloud: &Cloudflare, host: &str) -> Result<Option<String>> {
    match cloud.zone_of(host).await {
        Ok(zone) => Ok(Some(name::host(&zone.name).unwrap_or(zone.name))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
