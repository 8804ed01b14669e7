//! The names of modules, which imports resolve to: paths from the folder of the script. It touches no file.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The folder that stands for one step up.
const UP: &str = "__";

/// Names of modules by the files that they are made of.
pub(super) struct Names {
    root: PathBuf,
    given: BTreeMap<PathBuf, String>,
}

impl Names {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            given: BTreeMap::new(),
        }
    }

    pub(super) fn has(&self, file: &Path) -> bool {
        self.given.contains_key(file)
    }

    /// The name of the module that `file` becomes.
    pub(super) fn of(&mut self, file: &Path) -> String {
        if let Some(name) = self.given.get(file) {
            return name.clone();
        }
        let plain = compiled(&self.path(file));
        let mut name = plain.clone();
        let mut count = 1;
        // `a.ts` and `a.js` may stand side by side.
        while self.given.values().any(|taken| *taken == name) {
            count += 1;
            name = format!("{count}/{plain}");
        }
        self.given.insert(file.to_owned(), name.clone());
        name
    }

    fn path(&self, file: &Path) -> String {
        let names = |path: &Path| -> Vec<String> {
            let parts = path
                .components()
                .filter(|part| matches!(part, Component::Normal(_)));
            parts
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect()
        };
        let (root, file) = (names(&self.root), names(file));
        let same = root
            .iter()
            .zip(&file)
            .take_while(|(left, right)| left == right)
            .count();
        let packages = file.iter().position(|part| part == "node_modules");
        // Packages are often kept further up: their names say enough.
        match packages.filter(|_| same < root.len()) {
            Some(from) => file[from..].join("/"),
            None => {
                let up = std::iter::repeat_n(UP.to_owned(), root.len() - same);
                up.chain(file[same..].iter().cloned())
                    .collect::<Vec<_>>()
                    .join("/")
            }
        }
    }
}

/// The name after compilation: what comes out is JavaScript.
fn compiled(name: &str) -> String {
    let script = ["ts", "mts", "cts", "tsx", "jsx"];
    match name.rsplit_once('.') {
        Some((stem, extension)) if script.contains(&extension) => format!("{stem}.js"),
        _ => name.to_owned(),
    }
}

/// How the module `from` imports the module `to`: directories exist by the names alone (API doc §4.1).
pub(super) fn relative(from: &str, to: &str) -> String {
    let folder: Vec<_> = from.split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let target: Vec<_> = to.split('/').collect();
    let same = folder
        .iter()
        .zip(&target[..target.len() - 1])
        .take_while(|(left, right)| left == right)
        .count();
    let up = "../".repeat(folder.len() - same);
    let start = if up.is_empty() { "./" } else { &up };
    format!("{start}{}", target[same..].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_from_the_folder_of_the_script() {
        let mut names = Names::new(Path::new("/w/apps/api"));
        for (file, name) in [
            ("/w/apps/api/src/index.ts", "src/index.js"),
            ("/w/apps/api/src/index.js", "2/src/index.js"),
            ("/w/apps/api/node_modules/a/b.mjs", "node_modules/a/b.mjs"),
            ("/w/node_modules/@s/a/b.js", "node_modules/@s/a/b.js"),
            ("/w/shared/x.tsx", "__/__/shared/x.js"),
        ] {
            assert_eq!(names.of(Path::new(file)), name);
        }
        for (from, to, by) in [
            ("index.js", "lib/a.js", "./lib/a.js"),
            ("src/a/b.js", "src/c.js", "../c.js"),
            ("src/index.js", "node_modules/a/b.js", "../node_modules/a/b.js"),
        ] {
            assert_eq!(relative(from, to), by);
        }
    }
}
