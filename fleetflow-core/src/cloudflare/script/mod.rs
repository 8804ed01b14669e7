//! Scripts of Workers and of functions of Pages: files on this machine become the modules that are sent. Sends nothing.

mod esbuild;
mod graph;
mod name;
mod package;
mod resolve;
mod text;
mod tsconfig;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::codes;
use crate::error::{Error, Result};

/// The largest that any plan is said to allow, after compression (API doc §4.14: sources disagree about less).
const LARGEST: usize = 64 * 1024 * 1024;
/// What accounts without a paid plan are allowed, after compression (API doc §4.14).
const LARGEST_FREE: usize = 3 * 1024 * 1024;

/// Where a script begins.
pub(super) struct Entry {
    /// The file.
    pub(super) path: PathBuf,
    /// Its text, where there is no such file: imports are looked for as if it were there.
    pub(super) text: Option<String>,
}

/// The modules of a script.
#[derive(Debug)]
pub(super) struct Script {
    /// The name of the module where it begins.
    pub(super) main: String,
    /// The modules, the main one first.
    pub(super) modules: Vec<Module>,
}

/// One module.
#[derive(Debug)]
pub(super) struct Module {
    /// The name that imports resolve to.
    pub(super) name: String,
    /// Its media type, which says what kind of module it is (API doc §4.1).
    pub(super) media_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// The names of what the file at `path` exports, in order.
pub(super) fn exports(path: &Path) -> Result<Vec<String>> {
    graph::exports(path)
}

impl Script {
    /// Compiles from `entry`, with modules named from `root`. TypeScript loses its types, packages of npm become
    /// modules of their own; where one of them is CommonJS, esbuild makes one module of everything.
    pub(super) fn compile(root: &Path, entry: &Entry) -> Result<Self> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (root, entry) = (
            real(root),
            Entry {
                path: match (entry.path.parent(), entry.path.file_name()) {
                    (Some(folder), Some(name)) if entry.text.is_some() => real(folder).join(name),
                    _ => real(&entry.path),
                },
                text: entry.text.clone(),
            },
        );
        let script = match graph::walk(&root, &entry)? {
            graph::Walked::Script(script) => script,
            graph::Walked::CommonJs { file, from } if from.is_empty() => {
                let message = format!("{} is CommonJS: a Worker is an ES module", file.display());
                return Err(Error::of(&codes::BAD_CODE, message)
                    .during("compile the Worker")
                    .help("let it end in `export default { async fetch(request, env) { ... } }`"));
            }
            graph::Walked::CommonJs { file, from } => {
                let why = format!("{from} imports {}, a module of CommonJS", file.display());
                esbuild::bundle(&root, &entry, &why)?
            }
        };
        script.check(&entry)?;
        Ok(script)
    }

    /// A digest that is another one when anything that is sent is.
    pub(super) fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for module in &self.modules {
            for part in [module.name.as_bytes(), module.media_type.as_bytes(), &module.body] {
                hasher.update(&part.len().to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Says so where an account without a paid plan will refuse it.
    pub(super) fn warn_of_size(&self, name: &str) {
        let plain: usize = self.modules.iter().map(|module| module.body.len()).sum();
        if plain > LARGEST_FREE {
            let size = self.compressed();
            if size > LARGEST_FREE {
                tracing::warn!(
                    name,
                    size,
                    "larger after compression than the 3 MiB of the free plan"
                );
            }
        }
    }

    /// Its size after compression, which limits are about (API doc §4.14, §6.1).
    fn compressed(&self) -> usize {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        for module in &self.modules {
            // Writing into memory does not fail.
            let _ = coder.write_all(&module.body);
        }
        coder.finish().map_or(0, |bytes| bytes.len())
    }

    fn check(&self, entry: &Entry) -> Result<()> {
        // What is not large as it is need not be compressed to know that it is not.
        let plain: usize = self.modules.iter().map(|module| module.body.len()).sum();
        if plain <= LARGEST || self.compressed() <= LARGEST {
            return Ok(());
        }
        let mut largest: Vec<_> = self
            .modules
            .iter()
            .map(|module| (module.body.len(), &module.name))
            .collect();
        largest.sort_unstable_by(|left, right| right.cmp(left));
        let largest: Vec<_> = largest
            .iter()
            .take(3)
            .map(|(size, name)| format!("{name} ({size} bytes)"))
            .collect();
        let message = format!("the script has more than {LARGEST} bytes after compression");
        Err(Error::of(&codes::BAD_CODE, message)
            .during(format!("compile {}", entry.path.display()))
            .help(format!("the largest modules are {}", largest.join(", "))))
    }
}
