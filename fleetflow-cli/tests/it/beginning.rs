//! The first minutes: `init` writes a file that works as it is, and `explain` knows every code.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use fleetflow_core::codes;
use fleetflow_kdl::{Diagnostics, LoadOptions, MemoryFiles};

use super::support::Project;

fn empty() -> Project {
    let project = Project::new("");
    fs::remove_file(project.root().join("flow.kdl")).unwrap();
    project
}

#[test]
fn what_init_writes_converges_as_it_is() {
    let project = empty();
    let run = project.flow(&["init", "--yes"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("flow plan --sandbox"), "{run:?}");
    let valid = project.flow(&["validate"]);
    assert_eq!(valid.code, Some(0), "{valid:?}");
    let up = project.flow(&["up", "--sandbox", "--yes"]);
    assert!(up.code == Some(0) && up.err.contains("created"), "{up:?}");
    let again = project.flow(&["plan", "--sandbox", "--detailed-exitcode"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(
        fs::read_to_string(project.root().join(".gitignore")).unwrap(),
        ".fleetflow/\n.env*\n"
    );
    let text = fs::read(project.root().join("flow.kdl")).unwrap();
    let twice = project.flow(&["init", "--yes"]);
    assert!(
        twice.code == Some(64)
            && twice.err.starts_with("error[FF0201]: there is a ")
            && twice.err.contains("flow.kdl already"),
        "{twice:?}"
    );
    assert_eq!(fs::read(project.root().join("flow.kdl")).unwrap(), text);
}

/// Answers are typed in a terminal of its own: nobody else is asked.
#[test]
fn two_answers_choose_the_file() {
    for (answers, holds, valid) in [
        ("\n\n", "server \"web\"", true),
        ("blog\n3\n", "project \"blog\"", true),
        ("My Blog\n1\n", "", false),
        ("\n7\n", "", false),
    ] {
        let project = empty();
        let flow = env!("CARGO_BIN_EXE_flow");
        // `script` gives it a terminal.
        let mut asked = std::process::Command::new("script")
            .args([
                "--quiet",
                "--return",
                "--command",
                &format!("{flow} init"),
                "/dev/null",
            ])
            .current_dir(project.root())
            .env_remove("CI")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        asked.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        let output = asked.wait_with_output().unwrap();
        let file = fs::read_to_string(project.root().join("flow.kdl"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.success(), valid, "{said}");
        match file {
            Ok(text) => assert!(valid && text.contains(holds), "{said}\n{text}"),
            Err(_) => assert!(!valid && said.contains("FF0201"), "{said}"),
        }
    }
}

#[test]
fn explain_prints_each_entry_and_names_the_nearest() {
    let project = empty();
    let list = project.flow(&["explain"]);
    assert_eq!(list.out.lines().count(), codes::all().count());
    let entry = project.flow(&["explain", "ff0212"]);
    assert!(
        entry.code == Some(0) && entry.out.contains("--lock-wait"),
        "{entry:?}"
    );
    let wrong = project.flow(&["explain", "FF012"]);
    assert!(
        wrong.code == Some(64) && wrong.err.contains("did you mean FF01"),
        "{wrong:?}"
    );
    let locked = project.flow(&["plan"]);
    assert!(
        locked.err.starts_with("error[FF0221]: there is no flow.kdl"),
        "{locked:?}"
    );
}

/// The example of each code is told with just that code, and each rule of the reader has one.
#[test]
fn the_examples_have_the_mistakes_that_they_stand_for() {
    let mistakes = codes::all().filter(|code| code.name.contains("::"));
    for code in mistakes.filter(|code| !code.example.is_empty()) {
        let files = MemoryFiles::new().with("shop/flow.kdl", code.example);
        let mut options = LoadOptions::new("shop/flow.kdl", &files);
        if code.example.contains("\"prod\"") {
            options = options.stage("dev");
        }
        let found = match fleetflow_kdl::load(&options) {
            Ok(loaded) => loaded.warnings,
            Err(found) => Some(found),
        };
        let found: Vec<_> = found
            .iter()
            .flat_map(Diagnostics::iter)
            .map(|found| found.code)
            .collect();
        assert!(found.contains(&code.name), "{}: {found:?}", code.number);
    }
}

/// Whoever reads mistakes as data, in Rust or Python, has the number that people are shown: of each example of a code, and
/// of each wrong file of the language's own tests.
#[test]
fn every_mistake_of_a_file_carries_its_number() {
    let corpus = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fleetflow-kdl/tests/bad"));
    let corpus = corpus.iter().map(|(_, text)| text.as_str());
    let (mut numbers, mut problems) = (std::collections::BTreeSet::new(), 0);
    for text in codes::all().map(|code| code.example).chain(corpus) {
        let files = MemoryFiles::new().with("shop/flow.kdl", text);
        let stages = [None, Some("dev")].map(|stage| {
            let options = LoadOptions::new("shop/flow.kdl", &files).home("/home/me");
            fleetflow_kdl::load(&match stage {
                Some(stage) => options.stage(stage),
                None => options,
            })
        });
        for found in stages
            .iter()
            .filter_map(|load| load.as_ref().err())
            .flat_map(Diagnostics::iter)
        {
            let code = codes::find(found.code);
            assert!(code.is_some(), "{found:?}");
            numbers.extend(found.number());
            if let Some(problem) = &found.problem {
                assert_eq!(problem.code, code, "{found:?}");
                problems += 1;
            }
        }
    }
    assert!(
        numbers.len() > 30 && problems > 60,
        "{problems} problems, {numbers:?}"
    );
}

/// Failures are shown as they are told, with their number; what a whole run is told to be has none.
#[test]
fn the_examples_of_failures_are_told_as_failures_are() {
    for code in codes::all().filter(|code| !code.name.contains("::")) {
        let label = format!("error[{}]: ", code.number);
        let whole = ["FF0211", "FF0214"].contains(&code.number);
        assert!(whole || code.example.starts_with(&label), "{code:?}");
        assert!(!code.next.is_empty() && !code.meaning.is_empty(), "{code:?}");
    }
}

/// Every code that programs can name is given to some failure.
#[test]
fn every_named_code_is_the_code_of_a_failure() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text: String = ["core", "access", "cli"]
        .iter()
        .flat_map(|name| texts(&root.join(format!("fleetflow-{name}/src"))))
        .map(|(_, text)| text)
        .collect();
    let register = texts(&root.join("fleetflow-core/src/codes"));
    let pattern = regex::Regex::new("pub static ([A-Z_]+): Code").unwrap();
    let mut named = 0;
    for (_, register) in &register {
        for found in pattern.captures_iter(register) {
            named += 1;
            assert!(text.contains(&format!("codes::{}", &found[1])), "{}", &found[1]);
        }
    }
    assert!(named > 50, "{named}");
}

/// Every file below `folder`, without its tests.
fn texts(folder: &Path) -> Vec<(std::path::PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let text = text
                    .split("#[cfg(test)]\nmod ")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                found.push((path, text));
            }
        }
    }
    found
}

/// Every code that is written in the sources of the reader has an entry, and no entry stands for nothing.
#[test]
fn every_code_of_the_reader_has_an_entry() {
    let mut used = std::collections::BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fleetflow-kdl/src");
    let pattern = regex::Regex::new("\"((?:flow|kdl)::[a-z_]+)\"").unwrap();
    for (_, text) in texts(&sources) {
        used.extend(pattern.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    // Those of what is declared come from the library, which names them.
    let named = [
        "TYPE",
        "CHOICE",
        "MISSING",
        "UNDECLARED",
        "OUTPUT",
        "CYCLE",
        "SECRET",
        "TOO_LATE",
        "VALUE",
        "STACK",
    ];
    used.extend(named.map(|name| format!("flow::{}", name.to_lowercase())));
    let known = codes::all().filter(|code| code.name.contains("::"));
    let known: std::collections::BTreeSet<_> = known.map(|code| code.name.to_owned()).collect();
    assert_eq!(used, known);
}

/// `UPDATE_SCHEMAS=1 cargo test -p fleetflow-cli` writes it.
#[test]
fn the_page_of_codes_is_that_of_this_version() {
    let mut page = String::from(
        "# Codes of errors\n\nEvery mistake and failure has a number that stays the same; `flow explain NUMBER` prints its entry. \
         This page is written by a test.\n",
    );
    for code in codes::all() {
        let _ = write!(
            page,
            "\n## {}: {}\n\n`{}`. {}\n\n**What to do.** {}\n",
            code.number, code.title, code.name, code.meaning, code.next
        );
        if code.example.is_empty() {
            continue;
        }
        if code.name.contains("::") {
            let _ = write!(page, "\n```kdl,mistake\n{}\n```\n", code.example);
        } else {
            let _ = write!(page, "\n    {}\n", code.example.replace('\n', "\n    "));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == page,
        "docs/errors.md is of another version: run the tests with UPDATE_SCHEMAS=1"
    );
}
