//! The documents: every code block is run or says why it is not, every command in their text exists, every link leads
//! somewhere, and every page is in the table of contents. Rust blocks are compiled by the doc tests of the examples,
//! Python blocks are run beside the wheel.

mod block;
mod links;
mod reference;
mod session;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use regex::Regex;

use block::{Note, blocks, prose};
use session::{Tried, attempt};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages of the guide, and the READMEs, by their path in the repository.
fn pages() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                add(&mut found, &path);
            }
        }
    }
    for file in ["README.md", "README.ja.md"] {
        add(&mut found, &root().join(file));
    }
    for entry in fs::read_dir(root()).unwrap() {
        let file = entry.unwrap().path().join("README.md");
        if file.is_file() && !file.starts_with(root().join("docs")) {
            add(&mut found, &file);
        }
    }
    found
}

fn add(found: &mut BTreeMap<String, String>, path: &Path) {
    let name = path.strip_prefix(root()).unwrap().display().to_string();
    found.insert(name, fs::read_to_string(path).unwrap());
}

/// The load of a server is measured in buckets of five minutes: pages show servers that are younger than the next one.
/// What is run in this many seconds shall not see one begin.
fn wait_for_room_in_the_bucket() {
    const BUCKET: u64 = 300;
    const ROOM: u64 = 100;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let left = BUCKET - now % BUCKET;
    if left < ROOM {
        thread::sleep(Duration::from_secs(left));
    }
}

#[test]
fn every_code_block_runs_as_the_page_says() {
    wait_for_room_in_the_bucket();
    let pages = pages();
    let turn = Mutex::new(pages.iter());
    let results: Mutex<BTreeMap<&str, Tried>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = turn.lock().unwrap().next();
                    let Some((name, page)) = next else { return };
                    let tried = attempt(page);
                    results.lock().unwrap().insert(name, tried);
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    if std::env::var("FLEETFLOW_REGENERATE").as_deref() == Ok("1") {
        // The reference is written by a test of its own, perhaps at this moment.
        for (name, tried) in results.iter().filter(|(name, _)| **name != reference::PAGE) {
            fs::write(root().join(name), &tried.text).unwrap();
        }
    }
    report(&results);
    let wrong: Vec<_> = results
        .iter()
        .flat_map(|(name, tried)| {
            tried
                .wrong
                .iter()
                .map(move |problem| format!("{name}, {problem}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{}\n\nWhere only the printed output changed: FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-cli book",
        wrong.join("\n\n")
    );
}

#[expect(
    clippy::print_stdout,
    reason = "how much was covered belongs into the output of the tests"
)]
fn report(results: &BTreeMap<&str, Tried>) {
    let sum = |count: fn(&Tried) -> usize| results.values().map(count).sum::<usize>();
    println!(
        "code blocks of the documents: {} run or validated here, {} run by other tests (Rust, Python, codes of mistakes), {} not run:",
        sum(|tried| tried.run),
        sum(|tried| tried.elsewhere),
        sum(|tried| tried.left.len())
    );
    for (name, tried) in results {
        for left in &tried.left {
            println!("  {name}, {left}");
        }
    }
}

/// A block in Rust is only compiled where its page is one of the examples' doc tests.
#[test]
fn every_page_with_rust_is_among_the_doc_tests() {
    let included = fs::read_to_string(root().join("examples/documents.rs")).unwrap();
    for (name, page) in pages() {
        let rust = blocks(&page)
            .iter()
            .any(|block| block.language.starts_with("rust") && !matches!(block.note, Note::NotRun(_)));
        assert!(
            !rust || included.contains(&format!("include_str!(\"../{name}\")")),
            "{name} has blocks in Rust: name it in examples/documents.rs"
        );
        for block in blocks(&page) {
            let ignored = block.language.contains("ignore") && !matches!(block.note, Note::NotRun(_));
            assert!(
                !ignored,
                "{name}, line {}: not compiled, without a reason",
                block.line
            );
            assert!(
                !block.language.is_empty(),
                "{name}, line {}: a block without a language would be taken for Rust",
                block.line
            );
        }
    }
}

/// Commands in running text, in CI files and in blocks that are not run: their words and options exist.
#[test]
fn every_command_that_is_named_exists() {
    static INLINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`flow ([a-z][^`]*)`").unwrap());
    static SHELL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)(?:^|[ /])flow ([a-z-][^|>&;#\n]*)").unwrap());
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        let mut commands: Vec<String> = INLINE
            .captures_iter(&prose(&page))
            .map(|found| found[1].replace('\n', " "))
            .collect();
        for block in blocks(&page) {
            let shell = matches!(block.language.as_str(), "sh" | "yaml" | "ini" | "console");
            if shell && matches!(block.note, Note::NotRun(_)) {
                let body = &page[block.body];
                commands.extend(SHELL.captures_iter(body).map(|found| found[1].to_owned()));
            }
        }
        for command in commands {
            if !exists(&command) {
                wrong.push(format!("{name}: flow {command}"));
            }
        }
    }
    assert!(wrong.is_empty(), "there are no such commands: {wrong:#?}");
}

fn exists(words: &str) -> bool {
    // What stands for an address or a time is read before the help is given.
    let words: Vec<_> = words
        .split_whitespace()
        .take_while(|word| *word != "--")
        .map(|word| if word == "ADDRESS" { "server.web" } else { word })
        .collect();
    let status = Command::new(env!("CARGO_BIN_EXE_flow"))
        .args(&words)
        .arg("--help")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}
