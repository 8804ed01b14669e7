//! Why a sandbox could not be started or stopped cleanly. Refusals of the emulated APIs are answers, not errors.

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong around a sandbox.
#[derive(Debug, Error)]
pub enum Error {
    /// A port could not be opened.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for any free one")]
    Listen {
        /// The address that was wanted.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The world file could not be read or written.
    #[error("cannot {action} the sandbox's world {}: {source}; check the folder's permissions", path.display())]
    WorldFile {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The world file is not a world.
    #[error("cannot understand the sandbox's world {}: {source}; move the file away to start afresh", path.display())]
    WorldFormat {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another sandbox works on this world.
    #[error(
        "cannot open the sandbox's world {}: another sandbox is using it; stop that one, or use its addresses",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
}
