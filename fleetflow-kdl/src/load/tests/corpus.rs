//! The files of `tests/bad`: each names its own mistakes in its first lines, and has no others.

use std::path::Path as FilePath;

use super::*;

/// Files that others include.
const INCLUDED: &str = "included";

fn folder() -> std::path::PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

fn bad_files() -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "kdl"));
    all.sort();
    all
}

/// What a file says about itself: `//! 12:5 label`, `//! stage dev`, `//! var n=x`.
#[derive(Default)]
struct Expected {
    mistakes: Vec<(String, String)>,
    stage: Option<String>,
    variables: Vec<(String, String)>,
}

impl Expected {
    fn of(text: &str) -> Self {
        let mut expected = Self::default();
        for line in text.lines().map_while(|line| line.strip_prefix("//! ")) {
            let (word, rest) = line.split_once(' ').unwrap();
            match word {
                "stage" => expected.stage = Some(rest.to_owned()),
                "var" => {
                    let (name, value) = rest.split_once('=').unwrap();
                    expected.variables.push((name.to_owned(), value.to_owned()));
                }
                place => expected.mistakes.push((place.to_owned(), rest.to_owned())),
            }
        }
        expected
    }
}

/// `line:column` and the words of every mistake: message, label, help.
fn found(path: &FilePath, expected: &Expected) -> Vec<(String, String)> {
    let files = crate::files::FolderFiles;
    let mut options = LoadOptions::new(path, &files).home("/home/me");
    options.stage.clone_from(&expected.stage);
    options.variables = expected.variables.iter().cloned().collect();
    let result = load_with(&options, &ExampleCatalog::new());
    let diagnostics = match result {
        Ok(loaded) => loaded.warnings,
        Err(found) => Some(found),
    };
    let Some(diagnostics) = diagnostics else {
        return Vec::new();
    };
    let one = |diagnostic: &Diagnostic| {
        let place = diagnostics
            .location(diagnostic)
            .map_or("-".into(), |at| format!("{}:{}", at.line, at.column));
        let Diagnostic {
            message, label, help, ..
        } = diagnostic;
        (
            place,
            format!("{message} | {label} | {}", help.as_deref().unwrap_or_default()),
        )
    };
    diagnostics.iter().map(one).collect()
}

#[test]
fn every_bad_file_is_reported_as_it_says_itself() {
    let mut wrong = String::new();
    for path in bad_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = Expected::of(&text);
        let found = found(&path, &expected);
        let fits = |((place, words), (at, message)): (&(String, String), &(String, String))| {
            place == at && message.contains(words.as_str())
        };
        let same = found.len() == expected.mistakes.len() && expected.mistakes.iter().zip(&found).all(fits);
        if !same || expected.mistakes.is_empty() {
            let name = path.file_name().unwrap().display();
            let lines: Vec<_> = found
                .iter()
                .map(|(place, words)| format!("  //! {place} {words}"))
                .collect();
            wrong += &format!("{name}:\n{}\n", lines.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "found instead of what the files say:\n{wrong}");
}

#[test]
fn the_corpus_is_large_and_includes_lie_apart() {
    assert!(bad_files().len() >= 60, "{}", bad_files().len());
    assert!(folder().join(INCLUDED).is_dir());
}
