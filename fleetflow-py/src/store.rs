//! Where a stack keeps its state, as an object of Python.

use std::path::PathBuf;
use std::sync::Arc;

use fleetflow_core::state::{self, FolderStore, MemoryStore};
use pyo3::prelude::*;

/// A place for the state of one stage. The runs of several stacks may share it.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
#[derive(Clone)]
pub(crate) struct Store(pub(crate) Arc<dyn state::Store>);

#[pymethods]
impl Store {
    /// A folder of the local disk, readable by its owner only.
    #[staticmethod]
    fn folder(path: PathBuf) -> Self {
        Self(Arc::new(FolderStore::new(path)))
    }

    /// Memory, lost with the process.
    #[staticmethod]
    fn memory() -> Self {
        Self(Arc::new(MemoryStore::new()))
    }

    /// In words, for messages.
    fn describe(&self) -> String {
        self.0.describe()
    }
}
