//! What the local files that declarations name add to them: fields said there, and digests of what they hold. Talks to no cloud.

use super::{Observation, Session};
use crate::catalog;
use crate::error::{Error, Result};
use crate::model::{Address, Declaration, Spec, Stack};

/// A declaration that cannot be compared with what is there: a local file that it names cannot be read here.
#[derive(Clone, Debug)]
pub struct Uncompared {
    /// What was declared.
    pub address: Address,
    /// Which file, and what to do about it.
    pub error: Error,
}

/// What local files add to declarations.
#[derive(Debug, Default)]
pub(super) struct Additions {
    /// What a plan tells about them.
    pub(super) notes: Vec<String>,
    /// What could not be added to.
    pub(super) uncompared: Vec<Uncompared>,
}

impl Stack {
    /// Adds to a declaration the digests of the local files that it names.
    pub(super) fn digest(&self, address: &Address, spec: &mut Spec) -> Result<()> {
        let Some(operations) = catalog::operations(address.kind()) else {
            return Ok(());
        };
        let digests = operations
            .digests(spec, self.root_folder())
            .map_err(|error| error.about(address))?;
        if !digests.is_empty()
            && let Some(fields) = spec.as_object_mut()
        {
            fields.extend(digests);
        }
        Ok(())
    }
}

impl Additions {
    /// With the digests of the local files that `declared` names.
    pub(super) fn digest(&mut self, stack: &Stack, declared: &mut Declaration) {
        if let Err(error) = stack.digest(&declared.address, &mut declared.spec) {
            self.lacks(&declared.address, error);
        }
    }

    fn lacks(&mut self, address: &Address, error: Error) {
        // What its files say, and what they hold, is read one after the other: the second is missing like the first.
        if !self.uncompared.iter().any(|one| one.address == *address) {
            let (address, error) = (address.clone(), error.on(address));
            self.uncompared.push(Uncompared { address, error });
        }
    }
}

impl Observation {
    /// Why no plan can be made here: a file of what it would be about cannot be read.
    pub(super) fn unread(&self, session: &Session) -> Option<Error> {
        let only = session.adopting.as_ref().map(|(address, _)| address);
        let concerns = |one: &&Uncompared| only.is_none_or(|only| one.address == *only);
        self.uncompared.iter().find(concerns).map(|one| one.error.clone())
    }
}

/// Adds to each declaration what local files beside it say where it says nothing.
pub(super) fn complete(stack: &mut Stack) -> Additions {
    let mut added = Additions::default();
    let mut completed = Vec::new();
    for (index, declared) in stack.declarations().iter().enumerate() {
        let Some(operations) = catalog::operations(declared.address.kind()) else {
            continue;
        };
        match operations.completed(&declared.spec, stack.root_folder()) {
            Ok(None) => {}
            Ok(Some((spec, told))) => {
                completed.push((index, spec));
                added.notes.extend(told);
            }
            Err(error) => added.lacks(&declared.address, error),
        }
    }
    // Few have such files, and only for them the declarations are copied.
    for (index, spec) in completed {
        stack.declarations_mut()[index].spec = spec.into();
    }
    added
}
