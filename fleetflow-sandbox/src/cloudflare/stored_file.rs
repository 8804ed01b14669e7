//! A static file of a site or a Worker: its type and size, and where its bytes are.

use serde::{Deserialize, Serialize};

/// The largest file of a site (API doc §4.13, §5.2).
pub(super) const MAX_FILE: usize = 25 * 1024 * 1024;

/// A file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredFile {
    pub(super) content_type: String,
    pub(super) size: usize,
    /// The name of its bytes among the blobs.
    #[serde(default)]
    pub(super) blob: String,
}

impl StoredFile {
    /// False for a file of a world that was saved before bytes were kept: it has to come again.
    pub(super) fn is_whole(&self) -> bool {
        !self.blob.is_empty()
    }
}
