//! Docker's own command line, if it is installed, through TCP and through SSH.

use std::path::Path;

use serde_json::Value;

use super::tool::{self, Desk};
use crate::sakura::support::Api;
use crate::ssh::client::{INSTALL, key, port, private, server};

/// Nothing is installed: `docker` is used if it is there.
async fn installed() -> bool {
    if !tool::wanted("the docker command line") {
        return false;
    }
    let found = tool::command("docker", &["--version"]).output().await.is_ok();
    if !found {
        eprintln!("skipped: there is no `docker` command here; only the client is needed, no engine");
    }
    found
}

#[tokio::test]
async fn docker_pulls_builds_runs_and_cleans_up() {
    if !installed().await {
        return;
    }
    let sandbox = tool::sandbox().await;
    let before = sandbox.inventory().to_string();
    let mut desk = Desk::new(&sandbox);
    desk.set("DOCKER_BUILDKIT", "0");
    let docker = async |arguments: &[&str]| desk.ask("docker", arguments).await;
    let version: Value =
        serde_json::from_str(&docker(&["version", "--format", "{{json .Server}}"]).await).unwrap();
    assert_eq!(version["Os"], "linux");
    docker(&["info"]).await;
    docker(&["network", "create", "--label", "a=1", "inner"]).await;
    docker(&["volume", "create", "data"]).await;
    let pulled = docker(&["pull", "redis:7"]).await;
    assert!(pulled.contains("docker.io/library/redis:7"), "{pulled}");
    docker(&[
        "run",
        "-d",
        "--name",
        "cache",
        "--network",
        "inner",
        "-v",
        "data:/data",
        "-p",
        "6379:6379",
        "redis:7",
    ])
    .await;
    let row = docker(&["ps", "--format", "{{.Names}} {{.Image}} {{.Ports}}"]).await;
    assert!(row.starts_with("cache redis:7 0.0.0.0:6379->6379/tcp"), "{row}");
    assert_eq!(docker(&["exec", "cache", "echo", "hello"]).await, "hello\n");
    let env = docker(&[
        "inspect",
        "--format",
        "{{.State.Status}} {{.HostConfig.NetworkMode}}",
        "cache",
    ])
    .await;
    assert_eq!(env, "running inner\n");
    assert_eq!(docker(&["run", "--rm", "alpine:3", "echo", "bye"]).await, "bye\n");
    let failed = desk.run("docker", &["run", "--rm", "alpine:3", "false"]).await;
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    desk.write(
        "Dockerfile",
        "FROM alpine:3\nCOPY app.txt /\nCMD [\"cat\", \"/app.txt\"]\n",
    );
    desk.write("app.txt", "hello");
    let built = docker(&["build", "-t", "app:v1", "."]).await;
    assert!(built.contains("Successfully tagged app:v1"), "{built}");
    docker(&["logs", "cache"]).await;
    docker(&["stop", "cache"]).await;
    docker(&["start", "cache"]).await;
    docker(&["rm", "-f", "cache"]).await;
    docker(&["volume", "rm", "data"]).await;
    docker(&["network", "rm", "inner"]).await;
    docker(&["rmi", "app:v1", "redis:7", "alpine:3"]).await;
    assert_eq!(sandbox.inventory().to_string(), before);
}

/// `docker -H ssh://` starts `ssh`, which finds the key and the port in its configuration.
#[tokio::test]
async fn docker_reaches_a_server_through_ssh() {
    if !installed().await {
        return;
    }
    let api = Api::instant().await;
    let web = server(&api, "web", &key(1), Some(INSTALL)).await;
    let mut desk = Desk::new(&api.sandbox);
    let folder = desk.folder.path().to_owned();
    write_configuration(&desk, &folder, port(&api, &web).port());
    // Only a wrapper makes ssh look into this folder: it asks the system for the home folder, not the environment.
    let path = std::env::var("PATH").unwrap_or_default();
    desk.set("PATH", format!("{}:{path}", folder.join("bin").display()));
    desk.set("DOCKER_HOST", "ssh://web");
    desk.ask("docker", &["pull", "alpine:3"]).await;
    desk.ask(
        "docker",
        &["run", "-d", "--name", "web", "alpine:3", "sleep", "1000"],
    )
    .await;
    let names = desk.ask("docker", &["ps", "--format", "{{.Names}}"]).await;
    assert_eq!(names, "web\n");
    assert_eq!(
        api.inventory()["docker"]["tk1a/web"]["containers"][0]["name"],
        "web"
    );
}

fn write_configuration(desk: &Desk, folder: &Path, port: u16) {
    let shown = folder.display();
    desk.write("key", &private(&key(1)));
    desk.write(
        "config",
        &format!(
            "Host web\n  HostName 127.0.0.1\n  Port {port}\n  User ubuntu\n  IdentityFile {shown}/key\n  \
             IdentitiesOnly yes\n  StrictHostKeyChecking accept-new\n  UserKnownHostsFile {shown}/known\n"
        ),
    );
    desk.write(
        "bin/ssh",
        &format!("#!/bin/sh\nPATH=${{PATH#*:}} exec ssh -F {shown}/config \"$@\"\n"),
    );
    #[cfg(unix)]
    for (file, mode) in [("key", 0o600), ("bin/ssh", 0o755)] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder.join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}
