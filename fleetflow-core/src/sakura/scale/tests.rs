//! How many replicas a declared scale stands for, and what it refuses.

use std::collections::BTreeMap;

use super::*;
use crate::model::Stack;
use crate::sakura::{Disk, Plan, Server};

fn server(name: &str) -> Server {
    Server::builder()
        .name(name)
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .zone("is1a")
        .build()
}

fn names(existing: &[(&str, u32)]) -> Vec<String> {
    let stack = Stack::new("shop", "dev")
        .add(server("web"))
        .add(Scale::builder().server("web").min(2).max(4).build());
    let existing: BTreeMap<_, _> = existing
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect();
    replicas(&Expansion::new(&stack, &existing), "web")
}

fn problems(scale: Scale) -> Vec<String> {
    let stack = Stack::new("shop", "dev")
        .add(server("web"))
        .add(server("web-3"))
        .add(scale);
    stack.check().iter().map(ToString::to_string).collect()
}

#[test]
fn the_count_that_exists_is_held_between_the_bounds() {
    assert_eq!(names(&[]), ["web", "web-2"]);
    assert_eq!(names(&[("web", 3)]), ["web", "web-2", "web-3"]);
    assert_eq!(names(&[("web", 9)]).len(), 4);
}

#[test]
fn a_server_that_nobody_scales_is_one() {
    let stack = Stack::new("shop", "dev").add(server("web"));
    let existing = BTreeMap::from([("web".to_owned(), 3)]);
    assert_eq!(replicas(&Expansion::new(&stack, &existing), "web"), ["web"]);
}

#[test]
fn bounds_and_targets_must_make_sense() {
    let scale = Scale::builder()
        .server("web")
        .min(3)
        .max(2)
        .cpu_threshold(80)
        .target(80)
        .build();
    assert_eq!(
        problems(scale),
        [
            "scale.web: min: the fewest replicas (3) are more than the most (2) (swap `min` and `max`)",
            "scale.web: target: a target of 80 % is not below the threshold of 80 % \
             (aim lower, or the count would go up and down without end)",
        ]
    );
}

#[test]
fn the_server_must_be_declared_and_its_replicas_need_free_names() {
    let unknown = problems(Scale::builder().server("wep").min(1).max(2).build());
    assert_eq!(
        unknown,
        ["scale.wep: server: there is no server `wep` (did you mean `web`?)"]
    );
    let clash = problems(Scale::builder().server("web").min(1).max(3).build());
    assert_eq!(
        clash,
        [
            "scale.web: max: a replica would have the name of the declared `server.web-3` \
          (rename that server, or allow fewer replicas)"
        ]
    );
}

#[test]
fn the_target_is_three_quarters_of_the_threshold_unless_it_is_named() {
    let scale = Scale::builder()
        .server("web")
        .min(1)
        .max(2)
        .cpu_threshold(80)
        .build();
    assert_eq!(scale.aim(), Some(60));
    assert_eq!(scale.cooldowns().1.as_secs(), 300);
}
