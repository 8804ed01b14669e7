//! Where line breaks, indentation and spaces go between tokens. It never changes a token.

use crate::lexer::{Kind, Token, tokens};

const INDENT: &str = "    ";

/// The tokens of a valid `text`, laid out anew.
pub(super) fn lay_out(text: &str) -> String {
    let pieces = pieces(text);
    let newline = if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) {
        "\r\n"
    } else {
        "\n"
    };
    let mut writer = Writer {
        out: String::new(),
        newline,
        open: Vec::new(),
        continued: false,
    };
    for at in 0..pieces.len() {
        writer.piece(&pieces, at);
    }
    if !writer.out.is_empty() {
        writer.out.push_str(newline);
    }
    writer.out
}

/// A token that is kept, and the gap before it.
struct Piece<'t> {
    kind: Kind,
    text: &'t str,
    /// Line breaks between it and the piece before.
    breaks: usize,
    /// Spaces right before it.
    spaces: usize,
    /// For an opening brace: whether its block spans several lines.
    several_lines: bool,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece<'_>> = Vec::new();
    let (mut breaks, mut spaces) = (0, 0);
    for token in tokens(text) {
        match token.kind {
            Kind::Bom => {}
            Kind::Newline => (breaks, spaces) = (breaks + 1, 0),
            Kind::Space => spaces = width(&text[token.range]),
            _ => {
                out.push(piece(text, &token, breaks, spaces));
                (breaks, spaces) = (0, 0);
            }
        }
    }
    without_idle_semicolons(mark_blocks(out))
}

/// Only plain spaces are kept as they are; they may align comments.
fn width(space: &str) -> usize {
    if space.bytes().all(|byte| byte == b' ') {
        space.len()
    } else {
        1
    }
}

fn piece<'t>(text: &'t str, token: &Token, breaks: usize, spaces: usize) -> Piece<'t> {
    let mut shown = &text[token.range.clone()];
    if token.kind == Kind::LineComment {
        shown = shown.trim_end();
    }
    Piece {
        kind: token.kind,
        text: shown,
        breaks,
        spaces,
        several_lines: false,
    }
}

/// A block is laid out on several lines when the user broke a line anywhere in it.
fn mark_blocks(mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for at in 0..pieces.len() {
        let broken = pieces[at].breaks > 0;
        for (_, several) in &mut open {
            *several |= broken;
        }
        match pieces[at].kind {
            Kind::OpenBrace => open.push((at, false)),
            Kind::CloseBrace => {
                if let Some((start, several)) = open.pop() {
                    pieces[start].several_lines = several;
                }
            }
            _ => {}
        }
    }
    pieces
}

/// A semicolon before a line's end or a closing brace ends nothing that would not end anyway.
fn without_idle_semicolons(mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut idle = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| pieces[at].kind);
        let ends_a_node = matches!(before, Some(Kind::Word | Kind::Quoted | Kind::CloseBrace));
        let at_an_end = match pieces.get(at + 1) {
            Some(next) => next.breaks > 0 || matches!(next.kind, Kind::CloseBrace | Kind::LineComment),
            None => true,
        };
        idle.push(piece.kind == Kind::Semicolon && piece.breaks == 0 && ends_a_node && at_an_end);
    }
    let mut idle = idle.into_iter();
    pieces.retain(|_| !idle.next().unwrap_or(false));
    pieces
}

struct Writer {
    out: String,
    newline: &'static str,
    /// For every open block, whether it spans several lines.
    open: Vec<bool>,
    /// Whether the line goes on behind a `\`.
    continued: bool,
}

impl Writer {
    fn piece(&mut self, pieces: &[Piece<'_>], at: usize) {
        let piece = &pieces[at];
        let before = at.checked_sub(1).map(|at| &pieces[at]);
        let closes = if piece.kind == Kind::CloseBrace {
            self.open.pop()
        } else {
            None
        };
        if let Some(before) = before {
            self.gap(before, piece, closes);
        }
        if piece.kind == Kind::OpenBrace {
            self.open.push(piece.several_lines);
        }
        self.out.push_str(piece.text);
    }

    fn gap(&mut self, before: &Piece<'_>, piece: &Piece<'_>, closes: Option<bool>) {
        let opened = before.kind == Kind::OpenBrace && before.several_lines;
        let forced = (opened && piece.kind != Kind::LineComment) || closes == Some(true);
        if piece.breaks == 0 && !forced {
            return self.out.push_str(&" ".repeat(spaces(before, piece)));
        }
        let blank = piece.breaks > 1 && before.kind != Kind::OpenBrace && closes.is_none();
        self.out.push_str(&self.newline.repeat(if blank { 2 } else { 1 }));
        self.continued = piece.breaks == 1 && self.goes_on(before);
        let extra = usize::from(self.continued && closes.is_none());
        self.out.push_str(&INDENT.repeat(self.open.len() + extra));
    }

    /// A `\` continues the line, also with a comment between it and the line's end.
    fn goes_on(&self, before: &Piece<'_>) -> bool {
        match before.kind {
            Kind::Continuation => true,
            Kind::LineComment | Kind::BlockComment => {
                let line = self.out.trim_end_matches(['\r', '\n']);
                let line = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
                let code = tokens_without_comments(line);
                code.is_some_and(|kind| kind == Kind::Continuation)
            }
            _ => false,
        }
    }
}

/// The last token of a line that is not a comment.
fn tokens_without_comments(line: &str) -> Option<Kind> {
    let code = |kind: &Kind| {
        !matches!(
            kind,
            Kind::Space | Kind::LineComment | Kind::BlockComment | Kind::Newline
        )
    };
    tokens(line).into_iter().map(|token| token.kind).rfind(code)
}

/// How many spaces stand between two pieces on one line.
fn spaces(before: &Piece<'_>, piece: &Piece<'_>) -> usize {
    match (before.kind, piece.kind) {
        (Kind::Equals | Kind::OpenParen, _)
        | (_, Kind::Equals | Kind::CloseParen | Kind::Semicolon)
        | (Kind::CloseParen, Kind::Word | Kind::Quoted)
        | (Kind::OpenBrace, Kind::CloseBrace) => 0,
        (Kind::Slashdash, _) => piece.spaces.min(1),
        (_, Kind::LineComment) => piece.spaces.max(1),
        _ => 1,
    }
}
