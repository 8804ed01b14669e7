//! Cuts a text at its `${…}` places. It does not know what stands in them.

use std::ops::Range;

/// A part of a text; ranges are bytes of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(String),
    /// What stands between `${` and `}`, and where it stands with them.
    Place {
        inner: String,
        range: Range<usize>,
    },
    /// A `${` without its `}`, up to where the next one begins: what is behind it is read all the same.
    Unclosed(Range<usize>),
}

/// The parts of `text`.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${").map(|found| at + found) {
        if text[at..found].ends_with('$') {
            literal.push_str(&text[at..found - 1]);
            literal.push_str("${");
            at = found + 2;
            continue;
        }
        literal.push_str(&text[at..found]);
        if !literal.is_empty() {
            out.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let piece = place(text, found);
        at = match &piece {
            Piece::Place { range, .. } | Piece::Unclosed(range) => range.end,
            Piece::Literal(_) => text.len(),
        };
        out.push(piece);
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() || out.is_empty() {
        out.push(Piece::Literal(literal));
    }
    out
}

/// The piece that begins with the `${` at `start`.
fn place(text: &str, start: usize) -> Piece {
    let inside = &text[start + 2..];
    // No place has another one in it.
    let next = inside.find("${").unwrap_or(inside.len());
    match inside[..next].find('}') {
        Some(end) => Piece::Place {
            inner: inside[..end].trim().to_owned(),
            range: start..start + end + 3,
        },
        // The dollar of a literal `$${` is part of what follows.
        None if next < inside.len() => {
            Piece::Unclosed(start..start + 2 + inside[..next].trim_end_matches('$').len())
        }
        None => Piece::Unclosed(start..text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_and_doubled_dollars_are_literal() {
        let literal = |text: &str| Piece::Literal(text.into());
        let place = |inner: &str, range| Piece::Place {
            inner: inner.into(),
            range,
        };
        assert_eq!(
            pieces("a${ var.x }b${stage}"),
            [
                literal("a"),
                place("var.x", 1..11),
                literal("b"),
                place("stage", 12..20)
            ]
        );
        assert_eq!(
            pieces("$${x} $$ $1 ${y}"),
            [literal("${x} $$ $1 "), place("y", 12..16)]
        );
        assert_eq!(pieces("$$${x}"), [literal("$${x}")]);
        assert_eq!(pieces(""), [literal("")]);
        assert_eq!(pieces("日${x"), [literal("日"), Piece::Unclosed(3..6)]);
    }

    #[test]
    fn what_is_behind_a_place_that_is_not_closed_is_read() {
        let place = |inner: &str, range| Piece::Place {
            inner: inner.into(),
            range,
        };
        assert_eq!(pieces("${a ${b}"), [Piece::Unclosed(0..4), place("b", 4..8)]);
        let literal = Piece::Literal("${b}".into());
        assert_eq!(pieces("${a $${b}"), [Piece::Unclosed(0..4), literal]);
        assert_eq!(pieces("${${"), [Piece::Unclosed(0..2), Piece::Unclosed(2..4)]);
    }
}
