//! Who may log in to an emulated server: its one user, with the keys and the password that its disk was given.

use russh::keys::PublicKey;

use crate::sakura::Machine;

/// True if the key was configured for this user.
pub(super) fn knows_key(machine: &Machine, user: &str, key: &PublicKey) -> bool {
    user == machine.user
        && machine
            .authorized_keys
            .iter()
            .any(|line| PublicKey::from_openssh(line).is_ok_and(|known| known.key_data() == key.key_data()))
}

/// True if the password was configured for this user, and logging in with one was not switched off.
pub(super) fn knows_password(machine: &Machine, user: &str, password: &str) -> bool {
    user == machine.user
        && machine.takes_passwords
        && machine.password_digest.as_deref() == Some(blake3::hash(password.as_bytes()).to_hex().as_str())
}
