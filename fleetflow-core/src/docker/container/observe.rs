//! What an engine runs, compared with what containers were made from: one list an engine.

use std::collections::BTreeMap;

use bollard::models::{ContainerSummary as Row, ContainerSummaryStateEnum as State};
use serde_json::{Map, Value, json};

use super::Container;
use super::gate::ends_well;
use super::generations::{self, Generations, id_of, name_of};
use super::ops::outputs;
use super::previous::former;
use crate::docker::engines::Engine;
use crate::docker::{Host, Restart, marks};
use crate::error::Result;
use crate::model::{Address, Found, Observed, Resource as _, Scope, Unfinished, Wanted};

/// Everything of `scope` on `engine`, and what stands where something of `wanted` shall be.
pub(super) async fn observe(engine: &Engine, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
    let rows = generations::list(engine, None).await?;
    let mut ours: BTreeMap<Address, Vec<Row>> = BTreeMap::new();
    let mut others = Vec::new();
    for row in rows {
        let labels = row.labels.clone().unwrap_or_default();
        match marks::ours(&labels, scope, Container::KIND) {
            Some(owner) => ours.entry(owner.address).or_default().push(row),
            None => others.push(row),
        }
    }
    let mut found = Found::default();
    for one in wanted.iter().filter(|one| !ours.contains_key(&one.address)) {
        let stranger = others.iter().position(|row| stands_for(row, one));
        let stranger = stranger.map(|at| others.remove(at));
        found
            .resources
            .extend(stranger.map(|row| foreign(&row, one, engine.host())));
    }
    found.foreign = others.len();
    for (address, rows) in ours {
        let name = name_wanted(&address, wanted, &rows);
        let several = wanted.iter().find(|one| one.address == address);
        let several = several.and_then(|one| one.spec.get("several").cloned());
        let mut seen = of_one(address, Generations::sort(rows, &name), engine.host());
        // How many others there are is no property of it: what is declared is so.
        if let Some(live) = seen.live.as_object_mut() {
            live.remove("several");
            live.extend(several.map(|several| ("several".to_owned(), several)));
        }
        found.resources.push(seen);
    }
    Ok(found)
}

/// The name that the container at `address` shall have: declared, or the one it was made for.
fn name_wanted(address: &Address, wanted: &[Wanted], rows: &[Row]) -> String {
    let declared = wanted.iter().find(|one| one.address == *address);
    let declared = declared.and_then(|one| one.spec.get("name").cloned());
    let made_for = || {
        rows.iter()
            .find_map(applied)
            .and_then(|spec| spec.get("name").cloned())
    };
    match declared.or_else(made_for) {
        Some(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// Whether a container that is not ours is in the way of `wanted`, or is to be taken over.
fn stands_for(row: &Row, wanted: &Wanted) -> bool {
    let id = id_of(row);
    let remembered = wanted
        .remembered
        .as_ref()
        .is_some_and(|existing| existing.id == id);
    let named = wanted.spec.get("name").and_then(Value::as_str) == Some(name_of(row));
    let adopted = wanted.adopt_id.as_deref();
    remembered || named || adopted.is_some_and(|wanted| id.starts_with(wanted) || name_of(row) == wanted)
}

fn foreign(row: &Row, wanted: &Wanted, host: &Host) -> Observed {
    let labels = row.labels.clone().unwrap_or_default();
    let live = json!({"host": host, "name": name_of(row), "image": row.image, "status": status(row, None)});
    let id = match &wanted.adopt_id {
        // The user may have named it by the beginning of its id, or by its name.
        Some(named) if id_of(row).starts_with(named.as_str()) || name_of(row) == named => named.clone(),
        _ => id_of(row).to_owned(),
    };
    Observed {
        ownership: marks::foreign(&labels),
        outputs: outputs(id_of(row), row.image_id.as_deref(), host),
        status: shown(row),
        ..Observed::marked(wanted.address.clone(), id).showing(live)
    }
}

fn of_one(address: Address, there: Generations, host: &Host) -> Observed {
    let Generations { current, leftovers } = there;
    let is_complete = current.is_some();
    let Some(row) = current.as_ref().or(leftovers.first()) else {
        return Observed::marked(address, "");
    };
    Observed {
        live: live(row, host, is_complete && !leftovers.is_empty()).into(),
        outputs: outputs(id_of(row), row.image_id.as_deref(), host),
        incomplete: (!is_complete)
            .then(|| Unfinished::Interrupted("its container has not proven itself yet".to_owned())),
        status: shown(row),
        former: Some(former(&row.labels.clone().unwrap_or_default(), row.created)),
        ..Observed::marked(address, id_of(row))
    }
}

/// The declaration it was made from, and what is otherwise now.
fn live(row: &Row, host: &Host, has_leftovers: bool) -> Map<String, Value> {
    let mut live = applied(row).unwrap_or_default();
    let restart = live
        .get("restart")
        .and_then(|restart| serde_json::from_value(restart.clone()).ok());
    let status = match status(row, restart) {
        status if has_leftovers => format!("{status}, beside what an interrupted release left"),
        status => status,
    };
    live.insert("status".to_owned(), Value::String(status));
    live.insert("host".to_owned(), json!(host));
    live.insert("name".to_owned(), json!(name_of(row)));
    let networks = row
        .network_settings
        .as_ref()
        .and_then(|settings| settings.networks.as_ref());
    if let Some(networks) = networks {
        let declared = live.get("network").and_then(Value::as_str).unwrap_or_default();
        if !networks.contains_key(declared) {
            let other = networks.keys().min();
            live.insert("network".to_owned(), json!(other));
        }
    }
    live
}

fn applied(row: &Row) -> Option<Map<String, Value>> {
    marks::applied(row.labels.as_ref()?)
}

/// `running`, or what it does instead. A task that ended well did what it is for; one that the engine starts again and
/// again is the engine's to repair.
fn status(row: &Row, restart: Option<Restart>) -> String {
    let text = row.status.as_deref().unwrap_or_default();
    match row.state {
        Some(State::RUNNING | State::RESTARTING) => "running".to_owned(),
        Some(State::EXITED) if restart.is_some_and(ends_well) && text.starts_with("Exited (0)") => {
            "running".to_owned()
        }
        Some(other) => other.to_string(),
        None => "unknown".to_owned(),
    }
}

/// What `status` shows: the state, the health if there is a check, the image, and since when.
fn shown(row: &Row) -> Map<String, Value> {
    let text = row.status.as_deref().unwrap_or_default();
    let health = [
        ("(healthy)", "healthy"),
        ("(unhealthy)", "unhealthy"),
        ("(health: starting)", "starting"),
    ];
    let health = health
        .iter()
        .find(|(mark, _)| text.contains(mark))
        .map(|(_, health)| *health);
    let state = row.state.map(|state| state.to_string());
    let all = [
        ("state", state.as_deref()),
        ("health", health),
        ("image", row.image.as_deref()),
        ("since", Some(text)),
    ];
    let known = all
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
    known.collect()
}
