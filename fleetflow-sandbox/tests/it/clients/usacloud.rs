//! SAKURA Cloud's own command line.

use serde_json::Value;

use super::tool::{self, Desk};

/// Builds usacloud with Go.
async fn usacloud() -> Option<std::path::PathBuf> {
    let folder = tool::cache("usacloud");
    let program = folder.join("usacloud");
    let mut go = tool::command("go", &["install", "github.com/sacloud/usacloud@latest"]);
    go.env("GOBIN", &folder);
    tool::install(&program, "usacloud", vec![go])
        .await
        .then_some(program)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usacloud_makes_and_deletes_a_server() {
    if !tool::wanted("usacloud") {
        return;
    }
    let Some(program) = usacloud().await else { return };
    let sandbox = tool::sandbox().await;
    let before = sandbox.inventory().to_string();
    let desk = Desk::new(&sandbox);
    let usacloud = async |arguments: &[&str]| -> Value {
        let common = ["--zone", "tk1a", "--output-type", "json"];
        let said = desk.ask(&program, &[arguments, &common].concat()).await;
        serde_json::from_str(&said).unwrap_or(Value::Null)
    };
    let making = [
        "server",
        "create",
        "--name",
        "web",
        "--cpu",
        "1",
        "--memory",
        "1",
        "--network-interface-upstream",
        "shared",
        "--disk-os-type",
        "ubuntu",
        "--disk-size",
        "20",
        "--boot-after-create",
        "--yes",
    ];
    usacloud(&making).await;
    let servers = usacloud(&["server", "list"]).await;
    assert_eq!(servers[0]["Name"], "web");
    assert_eq!(servers[0]["InstanceStatus"], "up");
    usacloud(&["server", "delete", "web", "--with-disks", "--force", "--yes"]).await;
    assert_eq!(sandbox.inventory().to_string(), before);
}
