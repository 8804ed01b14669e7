//! Packages of npm that tests run, kept below the target folder between runs. What they do is said elsewhere.

#![expect(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One installation at a time: two tests may want the same folder.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The folder `name` with `packages`, if they are wanted and can be had: whether they are there already says `is_there`.
pub(crate) fn installed(
    what: &str,
    name: &str,
    packages: &[&str],
    is_there: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    if std::env::var_os("FLEETFLOW_TEST_CLIENTS").is_none_or(|wanted| wanted != "1") {
        eprintln!("skipped: {what} is not run without FLEETFLOW_TEST_CLIENTS=1, because that installs it");
        return None;
    }
    let _turn = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name);
    if is_there(&folder) {
        return Some(folder);
    }
    std::fs::create_dir_all(&folder).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .args(packages);
    let why = match npm.output() {
        Ok(done) if done.status.success() => return Some(folder),
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => format!("npm: {error}"),
    };
    eprintln!(
        "skipped: {what} cannot be installed: {}",
        why.lines().last().unwrap_or_default()
    );
    None
}
