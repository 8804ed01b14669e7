//! The `build` command of a Worker or a site: when it has to run, and running it. It does not know what comes out.
//!
//! A plan runs nothing. What goes in is remembered as a digest: the command is run by the `up` that finds another one.

use std::path::{Path, PathBuf};
use std::process::Command;

use ignore::WalkBuilder;

use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};

/// Folders that are never read by a build, or that it writes: they are left out as if `.gitignore` named them.
const LEFT_OUT: &[&str] = &["node_modules", "dist", "target"];

/// A digest of the command and of the files in `folder` that it may read: those that Git would not ignore, without
/// hidden ones, `outputs`, and the stack's own files.
pub(super) fn inputs(command: &str, folder: &Path, outputs: &[PathBuf]) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::of(&codes::NO_SUCH_FILE, error.to_string())
            .during(format!("read what the build in {} depends on", folder.display()))
    };
    let left_out = outputs.to_vec();
    let top = folder.to_owned();
    let wanted = move |entry: &ignore::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.path() == top
            || !(LEFT_OUT.contains(&name.as_ref()) || left_out.iter().any(|out| out == entry.path()))
    };
    let mut walk = WalkBuilder::new(folder);
    walk.require_git(false)
        .git_global(false)
        .filter_entry(wanted)
        .sort_by_file_name(std::cmp::Ord::cmp);
    let mut hasher = blake3::Hasher::new();
    hasher.update(command.as_bytes());
    for entry in walk.build() {
        let entry = entry.map_err(|error| failed(&error))?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if !is_file
            || entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "kdl")
        {
            continue;
        }
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        hasher.update(&[0]);
        // With `/` on every system: what one machine built, another one does not build anew.
        let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
        hasher.update(parts.collect::<Vec<_>>().join("/").as_bytes());
        hasher.update(&[0]);
        let file = std::fs::File::open(entry.path()).map_err(|error| failed(&error))?;
        hasher.update(
            &entry
                .metadata()
                .map_err(|error| failed(&error))?
                .len()
                .to_le_bytes(),
        );
        hasher.update_reader(file).map_err(|error| failed(&error))?;
    }
    Ok(hasher.finalize().to_hex()[..32].to_owned())
}

/// What a plan says of a build that will run.
pub(super) fn note(address: &crate::model::Address, command: &str) -> String {
    format!("{address}: `{command}` runs at up, because what it is made from changed")
}

/// Runs `command` in `folder`, and says that it does.
pub(super) async fn run(context: &Context, command: &str, folder: PathBuf) -> Result<()> {
    context.waiting(format!("running `{command}`"));
    let command = command.to_owned();
    let run = tokio::task::spawn_blocking(move || run_here(&command, &folder));
    run.await
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?
}

/// Runs `command` in `folder` with the shell, quietly; what it said is in the error.
fn run_here(command: &str, folder: &Path) -> Result<()> {
    let (shell, option) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let failed = |why: String| {
        Error::of(&codes::BUILD, why)
            .during(format!(
                "run the build command `{command}` in {}",
                folder.display()
            ))
            .help("run it there by hand, and repair what it reports")
    };
    let output = Command::new(shell)
        .args([option, command])
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.trim().lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    let told = format!("it ended with {}\n{last}", output.status);
    Err(failed(told.trim_end().to_owned()))
}
