//! Reads a long text in pieces, as many at once as there are processors: the parser of one piece needs little memory and is
//! done sooner. It reports nothing: where a piece does not parse, the text is read as a whole, and that says why.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::{Document, STACK, parse_guarded};
use crate::ast::{Node, Value};
use crate::lexer::{Kind, Token};
use crate::source::{FileId, Span};

/// Texts that are no longer than this are read at once.
pub(super) const LONG: usize = 64 * 1024;
/// How long a piece is at least, where the text can be cut there.
pub(super) const PIECE: usize = 16 * 1024;
/// At the beginning of a text, this character has another meaning than elsewhere.
const MARK: char = '\u{FEFF}';
/// Stands for a block that is read by itself: a name that no text has, as the guard refuses it.
const ELSEWHERE: &str = "\u{10FFF4}";

/// How a text is cut.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// Into these parts.
    Pieces(Vec<Range<usize>>),
    /// It is one node, nearly: the tokens of its block are cut by themselves.
    Block(Range<usize>),
}

/// What `text` says, whose tokens are `tokens`, read in pieces of about `length` bytes; none where that cannot be done.
pub(super) fn read(file: FileId, text: &str, tokens: &[Token], length: usize) -> Option<Document> {
    let block = match way(text, tokens, length)? {
        Way::Pieces(pieces) => return side_by_side(file, text, pieces),
        Way::Block(block) => block,
    };
    let inside = tokens.get(block.clone())?;
    let range = inside.first()?.range.start..inside.last()?.range.end;
    if text[range.clone()].starts_with(MARK) {
        return None;
    }
    let offset = range.start;
    let inner = shifted_tokens(inside, offset);
    let inner = read(file, &text[range.clone()], &inner, length)?;
    let mut outer = parse_guarded(
        file,
        &format!("{}{ELSEWHERE}{}", &text[..range.start], &text[range.end..]),
    )
    .ok()?;
    let marked = range.start + ELSEWHERE.len();
    let back = |at: usize| if at < marked { at } else { at - marked + range.end };
    outer.moved(&back);
    let mut block = Some(inner.moved_by(offset));
    outer.fill(&mut block);
    Some(outer)
}

fn way(text: &str, tokens: &[Token], length: usize) -> Option<Way> {
    let cuts = cuts(text, tokens, length);
    let longest = cuts.iter().map(Range::len).max()?;
    let block = largest_block(tokens).filter(|_| 2 * longest > text.len());
    match block {
        Some(block) => Some(Way::Block(block)),
        None => (cuts.len() > 1).then_some(Way::Pieces(cuts)),
    }
}

/// Where `text` can be cut: at the ends of lines that are in no block, and between nodes.
fn cuts(text: &str, tokens: &[Token], length: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut depth, mut begin, mut before) = (0_usize, 0, None);
    for token in tokens {
        match token.kind {
            Kind::OpenBrace => depth += 1,
            Kind::CloseBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        let end = token.range.end;
        let goes_on = matches!(before, Some(Kind::Slashdash | Kind::Continuation));
        let may_begin = !text[end..].starts_with(MARK);
        if token.kind == Kind::Newline
            && depth == 0
            && !goes_on
            && may_begin
            && end - begin >= length
            && end < text.len()
        {
            pieces.push(begin..end);
            begin = end;
        }
        if !matches!(token.kind, Kind::Space | Kind::LineComment | Kind::BlockComment) {
            before = (token.kind != Kind::Newline || !goes_on)
                .then_some(token.kind)
                .or(before);
        }
    }
    pieces.push(begin..text.len());
    pieces
}

/// The tokens inside the largest block that is in no other, if that is most of the text.
fn largest_block(tokens: &[Token]) -> Option<Range<usize>> {
    let (mut depth, mut open, mut largest) = (0_usize, 0, 0..0);
    let size = |range: &Range<usize>| match tokens.get(range.clone()) {
        Some([first, .., last]) => last.range.end - first.range.start,
        _ => 0,
    };
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::OpenBrace => {
                depth += 1;
                if depth == 1 {
                    open = index + 1;
                }
            }
            Kind::CloseBrace => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && size(&(open..index)) > size(&largest) {
                    largest = open..index;
                }
            }
            _ => {}
        }
    }
    let whole = tokens.last()?.range.end;
    (2 * size(&largest) > whole).then_some(largest)
}

fn shifted_tokens(tokens: &[Token], by: usize) -> Vec<Token> {
    let shifted = |token: &Token| Token {
        kind: token.kind,
        range: token.range.start - by..token.range.end - by,
    };
    tokens.iter().map(shifted).collect()
}

/// The pieces of `text`, each read by one of as many threads as there are processors, put together again.
fn side_by_side(file: FileId, text: &str, pieces: Vec<Range<usize>>) -> Option<Document> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let count = pieces.len();
    let open = Mutex::new(pieces.into_iter().enumerate());
    let work = || {
        let mut read = Vec::new();
        loop {
            let next = open.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((index, range)) = next else {
                return Some(read);
            };
            let piece = parse_guarded(file, &text[range.clone()]).ok()?;
            read.push((index, piece.moved_by(range.start)));
        }
    };
    let mut read: Vec<(usize, Document)> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads.min(count))
            .map(|_| {
                let thread = std::thread::Builder::new().name("flow.kdl parser".into());
                thread.stack_size(STACK).spawn_scoped(scope, work)
            })
            .collect();
        let done = started.into_iter().map(|thread| thread.ok()?.join().ok()?);
        done.collect::<Option<Vec<_>>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    read.sort_by_key(|(index, _)| *index);
    let mut whole = Document {
        nodes: Vec::new(),
        bare_keywords: Vec::new(),
    };
    for (_, piece) in read {
        whole.nodes.extend(piece.nodes);
        whole.bare_keywords.extend(piece.bare_keywords);
    }
    Some(whole)
}

impl Document {
    fn moved_by(mut self, offset: usize) -> Self {
        self.moved(&|at| at + offset);
        self
    }

    /// The same, standing where `to` says.
    fn moved(&mut self, to: &dyn Fn(usize) -> usize) {
        self.nodes.iter_mut().for_each(|node| node.moved(to));
        for range in &mut self.bare_keywords {
            *range = to(range.start)..to(range.end);
        }
    }

    /// Puts what was read of the block into the place where it stands.
    fn fill(&mut self, block: &mut Option<Self>) {
        if let Some(inner) = block {
            self.bare_keywords.append(&mut inner.bare_keywords);
            self.bare_keywords.sort_by_key(|range| range.start);
        }
        // Where `/-` leaves it out, it stands nowhere.
        for children in self.nodes.iter_mut().filter_map(|node| node.children.as_mut()) {
            if matches!(children.as_slice(), [only] if only.name.text == ELSEWHERE) {
                *children = block.take().map(|inner| inner.nodes).unwrap_or_default();
            }
        }
    }
}

impl Node {
    fn moved(&mut self, to: &dyn Fn(usize) -> usize) {
        self.name.span.moved(to);
        self.arguments.iter_mut().for_each(|value| value.moved(to));
        for property in &mut self.properties {
            property.name.span.moved(to);
            property.value.moved(to);
        }
        for child in self.children.iter_mut().flatten() {
            child.moved(to);
        }
    }
}

impl Value {
    fn moved(&mut self, to: &dyn Fn(usize) -> usize) {
        self.span.moved(to);
    }
}

impl Span {
    fn moved(&mut self, to: &dyn Fn(usize) -> usize) {
        (self.start, self.end) = (to(self.start), to(self.end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::tokens;

    #[test]
    fn the_block_of_a_long_node_is_cut_and_not_the_file_around_it() {
        let lines = "  record \"a\" type=\"A\" value=\"192.0.2.1\"\n".repeat(2_000);
        let text = format!("project \"p\"\ndns \"example.jp\" {{\n{lines}}}\nr2-bucket \"files\"\n");
        let all = tokens(&text);
        let Some(Way::Block(block)) = way(&text, &all, PIECE) else {
            panic!("the block is most of it");
        };
        let inside = &all[block];
        let (start, end) = (inside[0].range.start, inside[inside.len() - 1].range.end);
        let inner = shifted_tokens(inside, start);
        let Some(Way::Pieces(pieces)) = way(&text[start..end], &inner, PIECE) else {
            panic!("it has many lines");
        };
        assert!(pieces.len() >= lines.len() / PIECE, "{}", pieces.len());
        assert!(pieces.iter().all(|piece| piece.len() < 2 * PIECE));
    }
}
