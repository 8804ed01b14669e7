//! Custom domains of projects (API doc §5.5). They make no DNS record: they become active once the user's record is there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{project, refusal};
use crate::Timings;
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::dns;
use crate::cloudflare::rows::Rows;

/// A custom domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Domain {
    id: String,
    pub(super) name: String,
    created: Timestamp,
}

#[derive(Deserialize)]
struct NewDomain {
    name: String,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let domains = project::find(context, call)?.domains.clone();
    let shown: Vec<Value> = domains
        .iter()
        .map(|domain| domain.render(context, call))
        .collect();
    Answer::of(shown)
}

pub(super) fn attach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewDomain = call.json()?;
    project::find(context, call)?;
    let name = idna::domain_to_ascii(&new.name)
        .ok()
        .filter(|name| name.contains('.') && !name.contains('*'));
    let name = name.ok_or_else(|| refusal::invalid("A custom domain is a host name without a wildcard."))?;
    let projects = &context.rows().pages.projects;
    if projects
        .values()
        .any(|project| project.domains.iter().any(|domain| domain.name == name))
    {
        return Err(refusal::domain_exists());
    }
    let domain = Domain {
        id: context.identifier(),
        name,
        created: context.now,
    };
    project::find(context, call)?.domains.push(domain.clone());
    Answer::of(domain.render(context, call))
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let domain = find(context, call)?;
    Answer::of(domain.render(context, call))
}

/// Asks for another look, which the sandbox takes on every read anyway.
pub(super) fn retry(context: &mut Context<'_>, call: &Call) -> Outcome {
    get(context, call)
}

pub(super) fn detach(context: &mut Context<'_>, call: &Call) -> Outcome {
    let domain = find(context, call)?;
    project::find(context, call)?
        .domains
        .retain(|other| other.id != domain.id);
    Answer::of(Value::Null)
}

fn find(context: &mut Context<'_>, call: &Call) -> Result<Domain, Failure> {
    let wanted = call.path("domain_name").to_lowercase();
    let domains = &project::find(context, call)?.domains;
    domains
        .iter()
        .find(|domain| domain.name == wanted)
        .cloned()
        .ok_or_else(refusal::no_domain)
}

impl Domain {
    fn render(&self, context: &mut Context<'_>, call: &Call) -> Value {
        let (now, timings) = (context.now, context.timings);
        let target = format!("{}.pages.dev", call.path("project_name"));
        let rows = context.rows();
        let zone = dns::zone_of(rows, &self.name)
            .map(|zone| zone.id.clone())
            .unwrap_or_default();
        let status = self.status(rows, &target, now, timings);
        json!({
            "id": self.id,
            "domain_id": self.id,
            "name": self.name,
            "status": status,
            "zone_tag": zone,
            "certificate_authority": "google",
            "created_on": self.created,
            "validation_data": { "method": "http", "status": status },
            "verification_data": { "status": if status == "active" { "active" } else { "pending" } },
        })
    }

    /// Active once the host leads to the project and the certificate had its time.
    fn status(&self, rows: &Rows, target: &str, now: Timestamp, timings: &Timings) -> &'static str {
        if !dns::is_alias_of(rows, &self.name, target) {
            return "pending";
        }
        let wait = SignedDuration::try_from(timings.domain_activation).unwrap_or_default();
        if now < self.created + wait {
            "initializing"
        } else {
            "active"
        }
    }
}
