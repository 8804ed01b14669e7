//! Forms, checks and expansion of groups. No engine.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::docker::{DeployServices, Port, Service, ServiceGroup, deploy};
use crate::model::{Declaration, Declare as _, Expansion, Problem};
use crate::{Stack, catalog};

fn decode(group: Value) -> Result<Value, Vec<Problem>> {
    catalog::kind("service-group").unwrap().decode(group)
}

fn mistakes(services: Value) -> Vec<String> {
    decode(json!({"name": "shop", "service": services}))
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn every_form_of_a_field_has_one_canonical_form() {
    let canonical = decode(json!({"name": "shop", "service": {
        "name": "web", "image": "nginx:1.29",
        "port": [8000, "8080:80", "127.0.0.1:53:53/udp", {"host": 8443, "container": 443, "protocol": "tcp"}, {"container": 9000}],
        "volume": ["data:/data", "./conf:/etc/app:ro", {"source": "/srv", "target": "/srv"}],
        "environment": {"PORT": 3000, "DEBUG": true, "DB": {"$ref": "server.db.ip"}},
        "env_file": ".env", "depends_on": [], "command": "npm start", "cpus": 2, "restart": "on-failure",
        "health_check": {"http": "/healthz", "port": 3000},
    }}))
    .unwrap();
    let tcp = |host: Value, container: u16| json!({"host": host, "container": container, "protocol": "tcp"});
    assert_eq!(
        canonical["service"][0],
        json!({
            "name": "web", "image": "nginx:1.29",
            "port": [
                tcp(json!(8000), 8000), tcp(json!(8080), 80),
                {"host_ip": "127.0.0.1", "host": 53, "container": 53, "protocol": "udp"},
                tcp(json!(8443), 443), {"container": 9000, "protocol": "tcp"},
            ],
            "volume": [
                {"source": "data", "target": "/data"},
                {"source": "./conf", "target": "/etc/app", "read_only": true},
                {"source": "/srv", "target": "/srv"},
            ],
            "env": {"PORT": "3000", "DEBUG": "true", "DB": {"$ref": "server.db.ip"}},
            "env_file": [".env"], "command": ["npm start"], "cpus": 2.0, "restart": "on-failure",
            "health_check": {"http": "/healthz", "port": 3000},
        })
    );
    assert_eq!(decode(canonical.clone()).unwrap(), canonical);
}

#[test]
fn malformed_texts_are_all_reported_at_their_places() {
    let found = mistakes(json!([{
        "name": "-web", "image": "Nginx", "port": ["80:x", 70000, "1-2:1-2"], "volume": ["data", "~/x:/x", "a:/b:rx"],
        "memory": "12 parsecs", "stop_grace_period": "10", "health_check": {"test": "x", "interval": "soon"}, "restart": "sometimes",
    }]));
    let places: Vec<_> = found
        .iter()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        places,
        [
            "service[0].health_check.interval",
            "service[0].image",
            "service[0].memory",
            "service[0].name",
            "service[0].port[0]",
            "service[0].port[1]",
            "service[0].port[2]",
            "service[0].restart",
            "service[0].stop_grace_period",
            "service[0].volume[0]",
            "service[0].volume[1]",
            "service[0].volume[2]",
        ],
        "{found:#?}"
    );
}

#[test]
fn a_group_is_checked_as_a_whole() {
    let found = mistakes(json!([
        {"name": "web", "image": "a", "port": 80, "depends_on": ["dbb"]},
        {"name": "db", "image": "a", "build": "./db", "port": "127.0.0.1:80:5432"},
        {"name": "db", "port": [{"container": 1}, "9:9"], "replicas": 2},
        {"name": "probe", "image": "a", "health_check": {"http": "healthz"}, "volume": ["a:/x", "b:/x"], "command": "echo 'a"},
    ]));
    assert_eq!(
        found,
        [
            "service[2].name: the group has two services named `db` (rename one of them)",
            "service[0].depends_on[0]: the group `shop` has no service `dbb` (did you mean `db`?)",
            "service[1].build: a service has either an image or a build, not both (remove `image` or `build`)",
            "service[2]: `db` has nothing to run (add `image \"NAME:TAG\"` or `build \"./FOLDER\"`)",
            "service[2].port[1]: 2 containers cannot share the port 9:9/tcp of one machine (let the engine choose: `port container=N`, or remove `replicas`)",
            "service[3].volume[1]: two things are mounted at `/x` (remove one of them)",
            "service[3].command: `echo 'a` has a quotation mark that is not closed (close the quotation mark)",
            "service[3].health_check.http: `healthz` is not the path of a URL (it begins with `/`, as in `/healthz`)",
            "service[3].health_check: the request has no port (add `port`, here or to the service)",
            "service[1].port[0]: the port 80 is taken by `web` already (publish another one: `port \"81:5432\"`)",
        ]
    );
}

#[test]
fn ports_of_different_addresses_or_protocols_do_not_collide() {
    let ports = json!(["127.0.0.1:53:53", "127.0.0.2:53:53", "53:53/udp"]);
    decode(json!({"name": "dns", "service": [{"name": "a", "image": "a", "port": ports}]})).unwrap();
}

#[test]
fn a_cycle_is_told_with_its_path() {
    let found = mistakes(json!([
        {"name": "a", "image": "a", "depends_on": ["b"]},
        {"name": "b", "image": "a", "depends_on": ["c"]},
        {"name": "c", "image": "a", "depends_on": ["a"]},
    ]));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("`a` -> `b` -> `c` -> `a`"), "{found:?}");
}

fn shop() -> ServiceGroup {
    ServiceGroup::builder()
        .name("shop")
        .service(
            Service::builder()
                .name("web")
                .build_from("./apps/Web")
                .depends_on("db")
                .volume("data:/data:ro".parse().unwrap())
                .port(Port {
                    host: None,
                    ..Port::from(80)
                })
                .replicas(2)
                .build(),
        )
        .service(
            Service::builder()
                .name("db")
                .image("postgres:17")
                .volume("data:/var/lib/postgresql".parse().unwrap())
                .volume("./init:/init".parse().unwrap())
                .build(),
        )
        .build()
}

#[test]
fn a_deployed_group_is_a_network_volumes_and_containers() {
    let group = shop().protect();
    let stack = Stack::new("creo", "dev").add(group.clone());
    let replicas = BTreeMap::new();
    let host = json!({"$ref": "server.web-1.docker"});
    let parts = deploy(host.clone(), "web-1", &group, &Expansion::new(&stack, &replicas));
    let addresses: Vec<_> = parts.iter().map(|part| part.address.to_string()).collect();
    assert_eq!(
        addresses,
        [
            "network.web-1/shop",
            "volume.web-1/shop/data",
            "container.web-1/shop/web",
            "container.web-1/shop/web-2",
            "container.web-1/shop/db",
        ]
    );
    assert!(parts.iter().all(|part| part.protect && part.spec["host"] == host));
    let web = &parts[3];
    let needs: Vec<_> = web.depends_on.iter().map(ToString::to_string).collect();
    assert_eq!(
        needs,
        [
            "container.web-1/shop/db",
            "container.web-1/shop/web",
            "network.web-1/shop",
            "volume.web-1/shop/data"
        ]
    );
    assert_eq!(web.spec["name"], "creo-dev-shop-web-2");
    assert_eq!(web.spec["aliases"], json!(["web", "web-2"]));
    assert_eq!(web.spec["image"], "creo-dev-shop-web");
    assert_eq!(web.spec["volume"][0]["source"], "creo-dev-shop-data");
    assert_eq!(parts[4].spec["volume"][1]["source"], "./init");
}

#[test]
fn leafs_are_canonical_already() {
    let stack = Stack::new("creo", "dev")
        .add(shop())
        .add(DeployServices::locally(["shop"]));
    for leaf in crate::model::expanded(&stack).unwrap() {
        let kind = catalog::kind(leaf.address.kind()).unwrap();
        assert_eq!(leaf.spec, kind.decode(leaf.spec.clone().into()).unwrap());
    }
}

#[test]
fn a_group_nobody_deploys_makes_nothing() {
    let stack = Stack::new("creo", "dev").add(Declaration::from(shop()));
    assert!(crate::model::expanded(&stack).unwrap().is_empty());
}

#[test]
fn a_group_that_is_not_declared_is_named() {
    let stack = Stack::new("creo", "dev")
        .add(shop())
        .add(DeployServices::locally(["shop", "shopp"]));
    let problems: Vec<_> = stack.check().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        ["deploy-services.local: groups[1]: there is no service-group `shopp` (did you mean `shop`?)"]
    );
}

/// A group whose service `web` publishes `port`.
fn publishing(name: &str, port: &str) -> ServiceGroup {
    let service = json!({"name": "web", "image": "nginx:1.29", "port": port});
    let group = decode(json!({"name": name, "service": service})).unwrap();
    serde_json::from_value(group).unwrap()
}

#[test]
fn groups_on_one_machine_cannot_share_a_port_of_it() {
    let of = |ports: [&str; 3]| {
        let [front, back, dns] = ports;
        let stack = Stack::new("creo", "dev")
            .add(publishing("front", front))
            .add(publishing("back", back))
            .add(publishing("dns", dns))
            .add(DeployServices::locally(["front", "back", "dns"]));
        let problems = stack.check();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        of(["8080:80", "8080:80", "8080:80/udp"]),
        [
            "deploy-services.local: groups[1]: the port 8080 of `web` in `back` is taken by `web` in `front` already (publish \
             another one, or deploy one of the groups to another server)"
        ]
    );
    assert!(of(["127.0.0.1:8080:80", "127.0.0.2:8080:80", "80"]).is_empty());
    assert!(of(["8080:80", "8081:80", "80"]).is_empty());
}
