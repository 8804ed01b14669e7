//! A terminal that does not show what is typed while live lines are drawn: a `^C` or an empty line in between would move the
//! cursor, and leave the uppermost line behind. It keeps nothing from the program: signals and keys arrive as before.

use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

/// How the terminal was. Here and not in a value: a second Ctrl-C ends the process where nothing is dropped.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Shows nothing from here on. A terminal that cannot be changed goes on showing it.
pub(crate) fn begin() {
    let Some(before) = is_ours().then(|| tcgetattr(io::stderr()).ok()).flatten() else {
        return;
    };
    let mut hushed = before.clone();
    hushed.local_modes.remove(LocalModes::ECHO);
    if tcsetattr(io::stderr(), OptionalActions::Now, &hushed).is_ok() {
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    }
}

/// Shows it again, where `begin` ended that. Can be called at any time.
pub(crate) fn end() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before.filter(|_| is_ours()) {
        // A terminal that is gone needs nothing back.
        let _ = tcsetattr(io::stderr(), OptionalActions::Now, &before);
    }
}

/// Whether this process is in the foreground. Behind it the system would stop whoever changes the terminal.
fn is_ours() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|front| front == getpgrp())
}
