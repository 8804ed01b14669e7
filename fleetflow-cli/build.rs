//! Records what a build was made of, for `flow --version -v`. It changes nothing else, and fails for nothing: what is not
//! known is not told.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    set("FLEETFLOW_TARGET", std::env::var("TARGET").ok());
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    set("FLEETFLOW_RUSTC", said(&compiler, &["--version"]));
    // Only what may be handed on says its commit: otherwise every commit would build the program anew.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        set("FLEETFLOW_COMMIT", commit());
        set("FLEETFLOW_DATE", said("git", &["log", "-1", "--format=%cs"]));
    }
}

/// The commit: of the repository, or of the one that the crate was packaged from.
fn commit() -> Option<String> {
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = said("git", &["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let packaged = Path::new(".cargo_vcs_info.json");
    if let Ok(text) = std::fs::read_to_string(packaged) {
        let (_, rest) = text.split_once("\"sha1\": \"")?;
        return rest.split('"').next().map(str::to_owned);
    }
    let commit = said("git", &["rev-parse", "HEAD"])?;
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
    Some(if changed {
        format!("{commit}, with changes")
    } else {
        commit
    })
}

fn set(name: &str, value: Option<String>) {
    if let Some(value) = value {
        println!("cargo::rustc-env={name}={value}");
    }
}

/// What a program prints, if it is there and prints anything.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
