//! The code blocks of a page: their language, the note above them, and where they stand. Nothing is run here.

use std::ops::Range;

/// One fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The words after the fence: `kdl`, `rust,no_run`.
    pub(crate) language: String,
    /// What the comment on the line above it says.
    pub(crate) note: Note,
    /// Where its lines are in the page.
    pub(crate) body: Range<usize>,
    /// The line of its fence.
    pub(crate) line: usize,
}

/// What a comment above a block says about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// No comment.
    None,
    /// `<!-- file: NAME -->`: the text of a file of the project.
    File(String),
    /// `<!-- wrong -->`: a mistake is shown, and must be found.
    Wrong,
    /// `<!-- exits CODE -->`: how the last command of the block ends; 0 without this.
    Exits(i32),
    /// `<!-- shortened -->`: lines of the output may be left out where the block has `...`.
    Shortened,
    /// `<!-- not run: WHY -->`.
    NotRun(String),
}

impl Note {
    fn of(line: &str) -> Self {
        let Some(text) = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            return Self::None;
        };
        if let Some(name) = text.strip_prefix("file: ") {
            return Self::File(name.to_owned());
        }
        if let Some(reason) = text.strip_prefix("not run: ") {
            return Self::NotRun(reason.to_owned());
        }
        if let Some(code) = text.strip_prefix("exits ") {
            return Self::Exits(code.parse().unwrap());
        }
        match text {
            "wrong" => Self::Wrong,
            "shortened" => Self::Shortened,
            _ => Self::None,
        }
    }
}

/// A block whose end was not seen yet.
struct Open {
    ticks: usize,
    language: String,
    note: Note,
    start: usize,
    line: usize,
}

/// Every block of a page, in their order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let mut above = "";
    let mut at = 0;
    for (number, line) in page.split_inclusive('\n').enumerate() {
        let text = line.trim_end();
        let ticks = text.len() - text.trim_start_matches('`').len();
        match &open {
            // A fence ends with as many ticks as it began with, or more, and nothing else: an output may hold shorter ones.
            Some(begun) if ticks >= begun.ticks && ticks == text.len() => {
                let Open {
                    language,
                    note,
                    start,
                    line,
                    ..
                } = open.take().unwrap();
                found.push(Block {
                    language,
                    note,
                    body: start..at,
                    line,
                });
            }
            None if ticks >= 3 => {
                open = Some(Open {
                    ticks,
                    language: text[ticks..].to_owned(),
                    note: Note::of(above),
                    start: at + line.len(),
                    line: number + 1,
                });
            }
            _ => {}
        }
        above = text;
        at += line.len();
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// The page without its blocks.
pub(crate) fn prose(page: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    for block in blocks(page) {
        text.push_str(&page[at..block.body.start]);
        at = block.body.end;
    }
    text + &page[at..]
}
