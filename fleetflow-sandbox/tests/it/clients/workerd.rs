//! Deployed code in real workerd: wrangler deploys, a browser (here: an HTTP client) looks, the API reads what Workers wrote.

use std::path::PathBuf;
use std::time::Duration;

use fleetflow_sandbox::{Options, Sandbox, Timings, find_workerd};
use reqwest::Method;
use serde_json::{Value, json};

use super::tool::{self, Desk};
use super::wrangler::wrangler;

/// A sandbox that runs Workers, with wrangler's own workerd.
async fn sandbox() -> Option<(Sandbox, PathBuf)> {
    if !tool::wanted("workerd") {
        return None;
    }
    let program = wrangler().await?;
    let workerd = find_workerd(&program).expect("wrangler brings workerd");
    let options = Options {
        timings: Timings::INSTANT,
        workerd: Some(workerd),
        ..Options::default()
    };
    Some((Sandbox::start(options).await.unwrap(), program))
}

struct Browser {
    client: reqwest::Client,
    root: String,
}

impl Browser {
    fn new(sandbox: &Sandbox) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build();
        Self {
            client: client.unwrap(),
            root: sandbox.control_url().replace("/_sandbox", ""),
        }
    }

    /// Status, place of a redirect, and text of what a host shows.
    async fn look(&self, host: &str, path: &str) -> (u16, String, String) {
        let url = format!("{}{path}", self.root);
        let answer = self.client.get(url).header("host", host).send().await.unwrap();
        let moved = answer.headers().get("location");
        let moved = moved
            .map(|to| to.to_str().unwrap().to_owned())
            .unwrap_or_default();
        (answer.status().as_u16(), moved, answer.text().await.unwrap())
    }

    async fn text(&self, host: &str, path: &str) -> String {
        let (status, _, text) = self.look(host, path).await;
        assert_eq!(status, 200, "{host}{path}: {text}");
        text
    }

    /// Uploads a Worker of one module.
    async fn deploy(&self, name: &str, metadata: &Value, code: &str) {
        let url = format!(
            "{}/client/v4/accounts/{}/workers/scripts/{name}",
            self.root,
            Sandbox::CLOUDFLARE_ACCOUNT
        );
        let module = reqwest::multipart::Part::text(code.to_owned())
            .file_name("index.js")
            .mime_str("application/javascript+module");
        let form = reqwest::multipart::Form::new()
            .text("metadata", metadata.to_string())
            .part("index.js", module.unwrap());
        let sent = self
            .client
            .put(url)
            .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
            .multipart(form);
        sent.send().await.unwrap().error_for_status().unwrap();
    }

    /// A request to the API, which answers with bytes or an envelope.
    async fn api(&self, method: Method, path: &str, body: &str) -> String {
        let url = format!(
            "{}/client/v4/accounts/{}{path}",
            self.root,
            Sandbox::CLOUDFLARE_ACCOUNT
        );
        let request = self.client.request(method, url).body(body.to_owned());
        let answer = request
            .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
            .send()
            .await
            .unwrap();
        let answer = answer.error_for_status().unwrap();
        answer.text().await.unwrap()
    }
}

const CODE: &str = r#"
import { greeting } from "./lib.js";
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/files") return env.ASSETS.fetch(new URL("/style.css", request.url));
    if (pathname === "/write") {
      const options = { customMetadata: { by: "worker" }, httpMetadata: { contentType: "text/plain" } };
      await env.BUCKET.put("from-worker", "written", options);
      await env.KV.put("from-worker", "kept", { metadata: { n: 1 } });
      const upload = await env.BUCKET.createMultipartUpload("parts");
      const parts = [await upload.uploadPart(1, "one "), await upload.uploadPart(2, "two")];
      await upload.complete(parts);
      return new Response("written");
    }
    if (pathname === "/read") {
      const object = await env.BUCKET.get("from-api");
      const part = await env.BUCKET.get("from-api", { range: { offset: 1, length: 3 } });
      const head = await env.BUCKET.head("from-worker");
      const page = await env.BUCKET.list({ limit: 1, prefix: "from-" });
      const rest = await env.BUCKET.list({ prefix: "from-", cursor: page.cursor });
      const { metadata } = await env.KV.getWithMetadata("from-worker");
      return Response.json({
        object: await object.text(), part: await part.text(), etag: object.etag.length, by: head.customMetadata.by,
        pages: [...page.objects, ...rest.objects].map(({ key }) => key), truncated: page.truncated,
        absent: await env.BUCKET.get("absent"), kept: await env.BUCKET.put("from-api", "", { onlyIf: { etagMatches: "0" } }),
        kv: await env.KV.get("from-api"), n: metadata.n, keys: (await env.KV.list()).keys.map(({ name }) => name),
        folders: (await env.BUCKET.list({ delimiter: "-" })).delimitedPrefixes,
        stage: env.STAGE, secret: env.TOKEN, colo: request.cf.colo,
      });
    }
    return new Response(greeting);
  },
  async scheduled(event, env) { await env.KV.put("cron", event.cron); },
};
"#;

fn configuration(namespace: &str) -> String {
    format!(
        r#"{{ "name": "edge", "main": "index.js", "compatibility_date": "2026-01-01", "workers_dev": true,
            "assets": {{ "directory": "public", "binding": "ASSETS" }}, "vars": {{ "STAGE": "dev" }},
            "kv_namespaces": [{{ "binding": "KV", "id": "{namespace}" }}],
            "r2_buckets": [{{ "binding": "BUCKET", "bucket_name": "attachments" }}],
            "triggers": {{ "crons": ["*/5 * * * *"] }} }}"#
    )
}

/// The Worker with its files, as wrangler expects it.
fn lay_out(desk: &Desk, namespace: &str) {
    desk.write("lib.js", "export const greeting = 'first';\n");
    desk.write("index.js", CODE);
    desk.write("public/style.css", "body{}");
    desk.write("public/about.html", "<h1>about</h1>");
    desk.write("wrangler.json", &configuration(namespace));
    desk.write("secrets.json", r#"{ "TOKEN": "hush" }"#);
}

async fn assert_files_are_served(browser: &Browser, host: &str) {
    assert_eq!(browser.text(host, "/").await, "first");
    assert_eq!(
        browser.text("edge.workers.localhost", "/about").await,
        "<h1>about</h1>"
    );
    assert_eq!(
        browser.look(host, "/about.html").await,
        (307, "/about".to_owned(), String::new())
    );
    assert_eq!(browser.text(host, "/files").await, "body{}");
}

/// What the API stored the Worker reads, and the other way round.
async fn assert_storage_is_shared(browser: &Browser, host: &str, values: &str) {
    let objects = "/r2/buckets/attachments/objects";
    browser
        .api(Method::PUT, &format!("{objects}/from-api"), "uploaded")
        .await;
    browser
        .api(Method::PUT, &format!("{values}/from-api"), "value")
        .await;
    assert_eq!(browser.text(host, "/write").await, "written");
    let read: Value = serde_json::from_str(&browser.text(host, "/read").await).unwrap();
    assert_eq!(
        read,
        json!({
            "object": "uploaded", "part": "plo", "etag": 32, "by": "worker", "pages": ["from-api", "from-worker"],
            "truncated": true, "absent": null, "kept": null, "kv": "value", "n": 1,
            "keys": ["from-api", "from-worker"], "folders": ["from-"], "stage": "dev", "secret": "hush", "colo": "NRT",
        })
    );
    assert_eq!(
        browser
            .api(Method::GET, &format!("{objects}/from-worker"), "")
            .await,
        "written"
    );
    assert_eq!(
        browser.api(Method::GET, &format!("{objects}/parts"), "").await,
        "one two"
    );
    assert_eq!(
        browser
            .api(Method::GET, &format!("{values}/from-worker"), "")
            .await,
        "kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_serves_files_and_shares_buckets_and_namespaces_with_the_api() {
    let Some((sandbox, program)) = sandbox().await else {
        return;
    };
    let (desk, browser) = (Desk::new(&sandbox), Browser::new(&sandbox));
    let before = sandbox.inventory().to_string();
    let wrangler = async |line: &str| desk.ask(&program, &line.split(' ').collect::<Vec<_>>()).await;
    wrangler("r2 bucket create attachments").await;
    let made = wrangler("kv namespace create cache").await;
    let namespace = made.split('"').find(|word| word.len() == 32).unwrap();
    lay_out(&desk, namespace);
    wrangler("deploy").await;
    wrangler("secret bulk secrets.json").await;
    assert_eq!(sandbox.sites()[0].hosts, ["edge.sandbox.workers.dev"]);

    let host = "edge.sandbox.workers.dev";
    assert_files_are_served(&browser, host).await;
    let values = format!("/storage/kv/namespaces/{namespace}/values");
    assert_storage_is_shared(&browser, host, &values).await;

    let trigger = format!("{}/cloudflare/workers/edge/scheduled", sandbox.control_url());
    let ran = browser.client.post(trigger).send().await.unwrap();
    assert!(ran.text().await.unwrap().contains("\"outcome\":\"ok\""));
    assert_eq!(
        browser.api(Method::GET, &format!("{values}/cron"), "").await,
        "*/5 * * * *"
    );
    desk.write("lib.js", "export const greeting = 'second';\n");
    wrangler("deploy").await;
    assert_eq!(
        browser.text(host, "/").await,
        "second",
        "a new deployment is picked up"
    );
    assert!(!serde_json::to_string(&sandbox.world()).unwrap().contains("hush"));

    for key in ["from-api", "from-worker", "parts"] {
        wrangler(&format!("r2 object delete attachments/{key} --remote")).await;
    }
    wrangler("delete --name edge --force").await;
    wrangler(&format!("kv namespace delete --namespace-id {namespace} -y")).await;
    wrangler("r2 bucket delete attachments").await;
    assert_eq!(sandbox.inventory().to_string(), before);
    assert_eq!(browser.look("edge.workers.localhost", "/").await.0, 404);
}

/// What Workers read as secrets is there again when a sandbox is started on a world that was kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_survive_a_new_start_on_a_world_that_was_kept() {
    let Some((first, program)) = sandbox().await else {
        return;
    };
    first.shutdown().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.json");
    let start = async || {
        let options = Options {
            timings: Timings::INSTANT,
            workerd: find_workerd(&program),
            world: Some(world.clone()),
            ..Options::default()
        };
        Sandbox::start(options).await.unwrap()
    };
    let sandbox = start().await;
    let browser = Browser::new(&sandbox);
    let code = "export default { fetch(request, env) { return new Response(env.TOKEN + env.OTHER) } }";
    let secret = |name: &str, text: &str| json!({ "type": "secret_text", "name": name, "text": text });
    let metadata = json!({
        "main_module": "index.js", "compatibility_date": "2026-01-01",
        "bindings": [secret("TOKEN", "hush"), secret("OTHER", " now")],
    });
    browser.deploy("quiet", &metadata, code).await;
    assert_eq!(browser.text("quiet.workers.localhost", "/").await, "hush now");
    drop(browser);
    sandbox.shutdown().await.unwrap();
    assert!(!std::fs::read_to_string(&world).unwrap().contains("hush"));
    let beside = world.with_extension("secrets");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&beside).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let sandbox = start().await;
    let browser = Browser::new(&sandbox);
    assert_eq!(browser.text("quiet.workers.localhost", "/").await, "hush now");
    browser.api(Method::DELETE, "/workers/scripts/quiet", "").await;
    drop(browser);
    sandbox.shutdown().await.unwrap();
    assert!(!beside.exists(), "what nothing has any more is forgotten");
}

const COUNTING: &str = r#"
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  async add() {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS calls (at INTEGER)");
    this.ctx.storage.sql.exec("INSERT INTO calls VALUES (1)");
    return this.ctx.storage.sql.exec("SELECT count(*) AS n FROM calls").one().n;
  }
}
export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname;
    return new Response(String(await env.COUNTER.get(env.COUNTER.idFromName(name)).add()));
  },
};
"#;

/// wrangler deploys the class with its migration, and the second time without one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn durable_objects_keep_what_they_are_told() {
    let Some((sandbox, program)) = sandbox().await else {
        return;
    };
    let (desk, browser) = (Desk::new(&sandbox), Browser::new(&sandbox));
    let wrangler = async |line: &str| desk.ask(&program, &line.split(' ').collect::<Vec<_>>()).await;
    desk.write("index.js", COUNTING);
    desk.write(
        "wrangler.json",
        r#"{ "name": "counting", "main": "index.js", "compatibility_date": "2026-01-01", "workers_dev": true,
            "durable_objects": { "bindings": [{ "name": "COUNTER", "class_name": "Counter" }] },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Counter"] }] }"#,
    );
    wrangler("deploy").await;
    let host = "counting.sandbox.workers.dev";
    assert_eq!(browser.text(host, "/a").await, "1");
    assert_eq!(browser.text(host, "/a").await, "2");
    assert_eq!(browser.text(host, "/b").await, "1", "another object");
    wrangler("deploy").await;
    let durable = sandbox.inventory()["cloudflare"]["workers"]["scripts"][0]["durable_objects"].clone();
    assert_eq!(durable, json!({ "migration": "v1", "classes": ["Counter"] }));
    assert_eq!(
        browser.text(host, "/a").await,
        "3",
        "a deployment changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_has_files_rules_functions_and_previews() {
    let Some((sandbox, program)) = sandbox().await else {
        return;
    };
    let (desk, browser) = (Desk::new(&sandbox), Browser::new(&sandbox));
    let wrangler = async |line: &str| desk.ask(&program, &line.split(' ').collect::<Vec<_>>()).await;
    desk.write("public/index.html", "home");
    desk.write("public/docs/index.html", "docs");
    desk.write("public/404.html", "nothing here");
    desk.write("public/_redirects", "/old/* /docs/:splat 301\n");
    desk.write("public/_headers", "/docs/*\n  X-Kind: docs\n");
    wrangler("pages project create site --production-branch main").await;
    wrangler("pages deploy public --project-name site --branch main").await;
    let host = "site.pages.dev";
    assert_eq!(browser.text(host, "/").await, "home");
    assert_eq!(browser.look(host, "/docs").await.1, "/docs/");
    assert_eq!(
        browser.look(host, "/old/a?b=1").await,
        (301, "/docs/a?b=1".to_owned(), String::new())
    );
    assert_eq!(
        browser.look(host, "/none").await,
        (404, String::new(), "nothing here".to_owned())
    );
    let url = format!("{}/docs/", browser.root);
    let docs = browser.client.get(url).header("host", host).send().await.unwrap();
    assert_eq!(docs.headers()["x-kind"], "docs");

    desk.write(
        "functions/api.js",
        "export const onRequest = async ({ request, env }) =>
           new Response(`api and ${await (await env.ASSETS.fetch(new URL('/', request.url))).text()}`);\n",
    );
    desk.write("public/index.html", "new home");
    wrangler("pages deploy public --project-name site --branch next").await;
    let preview = "next.site.pages.localhost";
    assert_eq!(browser.text(preview, "/api").await, "api and new home");
    assert_eq!(browser.text(preview, "/").await, "new home");
    assert_eq!(browser.text(host, "/").await, "home", "the preview is not live");
    let names: Vec<String> = sandbox.sites().into_iter().map(|site| site.name).collect();
    assert_eq!(names, ["site", "next.site"]);
}

/// `_worker.js` answers what `_routes.json` includes, and nothing that it excludes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_with_a_worker_of_its_own_follows_its_routes() {
    let Some((sandbox, program)) = sandbox().await else {
        return;
    };
    let (desk, browser) = (Desk::new(&sandbox), Browser::new(&sandbox));
    let wrangler = async |line: &str| desk.ask(&program, &line.split(' ').collect::<Vec<_>>()).await;
    desk.write("public/index.html", "home");
    desk.write("public/static/a.txt", "a file");
    desk.write(
        "public/_routes.json",
        r#"{ "version": 1, "include": ["/*"], "exclude": ["/static/*"] }"#,
    );
    desk.write(
        "public/_worker.js",
        "export default { async fetch(request, env) {
           const { pathname } = new URL(request.url);
           if (pathname.startsWith('/api/')) return new Response(`worker ${pathname}`);
           if (pathname.startsWith('/static/')) return new Response('never');
           return env.ASSETS.fetch(request);
         } };\n",
    );
    wrangler("pages project create app --production-branch main").await;
    wrangler("pages deploy public --project-name app --branch main").await;
    let host = "app.pages.dev";
    assert_eq!(browser.text(host, "/api/x").await, "worker /api/x");
    assert_eq!(browser.text(host, "/static/a.txt").await, "a file");
    assert_eq!(browser.text(host, "/").await, "home");
}

/// Code that does not start keeps nobody else from running, and says why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_worker_stands_alone_and_workerd_ends_with_the_sandbox() {
    let Some((sandbox, _)) = sandbox().await else {
        return;
    };
    let browser = Browser::new(&sandbox);
    for (name, code) in [
        (
            "good",
            "export default { fetch() { return new Response('good') } }",
        ),
        ("bad", "export default {"),
    ] {
        let metadata = json!({ "main_module": "index.js", "compatibility_date": "2026-01-01" });
        browser.deploy(name, &metadata, code).await;
    }
    assert_eq!(browser.text("good.workers.localhost", "/").await, "good");
    let (status, _, said) = browser.look("bad.workers.localhost", "/").await;
    assert_eq!(status, 500);
    assert!(said.contains("SyntaxError"), "{said}");
    let folder = sandbox
        .workerd_folder()
        .expect("workerd runs from a folder of its own");
    drop(browser);
    sandbox.shutdown().await.unwrap();
    for _ in 0..50 {
        if !folder.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} is still there, so workerd was not ended", folder.display());
}
