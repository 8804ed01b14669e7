//! Switches, interfaces and packet filters.

use serde_json::json;

use super::support::{Api, refused};

#[tokio::test]
async fn a_switch_knows_its_servers_and_stays_while_it_has_some() {
    let api = Api::instant().await;
    let subnet = json!({ "DefaultRoute": "192.168.0.1", "NetworkMaskLen": 24 });
    let body = json!({ "Switch": { "Name": "inner", "UserSubnet": subnet } });
    let switch = api.post("switch", body).await.object("Switch");
    let (id, path) = (switch["ID"].clone(), format!("switch/{}", switch["ID"]));
    assert_eq!(
        (&switch["UserSubnet"], &switch["ServerCount"]),
        (&subnet, &json!(0))
    );
    let body = json!({ "Server": {
        "Name": "web", "ServerPlan": { "CPU": 1, "MemoryMB": 1024 },
        "ConnectedSwitches": [{ "Scope": "shared" }, { "ID": id }, null],
    } });
    let server = api.post("server", body).await.object("Server");
    let interfaces = server["Interfaces"].as_array().unwrap();
    assert_eq!(interfaces.len(), 3);
    assert_eq!(
        (&interfaces[1]["Switch"]["ID"], &interfaces[1]["IPAddress"]),
        (&id, &json!(null))
    );
    assert_eq!(interfaces[2]["Switch"], json!(null));
    assert_eq!(api.get(&path).await.object("Switch")["ServerCount"], 1);
    assert_eq!(api.get(&format!("{path}/server")).await.rows("Servers").len(), 1);
    assert_eq!(
        api.delete(&path).await.refusal(),
        refused(409, "disconnect_b4_delete")
    );
    let unplug = format!("interface/{}/to/switch", interfaces[1]["ID"]);
    assert_eq!(api.delete(&unplug).await.status, 200);
    assert_eq!(api.delete(&path).await.status, 200);
}

#[tokio::test]
async fn interfaces_obey_the_order_of_the_shared_segment() {
    let api = Api::instant().await;
    let second = json!({ "Server": {
        "Name": "web", "ServerPlan": { "CPU": 1, "MemoryMB": 1024 },
        "ConnectedSwitches": [null, { "Scope": "shared" }],
    } });
    assert_eq!(
        api.post("server", second).await.refusal(),
        refused(400, "invalid_param_comb")
    );
    let server = api.server("web").await;
    let id = server["Interfaces"][0]["ID"].clone();
    let label = json!({ "Interface": { "UserIPAddress": "192.168.0.7" } });
    let labelled = api
        .put(&format!("interface/{id}"), label)
        .await
        .object("Interface");
    assert_eq!(labelled["UserIPAddress"], "192.168.0.7");
    assert_eq!(
        labelled["IPAddress"], server["Interfaces"][0]["IPAddress"],
        "a label configures nothing"
    );
    let body = json!({ "Interface": { "Server": { "ID": server["ID"] } } });
    let added = api.post("interface", body).await.id("Interface");
    assert_eq!(api.delete(&format!("interface/{added}")).await.status, 200);
}

#[tokio::test]
async fn packet_filters_are_changed_under_an_optimistic_lock() {
    let api = Api::instant().await;
    let ssh = json!({ "Protocol": "tcp", "DestinationPort": "22", "Action": "allow" });
    let rest = json!({ "Protocol": "ip", "Action": "deny" });
    let body = json!({ "PacketFilter": { "Name": "pf", "Expression": [ssh, rest] } });
    let filter = api.post("packetfilter", body).await.object("PacketFilter");
    let path = format!("packetfilter/{}", filter["ID"]);
    let rules = filter["Expression"].as_array().unwrap();
    assert_eq!(
        (&rules[0]["DestinationPort"], rules[1].get("DestinationPort")),
        (&json!("22"), None)
    );
    let change = |hash: &serde_json::Value| {
        let body = json!({ "PacketFilter": { "Expression": [rest] }, "OriginalExpressionHash": hash });
        let (api, path) = (api.clone(), path.clone());
        async move { api.put(&path, body).await }
    };
    let hash = &filter["ExpressionHash"];
    assert_eq!(
        change(&json!("0".repeat(32))).await.refusal(),
        refused(409, "original_hash_mismatch")
    );
    let changed = change(hash).await.object("PacketFilter");
    assert_ne!(&changed["ExpressionHash"], hash);
    assert_eq!(
        change(hash).await.refusal(),
        refused(409, "original_hash_mismatch")
    );

    let interface = api.server("web").await["Interfaces"][0]["ID"].clone();
    let put = format!("interface/{interface}/to/packetfilter/{}", filter["ID"]);
    assert_eq!(api.put(&put, json!({})).await.status, 200);
    assert_eq!(
        api.delete(&path).await.refusal(),
        refused(409, "disconnect_b4_delete")
    );
    assert_eq!(
        api.delete(&format!("interface/{interface}/to/packetfilter"))
            .await
            .status,
        200
    );
    assert_eq!(api.delete(&path).await.status, 200);
}

#[tokio::test]
async fn rules_that_cannot_be_are_refused() {
    let api = Api::instant().await;
    for (rule, code) in [
        (
            json!({ "Protocol": "icmp", "DestinationPort": "22", "Action": "allow" }),
            "invalid_param_comb",
        ),
        (
            json!({ "Protocol": "tcp", "DestinationPort": "70000", "Action": "allow" }),
            "invalid_format",
        ),
        (
            json!({ "Protocol": "tcp", "SourceNetwork": "10.0.0.0/40", "Action": "allow" }),
            "invalid_format",
        ),
        (json!({ "Protocol": "gre", "Action": "allow" }), "invalid_format"),
        (json!({ "Protocol": "tcp" }), "missing_param"),
    ] {
        let body = json!({ "PacketFilter": { "Name": "pf", "Expression": [rule] } });
        assert_eq!(
            api.post("packetfilter", body).await.refusal(),
            refused(400, code),
            "{rule}"
        );
    }
    let rule = json!({ "Protocol": "tcp", "Action": "allow" });
    let many = json!({ "PacketFilter": { "Name": "pf", "Expression": vec![rule; 31] } });
    assert_eq!(
        api.post("packetfilter", many).await.refusal(),
        refused(400, "invalid_range")
    );
}
