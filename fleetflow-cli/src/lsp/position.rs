//! Places in a text as the Language Server Protocol counts them (3.17, "Position"): lines from zero, and in a line the units that
//! the editor and the server agreed on.

use std::ops::Range as Bytes;

use tower_lsp_server::ls_types::{InitializeParams, Position, PositionEncodingKind, Range};

/// What a position counts in its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Units {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Units {
    /// What is counted with an editor that says this of itself: units of UTF-16, which everybody has to know (3.17,
    /// "Position encoding"), or else the first that it names.
    pub(super) fn agreed(editor: &InitializeParams) -> Self {
        let general = editor.capabilities.general.as_ref();
        let named = general.and_then(|general| general.position_encodings.as_deref());
        let named = named.unwrap_or_default();
        let all = [Self::Utf8, Self::Utf16, Self::Utf32];
        let mut known = named
            .iter()
            .filter_map(|kind| all.into_iter().find(|units| units.kind() == *kind));
        if named.contains(&PositionEncodingKind::UTF16) {
            return Self::Utf16;
        }
        known.next().unwrap_or_default()
    }

    /// Its name in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn of(self, letter: char) -> usize {
        match self {
            Self::Utf8 => letter.len_utf8(),
            Self::Utf16 => letter.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with the places where its lines begin: whoever looks for thousands of places does not count from its beginning each time.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    units: Units,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, units: Units) -> Self {
        let ends = text.match_indices('\n').map(|(end, _)| end + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
            units,
        }
    }

    /// The byte offset of `position`; the end of the line, or of the text, where it lies behind that.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line as usize).copied() else {
            return self.text.len();
        };
        let line = self.text[start..].lines().next().unwrap_or_default();
        let mut units = 0;
        for (at, letter) in line.char_indices() {
            if units >= position.character as usize {
                return start + at;
            }
            units += self.units.of(letter);
        }
        start + line.len()
    }

    /// The position of a byte offset.
    fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        let units: usize = before.chars().map(|letter| self.units.of(letter)).sum();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position::new(number(line), number(units))
    }

    pub(super) fn range(&self, bytes: &Bytes<usize>) -> Range {
        Range::new(self.position(bytes.start), self.position(bytes.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_the_agreed_units_and_come_back_as_they_were() {
        let text = "a\r\nさ𠮷x\n";
        let at = text.find('x').unwrap();
        for (units, column) in [(Units::Utf8, 7), (Units::Utf16, 3), (Units::Utf32, 2)] {
            let lines = Lines::new(text, units);
            assert_eq!(lines.position(at), Position::new(1, column));
            for (offset, _) in text.char_indices().filter(|(_, letter)| *letter != '\n') {
                assert_eq!(lines.offset(lines.position(offset)), offset);
            }
            assert_eq!(lines.offset(Position::new(0, 99)), 1);
            assert_eq!(lines.offset(Position::new(9, 0)), text.len());
            assert_eq!(lines.position(99), Position::new(2, 0));
        }
    }
}
