//! The schemas of a catalog as a file needs them, for the time of one load.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::flags;
use crate::catalog::Catalog;
use crate::schema::Grammar;

/// What a file may say of each kind, read when the first node of it is.
#[derive(Default)]
pub(super) struct Grammars(RefCell<BTreeMap<String, Rc<Grammar>>>);

impl Grammars {
    pub(super) fn of(&self, catalog: &dyn Catalog, kind: &str) -> Rc<Grammar> {
        let mut read = self.0.borrow_mut();
        if let Some(grammar) = read.get(kind) {
            return Rc::clone(grammar);
        }
        let schema = catalog.schema(kind).map(flags::with_flags).unwrap_or_default();
        let grammar = Rc::new(Grammar::new(&schema));
        read.insert(kind.to_owned(), Rc::clone(&grammar));
        grammar
    }
}
