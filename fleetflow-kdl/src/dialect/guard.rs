//! Refuses texts that would cost the recursive parser its stack or its time. It does not check syntax.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Kind, Token, tokens};
use crate::source::{FileId, Span};

/// Deepest nesting of blocks.
const BLOCKS: usize = 64;
/// Deepest nesting of blocks that `/-` leaves out: the parser's time doubles with each.
const LEFT_OUT_BLOCKS: usize = 8;
/// The parser recurses once for every `*` and `/` in a block comment.
const COMMENT_MARKS: usize = 2_000;

/// The tokens of `text`, where it can be given to the parser.
pub(super) fn check(file: FileId, text: &str) -> Result<Vec<Token>, Vec<Diagnostic>> {
    let error = |at: std::ops::Range<usize>, message: String| {
        vec![Diagnostic::error("kdl::too_deep", Span::new(file, at), message)]
    };
    if let Some(at) = text.find(is_placeholder) {
        let length = text[at..].chars().next().map_or(0, char::len_utf8);
        return Err(error(
            at..at + length,
            "this private-use character is reserved".into(),
        ));
    }
    let mut depth = Depth::default();
    let tokens = tokens(text);
    for token in &tokens {
        if let Some(message) = depth.enter(token, text) {
            return Err(error(token.range.start..token.range.start + 1, message));
        }
    }
    Ok(tokens)
}

fn is_placeholder(c: char) -> bool {
    matches!(c, '\u{10FFF1}'..='\u{10FFF4}')
}

#[derive(Default)]
struct Depth {
    /// For every open block, whether `/-` stands right before it.
    open: Vec<bool>,
    after_slashdash: bool,
}

impl Depth {
    fn enter(&mut self, token: &Token, text: &str) -> Option<String> {
        match token.kind {
            Kind::OpenBrace => self.open.push(self.after_slashdash),
            Kind::CloseBrace => drop(self.open.pop()),
            Kind::BlockComment | Kind::Stray if marks(&text[token.range.clone()]) > COMMENT_MARKS => {
                return Some(format!(
                    "a block comment may contain at most {COMMENT_MARKS} times `*` or `/`"
                ));
            }
            _ => {}
        }
        self.after_slashdash = match token.kind {
            Kind::Space | Kind::Newline | Kind::LineComment | Kind::BlockComment => self.after_slashdash,
            kind => kind == Kind::Slashdash,
        };
        if self.open.len() > BLOCKS {
            return Some(format!("blocks are nested more than {BLOCKS} deep"));
        }
        let left_out = self.open.iter().filter(|left_out| **left_out).count();
        (left_out > LEFT_OUT_BLOCKS).then(|| format!("more than {LEFT_OUT_BLOCKS} nested blocks after `/-`"))
    }
}

fn marks(comment: &str) -> usize {
    comment.bytes().filter(|byte| matches!(byte, b'*' | b'/')).count()
}
