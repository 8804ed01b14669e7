//! A site of 5,000 files: what is sent, how often, and how much memory it takes. The client is a process of its own.

use std::path::Path;
use std::process::Command;

use fleetflow_core::cloudflare::{Cloudflare, Credentials, Pages};
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::state::FolderStore;
use fleetflow_core::{Clouds, Stack};
use fleetflow_sandbox::{Options, Sandbox, Timings};

const FILES: usize = 5_000;
/// The size of a file. All of them together have 160 MB.
const SIZE: usize = 32 * 1024;
/// What the client may need beside what it needs for a small site: three uploads under way, each once as it is read and
/// once as it is sent.
const ALLOWED: u64 = 96 * 1024 * 1024;

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
    let site = Pages::builder().name("creo-site").source("dist").build();
    let stack = Stack::new("creo", "dev").root(&folder).add(site).session(session);
    stack.converge().await.unwrap();
    println!("peak: {}", peak().unwrap_or(0));
}

/// Deploys in a process of its own: its peak of memory, and the requests that it sent.
fn deploy(sandbox: &Sandbox, folder: &Path) -> (u64, Vec<String>) {
    sandbox.clear_log().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "large_site::the_client_of_a_large_site", "--nocapture"])
        .env("FLEETFLOW_TEST_URL", sandbox.cloudflare_url())
        .env("FLEETFLOW_TEST_FOLDER", folder)
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

fn uploads(requests: &[String]) -> usize {
    requests
        .iter()
        .filter(|request| request.ends_with("/pages/assets/upload"))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_of_5_000_files_is_streamed_and_sent_once() {
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
    let write = |number: usize, text: &str| {
        let place = folder.path().join(format!("dist/pages/{number}.html"));
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let mut content = format!("{text} {number}\n").into_bytes();
        content.resize(SIZE, b'.');
        std::fs::write(place, content).unwrap();
    };
    write(0, "page");
    let (small, _) = tokio::task::block_in_place(|| deploy(&sandbox, folder.path()));
    (0..FILES).for_each(|number| write(number, "page"));
    let (large, requests) = tokio::task::block_in_place(|| deploy(&sandbox, folder.path()));
    println!(
        "{FILES} files: peak {small} then {large} bytes, {} requests, {} uploads",
        requests.len(),
        uploads(&requests)
    );
    assert!(
        large - small < ALLOWED,
        "{small} bytes for one file, {large} for all"
    );
    assert!(requests.len() < 90, "{}: {requests:#?}", requests.len());
    [7, 2_000, 4_999]
        .into_iter()
        .for_each(|number| write(number, "changed"));
    let (_, requests) = tokio::task::block_in_place(|| deploy(&sandbox, folder.path()));
    println!("3 changed files: {} requests", requests.len());
    assert_eq!(uploads(&requests), 1, "{requests:#?}");
    assert!(requests.len() <= 12, "{requests:#?}");
    let log = sandbox.log();
    let upload = log
        .entries()
        .iter()
        .find(|entry| entry.path.ends_with("/pages/assets/upload"))
        .cloned()
        .unwrap();
    assert_eq!(upload.body.unwrap().as_array().unwrap().len(), 3);
    let (_, requests) = tokio::task::block_in_place(|| deploy(&sandbox, folder.path()));
    assert_eq!(uploads(&requests), 0);
    assert!(
        requests.iter().all(|request| request.starts_with("GET ")),
        "{requests:#?}"
    );
}
