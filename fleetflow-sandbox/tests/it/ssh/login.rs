//! Who gets in, and what they find there.

use super::client::{self, INSTALL, address, dial, key, log_in, opens, ping, port, public, run};
use crate::sakura::support::Api;
use serde_json::json;

#[tokio::test]
async fn a_configured_key_reaches_the_engine_by_socket_and_by_command() {
    let api = Api::instant().await;
    let server = client::server(&api, "web", &key(1), Some(INSTALL)).await;
    let handle = log_in(port(&api, &server), "ubuntu", &key(1)).await;
    let socket = handle
        .channel_open_direct_streamlocal("/var/run/docker.sock")
        .await;
    assert!(ping(socket.unwrap()).await.starts_with("HTTP/1.1 200 OK"));
    for command in ["docker system dial-stdio", "sudo -n docker system dial-stdio"] {
        let channel = handle.channel_open_session().await.unwrap();
        channel.exec(true, command).await.unwrap();
        assert!(ping(channel).await.starts_with("HTTP/1.1 200 OK"), "{command}");
    }
    assert!(
        handle
            .channel_open_direct_streamlocal("/run/other.sock")
            .await
            .is_err()
    );
    let engines: Vec<_> = api
        .sandbox
        .log()
        .entries()
        .iter()
        .filter_map(|entry| entry.engine.clone())
        .collect();
    assert_eq!(engines, ["web"; 3]);
}

#[tokio::test]
async fn other_keys_and_other_users_stay_outside() {
    let api = Api::instant().await;
    let server = client::server(&api, "web", &key(1), None).await;
    let port = port(&api, &server);
    assert!(opens(port, "ubuntu", &key(1)).await);
    assert!(!opens(port, "ubuntu", &key(2)).await);
    assert!(!opens(port, "root", &key(1)).await);
}

#[tokio::test]
async fn keys_by_id_and_passwords_are_taken_from_the_disk() {
    let api = Api::instant().await;
    let body = json!({ "SSHKey": { "Name": "mine", "PublicKey": public(&key(3)) } });
    let id = api.post("sshkey", body).await.id("SSHKey");
    let server = api.server("web").await;
    let config = json!({ "SSHKeys": [{ "ID": id }], "Password": "correct horse battery" });
    api.ubuntu_disk("web", server["ID"].as_u64().unwrap(), config)
        .await;
    assert!(opens(port(&api, &server), "ubuntu", &key(3)).await);
    for (password, opens) in [("correct horse battery", true), ("wrong", false)] {
        let (mut handle, _) = dial(port(&api, &server)).await.unwrap();
        let answer = handle.authenticate_password("ubuntu", password).await.unwrap();
        assert_eq!(answer.success(), opens, "{password}");
    }
}

#[tokio::test]
async fn without_a_script_there_is_no_docker() {
    let api = Api::instant().await;
    let server = client::server(&api, "web", &key(1), None).await;
    let handle = log_in(port(&api, &server), "ubuntu", &key(1)).await;
    assert!(
        handle
            .channel_open_direct_streamlocal("/var/run/docker.sock")
            .await
            .is_err()
    );
    let (output, errors, status) = run(&handle, "docker system dial-stdio").await;
    assert_eq!((output.as_str(), status), ("", 127));
    assert!(errors.contains("docker: command not found"), "{errors}");
    let uptime = run(
        &handle,
        "command -v docker >/dev/null 2>&1 || cut -d. -f1 /proc/uptime",
    )
    .await;
    assert_eq!(uptime, ("0\n".to_owned(), String::new(), 0));
}

#[tokio::test]
async fn users_outside_of_the_group_need_sudo() {
    let api = Api::instant().await;
    let script = "#!/bin/sh\napt-get install -y docker.io\n";
    let server = client::server(&api, "web", &key(1), Some(script)).await;
    let handle = log_in(port(&api, &server), "ubuntu", &key(1)).await;
    assert!(
        handle
            .channel_open_direct_streamlocal("/var/run/docker.sock")
            .await
            .is_err()
    );
    let (_, errors, status) = run(&handle, "docker system dial-stdio").await;
    assert!(
        status == 1 && errors.contains("permission denied"),
        "{status} {errors}"
    );
    let channel = handle.channel_open_session().await.unwrap();
    channel
        .exec(true, "sudo -n docker system dial-stdio")
        .await
        .unwrap();
    assert!(ping(channel).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn other_processes_learn_the_port_by_a_request() {
    let api = Api::instant().await;
    let server = client::server(&api, "web", &key(1), None).await;
    let ask = |query: String| reqwest::get(format!("{}/ssh?{query}", api.sandbox.control_url()));
    let answer = ask(format!("address={}", address(&server))).await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["address"], port(&api, &server).to_string());
    assert_eq!(ask("address=192.0.2.77".to_owned()).await.unwrap().status(), 404);
    let other = format!("address={}&port=2222", address(&server));
    assert_eq!(ask(other).await.unwrap().status(), 404);
}
