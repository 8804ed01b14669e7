//! Places in a text as the Language Server Protocol counts them (3.17, "Position"): lines from zero, and in a line the
//! units of UTF-16.

use std::ops::Range as Bytes;

use tower_lsp_server::ls_types::{Position, Range};

/// The byte offset of `position`; the end of the line, or of the text, where it lies behind that.
pub(super) fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(end) => start += end + 1,
            None => return text.len(),
        }
    }
    let line = text[start..].lines().next().unwrap_or_default();
    let mut units = 0;
    for (at, letter) in line.char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += letter.len_utf16();
    }
    start + line.len()
}

/// The position of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let units: usize = before[start..].chars().map(char::len_utf16).sum();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position::new(number(before.matches('\n').count()), number(units))
}

pub(super) fn range(text: &str, bytes: &Bytes<usize>) -> Range {
    Range::new(position(text, bytes.start), position(text, bytes.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf16_and_come_back_as_they_were() {
        let text = "a\r\nさ𠮷x\n";
        let at = text.find('x').unwrap();
        assert_eq!(position(text, at), Position::new(1, 3));
        for (offset_there, _) in text.char_indices().filter(|(_, letter)| *letter != '\n') {
            assert_eq!(offset(text, position(text, offset_there)), offset_there);
        }
        assert_eq!(offset(text, Position::new(0, 99)), 1);
        assert_eq!(offset(text, Position::new(9, 0)), text.len());
    }
}
