//! What a declared server says, refuses and stands for, without any cloud.

use serde_json::{Value, json};

use super::*;
use crate::catalog;
use crate::model::{Declare as _, Path, Providers, SakuraSettings, Stack, expanded};
use crate::sakura::{PacketFilter, Scale, Switch};

fn web() -> Server {
    Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .build()
}

fn settings(zone: &str) -> Providers {
    Providers {
        sakura_cloud: Some(SakuraSettings {
            zone: Some(zone.to_owned()),
            ..SakuraSettings::default()
        }),
        ..Providers::default()
    }
}

fn stack() -> Stack {
    Stack::new("shop", "dev").providers(settings("tk1a"))
}

fn decode(declared: Value) -> std::result::Result<Value, Vec<String>> {
    let problems = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect();
    catalog::kind("server")
        .unwrap()
        .decode(declared)
        .map_err(problems)
}

fn spec_of(stack: &Stack, address: &str) -> Value {
    let address: Address = address.parse().unwrap();
    let all = expanded(stack).unwrap();
    all.iter()
        .find(|declared| declared.address == address)
        .unwrap()
        .spec
        .clone()
        .into()
}

#[test]
fn the_canonical_form_is_the_same_for_every_front_end() {
    let declared = json!({
        "name": "web", "provider": "sakura-cloud", "plan": {"core": 4, "memory": 4},
        "disk": {"size": 100, "os": "ubuntu-24.04"}, "ssh_key": "k.pub", "tags": ["b", "a", "b"],
    });
    let built = Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .ssh_key("k.pub")
        .tag("a")
        .tag("b")
        .build();
    assert_eq!(Declaration::from(built).spec, decode(declared).unwrap());
}

#[test]
fn what_is_not_declared_is_not_stored() {
    assert_eq!(
        Declaration::from(web()).spec,
        json!({
            "name": "web", "plan": {"core": 4, "memory": 4, "commitment": "standard"},
            "disk": [{"size": 100, "os": "ubuntu-24.04", "plan": "ssd"}],
        })
    );
}

#[test]
fn mistakes_of_form_are_all_reported() {
    let declared = json!({
        "name": "we b", "provider": "aws", "plan": {"core": 0, "memory": 4, "commitment": "dedicatd"},
        "disk": {"size": 10}, "ssh": {"port": 70000}, "hostnam": 1,
    });
    assert_eq!(
        decode(declared).unwrap_err(),
        [
            "hostnam: unknown field `hostnam` (did you mean `hostname`?)",
            "disk[0].size: 10 is out of range (allowed: from 20 to 20480)",
            "name: `we b` may have only letters, digits, `-`, `_` and `.`, and must begin with a letter or a digit",
            "plan.commitment: \"dedicatd\" is not allowed here (did you mean `dedicated`?)",
            "plan.core: 0 is out of range (allowed: from 1 to 224)",
            "provider: \"aws\" is not allowed here (allowed: sakura-cloud)",
            "ssh.port: 70000 is out of range (allowed: from 1 to 65535)",
        ]
    );
}

#[test]
fn mistakes_of_meaning_are_all_reported() {
    let declared = json!({
        "name": "web", "plan": {"core": 4, "memory": 4}, "zone": "tk1c", "hostname": "-web",
        "disk": [{"size": 100}, {"size": 20, "os": "ubuntu-2404", "source_disk": "1"}, {"size": 20, "source_archive": "x"}],
        "tags": ["fleetflow=a/b/c.d"], "ssh_key": ["-----BEGIN OPENSSH PRIVATE KEY-----"], "password": "hunter2hunter2",
    });
    assert_eq!(
        decode(declared).unwrap_err(),
        [
            "disk[0]: a server cannot boot from an empty disk (add `os=\"ubuntu-24.04\"`, `source-archive` or `source-disk`)",
            "disk[1]: only one of `os`, `source-archive` and `source-disk` can be copied to it (keep one of them)",
            "disk[1].os: there is no operating system `ubuntu-2404` (did you mean `ubuntu-24.04`?)",
            "disk[2].source_archive: `x` is not an id (write the number that the control panel shows)",
            "zone: there is no zone `tk1c` (did you mean `tk1a`?)",
            "hostname: `-web` cannot be a host name (use letters, digits and inner hyphens, at most 64 characters)",
            "tags[0]: `fleetflow=a/b/c.d` cannot be a tag of yours (tags of this form are written by FleetFlow)",
            "ssh_key[0]: this is not a public key (give the public half: the content or the path of the `.pub` file)",
            "password: a password must be a secret (take it from the environment: `password env=\"NAME\" secret=#true`)",
        ]
    );
}

#[test]
fn a_server_needs_a_disk() {
    let declared = json!({"name": "web", "plan": {"core": 4, "memory": 4}});
    assert_eq!(decode(declared).unwrap_err(), ["`disk` is missing"]);
    let built = Server::builder().name("web").plan(Plan::new(4, 4)).build();
    assert_eq!(stack().add(built).check()[0].path, Path::root().key("disk"));
}

#[test]
fn the_zone_comes_from_the_settings_and_must_come_from_somewhere() {
    assert_eq!(spec_of(&stack().add(web()), "server.web")["zone"], "tk1a");
    let nowhere = Stack::new("shop", "dev").add(web()).check();
    assert_eq!(nowhere.len(), 1);
    assert_eq!(nowhere[0].message, "it has no zone");
    let wrong = Stack::new("shop", "dev")
        .providers(settings("is9z"))
        .add(web())
        .check();
    assert!(wrong[0].message.contains("`is9z`"));
}

#[test]
fn objects_are_referred_to_by_name_or_by_id() {
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .packet_filter("public")
        .switch("112300000001")
        .build();
    let missing = stack().add(server.clone()).check();
    assert_eq!(
        missing[0].to_string(),
        "server.web: packet_filter: there is no packet-filter `public` (declare `packet-filter \"public\"`)"
    );
    let whole = stack()
        .add(server)
        .add(PacketFilter::builder().name("public").build())
        .add(Switch::builder().name("backend").build());
    let spec = spec_of(&whole, "server.web");
    assert_eq!(spec["packet_filter"], json!({"$ref": "packet-filter.public.id"}));
    assert_eq!(spec["switch"], "112300000001");
    assert_eq!(spec_of(&whole, "switch.backend")["zone"], "tk1a");
}

#[test]
fn a_scaled_server_becomes_several_and_only_the_first_is_adopted() {
    let scale = Scale::builder().server("web").min(2).max(3).build();
    let named = Server::builder()
        .name("web")
        .plan(Plan::new(4, 4))
        .disk(Disk::new(100, "ubuntu-24.04"))
        .hostname("web.example.jp")
        .build();
    let all = expanded(&stack().add(Declaration::from(named).protect().adopt()).add(scale)).unwrap();
    let names: Vec<_> = all.iter().map(|declared| declared.address.to_string()).collect();
    assert_eq!(names, ["server.web", "server.web-2"]);
    assert_eq!(all[1].spec["hostname"], "web-2.example.jp");
    assert_eq!(all[1].spec["name"], "web-2");
    assert!(all[0].adopt.is_some() && all[1].adopt.is_none() && all[1].protect);
}

#[test]
fn what_users_notice_depends_on_the_field() {
    let change = |path: Path, after: Value| Change {
        path,
        before: json!(1),
        after,
        forces_replacement: false,
        secret: false,
    };
    let plan = Path::root().key("plan");
    let grow = [change(plan.key("core"), json!(8))];
    assert_eq!(
        Server::disruption(&grow, &Value::Null).effects,
        ["reboot", "new server id"]
    );
    assert_eq!(Server::volatile(&grow, &Value::Null), ["id"]);
    let unnamed = [change(plan.key("generation"), Value::Null)];
    assert!(
        Server::disruption(&unnamed, &Value::Null).is_none()
            && Server::volatile(&unnamed, &Value::Null).is_empty()
    );
    let address = [change(
        Path::root().key("nic").index(0).key("ip"),
        json!("192.168.0.12/24"),
    )];
    let private = json!({ "internet": false });
    assert_eq!(Server::volatile(&address, &private), ["ip", "docker"]);
    assert!(Server::volatile(&address, &json!({})).is_empty());
    let tags = [change(Path::root().key("tags"), json!(["a"]))];
    assert!(Server::disruption(&tags, &Value::Null).is_none());
    let key = [change(Path::root().key("ssh_key"), json!(["k"]))];
    assert_eq!(Server::disruption(&key, &Value::Null).level, Level::Reboot);
}

#[test]
fn neither_keys_nor_passwords_are_shown() {
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .password("hunter2hunter2")
        .build();
    assert!(!format!("{server:?}").contains("hunter2"));
}
