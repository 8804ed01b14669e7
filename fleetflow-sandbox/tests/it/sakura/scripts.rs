//! Notes and SSH keys.

use serde_json::json;

use super::support::{Api, refused};

const SCRIPT: &str = "#!/bin/sh\n# @sacloud-desc Installs it.\n# @sacloud-text required maxlen=20 who \"Who\"\n\
                      # @sacloud-require-archive distro-ubuntu\necho @@@who@@@\n";

#[tokio::test]
async fn a_note_says_what_its_comments_say() {
    let api = Api::instant().await;
    let body =
        json!({ "Note": { "Name": "n", "Class": "shell", "Content": SCRIPT, "Description": "ignored" } });
    let note = api.post("note", body).await.object("Note");
    assert_eq!(note["Description"], "Installs it.");
    assert_eq!(note["Remark"]["Form"][0]["name"], "who");
    assert_eq!(
        note["Remark"]["Require"]["Archive"]["Tags"],
        json!([["distro-ubuntu"]])
    );
    let path = format!("note/{}", note["ID"]);
    let changed = api
        .put(&path, json!({ "Note": { "Content": "#!/bin/sh\n" } }))
        .await
        .object("Note");
    assert_eq!(
        (&changed["Name"], &changed["Description"]),
        (&json!("n"), &json!(null))
    );
    assert_eq!(api.delete(&path).await.status, 200);
    assert_eq!(api.get(&path).await.refusal(), refused(404, "not_found"));
    let empty = json!({ "Note": { "Name": "n", "Content": "" } });
    assert_eq!(
        api.post("note", empty).await.refusal(),
        refused(400, "missing_param")
    );
}

#[tokio::test]
async fn a_required_variable_without_a_value_fails_the_configuration() {
    let api = Api::instant().await;
    let note = api
        .post("note", json!({ "Note": { "Name": "n", "Content": SCRIPT } }))
        .await
        .id("Note");
    let server = api.server("web").await["ID"].as_u64().unwrap();
    let disk = api
        .ubuntu_disk("web", server, json!({ "Notes": [{ "ID": note }] }))
        .await;
    let path = format!("disk/{}", disk["ID"]);
    let job = api.get(&path).await.object("Disk")["JobStatus"].clone();
    assert_eq!(job["ConfigError"]["ErrorCode"], "missing_param");
    api.stop(server).await;
    let notes = json!({ "Notes": [{ "ID": note, "Variables": { "who": "world" } }] });
    assert_eq!(api.put(&format!("{path}/config"), notes).await.status, 200);
    assert_eq!(api.get(&path).await.object("Disk")["JobStatus"], json!(null));
    assert_eq!(
        api.delete(&format!("note/{note}")).await.status,
        200,
        "the disk has its copy"
    );
}

#[tokio::test]
async fn ssh_keys_have_fingerprints_and_cannot_be_exchanged() {
    let api = Api::instant().await;
    // The key and its fingerprint are GitHub's, from its own documents.
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    let body = json!({ "SSHKey": { "Name": "k", "PublicKey": key } });
    let made = api.post("sshkey", body).await.object("SSHKey");
    assert_eq!(
        made["Fingerprint"],
        "65:96:2d:fc:e8:d5:a9:11:64:0c:0f:ea:00:6e:5b:bd"
    );
    assert!(made.get("Tags").is_none(), "keys have no tags");
    let path = format!("sshkey/{}", made["ID"]);
    let change = json!({ "SSHKey": { "Name": "k2", "PublicKey": "ssh-ed25519 AAAA" } });
    let changed = api.put(&path, change).await.object("SSHKey");
    assert_eq!(
        (&changed["Name"], &changed["PublicKey"]),
        (&json!("k2"), &json!(key))
    );
    let wrong = json!({ "SSHKey": { "Name": "k", "PublicKey": "not a key" } });
    assert_eq!(
        api.post("sshkey", wrong).await.refusal(),
        refused(400, "invalid_format")
    );
    assert_eq!(api.delete(&path).await.status, 200);
}
