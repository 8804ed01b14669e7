//! The explicit list of kinds, one line each. Their order is the order of the documentation.

use crate::model::Kind;

static CATALOG: &[&dyn Kind] = &[
    #[cfg(test)]
    &crate::model::Of::<crate::converge::tests::thing::Thing>::managed(),
];

/// Every kind.
pub fn kinds() -> &'static [&'static dyn Kind] {
    CATALOG
}

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    CATALOG.iter().copied().find(|kind| kind.name() == name)
}
