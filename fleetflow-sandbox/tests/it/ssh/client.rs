//! A server of the sandbox, and an SSH client that talks to it. The tests say what is to come of that.

use std::net::SocketAddr;
use std::sync::Arc;

use russh::client::{self, Handle, Msg};
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::sakura::support::Api;

pub(crate) const INSTALL: &str =
    "#!/bin/sh\ncurl -fsSL https://get.docker.com | sh\nusermod -aG docker ubuntu\n";
const PING: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";

/// A key pair that is the same in every run.
pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

pub(crate) fn public(key: &PrivateKey) -> String {
    key.public_key().to_openssh().unwrap()
}

pub(crate) fn private(key: &PrivateKey) -> String {
    key.to_openssh(LineEnding::LF).unwrap().to_string()
}

/// A server that lets `key` in, with Docker if there is a script for that.
pub(crate) async fn server(api: &Api, name: &str, key: &PrivateKey, script: Option<&str>) -> Value {
    let mut config =
        json!({ "HostName": name, "SSHKeys": [{ "PublicKey": public(key) }], "DisablePWAuth": true });
    if let Some(script) = script {
        let note = json!({ "Note": { "Name": "install", "Content": script } });
        config["Notes"] = json!([{ "ID": api.post("note", note).await.id("Note") }]);
    }
    let server = api.server(name).await;
    api.ubuntu_disk(name, server["ID"].as_u64().unwrap(), config)
        .await;
    server
}

/// The public address of a server.
pub(crate) fn address(server: &Value) -> String {
    server["Interfaces"][0]["IPAddress"].as_str().unwrap().to_owned()
}

/// Where a server's SSH port is.
pub(crate) fn port(api: &Api, server: &Value) -> SocketAddr {
    api.sandbox.ssh_address(&address(server), 22).unwrap().unwrap()
}

/// Accepts every host key and notes it down.
#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<std::sync::Mutex<Option<String>>>);

impl Witness {
    pub(crate) fn host_key(&self) -> String {
        self.0.lock().unwrap().clone().unwrap()
    }
}

impl client::Handler for Witness {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        if let PublicKeyOrCertificate::PublicKey { key, .. } = shown {
            *self.0.lock().unwrap() = key.to_openssh().ok();
        }
        Ok(true)
    }
}

/// A connection that was not logged in to yet.
pub(crate) async fn dial(port: SocketAddr) -> Result<(Handle<Witness>, Witness), russh::Error> {
    let witness = Witness::default();
    let handle = client::connect(Arc::default(), port, witness.clone()).await?;
    Ok((handle, witness))
}

/// True if the key opens the door for this user.
pub(crate) async fn opens(port: SocketAddr, user: &str, key: &PrivateKey) -> bool {
    let (mut handle, _) = dial(port).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    handle.authenticate_publickey(user, key).await.unwrap().success()
}

/// A connection of somebody who was let in.
pub(crate) async fn log_in(port: SocketAddr, user: &str, key: &PrivateKey) -> Handle<Witness> {
    let (mut handle, _) = dial(port).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key.clone()), None);
    assert!(handle.authenticate_publickey(user, key).await.unwrap().success());
    handle
}

/// What a command printed to its two outputs, and its exit status.
pub(crate) async fn run(handle: &Handle<Witness>, command: &str) -> (String, String, u32) {
    let mut channel = handle.channel_open_session().await.unwrap();
    channel.exec(true, command).await.unwrap();
    let (mut output, mut errors, mut status) = (String::new(), String::new(), None);
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => output.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExtendedData { data, .. } => errors.push_str(&String::from_utf8_lossy(&data)),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            _ => {}
        }
    }
    (output, errors, status.unwrap())
}

/// The engine's answer to a ping over a channel.
pub(crate) async fn ping(channel: Channel<Msg>) -> String {
    let mut stream = channel.into_stream();
    stream.write_all(PING).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
