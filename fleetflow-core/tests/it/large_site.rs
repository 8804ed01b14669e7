//! A site of 5,000 files, and a Worker with as many: what is sent, how often, and how much memory it takes. The client is a
//! process of its own.

use std::path::Path;
use std::process::Command;

use fleetflow_core::cloudflare::worker::Binding;
use fleetflow_core::cloudflare::{Cloudflare, Credentials, Pages, Worker};
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::state::FolderStore;
use fleetflow_core::{Clouds, Stack};
use fleetflow_sandbox::{Entry, Options, Sandbox, Timings};

const FILES: usize = 5_000;

/// The most memory that this process has used, in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace()
        .nth(1)?
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

/// The client, when this program is run again by the test below; nothing otherwise.
#[tokio::test]
async fn the_client_of_a_large_site() {
    let (Ok(url), Ok(folder)) = (
        std::env::var("FLEETFLOW_TEST_URL"),
        std::env::var("FLEETFLOW_TEST_FOLDER"),
    ) else {
        return;
    };
    let client = Cloudflare::builder(Credentials::Token(Sandbox::CLOUDFLARE_TOKEN.into()))
        .base(url)
        .account(Sandbox::CLOUDFLARE_ACCOUNT)
        .build()
        .unwrap();
    let store = FolderStore::new(Path::new(&folder).join("state"));
    let caller = Caller::new("a test", || "2026-01-01T00:00:00Z".to_owned());
    let session = Session::new(Clouds::none().cloudflare(client), store, caller);
    let stack = Stack::new("creo", "dev").root(&folder);
    let stack = match std::env::var("FLEETFLOW_TEST_KIND").as_deref() {
        Ok("worker") => {
            let worker = Worker::builder().name("creo-app").source("api.js");
            stack.add(worker.binding(Binding::assets("dist")).build())
        }
        _ => stack.add(Pages::builder().name("creo-site").source("dist").build()),
    };
    let stack = stack.session(session);
    stack.converge().await.unwrap();
    println!("peak: {}", peak().unwrap_or(0));
}

/// Deploys in a process of its own: its peak of memory, and the requests that it sent.
fn deploy(sandbox: &Sandbox, folder: &Path, kind: &str) -> (u64, Vec<String>) {
    sandbox.clear_log().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "large_site::the_client_of_a_large_site", "--nocapture"])
        .env("FLEETFLOW_TEST_URL", sandbox.cloudflare_url())
        .env("FLEETFLOW_TEST_FOLDER", folder)
        .env("FLEETFLOW_TEST_KIND", kind)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let peak = said
        .lines()
        .find_map(|line| line.rsplit_once("peak: "))
        .unwrap_or_else(|| panic!("{said}"));
    let requests = sandbox
        .log()
        .entries()
        .iter()
        .map(|entry| format!("{} {}", entry.method, entry.path))
        .collect();
    (peak.1.trim().parse().unwrap(), requests)
}

/// What is deployed with files: its kind, where files are uploaded, and how many requests all of them may take.
struct Deployed {
    kind: &'static str,
    upload: &'static str,
    most: usize,
    /// Requests of a deployment with three changed files.
    few: usize,
    /// The size of a file.
    size: usize,
    /// What the client may need beside what it needs for one file: three uploads under way, each once as it is read and once
    /// as it is sent. It is less than all files together.
    allowed: u64,
}

const SITE: Deployed = Deployed {
    kind: "pages",
    upload: "/pages/assets/upload",
    most: 90,
    few: 12,
    size: 32 * 1024,
    allowed: 96 * 1024 * 1024,
};
const WORKER: Deployed = Deployed {
    kind: "worker",
    upload: "/workers/assets/upload",
    most: 150,
    few: 12,
    // Uploads are as large as the provider asks for: a hundred files here.
    size: 8 * 1024,
    allowed: 32 * 1024 * 1024,
};

fn uploads(requests: &[String], deployed: &Deployed) -> usize {
    let uploads = requests
        .iter()
        .filter(|request| request.ends_with(deployed.upload));
    uploads.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_of_5_000_files_is_streamed_and_sent_once() {
    hold(&SITE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_with_5_000_files_is_streamed_and_sent_once() {
    hold(&WORKER).await;
}

fn write(folder: &Path, number: usize, text: &str, size: usize) {
    let place = folder.join(format!("dist/pages/{number}.html"));
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    let mut content = format!("{text} {number}\n").into_bytes();
    content.resize(size, b'.');
    std::fs::write(place, content).unwrap();
}

/// How many files an upload carries.
fn carried(entry: &Entry) -> usize {
    let body = entry.body.as_ref().unwrap();
    let files = body.as_array().or_else(|| body["parts"].as_array());
    files.unwrap().len()
}

#[expect(clippy::print_stdout, reason = "what was measured is told")]
async fn hold(deployed: &Deployed) {
    if peak().is_none() {
        println!("skipped: the memory of a large site: this system has no /proc/self/status");
        return;
    }
    let options = Options {
        timings: Timings::INSTANT,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let code = "export default { fetch(request, env) { return env.ASSETS.fetch(request) } }";
    std::fs::write(folder.path().join("api.js"), code).unwrap();
    let write = |number, text| self::write(folder.path(), number, text, deployed.size);
    let deploy = || tokio::task::block_in_place(|| deploy(&sandbox, folder.path(), deployed.kind));
    write(0, "page");
    let (small, _) = deploy();
    (0..FILES).for_each(|number| write(number, "page"));
    let (large, requests) = deploy();
    println!(
        "{}: {FILES} files: peak {small} then {large} bytes, {} requests, {} uploads",
        deployed.kind,
        requests.len(),
        uploads(&requests, deployed)
    );
    let grown = large.saturating_sub(small);
    assert!(
        grown < deployed.allowed,
        "{small} bytes for one file, {large} for all"
    );
    assert!(
        requests.len() < deployed.most,
        "{}: {requests:#?}",
        requests.len()
    );
    for number in [7, 2_000, 4_999] {
        write(number, "changed");
    }
    let (_, requests) = deploy();
    println!("3 changed files: {} requests", requests.len());
    assert!((1..=3).contains(&uploads(&requests, deployed)), "{requests:#?}");
    assert!(requests.len() <= deployed.few, "{requests:#?}");
    let log = sandbox.log();
    let sent = log
        .entries()
        .iter()
        .filter(|entry| entry.path.ends_with(deployed.upload));
    assert_eq!(sent.map(carried).sum::<usize>(), 3);
    let (_, requests) = deploy();
    assert_eq!(uploads(&requests, deployed), 0);
    assert!(
        requests.iter().all(|request| request.starts_with("GET ")),
        "{requests:#?}"
    );
}
