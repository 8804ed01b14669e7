//! The private extension module `_fleetflow`. It does not yet expose stacks; the Python package is filled in on top of it.

use pyo3::prelude::*;

/// Rust half of the `fleetflow` Python package.
#[pymodule]
mod _fleetflow {
    use super::{Bound, PyModule, PyModuleMethods as _, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
