//! Custom domains of buckets (API doc §2.7): each owns a read-only record in its zone and becomes active with time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{place, refusal};
use crate::Timings;
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::dns;
use crate::cloudflare::rows::{Rows, Zone};

const TLS_VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];
const MAX_DOMAINS: usize = 50;

/// A custom domain of a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Domain {
    host: String,
    zone_id: String,
    zone_name: String,
    enabled: bool,
    min_tls: String,
    ciphers: Option<Vec<String>>,
    /// When ownership and certificate were asked for.
    requested: Timestamp,
    /// When both are there.
    active_from: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewDomain {
    domain: String,
    zone_id: String,
    enabled: bool,
    #[serde(rename = "minTLS")]
    min_tls: Option<String>,
    ciphers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Change {
    enabled: Option<bool>,
    #[serde(rename = "minTLS")]
    min_tls: Option<String>,
    ciphers: Option<Vec<String>>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (now, down) = (context.now, context.rows().r2.certificates_are_down);
    let bucket = place::bucket(context, call)?;
    let domains = bucket.domains.values();
    let domains: Vec<Value> = domains.map(|domain| domain.render(now, down)).collect();
    Answer::of(json!({ "domains": domains }))
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (now, down) = (context.now, context.rows().r2.certificates_are_down);
    Answer::of(find(context, call)?.render(now, down))
}

/// The answer has no status: clients ask again until both parts are active.
pub(super) fn attach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let bucket = place::bucket(context, call)?;
    let (bucket_name, full) = (bucket.name.clone(), bucket.domains.len() >= MAX_DOMAINS);
    let new: NewDomain = call.json()?;
    check_tls(new.min_tls.as_deref())?;
    if full {
        return Err(refusal::domain("a bucket has at most 50 custom domains"));
    }
    let (zone, host) = new.place(context.rows(), call.path("account_id"))?;
    if context.rows().r2.has_domain(&host) {
        return Err(refusal::domain_taken(
            "The domain is attached to a bucket already.",
        ));
    }
    let (id, now) = (context.identifier(), context.now);
    dns::attach_bucket(context.rows(), &zone, &host, &bucket_name, id, now)
        .map_err(|_| refusal::domain_taken("An A, AAAA, or CNAME record with that host already exists."))?;
    let domain = Domain::new(new, &zone, host, now, context.timings);
    let shown = domain.echo();
    place::bucket(context, call)?
        .domains
        .insert(domain.host.clone(), domain);
    Answer::of(shown)
}

/// What is not sent stays. Switching on starts the wait again.
pub(super) fn change(context: &mut Context<'_>, call: &Call) -> Outcome {
    let (now, timings) = (context.now, context.timings);
    let change: Change = call.json()?;
    check_tls(change.min_tls.as_deref())?;
    let domain = find(context, call)?;
    if change.enabled == Some(true) && !domain.enabled {
        domain.start(now, timings);
    }
    domain.enabled = change.enabled.unwrap_or(domain.enabled);
    if let Some(version) = change.min_tls {
        domain.min_tls = version;
    }
    if change.ciphers.is_some() {
        domain.ciphers = change.ciphers;
    }
    let mut shown = domain.echo();
    if let Some(members) = shown.as_object_mut() {
        members.remove("zoneId");
    }
    Answer::of(shown)
}

pub(super) fn detach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let domain = find(context, call)?.clone();
    place::bucket(context, call)?.domains.remove(&domain.host);
    domain.remove_record(context.rows());
    Answer::of(json!({ "domain": domain.host }))
}

fn find<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Domain, Failure> {
    let host = call.path("domain").to_lowercase();
    place::bucket(context, call)?
        .domains
        .get_mut(&host)
        .ok_or_else(refusal::no_domain)
}

fn check_tls(version: Option<&str>) -> Result<(), Failure> {
    match version {
        Some(version) if !TLS_VERSIONS.contains(&version) => {
            Err(refusal::domain("minTLS must be 1.0, 1.1, 1.2 or 1.3"))
        }
        _ => Ok(()),
    }
}

impl NewDomain {
    /// The zone and the host, if the host is in the zone and the zone in the bucket's account.
    fn place(&self, rows: &Rows, account: &str) -> Result<(Zone, String), Failure> {
        let zone = rows
            .zone(&self.zone_id)
            .filter(|zone| zone.account_id == account)
            .ok_or_else(|| refusal::domain("the zone is not in the account of the bucket"))?;
        let host = idna::domain_to_ascii(&self.domain)
            .ok()
            .filter(|host| dns::in_zone(host, &zone.name) && !host.contains('*'))
            .ok_or_else(|| refusal::domain("the host is not in the zone"))?;
        Ok((zone.clone(), host))
    }
}

impl super::Rows {
    fn has_domain(&self, host: &str) -> bool {
        self.buckets
            .values()
            .any(|bucket| bucket.domains.contains_key(host))
    }
}

impl Domain {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled
    }

    fn new(new: NewDomain, zone: &Zone, host: String, now: Timestamp, timings: &Timings) -> Self {
        let mut domain = Self {
            host,
            zone_id: zone.id.clone(),
            zone_name: zone.name.clone(),
            enabled: new.enabled,
            min_tls: new.min_tls.unwrap_or_else(|| TLS_VERSIONS[0].to_owned()),
            ciphers: new.ciphers,
            requested: now,
            active_from: now,
        };
        domain.start(now, timings);
        domain
    }

    fn start(&mut self, now: Timestamp, timings: &Timings) {
        self.requested = now;
        self.active_from = now + SignedDuration::try_from(timings.domain_activation).unwrap_or_default();
    }

    /// What users decided on.
    pub(super) fn inventory(&self) -> Value {
        self.echo()
    }

    /// Takes the read-only record away.
    pub(super) fn remove_record(&self, rows: &mut Rows) {
        dns::detach(rows, &self.zone_id, &self.host);
    }

    /// What a write answers.
    fn echo(&self) -> Value {
        let mut shown = json!({
            "domain": self.host,
            "enabled": self.enabled,
            "zoneId": self.zone_id,
            "minTLS": self.min_tls,
        });
        if let Some(ciphers) = &self.ciphers {
            shown["ciphers"] = json!(ciphers);
        }
        shown
    }

    /// What a read answers; very little while those who know the certificates are `down`.
    fn render(&self, now: Timestamp, down: bool) -> Value {
        if down {
            return json!({
                "domain": self.host, "enabled": self.enabled, "zoneId": self.zone_id,
                "status": {"ownership": "unknown", "ssl": "unknown"},
            });
        }
        let (ownership, ssl) = self.status(now);
        let mut shown = self.echo();
        shown["zoneName"] = json!(self.zone_name);
        shown["status"] = json!({ "ownership": ownership, "ssl": ssl });
        shown
    }

    /// Ownership and certificate: the certificate is initialised first, then pending, and both are ready together.
    fn status(&self, now: Timestamp) -> (&'static str, &'static str) {
        if !self.enabled {
            return ("deactivated", "deactivated");
        }
        if now >= self.active_from {
            return ("active", "active");
        }
        let halfway = self.requested + self.active_from.duration_since(self.requested) / 2;
        ("pending", if now < halfway { "initializing" } else { "pending" })
    }
}
