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
}

/// The parts of `text`, or where a `${` is not closed.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Range<usize>> {
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
        let end = text[found..]
            .find('}')
            .map(|end| found + end + 1)
            .ok_or(found..text.len())?;
        if !literal.is_empty() {
            out.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        out.push(Piece::Place {
            inner: text[found + 2..end - 1].trim().to_owned(),
            range: found..end,
        });
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() || out.is_empty() {
        out.push(Piece::Literal(literal));
    }
    Ok(out)
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
            pieces("a${ var.x }b${stage}").unwrap(),
            [
                literal("a"),
                place("var.x", 1..11),
                literal("b"),
                place("stage", 12..20)
            ]
        );
        assert_eq!(
            pieces("$${x} $$ $1 ${y}").unwrap(),
            [literal("${x} $$ $1 "), place("y", 12..16)]
        );
        assert_eq!(pieces("$$${x}").unwrap(), [literal("$${x}")]);
        assert_eq!(pieces("").unwrap(), [literal("")]);
        assert_eq!(pieces("日${x").unwrap_err(), 3..6);
    }
}
