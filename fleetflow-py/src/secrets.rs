//! The values of secrets on their way into a stack. Python can put some in; it cannot get any out.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use secrecy::SecretString;

/// Values of secrets, by name.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
#[derive(Clone, Default)]
pub(crate) struct Secrets(pub(crate) BTreeMap<String, SecretString>);

#[pymethods]
impl Secrets {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The same secrets, and `value` under `name`.
    fn with_value(&self, name: String, value: String) -> Self {
        let mut all = self.0.clone();
        all.insert(name, value.into());
        Self(all)
    }

    /// The names, sorted.
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn __repr__(&self) -> String {
        format!("<{} secrets>", self.0.len())
    }
}
