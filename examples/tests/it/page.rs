//! The tables of docs/reliability.md: each is written by the test that measures it, with `FLEETFLOW_REGENERATE=1`, and
//! compared otherwise, but for the counts, which differ a little from run to run. No test is here.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;

/// A table with a name for each row.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(corner: &str, columns: Vec<&str>) -> Self {
        Self {
            head: [corner].into_iter().chain(columns).map(str::to_owned).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, name: String, cells: impl IntoIterator<Item = String>) {
        self.rows.push([name].into_iter().chain(cells).collect());
    }

    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(&self.head);
        let right = " ---: |".repeat(self.head.len() - 1);
        writeln!(text, "| --- |{right}").expect("a text grows");
        text + &self.rows.iter().map(|row| line(row)).collect::<String>()
    }
}

/// Writes `text` as the block of this name, or compares it with the one that is there.
pub(crate) fn block(name: &str, text: &str) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let page = fs::read_to_string(path()).expect("docs/reliability.md");
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = page
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{begin} is not on the page"));
    let (found, after) = rest
        .split_once(&end)
        .unwrap_or_else(|| panic!("{end} is not on the page"));
    if std::env::var("FLEETFLOW_REGENERATE").as_deref() == Ok("1") {
        fs::write(path(), format!("{before}{begin}{text}{end}{after}")).expect("a page");
        return;
    }
    assert_eq!(
        without_counts(found),
        without_counts(text),
        "docs/reliability.md is out of date: run this test with FLEETFLOW_REGENERATE=1"
    );
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md")
}

/// `text` without the numbers in its cells: how many places there are depends on how long things took.
fn without_counts(text: &str) -> String {
    static COUNT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\| \d+\b").expect("a pattern"));
    COUNT.replace_all(text, "| N").into_owned()
}
