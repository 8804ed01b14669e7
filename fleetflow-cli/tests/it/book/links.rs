//! Links between the documents, and the table of contents of the guide. Links to other places are not followed.

use std::fs;
use std::sync::LazyLock;

use regex::Regex;

use super::block::prose;
use super::{pages, root};

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(([^)\s]+)\)").unwrap());
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for link in LINK.captures_iter(&prose(&page)) {
            let (path, heading) = link[1].split_once('#').unwrap_or((&link[1], ""));
            if path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let file = match path {
                "" => root().join(&name),
                _ => root().join(&name).parent().unwrap().join(path),
            };
            if !file.exists() || !(heading.is_empty() || has_heading(&file, heading)) {
                wrong.push(format!("{name}: {}", &link[1]));
            }
        }
    }
    assert!(wrong.is_empty(), "these lead nowhere: {wrong:#?}");
}

fn has_heading(file: &std::path::Path, wanted: &str) -> bool {
    let page = fs::read_to_string(file).unwrap();
    prose(&page)
        .lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line) == wanted)
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let contents = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    for name in pages().keys() {
        if let Some(page) = name.strip_prefix("docs/")
            && page != "SUMMARY.md"
        {
            assert!(
                contents.contains(&format!("({page})")),
                "docs/SUMMARY.md does not name {page}"
            );
        }
    }
}
