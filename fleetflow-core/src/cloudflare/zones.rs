//! Zones by name and by host. Their records are elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::call::encoded;
use super::{Cloudflare, name};
use crate::codes;
use crate::error::{Error, Result};

/// The permission to look a zone up.
const PERMISSION: &str = "Zone Read";
/// How long a look at the zones serves: the kinds of one run ask at the same time.
const FRESH: Duration = Duration::from_mins(1);

/// A zone, as far as it matters here (API doc §1.5).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Zone {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) name_servers: Option<Vec<String>>,
    #[serde(default)]
    plan: Option<ZonePlan>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct ZonePlan {
    legacy_id: Option<String>,
}

impl Zone {
    /// Whether the zone is on the plan without fees, which has lower limits. An unknown plan counts as one.
    pub(crate) fn is_free(&self) -> bool {
        let plan = self.plan.as_ref().and_then(|plan| plan.legacy_id.as_deref());
        plan.is_none_or(|plan| plan == "free")
    }
}

/// What was seen of the account's zones, by name in punycode.
#[derive(Debug, Default)]
pub(super) struct Seen {
    zones: BTreeMap<String, (Instant, Zone)>,
    /// When all of them were listed.
    all: Option<Instant>,
}

impl Seen {
    fn is_whole(&self) -> bool {
        self.all.is_some_and(is_fresh)
    }

    fn get(&self, name: &str) -> Option<&Zone> {
        let (at, zone) = self.zones.get(name)?;
        is_fresh(*at).then_some(zone)
    }

    fn take_in(&mut self, zones: Vec<Zone>) {
        let now = Instant::now();
        // The same name can be there twice, once as an internal zone (API doc §1.5).
        let public = zones
            .into_iter()
            .filter(|zone| zone.kind.as_deref() != Some("internal"));
        for zone in public {
            // Names come back in Unicode or punycode, depending on how the zone was made.
            let key = name::host(&zone.name).unwrap_or_else(|_| zone.name.clone());
            self.zones.insert(key, (now, zone));
        }
    }
}

fn is_fresh(at: Instant) -> bool {
    at.elapsed() < FRESH
}

impl Cloudflare {
    /// The zones called `names`, in punycode, as far as they are there. One call, or one a page of all zones.
    pub(crate) async fn zones_called(&self, names: &[&str]) -> Result<BTreeMap<String, Zone>> {
        let mut seen = self.zones.lock().await;
        let missing: Vec<_> = names.iter().filter(|name| seen.get(name).is_none()).collect();
        match missing.as_slice() {
            _ if seen.is_whole() => {}
            [] => {}
            [only] => {
                let found = self.list_zones(&format!("&name={}", encoded(only))).await?;
                seen.take_in(found);
            }
            _ => {
                let found = self.list_zones("").await?;
                seen.take_in(found);
                seen.all = Some(Instant::now());
            }
        }
        let found = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), seen.get(name)?.clone())));
        Ok(found.collect())
    }

    /// The zone called `name`.
    pub(crate) async fn zone(&self, name: &str) -> Result<Zone> {
        let mut found = self.zones_called(&[name]).await?;
        found
            .remove(name)
            .ok_or_else(|| unseen(format!("there is no zone `{name}` to be seen")))
    }

    /// The zone that `host` is in: the one with the longest name. No guess by public suffixes (API doc §1.5).
    pub(crate) async fn zone_of(&self, host: &str) -> Result<Zone> {
        let mut seen = self.zones.lock().await;
        if !seen.is_whole() {
            let found = self.list_zones("").await?;
            seen.take_in(found);
            seen.all = Some(Instant::now());
        }
        let holding = seen.zones.keys().filter(|zone| name::is_within(host, zone));
        let nearest = holding.max_by_key(|zone| zone.len());
        nearest
            .and_then(|zone| seen.get(zone))
            .cloned()
            .ok_or_else(|| unseen(format!("no zone of the account holds `{host}`")))
    }

    async fn list_zones(&self, filter: &str) -> Result<Vec<Zone>> {
        let account = self.account_id().await?;
        let path = format!("/zones?account.id={account}{filter}");
        self.pages(&path, 50, PERMISSION, "list the zones").await
    }
}

fn unseen(message: String) -> Error {
    Error::of(&codes::NO_ZONE, message)
        .help("check its name and the account, and that the API token has the permission `Zone Read` for it")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_internal_zone_of_the_same_name_is_not_the_one() {
        let zone = |id: &str, name: &str, kind: &str| {
            serde_json::from_value::<Zone>(json!({"id": id, "name": name, "type": kind})).unwrap()
        };
        for order in [
            ["full", "internal"],
            ["internal", "full"],
            ["partial", "internal"],
        ] {
            let mut seen = Seen::default();
            seen.take_in(order.map(|kind| zone(kind, "例え.jp", kind)).to_vec());
            let found = seen.get("xn--r8jz45g.jp").unwrap();
            assert_ne!(found.id, "internal", "{order:?}");
        }
    }
}
