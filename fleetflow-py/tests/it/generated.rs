//! The classes that are generated from the catalog are the committed ones.

use std::fs;
use std::path::Path;

use crate::python;

const FILE: &str = "python/fleetflow/resources.py";

/// `FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-py` writes them.
#[test]
fn the_classes_are_those_of_the_catalog() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let wanted = python::module();
    if std::env::var_os("FLEETFLOW_REGENERATE").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let different = found
        .lines()
        .zip(wanted.lines())
        .find(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "{FILE} is not what the catalog says ({different:?}): FLEETFLOW_REGENERATE=1 cargo test -p fleetflow-py"
    );
}
