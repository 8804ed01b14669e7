//! The nodes of a text that need not parse: what an editor sees between two key strokes. It keeps byte ranges only.

use std::ops::Range;

use crate::lexer::{Kind, Token, tokens};

/// A text as nodes.
#[derive(Debug)]
pub(super) struct Loose {
    pub(super) nodes: Vec<Node>,
    pub(super) tokens: Vec<Token>,
}

/// A node, as far as it is written.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Range<usize>,
    pub(super) entries: Vec<Entry>,
    /// From the name to where the block or the next node begins.
    pub(super) head: Range<usize>,
    /// What stands between the braces; to the end of the text where the block is not closed.
    pub(super) block: Option<Range<usize>>,
    pub(super) children: Vec<Node>,
}

/// An argument or a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: Option<Range<usize>>,
    /// Empty behind a `key=` that has no value yet.
    pub(super) value: Range<usize>,
}

/// Where in the tree an offset lies.
pub(super) struct Spot<'t> {
    /// The nodes whose blocks it lies in, outermost first.
    pub(super) around: Vec<&'t Node>,
    /// The node whose head it lies in.
    pub(super) node: Option<&'t Node>,
}

impl Loose {
    pub(super) fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut reader = Reader {
            tokens: &tokens,
            at: 0,
            end: text.len(),
        };
        let mut nodes = reader.nodes();
        // A brace too many closes nothing.
        while reader.at < tokens.len() {
            reader.at += 1;
            nodes.extend(reader.nodes());
        }
        Self { nodes, tokens }
    }

    pub(super) fn spot(&self, offset: usize) -> Spot<'_> {
        let mut around = Vec::new();
        let mut nodes = &self.nodes;
        while let Some(node) = nodes.iter().find(|node| within(node.block.as_ref(), offset)) {
            around.push(node);
            nodes = &node.children;
        }
        let node = nodes
            .iter()
            .find(|node| node.head.start <= offset && offset <= node.head.end);
        Spot { around, node }
    }

    /// The token that ends at or behind `offset` and begins before it, or begins there.
    pub(super) fn token(&self, offset: usize) -> Option<&Token> {
        let touching = |token: &&Token| token.range.start <= offset && offset <= token.range.end;
        let mut all = self.tokens.iter().filter(touching);
        let first = all.next()?;
        let is_text = |token: &Token| matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Stray);
        if is_text(first) {
            return Some(first);
        }
        all.next().filter(|token| is_text(token)).or(Some(first))
    }
}

fn within(block: Option<&Range<usize>>, offset: usize) -> bool {
    block.is_some_and(|block| block.start <= offset && offset <= block.end)
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    end: usize,
}

impl Reader<'_> {
    /// Nodes up to a closing brace, which is left where it is.
    fn nodes(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                Kind::CloseBrace => break,
                Kind::Word | Kind::Quoted | Kind::Stray => nodes.push(self.node(token.range.clone())),
                // A block without a name belongs to nothing that is known.
                Kind::OpenBrace => {
                    self.at += 1;
                    nodes.extend(self.nodes());
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        nodes
    }

    fn node(&mut self, name: Range<usize>) -> Node {
        self.at += 1;
        let mut node = Node {
            head: name.clone(),
            name,
            entries: Vec::new(),
            block: None,
            children: Vec::new(),
        };
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                Kind::Newline | Kind::Semicolon | Kind::CloseBrace => break,
                Kind::OpenBrace => {
                    self.block(&mut node);
                    break;
                }
                Kind::Word | Kind::Quoted | Kind::Stray => {
                    let entry = self.entry(token.range.clone());
                    node.head.end = entry.value.end;
                    node.entries.push(entry);
                    continue;
                }
                Kind::Continuation => self.continuation(),
                _ => {}
            }
            // Spaces behind the last word still belong to the node: there one goes on writing.
            node.head.end = self.tokens.get(self.at).map_or(self.end, |token| token.range.end);
            self.at += 1;
        }
        node
    }

    /// A continued line: its end is no end.
    fn continuation(&mut self) {
        let rest = &self.tokens[self.at + 1..];
        let skipped = rest
            .iter()
            .position(|token| token.kind == Kind::Newline)
            .unwrap_or_default();
        self.at += skipped + 1;
    }

    fn entry(&mut self, first: Range<usize>) -> Entry {
        self.at += 1;
        let follows = |kind| {
            self.tokens
                .get(self.at)
                .is_some_and(|token: &Token| token.kind == kind)
        };
        if !follows(Kind::Equals) {
            return Entry {
                key: None,
                value: first,
            };
        }
        let behind = self.tokens[self.at].range.end;
        self.at += 1;
        let value = match self.tokens.get(self.at) {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Stray) => {
                self.at += 1;
                token.range.clone()
            }
            _ => behind..behind,
        };
        Entry {
            key: Some(first),
            value,
        }
    }

    fn block(&mut self, node: &mut Node) {
        let start = self.tokens[self.at].range.end;
        node.head.end = self.tokens[self.at].range.start;
        self.at += 1;
        node.children = self.nodes();
        let close = self.tokens.get(self.at).map(|token| token.range.start);
        node.block = Some(start..close.unwrap_or(self.end));
        self.at += 1;
    }
}
