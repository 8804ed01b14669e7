//! Custom domains of Workers (API doc §4.10): each owns a read-only record in its zone.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal;
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::dns;
use crate::cloudflare::rows::{Rows, Zone};

/// A custom domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Domain {
    id: String,
    cert_id: String,
    hostname: String,
    service: String,
    zone_id: String,
    zone_name: String,
}

#[derive(Deserialize)]
struct NewDomain {
    hostname: String,
    service: String,
    zone_id: Option<String>,
    zone_name: Option<String>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let asked = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let domains = context.rows().workers.domains.iter().filter(|domain| {
        asked("hostname", &domain.hostname)
            && asked("service", &domain.service)
            && asked("zone_id", &domain.zone_id)
            && asked("zone_name", &domain.zone_name)
    });
    let domains: Vec<Value> = domains.map(Domain::render).collect();
    Answer::of(domains)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let wanted = call.path("domain_id");
    let domain = context
        .rows()
        .workers
        .domains
        .iter()
        .find(|domain| domain.id == wanted);
    Answer::of(domain.ok_or_else(refusal::no_domain)?.render())
}

/// Attaches a host to a Worker, or moves it to another one.
pub(super) fn attach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewDomain = call.json()?;
    let zone = new.zone(context.rows())?;
    let host = new.hostname.to_ascii_lowercase();
    if !context.rows().workers.scripts.contains_key(&new.service) {
        return Err(refusal::no_script());
    }
    let domains = &mut context.rows().workers.domains;
    if let Some(known) = domains.iter_mut().find(|domain| domain.hostname == host) {
        known.service = new.service;
        return Answer::of(known.render());
    }
    let (id, record, now) = (context.identifier(), context.identifier(), context.now);
    dns::attach_worker(context.rows(), &zone, &host, &id, record, now)
        .map_err(|_| refusal::domain_taken())?;
    let cert_id = context.identifier();
    let Zone {
        id: zone_id,
        name: zone_name,
        ..
    } = zone;
    let domain = Domain {
        id,
        cert_id,
        hostname: host,
        service: new.service,
        zone_id,
        zone_name,
    };
    let shown = domain.render();
    context.rows().workers.domains.push(domain);
    Answer::of(shown)
}

/// Answers 200 without a body.
pub(super) fn detach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let wanted = call.path("domain_id").to_owned();
    let rows = context.rows();
    let at = rows.workers.domains.iter().position(|domain| domain.id == wanted);
    let domain = rows.workers.domains.remove(at.ok_or_else(refusal::no_domain)?);
    dns::detach(rows, &domain.zone_id, &domain.hostname);
    Ok(Answer::Empty)
}

/// Detaches every host of a Worker.
pub(super) fn detach_all(rows: &mut Rows, service: &str) {
    let domains = std::mem::take(&mut rows.workers.domains);
    let (gone, kept) = domains.into_iter().partition(|domain| domain.service == service);
    rows.workers.domains = kept;
    let gone: Vec<Domain> = gone;
    for domain in gone {
        dns::detach(rows, &domain.zone_id, &domain.hostname);
    }
}

impl NewDomain {
    /// The zone that was named, or else the one the host is in.
    fn zone(&self, rows: &Rows) -> Result<Zone, Failure> {
        let host = self.hostname.to_ascii_lowercase();
        let named = |zone: &&Zone| {
            self.zone_id.as_ref().is_none_or(|id| *id == zone.id)
                && self.zone_name.as_ref().is_none_or(|name| *name == zone.name)
        };
        let holds = |zone: &&Zone| dns::in_zone(&host, &zone.name);
        if host.contains(['*', '/']) {
            return Err(refusal::domain("A custom domain has no wildcard and no path."));
        }
        let zones = rows.zones.iter().filter(named).filter(holds);
        let zone = zones.max_by_key(|zone| zone.name.len()).cloned();
        zone.ok_or_else(|| refusal::domain("The hostname is not in a zone of the account."))
    }
}

impl Domain {
    /// True if it leads to this Worker.
    pub(super) fn serves(&self, script: &str) -> bool {
        self.service == script
    }

    pub(super) fn host(&self) -> &str {
        &self.hostname
    }

    pub(super) fn inventory(&self) -> Value {
        json!({ "hostname": self.hostname, "service": self.service })
    }

    fn render(&self) -> Value {
        json!({
            "id": self.id,
            "cert_id": self.cert_id,
            "hostname": self.hostname,
            "service": self.service,
            "zone_id": self.zone_id,
            "zone_name": self.zone_name,
            "environment": "production",
        })
    }
}
