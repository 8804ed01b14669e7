//! Routes of a zone to Workers (API doc §4.9). They make no DNS record: the host needs one of its own.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal;
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::dns;
use crate::cloudflare::gate::Caller;
use crate::cloudflare::rows::Zone;

/// A route.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Route {
    id: String,
    zone_id: String,
    pattern: String,
    /// None keeps Workers away from what the pattern matches.
    script: Option<String>,
}

#[derive(Deserialize)]
struct NewRoute {
    pattern: String,
    script: Option<String>,
}

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let zone = call.path("zone_id");
    let routes = context
        .rows()
        .workers
        .routes
        .iter()
        .filter(|route| route.zone_id == zone);
    let routes: Vec<Value> = routes.map(Route::render).collect();
    Answer::of(routes)
}

pub(super) fn create(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewRoute = call.json()?;
    new.check(context, call, None)?;
    let zone_id = call.path("zone_id").to_owned();
    let route = Route {
        id: context.identifier(),
        zone_id,
        pattern: new.pattern,
        script: new.script,
    };
    let shown = route.render();
    context.rows().workers.routes.push(route);
    Answer::of(shown)
}

pub(super) fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    Answer::of(find(context, call)?.render())
}

pub(super) fn put(context: &mut Context<'_>, call: &Call) -> Outcome {
    let new: NewRoute = call.json()?;
    let own = find(context, call)?.id.clone();
    new.check(context, call, Some(&own))?;
    let route = find(context, call)?;
    route.pattern = new.pattern;
    route.script = new.script;
    Answer::of(route.render())
}

pub(super) fn delete(context: &mut Context<'_>, call: &Call) -> Outcome {
    let id = find(context, call)?.id.clone();
    context.rows().workers.routes.retain(|route| route.id != id);
    Answer::of(json!({ "id": id }))
}

/// A route as wrangler names it: the zone by id or name, or left for the host to tell.
#[derive(Deserialize)]
struct Wanted {
    pattern: String,
    zone_id: Option<String>,
    zone_name: Option<String>,
}

/// `PUT S/routes`, which only wrangler knows: these are all routes of the script from now on, in every zone. A token
/// that does not cover all zones is refused with the code at which wrangler turns to the zones' own routes.
pub(super) fn put_all(context: &mut Context<'_>, call: &Call) -> Outcome {
    let wanted: Vec<Wanted> = call.json()?;
    if let Caller::Token(id) = context.caller.clone()
        && context
            .rows()
            .token(&id)
            .is_none_or(|token| token.zones.is_some())
    {
        return Err(Failure::new(403, 10_000, "Authentication error"));
    }
    let script = call.path("script_name").to_owned();
    if !context.rows().workers.scripts.contains_key(&script) {
        return Err(refusal::no_script());
    }
    let mut routes = Vec::new();
    for one in wanted {
        let rows = context.rows();
        let zone = rows
            .zones
            .iter()
            .find(|zone| one.is_in(zone))
            .ok_or_else(refusal::route_pattern)?;
        let same = |route: &Route| route.pattern == one.pattern && !route.leads_to(&script);
        if rows.workers.routes.iter().any(same) {
            return Err(refusal::route_exists());
        }
        let zone_id = zone.id.clone();
        routes.push(Route {
            id: context.identifier(),
            zone_id,
            pattern: one.pattern,
            script: Some(script.clone()),
        });
    }
    let shown: Vec<Value> = routes.iter().map(|route| json!(route.pattern)).collect();
    let all = &mut context.rows().workers.routes;
    all.retain(|route| !route.leads_to(&script));
    all.extend(routes);
    Answer::of(shown)
}

impl Wanted {
    fn is_in(&self, zone: &Zone) -> bool {
        self.zone_id.as_ref().is_none_or(|id| *id == zone.id)
            && self.zone_name.as_ref().is_none_or(|name| *name == zone.name)
            && is_pattern(&self.pattern, &zone.name)
    }
}

fn find<'a>(context: &'a mut Context<'_>, call: &Call) -> Result<&'a mut Route, Failure> {
    let (zone, id) = (call.path("zone_id"), call.path("route_id"));
    let routes = &mut context.rows().workers.routes;
    routes
        .iter_mut()
        .find(|route| route.zone_id == zone && route.id == id)
        .ok_or_else(refusal::no_route)
}

impl NewRoute {
    fn check(&self, context: &mut Context<'_>, call: &Call, own: Option<&str>) -> Result<(), Failure> {
        let rows = context.rows();
        let zone = rows.zone(call.path("zone_id")).ok_or_else(refusal::no_route)?;
        if !is_pattern(&self.pattern, &zone.name) {
            return Err(refusal::route_pattern());
        }
        if self
            .script
            .as_ref()
            .is_some_and(|script| !rows.workers.scripts.contains_key(script))
        {
            return Err(refusal::no_script());
        }
        let same = |route: &Route| route.pattern == self.pattern && Some(route.id.as_str()) != own;
        if rows.workers.routes.iter().any(same) {
            return Err(refusal::route_exists());
        }
        Ok(())
    }
}

impl Route {
    /// True if this is a route to that Worker.
    pub(super) fn leads_to(&self, script: &str) -> bool {
        self.script.as_deref() == Some(script)
    }

    /// True for a request that the pattern is about. A path is the whole path unless it ends in a star.
    pub(super) fn fits(&self, host: &str, path: &str) -> bool {
        let (wanted, rest) = split(&self.pattern);
        let host_fits = match wanted.strip_prefix('*') {
            Some(tail) => host.ends_with(&tail.to_ascii_lowercase()),
            None => host.eq_ignore_ascii_case(wanted),
        };
        host_fits
            && match rest.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => path == rest || (rest.is_empty() && path == "/"),
            }
    }

    /// The more specific a pattern, the heavier: a longer path first, then a host without a star.
    pub(super) fn weight(&self) -> (usize, bool, usize) {
        let (host, path) = split(&self.pattern);
        (path.len(), !host.starts_with('*'), host.len())
    }

    /// The Worker it leads to, if it does not keep all of them away.
    pub(super) fn script_name(&self) -> Option<&str> {
        self.script.as_deref()
    }

    pub(super) fn inventory(&self) -> Value {
        json!({ "pattern": self.pattern, "script": self.script, "zone": self.zone_id })
    }

    pub(super) fn render(&self) -> Value {
        let mut shown = json!({ "id": self.id, "pattern": self.pattern });
        if let Some(script) = &self.script {
            shown["script"] = json!(script);
        }
        shown
    }
}

/// `[*.]host[/path][*]` in the zone: stars only at the start of the host and at the end of the path.
fn is_pattern(pattern: &str, zone: &str) -> bool {
    let (host, path) = split(pattern);
    let host = host.strip_prefix('*').unwrap_or(host).to_ascii_lowercase();
    let host = host.strip_prefix('.').unwrap_or(&host);
    let path = path.strip_suffix('*').unwrap_or(path);
    dns::in_zone(host, zone) && !host.contains('*') && !path.contains(['*', '?'])
}

/// Host and path of a pattern.
fn split(pattern: &str) -> (&str, &str) {
    let rest = pattern
        .strip_prefix("https://")
        .or(pattern.strip_prefix("http://"))
        .unwrap_or(pattern);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}
