//! Cloudflare's own command line for Workers.

use fleetflow_sandbox::Sandbox;

use super::tool::{self, Desk};

/// Installs wrangler from npm.
pub(super) async fn wrangler() -> Option<std::path::PathBuf> {
    let folder = tool::cache("wrangler-4.86.0");
    let program = folder.join("node_modules/.bin/wrangler");
    let mut npm = tool::command("npm", &["install", "--no-audit", "--no-fund", "--prefix"]);
    npm.arg(&folder).arg("wrangler@4.86.0");
    tool::install(&program, "wrangler 4.86.0", vec![npm])
        .await
        .then_some(program)
}

const CODE: &str = "export default { async fetch(request, env) { return new Response('hi') } }\n";

fn configuration(namespace: &str) -> String {
    format!(
        r#"{{ "name": "edge", "main": "index.js", "compatibility_date": "2026-01-01", "workers_dev": false,
            "kv_namespaces": [{{ "binding": "CACHE", "id": "{namespace}" }}], "vars": {{ "STAGE": "dev" }},
            "routes": [{{ "pattern": "creo-memories.com/*", "zone_name": "creo-memories.com" }}],
            "triggers": {{ "crons": ["*/5 * * * *"] }} }}"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrangler_deploys_and_deletes() {
    if !tool::wanted("wrangler") {
        return;
    }
    let Some(program) = wrangler().await else { return };
    let sandbox = tool::sandbox().await;
    let before = sandbox.inventory().to_string();
    let mut desk = Desk::new(&sandbox);
    desk.set("WRANGLER_SEND_METRICS", "false");
    let wrangler = async |line: &str| desk.ask(&program, &line.split(' ').collect::<Vec<_>>()).await;

    assert!(wrangler("whoami").await.contains(Sandbox::CLOUDFLARE_ACCOUNT));
    wrangler("r2 bucket create attachments").await;
    assert!(wrangler("r2 bucket list").await.contains("attachments"));
    let made = wrangler("kv namespace create cache").await;
    let id = made
        .split('"')
        .find(|word| word.len() == 32)
        .expect("the id of the namespace");
    desk.write("index.js", CODE);
    desk.write("wrangler.json", &configuration(id));
    let deployed = wrangler("deploy").await;
    assert!(deployed.contains("Current Version ID"), "{deployed}");
    wrangler("deploy").await;
    assert!(wrangler("deployments list").await.contains("Version"));
    let routes = sandbox.inventory()["cloudflare"]["workers"]["routes"].clone();
    assert_eq!(routes.as_array().map(Vec::len), Some(1), "{routes}");
    wrangler(&format!("kv key put --remote --namespace-id {id} a 1")).await;
    let value = wrangler(&format!("kv key get --remote --namespace-id {id} a")).await;
    assert_eq!(value.trim(), "1");
    desk.write("public/index.html", "<h1>hi</h1>");
    wrangler("pages project create site --production-branch main").await;
    let pages = wrangler("pages deploy public --project-name site --branch main").await;
    assert!(pages.contains("Deployment complete"), "{pages}");

    wrangler("pages project delete site --yes").await;
    wrangler("delete --name edge --force").await;
    wrangler(&format!("kv namespace delete --namespace-id {id} -y")).await;
    wrangler("r2 bucket delete attachments").await;
    assert_eq!(sandbox.inventory().to_string(), before);
}
