//! Sends what the official Go client was recorded to send for a server's whole life, where that record lies beside the project.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::shapes::{fixtures, recorded};
use super::support::{Api, Reply};

/// A caller that sends recorded requests, with the recorded ids replaced by those of the sandbox.
struct Replay {
    api: Api,
    requests: Value,
    /// The sandbox's id for each recorded one.
    ids: BTreeMap<String, u64>,
}

/// Recorded ids whose resource is made by a recorded request, by its path.
const MADE: [(&str, &str, &str); 3] = [
    ("/server", "Server", "113000000900"),
    ("/disk", "Disk", "113000000200"),
    ("/note", "Note", "113000000601"),
];
/// The record's key is not one; the real API would refuse it as the sandbox does.
const RECORDED_KEY: &str = "ssh-ed25519 AAAA a@b";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

impl Replay {
    /// What the recorded requests take for granted is made here.
    async fn new(requests: Value) -> Self {
        let api = Api::instant().await.zone("is1a");
        let make =
            async |path: &str, key: &str, body: Value| api.post(path, json!({ key: body })).await.id(key);
        let filter = json!({ "Name": "pf", "Expression": [] });
        let ids = [
            ("113000000100", api.ubuntu().await),
            ("113000000400", make("packetfilter", "PacketFilter", filter).await),
            (
                "113000000500",
                make("sshkey", "SSHKey", json!({ "Name": "k", "PublicKey": KEY })).await,
            ),
            (
                "113000000600",
                make("note", "Note", json!({ "Name": "n", "Content": "#!/bin/sh" })).await,
            ),
        ];
        let ids = ids.map(|(recorded, id)| (recorded.to_owned(), id));
        Self {
            api,
            requests,
            ids: BTreeMap::from(ids),
        }
    }

    fn translated(&self, text: &str) -> String {
        let translate =
            |text: String, (recorded, id): (&String, &u64)| text.replace(recorded, &id.to_string());
        self.ids.iter().fold(text.replace(RECORDED_KEY, KEY), translate)
    }

    /// Sends all requests of a part of the record; none may be refused.
    async fn part(&mut self, name: &str) -> Vec<Reply> {
        let requests = self.requests[name].as_array().unwrap().clone();
        let mut replies = Vec::new();
        for request in requests {
            let reply = self.send(&request).await;
            assert!(
                reply.status < 300,
                "{name}: {request} was answered {} {}",
                reply.status,
                reply.body
            );
            replies.push(reply);
        }
        replies
    }

    async fn send(&mut self, request: &Value) -> Reply {
        let method: Method = request["method"].as_str().unwrap().parse().unwrap();
        let recorded = request["path"].as_str().unwrap();
        let path = self.translated(recorded.trim_start_matches('/'));
        let reply = if request["query"].is_object() {
            self.api.find(&path, request["query"].clone()).await
        } else {
            let body = Some(&request["body"]).filter(|body| !body.is_null());
            let body = body.map(|body| serde_json::from_str(&self.translated(&body.to_string())).unwrap());
            self.api.call(method.clone(), &path, body).await
        };
        self.learn(&method, recorded, &reply);
        reply
    }

    fn learn(&mut self, method: &Method, recorded: &str, reply: &Reply) {
        if *method == Method::PUT && recorded.ends_with("/plan") {
            self.ids.insert("113000000901".to_owned(), reply.id("Server"));
        }
        for (path, key, id) in MADE {
            if *method == Method::POST && path == recorded {
                self.ids.insert(id.to_owned(), reply.id(key));
            }
        }
        if *method == Method::POST && recorded == "/server" {
            let interface = reply.object("Server")["Interfaces"][0]["ID"].as_u64().unwrap();
            self.ids.insert("113000000300".to_owned(), interface);
        }
    }
}

#[tokio::test]
async fn the_official_client_builds_changes_and_deletes_a_server() {
    let Some(folder) = fixtures() else { return };
    let requests = recorded(&folder, "requests_official_go_client", "");
    let mut replay = Replay::new(requests).await;
    let before = replay.api.inventory().to_string();

    let built = replay.part("BUILD").await;
    let server = built.last().unwrap().object("Server");
    assert_eq!(server["Instance"]["Status"], "up");
    assert_eq!(server["Disks"][0]["Availability"], "available");
    let filter = &server["Interfaces"][0]["PacketFilter"]["ID"];
    assert_eq!(filter.as_u64(), Some(replay.ids["113000000400"]));

    replay.part("UPDATE name only (connected disk)").await;
    let old = replay.ids["113000000900"];
    let changed = replay.part("UPDATE plan (running)").await;
    let server = changed.last().unwrap().object("Server");
    assert_eq!(
        (&server["Name"], &server["ServerPlan"]["MemoryMB"]),
        (&json!("web2"), &json!(2048))
    );
    assert_eq!(server["Instance"]["Status"], "up");
    assert!(
        server["Tags"]
            .as_array()
            .unwrap()
            .contains(&json!(format!("@previous-id={old}")))
    );

    replay
        .ids
        .insert("113000000900".to_owned(), replay.ids["113000000901"]);
    replay.part("DELETE with disks (cleanup.DeleteServer)").await;
    assert_eq!(replay.api.inventory().to_string(), before);
}
