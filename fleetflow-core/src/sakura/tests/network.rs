//! Interfaces on switches: static addresses, a filter each, every field changed. The script that tells the server is run elsewhere.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Bench, stage};
use crate::model::Stack;
use crate::plan::{Level, Plan as Planned};
use crate::prelude::*;

fn surroundings() -> Stack {
    let filter = |name: &str| {
        PacketFilter::builder()
            .name(name)
            .rule(PacketRule::deny(Protocol::Ip))
            .build()
    };
    ["front", "lan", "backup"]
        .into_iter()
        .fold(stage(), |stack, name| {
            stack.add(Switch::builder().name(name).build())
        })
        .add(filter("outside"))
        .add(filter("inside"))
}

fn web(nics: impl IntoIterator<Item = Nic>) -> Stack {
    surroundings().add(server("debian-12", nics))
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type of the builder is not public to tests"
)]
fn server(os: &str, nics: impl IntoIterator<Item = Nic>) -> Server {
    let server = Server::builder()
        .name("web")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, os))
        .packet_filter("outside")
        .switch("front");
    nics.into_iter()
        .fold(server, |server, nic| server.nic(nic))
        .build()
}

fn lan() -> Nic {
    Nic::on("lan").ip("192.168.0.11/24").packet_filter("inside")
}

/// The writes to anything but the surroundings.
fn writes(bench: &Bench) -> Vec<String> {
    let around = ["POST /switch", "POST /packetfilter"];
    let all = bench.writes().into_iter();
    all.filter(|write| !around.contains(&write.as_str())).collect()
}

fn interfaces(bench: &Bench) -> Vec<Value> {
    let inventory = bench.inventory();
    inventory["servers"][0]["interfaces"].as_array().unwrap().clone()
}

fn interface(switch: &str, address: Option<&str>, filter: Option<&str>) -> Value {
    json!({ "link": {"switch": switch}, "user_address": address, "packet_filter": filter })
}

fn changes(plan: &Planned) -> Vec<String> {
    let steps = plan.steps.iter();
    steps
        .flat_map(|step| step.changes.iter().map(|change| change.path.to_string()))
        .collect()
}

/// The contents of the scripts that were registered since the last look.
fn scripts(bench: &Bench) -> Vec<String> {
    let log = bench.log();
    let notes = log
        .writes()
        .filter(|entry| entry.method == "POST" && entry.path.ends_with("/note"));
    notes
        .map(|entry| {
            entry.body.as_ref().unwrap()["Note"]["Content"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn interfaces_are_made_with_their_server_and_told_to_it() {
    let bench = Bench::new().await;
    let empty = bench.inventory();
    let stack = web([lan(), Nic::on("backup")]);
    bench.converge(&stack).await.unwrap();
    let script = scripts(&bench).concat();
    assert!(script.contains(" 192.168.0.11/24\n"), "{script}");
    assert_eq!(
        writes(&bench),
        [
            "POST /server",
            "PUT /interface/ID/to/packetfilter/ID",
            "PUT /interface/ID/to/packetfilter/ID",
            "POST /note",
            "POST /disk",
            "PUT /interface/ID",
            "DELETE /note/ID",
        ]
    );
    let expected = [
        json!({ "link": "shared", "user_address": null, "packet_filter": "outside" }),
        interface("front", None, None),
        interface("lan", Some("192.168.0.11"), Some("inside")),
        interface("backup", None, None),
    ];
    assert_eq!(interfaces(&bench), expected);
    bench.settle(&stack).await;
    assert!(bench.writes().is_empty());
    bench.destroy().await.unwrap();
    assert_eq!(bench.inventory(), empty);
}

/// What changes, to which interfaces, how deep, and by which calls.
type Row = (&'static str, Vec<Nic>, Level, &'static [&'static str]);

fn table() -> [Row; 6] {
    let further = || Nic::on("backup");
    [
        (
            "nic[0].packet_filter",
            vec![Nic::on("lan").ip("192.168.0.11/24"), further()],
            Level::None,
            &["DELETE /interface/ID/to/packetfilter"],
        ),
        (
            "nic[0].ip",
            vec![Nic::on("lan").ip("192.168.0.12/24"), further()],
            Level::Reboot,
            &[
                OFF,
                "POST /note",
                EDIT,
                "DELETE /note/ID",
                "PUT /interface/ID",
                ON,
            ],
        ),
        (
            "nic[0].ip",
            vec![Nic::on("lan").ip("192.168.0.12/16"), further()],
            Level::Reboot,
            &[OFF, "POST /note", EDIT, "DELETE /note/ID", ON],
        ),
        (
            "nic[0].switch nic[1].switch",
            vec![further().ip("192.168.0.12/16"), Nic::on("lan")],
            Level::Reboot,
            &[OFF, UNPLUG, UNPLUG, PLUG, PLUG, ON],
        ),
        (
            "nic",
            vec![further().ip("192.168.0.12/16")],
            Level::Reboot,
            &[OFF, UNPLUG, "DELETE /interface/ID", ON],
        ),
        ("nic[0].ip", vec![further()], Level::Reboot, ANEW),
    ]
}

const OFF: &str = "DELETE /server/ID/power";
const ON: &str = "PUT /server/ID/power";
const EDIT: &str = "PUT /disk/ID/config";
const UNPLUG: &str = "DELETE /interface/ID/to/switch";
const PLUG: &str = "PUT /interface/ID/to/switch/ID";
/// No address can be taken off an interface: another one takes its place.
const ANEW: &[&str] = &[
    OFF,
    UNPLUG,
    "DELETE /interface/ID",
    "POST /interface",
    PLUG,
    "POST /note",
    EDIT,
    "DELETE /note/ID",
    ON,
];

#[tokio::test]
async fn each_field_of_an_interface_is_changed_by_the_calls_it_needs() {
    let bench = Bench::new().await;
    bench.settle(&web([lan(), Nic::on("backup")])).await;
    writes(&bench);
    for (fields, nics, level, calls) in table() {
        let stack = web(nics);
        let plan = bench.plan(&stack).await;
        assert_eq!(changes(&plan).join(" "), fields);
        assert_eq!(plan.steps[0].disruption.level, level, "{fields}");
        bench.settle(&stack).await;
        assert_eq!(writes(&bench), calls, "{fields}");
    }
}

#[tokio::test]
async fn an_interface_of_others_stays_and_disturbs_nothing() {
    let bench = Bench::new().await;
    let plain = |tag: &str| {
        let server = Server::builder().name("web").plan(Plan::new(1, 1));
        surroundings().add(server.disk(Disk::new(20, "debian-12")).tag(tag).build())
    };
    bench.settle(&plain("a")).await;
    bench.switch_off("web").await;
    let sakura = bench.sakura();
    let server: super::super::wire::Reference = {
        let call = super::Call::get("tk1a", "server", "find the server");
        let found: Vec<_> = sakura.list(call, "Servers", json!({})).await.unwrap();
        found.into_iter().next().unwrap()
    };
    let body = json!({ "Interface": { "Server": { "ID": server.id } } });
    let call = super::Call::post("tk1a", "interface", "add an interface").body(body);
    sakura.done(call).await.unwrap();
    bench.settle(&plain("a")).await;
    writes(&bench);
    bench.settle(&plain("b")).await;
    assert_eq!(writes(&bench), ["PUT /server/ID"]);
    assert_eq!(interfaces(&bench).len(), 2);
}

#[tokio::test]
async fn a_server_without_internet_has_its_address_from_the_disk_configuration() {
    let bench = Bench::new().await;
    let gateway = Ipv4Addr::new(192, 168, 0, 1);
    let stack = |ip: &str| {
        let server = Server::builder()
            .name("db")
            .plan(Plan::new(1, 1))
            .disk(Disk::new(20, "debian-12"))
            .internet(false)
            .nic(Nic::on("lan").ip(ip).gateway(gateway))
            .nic(Nic::on("backup"))
            .build();
        surroundings().add(server)
    };
    let report = bench.settle(&stack("192.168.0.11/24")).await;
    assert_eq!(
        report.outputs[&"server.db".parse().unwrap()]["ip"],
        "192.168.0.11"
    );
    assert_eq!(
        writes(&bench),
        ["POST /server", "POST /disk", "PUT /interface/ID"]
    );
    let config = |bench: &Bench| bench.inventory()["disks"][0]["config"].clone();
    let subnet = json!({ "gateway": "192.168.0.1", "mask_length": 24 });
    assert_eq!(config(&bench)["address"], "192.168.0.11");
    assert_eq!(config(&bench)["subnet"], subnet);
    bench.settle(&stack("192.168.0.12/24")).await;
    assert_eq!(config(&bench)["address"], "192.168.0.12");
    assert_eq!(
        writes(&bench),
        [
            "DELETE /server/ID/power",
            "PUT /disk/ID/config",
            "PUT /interface/ID",
            "PUT /server/ID/power"
        ]
    );
    assert_eq!(
        interfaces(&bench)[0],
        interface("lan", Some("192.168.0.12"), None)
    );
}

#[tokio::test]
async fn a_cloud_image_is_told_its_addresses_with_its_user_data() {
    let bench = Bench::new().await;
    bench
        .settle(&surroundings().add(server("ubuntu-24.04-cloudimg", [lan()])))
        .await;
    let body = bench.mortality.start.lock().unwrap().clone().unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let data = body["UserBootVariables"]["CloudInit"]["UserData"]
        .as_str()
        .unwrap();
    let content = data
        .split(r#""content":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let script = String::from_utf8(BASE64_STANDARD.decode(content).unwrap()).unwrap();
    assert!(script.contains(" 192.168.0.11/24\n"), "{script}");
    assert_eq!(
        interfaces(&bench)[2],
        interface("lan", Some("192.168.0.11"), Some("inside"))
    );
}

#[test]
fn mistakes_of_interfaces_are_told_all_at_once() {
    let nics = [
        Nic::on("front"),
        Nic::on("lan").ip("192.168.0.0/24"),
        Nic::on("backup").gateway(Ipv4Addr::new(10, 0, 0, 1)),
    ];
    let other = Server::builder()
        .name("a")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .internet(false)
        .switch("front")
        .nic(Nic::on("lan"))
        .build();
    told(
        &surroundings().add(server("debian-12", nics)).add(other),
        &[
            "two interfaces are on one switch",
            "`192.168.0.0/24` is not an address in a network",
            "the gateway of the server is that of its first interface",
            "the first `nic` needs an `ip` and a `gateway`",
            "it belongs to the internet interface, which is left out",
        ],
    );
}

#[test]
fn mistakes_of_interfaces_among_others_are_told_as_well() {
    let other = Server::builder()
        .name("a")
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, "debian-12"))
        .nic(Nic::on("lan").ip("192.168.0.252/24"))
        .build();
    let nics = [
        Nic::on("lan").ip("192.168.0.252/24"),
        Nic::on("lna").packet_filter("insid"),
    ];
    let scale = Scale::builder().server("a").min(1).max(4).build();
    told(
        &surroundings()
            .add(server("debian-12", nics))
            .add(other)
            .add(scale),
        &[
            "there is no switch `lna`",
            "there is no packet-filter `insid`",
            "server.a has the address 192.168.0.252 on the same switch",
            "4 replicas from 192.168.0.252/24 on need more addresses",
        ],
    );
}

fn told(stack: &Stack, expected: &[&str]) {
    let problems = stack.check();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    for text in expected {
        assert!(told.iter().any(|told| told.contains(text)), "{text}: {told:#?}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}
