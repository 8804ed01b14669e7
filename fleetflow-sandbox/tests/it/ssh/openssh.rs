//! The same with OpenSSH's own client, where there is one.

use std::path::Path;
use std::process::{Output, Stdio};

use russh::keys::PrivateKey;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::client::{self, INSTALL, key, port, private};
use crate::sakura::support::Api;

/// OpenSSH, if it is installed.
fn installed() -> bool {
    let found = std::process::Command::new("ssh").arg("-V").output().is_ok();
    if !found {
        eprintln!(
            "skipped: OpenSSH is not asked, because there is no `ssh` (Debian: apt-get install openssh-client)"
        );
    }
    found
}

/// A server with Docker that lets key 1 in.
async fn server() -> (Api, u16) {
    let api = Api::instant().await;
    let server = client::server(&api, "web", &key(1), Some(INSTALL)).await;
    let port = port(&api, &server).port();
    (api, port)
}

fn write_key(path: &Path, key: &PrivateKey) {
    std::fs::write(path, private(key)).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Runs a command on the server, with this input and nobody's own configuration.
async fn ssh(port: u16, key: &PrivateKey, command: &[&str], input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let identity = folder.path().join("key");
    write_key(&identity, key);
    let known = format!("UserKnownHostsFile={}", folder.path().join("known").display());
    let mut child = Command::new("ssh")
        .args(["-F", "none", "-T", "-p", &port.to_string(), "-i"])
        .arg(&identity)
        .args([
            "-o",
            "BatchMode=yes",
            "-o",
            "IdentitiesOnly=yes",
            "-o",
            "IdentityAgent=none",
        ])
        .args(["-o", "StrictHostKeyChecking=accept-new", "-o", &known])
        .arg("ubuntu@127.0.0.1")
        .args(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It fails if the client leaves without reading, which the tests see by its answer.
    drop(stdin.write_all(input).await);
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

const PING: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn openssh_dials_the_engine() {
    if !installed() {
        return;
    }
    let (_api, port) = server().await;
    let answer = ssh(port, &key(1), &["docker", "system", "dial-stdio"], PING).await;
    let said = String::from_utf8_lossy(&answer.stdout);
    assert!(
        said.starts_with("HTTP/1.1 200 OK") && said.ends_with("OK"),
        "{answer:?}"
    );
    assert_eq!(answer.status.code(), Some(0));
}

#[tokio::test]
async fn openssh_is_told_the_exit_code_and_the_errors() {
    if !installed() {
        return;
    }
    let (_api, port) = server().await;
    let answer = ssh(port, &key(1), &["reboot"], b"").await;
    assert_eq!(answer.status.code(), Some(127));
    assert!(String::from_utf8_lossy(&answer.stderr).contains("reboot: command not found"));
    let shell = ssh(port, &key(1), &[], b"").await;
    assert_eq!(shell.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&shell.stderr).contains("there is no shell behind it"));
}

#[tokio::test]
async fn openssh_stays_outside_with_another_key() {
    if !installed() {
        return;
    }
    let (_api, port) = server().await;
    let answer = ssh(port, &key(2), &["true"], b"").await;
    assert_eq!(answer.status.code(), Some(255));
    let said = String::from_utf8_lossy(&answer.stderr);
    assert!(said.contains("Permission denied (publickey)"), "{said}");
}
