//! Lines that are longer than a terminal is wide, broken between words. Pictures of a file's lines stay as they are.

use std::borrow::Cow;

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, wrap};

/// How much further in the rest of a line begins.
const HANGING: usize = 4;

/// `text` in lines of at most `width` columns, where the words let them be. What goes on begins further in than the
/// line did.
pub(crate) fn fold(text: &str, width: usize) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        folded.push_str(&one(line, width));
        folded.push_str(end);
    }
    folded
}

fn one(line: &str, width: usize) -> Cow<'_, str> {
    if display_width(line) <= width || is_drawing(line) {
        return Cow::Borrowed(line);
    }
    let plain = console::strip_ansi_codes(line);
    let indent = plain.chars().take_while(|letter| *letter == ' ').count();
    let indent = " ".repeat((indent + HANGING).min(width / 2));
    let options = Options::new(width)
        .subsequent_indent(&indent)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(true);
    Cow::Owned(wrap(line, options).join("\n"))
}

/// A line of a drawn place in a file: broken, its signs would point elsewhere.
fn is_drawing(line: &str) -> bool {
    line.contains(['│', '╭', '╰', '·'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::style::{RED, paint};

    #[test]
    fn words_stay_whole_and_the_rest_hangs() {
        let row = format!(
            "{}  server.web   create   plan core; disk size",
            paint(RED, "-/+")
        );
        let folded = fold(&format!("short\n{row}\n"), 24);
        let plain = console::strip_ansi_codes(&folded);
        assert_eq!(
            plain,
            "short\n-/+  server.web   create\n    plan core; disk size\n"
        );
        let folded = fold("  help: a name of letters", 14);
        assert_eq!(folded, "  help: a name\n      of\n      letters");
    }

    #[test]
    fn wide_letters_have_two_columns_and_what_has_no_words_is_broken_where_it_must() {
        assert_eq!(
            fold("さくら の クラウド", 8),
            "さくら\n    の\n    クラ\n    ウド"
        );
        assert_eq!(fold(" 1 │ server \"a\" core=1", 10), " 1 │ server \"a\" core=1");
    }
}
