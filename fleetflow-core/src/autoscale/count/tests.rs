//! What the state tells about counts.

use serde_json::Map;

use super::*;
use crate::plan::Bookkeeping;
use crate::prelude::{Disk, Plan as ServerPlan, Server};

fn applied(name: &str, record: Bookkeeping) -> Event {
    Event::Applied {
        address: Address::new("server", name),
        id: name.to_owned(),
        spec: crate::model::Spec::default(),
        outputs: Map::new(),
        record,
        time: None,
    }
}

fn replica(protect: bool) -> Bookkeeping {
    Bookkeeping {
        replica_of: Some(Address::new("server", "web")),
        protect,
        ..Bookkeeping::default()
    }
}

fn scaled(count: u32) -> Event {
    Event::Scaled {
        server: "web".to_owned(),
        count,
        time: "2026-11-25T12:00:00Z".to_owned(),
        reason: "a test".to_owned(),
    }
}

fn folded(events: &[Event]) -> State {
    let mut state = State::default();
    events.iter().for_each(|event| state.apply(event));
    state
}

fn count(events: &[Event]) -> Option<u32> {
    let scaling = Scaling::default().decided(&folded(events));
    scaling.counts.get("web").copied()
}

fn stack(scale: Option<Scale>) -> Stack {
    let web = Server::builder()
        .name("web")
        .plan(ServerPlan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .zone("is1a")
        .build();
    let stack = Stack::new("shop", "dev").add(web);
    scale.into_iter().fold(stack, Stack::add)
}

#[test]
fn what_was_decided_counts_and_without_it_what_exists() {
    let three = [
        applied("web", Bookkeeping::default()),
        applied("web-3", replica(false)),
        applied("web-9", Bookkeeping::default()),
    ];
    assert_eq!(
        count(&three),
        Some(3),
        "one of that name that is no replica is not counted"
    );
    assert_eq!(count(&[three.as_slice(), &[scaled(2)]].concat()), Some(2));
    assert_eq!(count(&[applied("web", Bookkeeping::default())]), None);
}

#[test]
fn a_protected_replica_is_never_counted_out() {
    let events = [
        applied("web-2", replica(true)),
        applied("web-3", replica(false)),
        scaled(1),
    ];
    assert_eq!(count(&events), Some(2));
}

#[test]
fn a_decision_ends_with_its_server_or_its_scale() {
    let gone = Event::Deleted {
        address: Address::new("server", "web"),
        time: None,
    };
    assert_eq!(count(&[scaled(3), gone]), None);
    let scale = Scale::builder().server("web").min(1).max(3).build();
    let state = folded(&[scaled(3)]);
    assert!(Scaling::void(&stack(Some(scale)), &state, "now").is_empty());
    let void = Scaling::void(&stack(None), &state, "now");
    assert!(
        matches!(void.as_slice(), [Event::Scaled { count: 1, .. }]),
        "{void:?}"
    );
    assert!(Scaling::void(&stack(None), &folded(&[scaled(3), void[0].clone()]), "now").is_empty());
}
