//! SAKURA Cloud's own command line. Where it can neither be built nor is named, its tests say so and are skipped.

use std::path::PathBuf;

use fleetflow_sandbox::Sandbox;
use serde_json::Value;

use super::tool::{self, Desk};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPnEn7dJJrn0VYGZQ1fNXgM8wWfJ2rQb6o6W5WQ7aJ9 somebody";

/// The program that `FLEETFLOW_TEST_USACLOUD` names, or one built with Go.
async fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("FLEETFLOW_TEST_USACLOUD") {
        return Some(named.into());
    }
    if !tool::wanted("usacloud") {
        return None;
    }
    let folder = tool::cache("usacloud");
    let program = folder.join("usacloud");
    let mut go = tool::command("go", &["install", "github.com/sacloud/usacloud@latest"]);
    go.env("GOBIN", &folder);
    tool::install(&program, "usacloud", vec![go])
        .await
        .then_some(program)
}

/// usacloud, a sandbox, and what was there before anything was made.
struct Tried {
    sandbox: Sandbox,
    before: String,
    desk: Desk,
    program: PathBuf,
}

impl Tried {
    async fn start() -> Option<Self> {
        let program = program().await?;
        let sandbox = tool::sandbox().await;
        Some(Self {
            before: sandbox.inventory().to_string(),
            desk: Desk::new(&sandbox),
            sandbox,
            program,
        })
    }

    /// What one call of a kind that is in a zone says, as JSON; nothing if it says nothing.
    async fn in_zone(&self, arguments: &[&str]) -> Value {
        self.everywhere(&[arguments, &["--zone", "tk1a"]].concat()).await
    }

    /// The same for a kind that is in no zone.
    async fn everywhere(&self, arguments: &[&str]) -> Value {
        let asked = [arguments, &["--output-type", "json"]].concat();
        let said = self.desk.ask(&self.program, &asked).await;
        match said.trim() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{asked:?}: {error}: {text}")),
        }
    }

    /// One call that has nothing to say.
    async fn silently(&self, arguments: &[&str]) {
        let asked = [arguments, &["--zone", "tk1a", "-y"]].concat();
        self.desk.ask(&self.program, &asked).await;
    }

    async fn state_of_web(&self) -> String {
        let server = self.in_zone(&["server", "read", "web"]).await;
        server[0]["InstanceStatus"].as_str().unwrap().to_owned()
    }

    async fn make_web(&self) -> Value {
        let shape = ["--name", "web", "--cpu", "1", "--memory", "1", "--tags", "a,b"];
        let disk = [
            "--disk-name",
            "web",
            "--disk-os-type",
            "ubuntu",
            "--disk-size",
            "20",
        ];
        let reach = [
            "--network-interface-upstream",
            "shared",
            "--disk-edit-password",
            "a-Passw0rd",
        ];
        let call = [
            &["server", "create", "--boot-after-create", "-y"],
            &shape[..],
            &disk,
            &reach,
        ]
        .concat();
        self.in_zone(&call).await
    }

    fn assert_as_before(&self) {
        assert_eq!(self.sandbox.inventory().to_string(), self.before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usacloud_makes_reads_powers_and_deletes_a_server() {
    let Some(tried) = Tried::start().await else { return };
    let made = tried.make_web().await;
    let read = tried.in_zone(&["server", "read", "web"]).await;
    assert_eq!(made[0]["ID"], read[0]["ID"]);
    let servers = tried.in_zone(&["server", "list"]).await;
    assert_eq!(servers.as_array().unwrap().len(), 1);
    assert_eq!(servers[0]["Name"], "web");
    assert_eq!(servers[0]["Tags"], serde_json::json!(["a", "b"]));
    assert_eq!(servers[0]["InstanceStatus"], "up");

    tried.silently(&["server", "shutdown", "web", "--force"]).await;
    assert_eq!(tried.state_of_web().await, "down");
    tried
        .in_zone(&["server", "update", "web", "--description", "changed", "-y"])
        .await;
    let changed = tried.in_zone(&["server", "read", "web"]).await;
    assert_eq!(changed[0]["Description"], "changed");
    tried.silently(&["server", "boot", "web"]).await;
    assert_eq!(tried.state_of_web().await, "up");

    let delete = ["server", "delete", "web", "--with-disks", "--force"];
    tried.silently(&delete).await;
    tried.assert_as_before();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usacloud_makes_connects_and_deletes_a_disk() {
    let Some(tried) = Tried::start().await else { return };
    tried.make_web().await;
    let data = [
        "disk",
        "create",
        "--name",
        "data",
        "--disk-plan",
        "ssd",
        "--size",
        "40",
        "-y",
    ];
    tried.in_zone(&data).await;
    tried.silently(&["server", "shutdown", "web", "--force"]).await;
    let web = tried.in_zone(&["server", "read", "web"]).await[0]["ID"].to_string();
    let connect = [
        "disk",
        "connect-to-server",
        "data",
        "--server-id",
        web.trim_matches('"'),
    ];
    tried.silently(&connect).await;
    let disks = tried.in_zone(&["disk", "list"]).await;
    let named = |name: &str| {
        disks
            .as_array()
            .unwrap()
            .iter()
            .find(|disk| disk["Name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(named("data")["SizeMB"], 40 * 1024);
    assert_eq!(named("data")["ServerName"], "web");
    tried.silently(&["disk", "disconnect-from-server", "data"]).await;
    tried.in_zone(&["disk", "delete", "data", "-y"]).await;
    tried.silently(&["server", "delete", "web", "--with-disks"]).await;
    tried.assert_as_before();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usacloud_makes_lists_and_deletes_a_key() {
    let Some(tried) = Tried::start().await else { return };
    tried
        .everywhere(&[
            "ssh-key",
            "create",
            "--name",
            "somebody",
            "--public-key",
            KEY,
            "-y",
        ])
        .await;
    let keys = tried.everywhere(&["ssh-key", "list"]).await;
    assert_eq!(keys[0]["Name"], "somebody");
    assert_eq!(keys[0]["PublicKey"], KEY);
    let fingerprint = keys[0]["Fingerprint"].as_str().unwrap();
    assert_eq!(fingerprint.split(':').count(), 16, "{fingerprint}");
    tried.everywhere(&["ssh-key", "delete", "somebody", "-y"]).await;
    tried.assert_as_before();
}
