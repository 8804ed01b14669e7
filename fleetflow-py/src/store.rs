//! Where a stack keeps its state, as an object of Python.

use std::path::PathBuf;
use std::sync::Arc;

use fleetflow_core::state::{self, Bucket, BucketStore, Encryption, FolderStore, MemoryStore};
use pyo3::prelude::*;
use secrecy::SecretString;

use crate::failure::raise;
use crate::load::Loaded;
use crate::runtime;

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

    /// A bucket of an S3-compatible service; encrypted with a key, or with the one that the file says.
    #[staticmethod]
    #[pyo3(signature = (*, name, prefix, endpoint, region, access_key, secret_key, session_token, encrypt, file))]
    #[expect(clippy::too_many_arguments, reason = "named ones, as Python passes them")]
    fn bucket(
        py: Python<'_>,
        name: String,
        prefix: String,
        endpoint: Option<String>,
        region: String,
        access_key: String,
        secret_key: String,
        session_token: Option<String>,
        encrypt: Option<String>,
        file: Option<&Loaded>,
    ) -> PyResult<Self> {
        let bucket = Bucket::builder()
            .name(name)
            .prefix(prefix)
            .endpoint(endpoint)
            .region(region)
            .access_key(access_key)
            .secret_key(SecretString::from(secret_key))
            .session_token(session_token.map(SecretString::from))
            .build();
        let store = BucketStore::new(bucket).map_err(|error| raise(py, &error))?;
        let key = encrypt.map(SecretString::from);
        let key = key.or_else(|| file.and_then(Loaded::encryption));
        Ok(match key {
            Some(key) => Self(Arc::new(store.encrypted(Encryption::new(key)))),
            None => Self(Arc::new(store)),
        })
    }

    /// Changes the passphrase that opens the state. Other threads of Python go on meanwhile.
    fn change_passphrase(&self, py: Python<'_>, to: String) -> PyResult<()> {
        let change = || runtime::handle()?.block_on(self.0.change_passphrase(SecretString::from(to)));
        py.detach(change).map_err(|error| raise(py, &error))
    }

    /// In words, for messages.
    fn describe(&self) -> String {
        self.0.describe()
    }
}
