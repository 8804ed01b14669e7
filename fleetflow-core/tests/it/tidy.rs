//! The countable part of the house style, and the rules about what is absent: read from the sources as text.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

const LONGEST_FILE: usize = 400;

/// Words that a library may not contain, and who may nevertheless.
const ABSENT: &[(&str, &[&str])] = &[
    ("std::env::", &[]),
    ("SystemTime::now", &[]),
    ("Timestamp::now", &["fleetflow-sandbox/src/clock.rs"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("home_dir", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
];

/// Modules of the core without IO.
const PURE: &[&str] = &["model", "plan", "autoscale/policy"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "node_modules" && !name.starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every Rust file of the workspace: its path from the root, and its text.
fn all() -> Vec<(String, String)> {
    let root = workspace();
    let mut found = Vec::new();
    sources(&root, &mut found);
    let named = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    found
        .iter()
        .map(|path| (named(path), fs::read_to_string(path).unwrap()))
        .collect()
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs") || name.ends_with("_tests.rs")
}

/// The lines outside `#[cfg(test)] mod tests`.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| *line != "mod tests {")
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_is_short() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        if !text.starts_with("//! ") {
            faults.push(format!("{name}: the first line is not a `//!` sentence"));
        }
        let lines = code(&text).count();
        if lines > LONGEST_FILE && !is_test(&name) {
            faults.push(format!("{name}: {lines} lines"));
        }
    }
    assert_none(&faults);
}

#[test]
fn modules_are_named_after_what_they_are() {
    let vague = ["util", "utils", "common", "manager", "helper", "helpers", "misc"];
    let stem = |name: &str| {
        Path::new(name)
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    };
    let faults: Vec<_> = all()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| vague.contains(&stem(name).as_str()))
        .collect();
    assert_none(&faults);
}

#[test]
fn libraries_leave_terminal_environment_home_and_clock_alone() {
    let libraries = [
        "fleetflow-core/src/",
        "fleetflow-kdl/src/",
        "fleetflow-access/src/",
        "fleetflow-sandbox/src/",
    ];
    let mut faults = Vec::new();
    for (name, text) in all() {
        if is_test(&name) || !libraries.iter().any(|library| name.starts_with(library)) {
            continue;
        }
        for (word, excepted) in ABSENT
            .iter()
            .filter(|(_, excepted)| !excepted.contains(&name.as_str()))
        {
            let lines = code(&text)
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"));
            for (number, _) in lines.filter(|(_, line)| line.contains(word)) {
                faults.push(format!("{name}:{}: `{word}` (allowed: {excepted:?})", number + 1));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_pure_modules_do_no_io() {
    let mut faults = Vec::new();
    for (name, text) in all() {
        let pure = PURE
            .iter()
            .any(|module| name.starts_with(&format!("fleetflow-core/src/{module}/")));
        // The traits of a kind name futures, because carrying out is asynchronous; they run none.
        if !pure || ["resource.rs", "kind.rs"].iter().any(|file| name.ends_with(file)) {
            continue;
        }
        for word in [
            "async fn",
            ".await",
            "tokio::",
            "std::fs",
            "reqwest",
            "Instant::now",
        ] {
            if code(&text).any(|line| line.contains(word)) {
                faults.push(format!("{name}: `{word}`"));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn the_sandbox_shares_no_code_with_the_client() {
    let manifest = fs::read_to_string(workspace().join("fleetflow-sandbox/Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("fleetflow-core"),
        "the sandbox must not depend on another crate of ours"
    );
}

#[test]
fn only_the_language_crate_and_the_command_line_know_miette() {
    for name in ["fleetflow-core", "fleetflow-sandbox", "fleetflow-py"] {
        let manifest = fs::read_to_string(workspace().join(name).join("Cargo.toml")).unwrap();
        assert!(
            !manifest.contains("miette") && !manifest.contains("\nkdl"),
            "{name}"
        );
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let mut faults = Vec::new();
    for (name, _) in all()
        .iter()
        .filter(|(name, _)| name.contains("/tests/it/") && !name.ends_with("/main.rs"))
    {
        let (folder, rest) = name.split_once("/tests/it/").unwrap();
        let module = rest.trim_end_matches(".rs").split('/').next().unwrap();
        let main = fs::read_to_string(workspace().join(folder).join("tests/it/main.rs")).unwrap_or_default();
        if !main.contains(&format!("mod {module};")) {
            faults.push(format!("{name} is not part of {folder}/tests/it/main.rs"));
        }
    }
    assert_none(&faults);
}

/// "How messages read" of CONTRIBUTING.md, as far as it can be counted.
#[test]
fn messages_follow_one_rule() {
    let message = Regex::new(
        r#"(?:Error::new\(|Problem::at\(|Diagnostic::(?:error|warning)\(|\.help\(|let message =|let help =)[^;"]{0,120}?"((?:[^"\\]|\\.)*)""#,
    )
    .unwrap();
    let is_sentence = Regex::new(r"^[A-Z][a-z]+ ").unwrap();
    let banned =
        Regex::new(r"(?i)\b(please|invalid|illegal|sorry|oops|can't|won't|don't|isn't|doesn't)\b").unwrap();
    let mut seen = 0;
    let mut faults = Vec::new();
    for (name, text) in all() {
        if is_test(&name) || name.starts_with("fleetflow-sandbox/") || !name.contains("/src/") {
            continue;
        }
        let code: String = code(&text).collect::<Vec<_>>().join("\n");
        for found in message.captures_iter(&code) {
            let said = &found[1];
            seen += 1;
            let ends = said.ends_with('.') && !said.ends_with("...");
            if ends || said.contains('!') || is_sentence.is_match(said) || banned.is_match(said) {
                faults.push(format!("{name}: {said:?}"));
            }
        }
    }
    assert!(seen > 500, "only {seen} messages were found");
    assert_none(&faults);
}
