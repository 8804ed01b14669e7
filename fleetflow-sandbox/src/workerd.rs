//! Finds the program of workerd where npm or a person put it. It starts nothing and looks at no environment.

use std::path::{Path, PathBuf};

/// How deep below `node_modules` the program is, whose package is named after the system.
const INSIDE: &str = "bin/workerd";

/// The program of workerd at `path`: the program itself, npm's wrapper of it, a folder with it, a `node_modules` folder,
/// or a folder that has one.
///
/// npm's `workerd` is a script for Node that starts the program of another package; that program is what is found.
pub fn find_workerd(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    if path.is_dir() {
        let direct = Some(path.join("workerd")).filter(|program| is_program(program));
        return direct
            .or_else(|| packaged(&path))
            .or_else(|| packaged(&path.join("node_modules")));
    }
    if is_program(&path) {
        return Some(path);
    }
    let mut folders = path.ancestors();
    folders.find_map(|folder| packaged(&folder.join("node_modules")))
}

/// In `node_modules/@cloudflare/workerd-SYSTEM-BITS`.
fn packaged(node_modules: &Path) -> Option<PathBuf> {
    let packages = std::fs::read_dir(node_modules.join("@cloudflare")).ok()?;
    let named = packages.flatten().filter(|package| {
        package
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with("workerd-"))
    });
    let mut programs = named.map(|package| package.path().join(INSIDE));
    programs.find(|program| is_program(program))
}

/// An executable of the system, not a script.
fn is_program(path: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    path.is_file() && read.is_ok() && &start != b"#!"
}
