//! The host keys of emulated servers. They protect nothing: all they have to do is stay the same.

use russh::keys::ssh_key::private::Ed25519Keypair;

/// The host key of the server whose engine has this key. It follows from the disk, as a real one lies on it: a server
/// that was made anew shows another key, and one that was loaded from a file shows the same.
pub(super) fn of(engine: &str) -> Ed25519Keypair {
    let seed = blake3::derive_key("fleetflow-sandbox 2026 SSH host key", engine.as_bytes());
    Ed25519Keypair::from_seed(&seed)
}
