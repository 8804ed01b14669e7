//! What the local files that declarations name add to them: fields said there, and digests of what they hold. Talks to no cloud.

use serde_json::Value;

use crate::catalog;
use crate::error::Result;
use crate::model::{Address, Stack};

impl Stack {
    /// Adds to a declaration the digests of the local files that it names.
    pub(super) fn digest(&self, address: &Address, spec: &mut Value) -> Result<()> {
        let Some(operations) = catalog::operations(address.kind()) else {
            return Ok(());
        };
        let digests = operations
            .digests(spec, self.root_folder())
            .map_err(|error| error.on(address))?;
        if let Some(fields) = spec.as_object_mut() {
            fields.extend(digests);
        }
        Ok(())
    }
}

/// Adds to each declaration what local files beside it say where it says nothing; what a plan tells about that.
pub(super) fn complete(stack: &mut Stack) -> Result<Vec<String>> {
    let root = stack.root_folder().to_owned();
    let mut notes = Vec::new();
    for declared in stack.declarations_mut() {
        let Some(operations) = catalog::operations(declared.address.kind()) else {
            continue;
        };
        let completed = operations.completed(&declared.spec, &root);
        if let Some((spec, told)) = completed.map_err(|error| error.on(&declared.address))? {
            declared.spec = spec;
            notes.extend(told);
        }
    }
    Ok(notes)
}
