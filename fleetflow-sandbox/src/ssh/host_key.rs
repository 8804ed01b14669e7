//! The host keys of emulated servers. They protect nothing: all they have to do is stay the same.

use russh::keys::ssh_key::private::Ed25519Keypair;

/// The host key that lies on the disk `identity` and on its copies: a server that was made anew shows another key, and
/// one that was loaded from a file shows the same.
pub(super) fn of(identity: &str) -> Ed25519Keypair {
    let seed = blake3::derive_key("fleetflow-sandbox 2026 SSH host key", identity.as_bytes());
    Ed25519Keypair::from_seed(&seed)
}
