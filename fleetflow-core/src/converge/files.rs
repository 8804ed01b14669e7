//! What the local files that declarations name add to them: fields said there, and digests of what they hold. Talks to no cloud.

use crate::catalog;
use crate::error::Result;
use crate::model::{Address, Spec, Stack};

impl Stack {
    /// Adds to a declaration the digests of the local files that it names.
    pub(super) fn digest(&self, address: &Address, spec: &mut Spec) -> Result<()> {
        let Some(operations) = catalog::operations(address.kind()) else {
            return Ok(());
        };
        let digests = operations
            .digests(spec, self.root_folder())
            .map_err(|error| error.on(address))?;
        if !digests.is_empty()
            && let Some(fields) = spec.as_object_mut()
        {
            fields.extend(digests);
        }
        Ok(())
    }
}

/// Adds to each declaration what local files beside it say where it says nothing; what a plan tells about that.
pub(super) fn complete(stack: &mut Stack) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let mut completed = Vec::new();
    for (index, declared) in stack.declarations().iter().enumerate() {
        let Some(operations) = catalog::operations(declared.address.kind()) else {
            continue;
        };
        let found = operations.completed(&declared.spec, stack.root_folder());
        if let Some((spec, told)) = found.map_err(|error| error.on(&declared.address))? {
            completed.push((index, spec));
            notes.extend(told);
        }
    }
    // Few have such files, and only for them the declarations are copied.
    for (index, spec) in completed {
        stack.declarations_mut()[index].spec = spec.into();
    }
    Ok(notes)
}
