//! A Worker in TypeScript with a package of npm, deployed by a stack, answering from real workerd. Both are installed below
//! the target folder with `FLEETFLOW_TEST_CLIENTS=1`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fleetflow_core::Clouds;
use fleetflow_core::cloudflare::{Cloudflare, Credentials};
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::prelude::*;
use fleetflow_core::state::MemoryStore;
use fleetflow_sandbox::{Options, Sandbox, Timings, find_workerd};

use crate::npm;

/// What the test installs: the runtime, and a package that the Worker imports.
const PACKAGES: [&str; 2] = ["workerd@1.20260426.1", "clsx@2.1.1"];

const CODE: &str = r#"
import { clsx } from "clsx";
import { shout } from "./shout";

interface Env { FILES: R2Bucket; CACHE: KVNamespace; TOKEN: string; STAGE: string }

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const object = await env.FILES.get("greeting.txt");
    await env.CACHE.put("seen", new URL(request.url).pathname);
    const text: string = object === null ? "nothing" : await object.text();
    return new Response(clsx(shout(text), { [env.STAGE]: true, never: false }, env.TOKEN.length));
  },
};
"#;

/// The folder with the packages, if they are wanted and can be had.
fn installed() -> Option<PathBuf> {
    npm::installed("workerd", "workerd-1.20260426.1", &PACKAGES, |folder| {
        find_workerd(folder).is_some()
    })
}

fn lay_out(folder: &Path) {
    let source = folder.join("edge");
    std::fs::create_dir_all(&source).unwrap();
    std::fs::write(source.join("index.ts"), CODE).unwrap();
    std::fs::write(
        source.join("shout.ts"),
        "export const shout = (text: string): string => text.toUpperCase();\n",
    )
    .unwrap();
}

/// A Worker with a bucket, a namespace, a variable and a secret.
fn stack(folder: &Path) -> Stack {
    Stack::new("creo", "dev")
        .add(R2Bucket::builder().name("creo-files").build())
        .add(KvNamespace::builder().name("creo-cache").build())
        .add(
            Worker::builder()
                .name("edge")
                .source("edge/index.ts")
                .binding(Binding::r2("FILES", "creo-files"))
                .binding(Binding::kv("CACHE", "creo-cache"))
                .binding(Binding::var("STAGE", "dev"))
                .binding(Binding::secret("TOKEN", Input::secret("env:TOKEN")))
                .build(),
        )
        .secret("env:TOKEN", "s3cret")
        .root(folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_in_typescript_reads_its_bucket_in_workerd() {
    let Some(folder) = installed() else { return };
    lay_out(&folder);
    let options = Options {
        timings: Timings::INSTANT,
        workerd: find_workerd(&folder),
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let cloudflare = Cloudflare::builder(Credentials::Token(Sandbox::CLOUDFLARE_TOKEN.into()))
        .account(Sandbox::CLOUDFLARE_ACCOUNT)
        .base(sandbox.cloudflare_url())
        .build()
        .unwrap();
    let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
    let session = Session::new(Clouds::none().cloudflare(cloudflare), MemoryStore::new(), caller);
    let stack = stack(&folder).session(session);
    stack.clone().converge().await.unwrap();
    assert!(stack.clone().plan().await.unwrap().is_empty());

    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    let root = sandbox.control_url().replace("/_sandbox", "");
    let bucket = format!(
        "{}/accounts/{}/r2/buckets/creo-files/objects/greeting.txt",
        sandbox.cloudflare_url(),
        Sandbox::CLOUDFLARE_ACCOUNT
    );
    let put = client
        .put(bucket)
        .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
        .body("hello");
    put.send().await.unwrap().error_for_status().unwrap();
    let look = client
        .get(format!("{root}/a/b"))
        .header("host", "edge.workers.localhost");
    let answer = look.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.text().await.unwrap().as_str()),
        (200, "HELLO dev 6")
    );
    let kept = &sandbox.inventory()["cloudflare"]["kv"][0]["entries"];
    assert!(kept["seen"].is_string(), "{kept}");
    sandbox.shutdown().await.unwrap();
}
