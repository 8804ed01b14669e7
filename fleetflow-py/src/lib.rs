//! The private extension module `_fleetflow`: declarations in, JSON documents out. What users see is the Python package
//! around it.
//!
//! Every run is a task of one runtime that belongs to the process; Python waits for it with the interpreter lock
//! released. Nothing here reads the environment or the home folder: the Python package hands over what it found.

mod aim;
mod clouds;
mod documents;
mod failure;
mod load;
mod loose;
mod run;
mod runtime;
mod sandbox;
mod secrets;
mod stack;
mod store;

use pyo3::prelude::*;

/// Rust half of the `fleetflow` Python package.
#[pymodule(gil_used = true)]
mod _fleetflow {
    use super::{Bound, PyModule, PyModuleMethods as _, PyResult};

    #[pymodule_export]
    use crate::clouds::{Cloudflare, Engines, Sakura};
    #[pymodule_export]
    use crate::load::{Loaded, load};
    #[pymodule_export]
    use crate::run::{Run, leave, start};
    #[pymodule_export]
    use crate::sandbox::Sandbox;
    #[pymodule_export]
    use crate::secrets::Secrets;
    #[pymodule_export]
    use crate::stack::{Stack, kinds};
    #[pymodule_export]
    use crate::store::Store;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
