//! Cuts KDL text into tokens with their byte ranges, losing nothing. It does not know what the tokens mean together:
//! the parser decides that. The formatter and the depth guard are built on it.

use std::ops::Range;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bom,
    /// Spaces and tabs, Unicode's as well.
    Space,
    Newline,
    /// `// …`, without the newline behind it.
    LineComment,
    BlockComment,
    /// The `\` that continues a node on the next line.
    Continuation,
    Semicolon,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    Equals,
    /// `/-`
    Slashdash,
    /// Any quoted string: `"…"`, `"""…"""`, `#"…"#`.
    Quoted,
    /// Identifiers, numbers and keywords.
    Word,
    /// What no valid document contains here: an unclosed string, a `[`.
    Stray,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) range: Range<usize>,
}

/// All tokens of a text; their ranges are adjacent and cover it.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = token(&text[at..], at);
        out.push(Token {
            kind,
            range: at..at + length,
        });
        at += length;
    }
    out
}

fn token(rest: &str, at: usize) -> (Kind, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    if let Some(length) = newline(rest) {
        return (Kind::Newline, length);
    }
    if is_space(first) {
        return (Kind::Space, run(rest, is_space));
    }
    if let Some(found) = comment(rest) {
        return found;
    }
    match first {
        '\u{FEFF}' if at == 0 => (Kind::Bom, first.len_utf8()),
        '\\' => (Kind::Continuation, 1),
        ';' => (Kind::Semicolon, 1),
        '{' => (Kind::OpenBrace, 1),
        '}' => (Kind::CloseBrace, 1),
        '(' => (Kind::OpenParen, 1),
        ')' => (Kind::CloseParen, 1),
        '=' => (Kind::Equals, 1),
        '"' => quoted(rest),
        '#' => hashed(rest),
        _ if is_word(first) => (Kind::Word, run(rest, is_word)),
        _ => (Kind::Stray, first.len_utf8()),
    }
}

fn run(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

fn newline(rest: &str) -> Option<usize> {
    if rest.starts_with("\r\n") {
        return Some(2);
    }
    rest.chars().next().filter(|c| is_newline(*c)).map(char::len_utf8)
}

pub(crate) fn is_newline(c: char) -> bool {
    matches!(
        c,
        '\r' | '\n' | '\u{85}' | '\u{0B}' | '\u{0C}' | '\u{2028}' | '\u{2029}'
    )
}

fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}

fn is_word(c: char) -> bool {
    !is_newline(c)
        && !is_space(c)
        && !matches!(
            c,
            '\\' | '/' | '(' | ')' | '{' | '}' | '[' | ']' | ';' | '"' | '#' | '='
        )
}

fn comment(rest: &str) -> Option<(Kind, usize)> {
    if rest.starts_with("//") {
        return Some((Kind::LineComment, run(rest, |c| !is_newline(c))));
    }
    if rest.starts_with("/-") {
        return Some((Kind::Slashdash, 2));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    Some(match block_comment(rest) {
        Some(length) => (Kind::BlockComment, length),
        None => (Kind::Stray, rest.len()),
    })
}

/// Block comments nest.
fn block_comment(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => (depth, at) = (depth + 1, at + 2),
            (b'*', Some(b'/')) if depth == 1 => return Some(at + 2),
            (b'*', Some(b'/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    None
}

fn quoted(rest: &str) -> (Kind, usize) {
    let (open, close) = if rest.starts_with("\"\"\"") {
        (3, "\"\"\"")
    } else {
        (1, "\"")
    };
    let mut at = open;
    while let Some(c) = rest[at..].chars().next() {
        if rest[at..].starts_with(close) {
            return (Kind::Quoted, at + close.len());
        }
        let escaped = if c == '\\' {
            rest[at + 1..].chars().next().map_or(0, char::len_utf8)
        } else {
            0
        };
        at += c.len_utf8() + escaped;
    }
    (Kind::Stray, rest.len())
}

/// `#"raw"#`, or a keyword such as `#true`.
fn hashed(rest: &str) -> (Kind, usize) {
    let hashes = run(rest, |c| c == '#');
    if !rest[hashes..].starts_with('"') {
        return (Kind::Word, hashes + run(&rest[hashes..], is_word));
    }
    let multiline = rest[hashes..].starts_with("\"\"\"") && newline(&rest[hashes + 3..]).is_some();
    let quotes = if multiline { "\"\"\"" } else { "\"" };
    let close = format!("{quotes}{}", "#".repeat(hashes));
    let body = hashes + quotes.len();
    match rest[body..].find(&close) {
        Some(length) => (Kind::Quoted, body + length + close.len()),
        None => (Kind::Stray, rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        tokens(text)
            .into_iter()
            .filter(|token| token.kind != Kind::Space)
            .map(|token| (token.kind, &text[token.range]))
            .collect()
    }

    #[test]
    fn strings_comments_and_words_are_told_apart() {
        assert_eq!(
            kinds("a \"x\\\" {\" ##\"# \"# }\"## /* a /* b */ { */ k=#true // {"),
            [
                (Kind::Word, "a"),
                (Kind::Quoted, "\"x\\\" {\""),
                (Kind::Quoted, "##\"# \"# }\"##"),
                (Kind::BlockComment, "/* a /* b */ { */"),
                (Kind::Word, "k"),
                (Kind::Equals, "="),
                (Kind::Word, "#true"),
                (Kind::LineComment, "// {"),
            ]
        );
        assert_eq!(kinds("\"\"\"\n \"{\" \\\"\"\"\n\"\"\";").len(), 2);
        assert_eq!(kinds("#\"\"\"\n \"# \"\"\"#\n").len(), 2);
    }

    #[test]
    fn tokens_cover_every_text() {
        for text in [
            "\u{FEFF}a\r\n\u{3000}日本=\"",
            "/* open",
            "#\"open",
            "[a]/b",
            "\"a\\",
            "\"\"\"",
            "\\",
        ] {
            let mut at = 0;
            for token in tokens(text) {
                assert_eq!(token.range.start, at);
                at = token.range.end;
            }
            assert_eq!(at, text.len(), "{text}");
        }
    }
}
