//! Listing and reading zones (API doc §1.5). Adding one is the sandbox's own request, since a real zone needs a registrar.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, Outcome};
use super::call::{Call, Context, endpoint, hex_identifier};
use super::gate::{Caller, Need};
use super::paging::Page;
use super::rows::{Account, Plan, Rows, Zone};
use crate::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    let read = Need::Directory("Zone Read");
    Router::new()
        .route("/zones", endpoint([(MethodFilter::GET, read, list)]))
        .route("/zones/{zone_id}", endpoint([(MethodFilter::GET, read, get)]))
}

fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 20, 5..=50, || {
        Failure::new(400, 1101, "Invalid page or per_page.")
    })?;
    let caller = context.caller.clone();
    let rows = context.rows();
    let mut zones: Vec<&Zone> = rows
        .zones
        .iter()
        .filter(|zone| visible(rows, &caller, zone) && matches(rows, zone, call))
        .collect();
    sort(&mut zones, call);
    let (zones, info) = page.cut(zones.into_iter().map(|zone| render(rows, zone)).collect());
    Answer::list(zones, info)
}

fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let rows = context.rows();
    let zone = rows.zone(call.path("zone_id"));
    let zone = zone.ok_or_else(|| Failure::new(404, 1001, "Invalid zone identifier"))?;
    Answer::of(render(rows, zone))
}

/// A token sees the zones it covers and no others.
fn visible(rows: &Rows, caller: &Caller, zone: &Zone) -> bool {
    match caller {
        Caller::Token(id) => rows.token(id).is_some_and(|token| token.reaches_zone(&zone.id)),
        Caller::User(_) => true,
        Caller::Anonymous => false,
    }
}

/// Whether a zone passes the filters: all of them, or any one with `match=any`.
fn matches(rows: &Rows, zone: &Zone, call: &Call) -> bool {
    let account = rows.accounts.iter().find(|account| account.id == zone.account_id);
    let mut verdicts = [
        call.query("name").map(|filter| name_matches(filter, &zone.name)),
        call.query("account.name")
            .map(|filter| account.is_some_and(|row| name_matches(filter, &row.name))),
        call.query("account.id").map(|id| id == zone.account_id),
        call.query("status").map(|status| status == "active"),
        call.query("type")
            .map(|kinds| kinds.split(',').any(|kind| kind == "full")),
    ]
    .into_iter()
    .flatten()
    .peekable();
    if verdicts.peek().is_none() {
        return true;
    }
    if call.query("match") == Some("any") {
        verdicts.any(|verdict| verdict)
    } else {
        verdicts.all(|verdict| verdict)
    }
}

/// A value may carry an operator as a prefix: `contains:foo`. Zone names have no colon, so the first one ends it.
fn name_matches(filter: &str, name: &str) -> bool {
    let (operator, value) = filter.split_once(':').unwrap_or(("equal", filter));
    let exact = operator.ends_with("_case_sensitive");
    let value = if exact { value.to_owned() } else { canonical(value) };
    let name = if exact {
        name.to_owned()
    } else {
        name.to_lowercase()
    };
    match operator.trim_end_matches("_case_sensitive") {
        "equal" => name == value,
        "not_equal" => name != value,
        "starts_with" => name.starts_with(&value),
        "ends_with" => name.ends_with(&value),
        "contains" => name.contains(&value),
        _ => false,
    }
}

/// Lower case, and punycode for a name outside of ASCII.
fn canonical(value: &str) -> String {
    if value.is_ascii() {
        return value.to_lowercase();
    }
    idna::domain_to_ascii(value).unwrap_or_else(|_| value.to_lowercase())
}

fn sort(zones: &mut [&Zone], call: &Call) {
    match call.query("order") {
        Some("name") => zones.sort_by(|left, right| left.name.cmp(&right.name)),
        Some("account.id") => zones.sort_by(|left, right| left.account_id.cmp(&right.account_id)),
        Some("plan.id") => zones.sort_by_key(|zone| zone.plan.legacy_id()),
        _ => {}
    }
    if call.query("direction") == Some("desc") {
        zones.reverse();
    }
}

fn render(rows: &Rows, zone: &Zone) -> Value {
    let account = rows.accounts.iter().find(|account| account.id == zone.account_id);
    let mut result = json!({
        "id": zone.id,
        "name": zone.name,
        "status": "active",
        "paused": false,
        "type": "full",
        "development_mode": 0,
        "name_servers": ["adam.ns.cloudflare.com", "eve.ns.cloudflare.com"],
        "original_name_servers": [],
        "original_registrar": null,
        "original_dnshost": null,
        "created_on": zone.created_on,
        "modified_on": zone.created_on,
        "activated_on": zone.created_on,
        "verification_key": zone_key(zone),
    });
    let details = json!({
        "meta": { "step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false },
        "owner": { "id": zone_key(zone), "type": "user", "name": "sandbox" },
        "account": { "id": zone.account_id, "name": account.map(|row: &Account| row.name.clone()) },
        "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"],
        "plan": plan(zone.plan),
    });
    if let (Value::Object(result), Value::Object(details)) = (&mut result, details) {
        result.extend(details);
    }
    result
}

/// An identifier that belongs to the zone but is not its id.
fn zone_key(zone: &Zone) -> String {
    hex_identifier(&format!("key:{}", zone.name))
}

fn plan(plan: Plan) -> Value {
    let (name, price) = match plan {
        Plan::Free => ("Free Website", 0),
        Plan::Pro => ("Pro Website", 20),
        Plan::Business => ("Business Website", 200),
        Plan::Enterprise => ("Enterprise Website", 0),
    };
    json!({
        "id": hex_identifier(&format!("plan:{name}")),
        "name": name,
        "price": price,
        "currency": "USD",
        "frequency": if price == 0 { "" } else { "monthly" },
        "is_subscribed": true,
        "can_subscribe": false,
        "legacy_id": plan.legacy_id(),
        "legacy_discount": false,
        "externally_managed": false,
    })
}

impl Plan {
    fn legacy_id(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Business => "business",
            Self::Enterprise => "enterprise",
        }
    }
}
