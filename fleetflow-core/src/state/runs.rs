//! What the tests of every store have in common: a holder, an event, runs that write. No test is here.

use serde_json::{Map, json};

use super::{Event, Holder, Store};
use crate::model::Address;
use crate::plan::Bookkeeping;

pub(super) fn holder(who: &str) -> Holder {
    Holder {
        who: who.to_owned(),
        operation: "up".to_owned(),
        since: "2026-01-01T00:00:00Z".to_owned(),
    }
}

pub(super) fn applied(name: &str) -> Event {
    Event::Applied {
        address: Address::new("server", name),
        id: format!("id of {name}"),
        spec: json!({"name": name}).into(),
        outputs: Map::new(),
        record: Bookkeeping::default(),
        time: None,
    }
}

/// One run that writes `events`, one append each.
pub(super) async fn run(store: &dyn Store, events: impl IntoIterator<Item = Event>) {
    let lease = store.acquire(holder("a")).await.unwrap();
    for event in events {
        store.append(&lease, vec![event]).await.unwrap();
    }
    store.release(lease).await.unwrap();
}

/// The names of everything that is remembered.
pub(super) async fn names(store: &dyn Store) -> Vec<String> {
    let state = store.load().await.unwrap();
    state
        .entries()
        .map(|(address, _)| address.name().to_owned())
        .collect()
}

/// What could not be read.
pub(super) async fn damage(store: &dyn Store) -> Vec<String> {
    store.load().await.unwrap().damage().to_vec()
}
