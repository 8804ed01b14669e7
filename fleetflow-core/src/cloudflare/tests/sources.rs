//! Sources that are more than files to send: functions of Pages, builds, and what wrangler's configuration adds.

use std::path::Path;

use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::worker::Binding;
use crate::cloudflare::{Pages, Worker};
use crate::error::ErrorKind;
use crate::model::Stack;

struct Folder(tempfile::TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap_or_default()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What is sent beside the files of a site, by name.
fn extras(bench: &Bench) -> Value {
    bench.inventory()["pages"][0]["live"]["extras"].clone()
}

#[tokio::test]
async fn functions_and_a_worker_of_a_site_are_sent_as_one_bundle() {
    let (bench, folder) = (
        Bench::start().await,
        Folder::of(&[
            ("web/dist/index.html", "hi"),
            (
                "web/functions/_middleware.ts",
                "export const onRequest: PagesFunction = async ({ next }) => next();\n",
            ),
            (
                "web/functions/api/[id].ts",
                "import { say } from '../../lib/say';\nexport const onRequestGet = () => new Response(say());\n",
            ),
            ("web/lib/say.ts", "export const say = (): string => 'said';\n"),
        ]),
    );
    let site = Pages::builder().name("creo-site").source("web/dist").build();
    let stack = stack([site]).root(folder.path());
    bench.settle(&stack).await;
    assert_eq!(extras(&bench), json!(["_routes.json", "_worker.bundle"]));
    folder.write(
        "web/lib/say.ts",
        "export const say = (): string => 'said more';\n",
    );
    assert_eq!(
        told(&bench.plan(&stack).await),
        ["update pages.creo-site: source_digest"]
    );
    bench.settle(&stack).await;
    folder.write("web/functions/api/[id].ts", "export const onRequestGet = => 1;\n");
    let error = bench.attach(&stack).plan().await.unwrap_err();
    assert!(error.to_string().contains("[id].ts:1:29: "), "{error}");
    // A worker of the site's own takes the place of functions, and its own rules that of the made ones.
    folder.write(
        "web/dist/_worker.js",
        "import { a } from './a.js';\nexport default { fetch() { return new Response(a) } };\n",
    );
    folder.write("web/dist/a.js", "export const a = 'a';\n");
    bench.settle(&stack).await;
    assert_eq!(extras(&bench), json!(["_worker.bundle"]));
    folder.write(
        "web/dist/_routes.json",
        "{\"version\": 1, \"include\": [\"/a/*\"], \"exclude\": []}",
    );
    bench.settle(&stack).await;
    assert_eq!(extras(&bench), json!(["_routes.json", "_worker.bundle"]));
    std::fs::remove_file(folder.path().join("web/dist/_worker.js")).unwrap();
    folder.write(
        "web/dist/_worker.js/index.js",
        "export default { fetch() { return new Response('b') } };\n",
    );
    bench.settle(&stack).await;
    assert_eq!(extras(&bench), json!(["_routes.json", "_worker.bundle"]));
    bench.destroy(&stack).await.unwrap();
}

fn built(command: &str) -> Worker {
    Worker::builder()
        .name("api")
        .source("api")
        .build_command(command)
        .build()
}

#[tokio::test]
async fn a_build_runs_at_up_and_only_when_what_it_reads_changed() {
    let (bench, folder) = (
        Bench::start().await,
        Folder::of(&[
            ("api/src/index.ts", "export default { a: 1 };\n"),
            ("api/.gitignore", "*.log\n"),
        ]),
    );
    let build = "echo x >> runs.log; mkdir -p dist && cp src/index.ts dist/index.js";
    let of = |worker: Worker| stack([worker]).root(folder.path());
    let stack = of(built(build));
    let plan = bench.plan(&stack).await;
    assert_eq!(folder.read("api/runs.log"), "", "a plan runs nothing");
    assert!(
        plan.notes.iter().any(|note| note.contains("runs at up")),
        "{:?}",
        plan.notes
    );
    bench.settle(&stack).await;
    assert_eq!(folder.read("api/runs.log"), "x\n");
    let plan = bench.plan(&stack).await;
    assert!(plan.notes.is_empty() && plan.is_empty(), "{:?}", plan.notes);
    folder.write("api/src/index.ts", "export default { a: 2 };\n");
    assert_eq!(
        told(&bench.plan(&stack).await),
        ["update worker.api: source_digest"]
    );
    bench.settle(&stack).await;
    assert_eq!(folder.read("api/runs.log"), "x\nx\n");
    assert!(folder.read("api/dist/index.js").contains("a: 2"));
    let failing = of(built("echo no such thing; exit 3"));
    let error = bench.converge(&failing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Partial);
    let whole = format!("{error:?}");
    assert!(
        whole.contains("exit status: 3") && whole.contains("no such thing"),
        "{whole}"
    );
}

#[tokio::test]
async fn a_build_of_a_site_makes_the_folder_that_is_published() {
    let (bench, folder) = (Bench::start().await, Folder::of(&[("src/index.md", "hi")]));
    let site = Pages::builder()
        .name("creo-site")
        .source("out")
        .build_command("mkdir -p out && cp src/index.md out/index.html")
        .build();
    let stack = stack([site]).root(folder.path());
    bench.settle(&stack).await;
    let files = bench.inventory()["pages"][0]["live"]["files"].clone();
    assert_eq!(files.as_object().unwrap().len(), 1);
    folder.write("src/index.md", "hello");
    assert_eq!(
        told(&bench.plan(&stack).await),
        ["update pages.creo-site: source_digest"]
    );
    bench.settle(&stack).await;
}

const WRANGLER: &str = r#"{
  // as wrangler reads it
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "else", "main": "lib/main.ts", "compatibility_date": "2026-01-31", "compatibility_flags": ["nodejs_compat"],
  "vars": { "STAGE": "prod", "LEVEL": { "deep": [1, true] } },
  "kv_namespaces": [{ "binding": "CACHE", "id": "0f2ac74b498b48028cb68387c421e279" }],
  "r2_buckets": [{ "binding": "FILES", "bucket_name": "creo-assets" }],
  "routes": [{ "pattern": "api.example.com/*", "zone_name": "example.com" }, { "pattern": "app.example.jp", "custom_domain": true }],
  "triggers": { "crons": ["0 0 * * *"] },
  "observability": { "enabled": true, "logs": { "persist": true } },
  "assets": { "not_found_handling": "404-page" },
  "durable_objects": { "bindings": [] },
}"#;

fn configured(folder: &Folder, worker: Worker) -> Stack {
    let bucket = crate::cloudflare::R2Bucket::builder().name("creo-assets").build();
    super::stack([
        crate::model::Declaration::from(worker),
        crate::model::Declaration::from(bucket),
    ])
    .root(folder.path())
}

fn api() -> Folder {
    Folder::of(&[
        ("api/wrangler.jsonc", WRANGLER),
        (
            "api/lib/main.ts",
            "export default { fetch: (): Response => new Response('') };\n",
        ),
    ])
}

/// A Worker that says little itself.
fn brief() -> Worker {
    Worker::builder()
        .name("api")
        .source("api")
        .binding(Binding::var("STAGE", "dev"))
        .compatibility_date("2026-02-01")
        .build()
}

/// Puts the id of a namespace that somebody made into the configuration.
async fn with_namespace(bench: &Bench, folder: &Folder) -> String {
    let account = fleetflow_sandbox::Sandbox::CLOUDFLARE_ACCOUNT;
    let path = format!("/accounts/{account}/storage/kv/namespaces");
    let namespace = bench.ask("POST", &path, json!({"title": "made elsewhere"})).await;
    let id = namespace["id"].as_str().unwrap().to_owned();
    folder.write(
        "api/wrangler.jsonc",
        &WRANGLER.replace("0f2ac74b498b48028cb68387c421e279", &id),
    );
    id
}

#[tokio::test]
async fn a_configuration_of_wrangler_says_what_the_declaration_does_not() {
    let (bench, folder) = (Bench::start().await, api());
    let id = with_namespace(&bench, &folder).await;
    let stack = configured(&folder, brief());
    let notes = bench.plan(&stack).await.notes.join("\n");
    for word in [
        "worker.api: taken from api/wrangler.jsonc: ",
        "main (lib/main.ts)",
        "binding LEVEL",
        "binding CACHE",
        "routes",
        "triggers",
    ] {
        assert!(notes.contains(word), "{word}: {notes}");
    }
    let left = notes.lines().find(|line| line.contains("not supported")).unwrap();
    for word in ["observability.logs", "assets.not_found_handling"] {
        assert!(left.contains(word), "{word}: {left}");
    }
    assert!(
        !notes.contains("binding STAGE") && !notes.contains("compatibility_date"),
        "{notes}"
    );
    bench.settle(&stack).await;
    let script = bench.inventory()["workers"]["scripts"][0].clone();
    let bindings = script["bindings"].as_array().unwrap();
    let bound = |name: &str| {
        bindings
            .iter()
            .find(|one| one["name"] == name)
            .unwrap_or_else(|| panic!("{script:#}"))
    };
    assert_eq!(bound("STAGE")["text"], "dev");
    assert_eq!(bound("LEVEL")["json"], json!({"deep": [1, true]}));
    assert_eq!(bound("CACHE")["namespace_id"], json!(id));
    assert_eq!(bound("FILES")["bucket_name"], "creo-assets");
    assert_eq!(script["compatibility_date"], "2026-02-01");
    let allowed = bench.session.clone().data(crate::plan::DataGuard::Allow);
    stack.clone().session(allowed).destroy().await.unwrap();
    assert_eq!(bench.inventory()["workers"]["scripts"], json!([]));
}

#[tokio::test]
async fn a_changed_configuration_is_a_changed_field_and_its_mistakes_are_told() {
    let (bench, folder) = (Bench::start().await, api());
    with_namespace(&bench, &folder).await;
    let stack = configured(&folder, brief());
    bench.settle(&stack).await;
    let edit = |from: &str, to: &str| {
        folder.write(
            "api/wrangler.jsonc",
            &folder.read("api/wrangler.jsonc").replace(from, to),
        );
    };
    edit("0 0 * * *", "5 0 * * *");
    assert_eq!(told(&bench.plan(&stack).await), ["update worker.api: cron[0]"]);
    bench.settle(&stack).await;
    edit("5 0 * * *", "often");
    let error = bench.attach(&stack).plan().await.unwrap_err();
    assert!(error.to_string().contains("often"), "{error}");
    std::fs::remove_file(folder.path().join("api/wrangler.jsonc")).unwrap();
    folder.write("api/wrangler.toml", "main = \"lib/main.ts\"\n[vars\n");
    let error = bench.attach(&stack).plan().await.unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
    let flags = "main = \"lib/main.ts\"\ncompatibility_flags = [\"nodejs_als\"]\n[vars]\nMORE = \"x\"\n";
    folder.write("api/wrangler.toml", flags);
    let steps = told(&bench.plan(&stack).await);
    assert!(
        steps[0].contains("compatibility_flags") && steps[0].contains("bindings"),
        "{steps:?}"
    );
    bench.settle(&stack).await;
}
