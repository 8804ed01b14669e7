//! The inventory over all clouds: empty again when all is deleted, and the same however the same things came about.

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use fleetflow_sandbox::Sandbox;

use crate::sakura::support::Api;
use crate::ssh::client::{self, INSTALL, key, log_in, port, public};

/// A caller of the emulated Cloudflare.
struct Cloudflare {
    client: Client,
    base: String,
}

impl Cloudflare {
    fn of(api: &Api) -> Self {
        Self {
            client: Client::new(),
            base: api.sandbox.cloudflare_url(),
        }
    }

    fn account(path: &str) -> String {
        format!("/accounts/{}/{path}", Sandbox::CLOUDFLARE_ACCOUNT)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.base);
        self.client
            .request(method, url)
            .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.request(method.clone(), path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Self::done(request, &format!("{method} {path}")).await
    }

    async fn done(request: RequestBuilder, what: &str) -> Value {
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["success"], true, "{what}: {answer}");
        answer["result"].clone()
    }

    async fn make(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn delete(&self, path: &str) {
        self.call(Method::DELETE, path, None).await;
    }

    async fn zone(&self) -> (String, String) {
        let zones = self.call(Method::GET, "/zones", None).await;
        let text = |key: &str| zones[0][key].as_str().unwrap().to_owned();
        (text("id"), text("name"))
    }
}

/// One request to the engine of a server, through its SSH port.
async fn engine(api: &Api, server: &Value, request: &str, body: &str) -> String {
    let handle = log_in(port(api, server), "ubuntu", &key(1)).await;
    let socket = handle
        .channel_open_direct_streamlocal("/var/run/docker.sock")
        .await;
    let mut stream = socket.unwrap().into_stream();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{request}: {answer}");
    answer
}

/// A server with a running container.
async fn deployed(api: &Api, name: &str) -> Value {
    let server = client::server(api, name, &key(1), Some(INSTALL)).await;
    engine(api, &server, "POST /images/create?fromImage=redis&tag=7", "").await;
    engine(api, &server, "POST /networks/create", r#"{"Name":"inner"}"#).await;
    let body = r#"{"Image":"redis:7","HostConfig":{"NetworkMode":"inner","Binds":["data:/data"]}}"#;
    engine(api, &server, "POST /containers/create?name=cache", body).await;
    engine(api, &server, "POST /containers/cache/start", "").await;
    server
}

/// Cuts the power of a server and deletes it with all of its disks.
async fn demolish(api: &Api, server: &Value) {
    let id = server["ID"].as_u64().unwrap();
    api.stop(id).await;
    let now = api.get(&format!("server/{id}")).await.object("Server");
    let disks: Vec<&Value> = now["Disks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|disk| &disk["ID"])
        .collect();
    let gone = api
        .delete_with(&format!("server/{id}"), json!({ "WithDisk": disks }))
        .await;
    assert_eq!(gone.status, 200, "{}", gone.body);
}

#[tokio::test]
async fn a_deleted_server_leaves_nothing_behind() {
    let api = Api::instant().await;
    let before = api.inventory().to_string();
    let switch = api
        .post("switch", json!({ "Switch": { "Name": "inner" } }))
        .await
        .id("Switch");
    let filter = json!({ "PacketFilter": { "Name": "pf", "Expression": [] } });
    let filter = api.post("packetfilter", filter).await.id("PacketFilter");
    let body = json!({ "SSHKey": { "Name": "k", "PublicKey": public(&key(1)) } });
    let ssh_key = api.post("sshkey", body).await.id("SSHKey");
    let server = deployed(&api, "web").await;
    let held = api.inventory();
    assert_eq!(held["docker"]["tk1a/web"]["containers"][0]["name"], "cache");
    assert_eq!(
        held["docker"]["tk1a/web"]["images"][0]["tags"],
        json!(["redis:7"])
    );

    demolish(&api, &server).await;
    assert_eq!(
        api.inventory()["docker"],
        json!({}),
        "the engine went with its disk"
    );
    let note = api.get("note").await.rows("Notes")[0]["ID"].clone();
    for path in [
        format!("switch/{switch}"),
        format!("packetfilter/{filter}"),
        format!("sshkey/{ssh_key}"),
        format!("note/{note}"),
    ] {
        assert_ne!(api.inventory().to_string(), before, "{path} shows");
        assert_eq!(api.delete(&path).await.status, 200);
    }
    assert_eq!(api.inventory().to_string(), before);
}

#[tokio::test]
async fn the_order_in_which_things_were_made_does_not_show() {
    let (one, other) = (Api::instant().await, Api::instant().await);
    for (api, names) in [(&one, ["web", "api"]), (&other, ["api", "web"])] {
        for name in names {
            deployed(api, name).await;
        }
    }
    // A detour leaves no trace either.
    demolish(&other, &deployed(&other, "detour").await).await;
    let note = other.get("note").await.rows("Notes")[2]["ID"].clone();
    other.delete(&format!("note/{note}")).await;
    assert_eq!(one.inventory().to_string(), other.inventory().to_string());
}

#[tokio::test]
async fn an_emptied_cloudflare_is_as_before() {
    let api = Api::instant().await;
    let cloudflare = Cloudflare::of(&api);
    let before = api.inventory().to_string();
    let (zone, name) = cloudflare.zone().await;
    let records = format!("/zones/{zone}/dns_records");
    let record =
        json!({ "type": "A", "name": format!("api.{name}"), "content": "192.0.2.1", "proxied": true });
    let record = cloudflare.make(&records, record).await["id"].clone();
    let buckets = Cloudflare::account("r2/buckets");
    cloudflare.make(&buckets, json!({ "name": "attachments" })).await;
    let domains = format!("{buckets}/attachments/domains/custom");
    let domain = json!({ "domain": format!("cdn.{name}"), "zoneId": zone, "enabled": true });
    cloudflare.make(&domains, domain).await;
    let namespaces = Cloudflare::account("storage/kv/namespaces");
    let namespace = cloudflare.make(&namespaces, json!({ "title": "cache" })).await["id"].clone();
    let script = upload_worker(&cloudflare, namespace.as_str().unwrap()).await;
    let routes = format!("/zones/{zone}/workers/routes");
    let route = json!({ "pattern": format!("{name}/*"), "script": "edge" });
    let route = cloudflare.make(&routes, route).await["id"].clone();
    let projects = Cloudflare::account("pages/projects");
    cloudflare
        .make(&projects, json!({ "name": "site", "production_branch": "main" }))
        .await;

    for path in [
        format!("{records}/{}", record.as_str().unwrap()),
        format!("{domains}/cdn.{name}"),
        format!("{buckets}/attachments"),
        format!("{routes}/{}", route.as_str().unwrap()),
        script,
        format!("{namespaces}/{}", namespace.as_str().unwrap()),
        format!("{projects}/site"),
    ] {
        assert_ne!(api.inventory().to_string(), before, "{path} shows");
        cloudflare.delete(&path).await;
    }
    assert_eq!(api.inventory().to_string(), before);
}

/// A Worker with a binding to a namespace; its path.
async fn upload_worker(cloudflare: &Cloudflare, namespace: &str) -> String {
    let path = Cloudflare::account("workers/scripts/edge");
    let metadata = json!({
        "main_module": "index.js", "compatibility_date": "2026-01-01",
        "bindings": [{ "type": "kv_namespace", "name": "CACHE", "namespace_id": namespace }],
    });
    let module = Part::text("export default { fetch() { return new Response('hi') } }");
    let module = module
        .file_name("index.js")
        .mime_str("application/javascript+module")
        .unwrap();
    let form = Form::new()
        .text("metadata", metadata.to_string())
        .part("index.js", module);
    let request = cloudflare.request(Method::PUT, &path).multipart(form);
    Cloudflare::done(request, "uploading a Worker").await;
    path
}
