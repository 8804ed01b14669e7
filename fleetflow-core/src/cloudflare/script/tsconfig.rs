//! What a `tsconfig.json` says about imports and about the code that comes out. It checks no types.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oxc_transformer::{JsxRuntime, TransformOptions};
use serde::Deserialize;

/// How many files may extend each other.
const DEEPEST: usize = 16;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    extends: serde_json::Value,
    compiler_options: Said,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    base_url: Option<String>,
    paths: Option<BTreeMap<String, Vec<String>>>,
    jsx: Option<String>,
    jsx_factory: Option<String>,
    jsx_fragment_factory: Option<String>,
    jsx_import_source: Option<String>,
    experimental_decorators: Option<bool>,
    emit_decorator_metadata: Option<bool>,
    verbatim_module_syntax: Option<bool>,
}

/// The settings that hold for a script.
#[derive(Default)]
pub(super) struct TsConfig {
    said: Said,
    /// The folder that `paths` are relative to.
    base: PathBuf,
}

impl TsConfig {
    /// The one of `folder` or the nearest above it, with those that it extends; the usual one where there is none.
    pub(super) fn of(folder: &Path) -> Result<Self, String> {
        let files = folder.ancestors().map(|folder| folder.join("tsconfig.json"));
        let Some(first) = files.into_iter().find(|file| file.is_file()) else {
            return Ok(Self::default());
        };
        let mut config = Self::default();
        let mut next = Some(first);
        for _ in 0..DEEPEST {
            let Some(file) = next.take() else { break };
            let read = read(&file)?;
            let folder = file.parent().unwrap_or(Path::new("")).to_owned();
            config.fill(read.compiler_options, &folder);
            next = read.extends.as_str().and_then(|name| extended(&folder, name));
        }
        Ok(config)
    }

    /// Takes from `said` what is not said yet.
    fn fill(&mut self, said: Said, folder: &Path) {
        let mine = &mut self.said;
        if mine.paths.is_none()
            && mine.base_url.is_none()
            && (said.paths.is_some() || said.base_url.is_some())
        {
            self.base = folder.join(said.base_url.as_deref().unwrap_or("."));
            mine.base_url = said.base_url;
            mine.paths = said.paths;
        }
        mine.jsx = mine.jsx.take().or(said.jsx);
        mine.jsx_factory = mine.jsx_factory.take().or(said.jsx_factory);
        mine.jsx_fragment_factory = mine.jsx_fragment_factory.take().or(said.jsx_fragment_factory);
        mine.jsx_import_source = mine.jsx_import_source.take().or(said.jsx_import_source);
        mine.experimental_decorators = mine.experimental_decorators.or(said.experimental_decorators);
        mine.emit_decorator_metadata = mine.emit_decorator_metadata.or(said.emit_decorator_metadata);
        mine.verbatim_module_syntax = mine.verbatim_module_syntax.or(said.verbatim_module_syntax);
    }

    /// Where `specifier` may lie.
    pub(super) fn places(&self, specifier: &str) -> Vec<PathBuf> {
        let mut places = Vec::new();
        let paths = self.said.paths.iter().flatten();
        let fitting = paths.filter_map(|(pattern, targets)| match pattern.split_once('*') {
            None if pattern == specifier => Some((usize::MAX, "", targets)),
            None => None,
            Some((before, after)) => {
                let rest = specifier.strip_prefix(before)?.strip_suffix(after)?;
                Some((before.len(), rest, targets))
            }
        });
        if let Some((_, rest, targets)) = fitting.max_by_key(|(length, ..)| *length) {
            places.extend(
                targets
                    .iter()
                    .map(|target| self.base.join(target.replace('*', rest))),
            );
        }
        if self.said.base_url.is_some() {
            places.push(self.base.join(specifier));
        }
        places
    }

    /// How code is made.
    pub(super) fn transform(&self) -> TransformOptions {
        let mut options = TransformOptions::default();
        let said = self.said.clone();
        options.decorator.legacy = said.experimental_decorators == Some(true);
        options.decorator.emit_decorator_metadata = said.emit_decorator_metadata == Some(true);
        options.typescript.only_remove_type_imports = said.verbatim_module_syntax == Some(true);
        if said.jsx.as_deref() == Some("react") {
            options.jsx.runtime = JsxRuntime::Classic;
            options.jsx.pragma = said.jsx_factory;
            options.jsx.pragma_frag = said.jsx_fragment_factory;
        } else {
            options.jsx.import_source = said.jsx_import_source;
        }
        options
    }
}

fn read(file: &Path) -> Result<File, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let mut text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    json_strip_comments::strip(&mut text).map_err(|error| failed(&error))?;
    serde_json::from_str(&text).map_err(|error| failed(&error))
}

/// The file that is extended; one of a package is looked for above.
fn extended(folder: &Path, name: &str) -> Option<PathBuf> {
    let with_end = |path: PathBuf| {
        let ended = PathBuf::from(format!("{}.json", path.display()));
        [path.clone(), ended, path.join("tsconfig.json")]
            .into_iter()
            .find(|file| file.is_file())
    };
    if name.starts_with('.') || Path::new(name).is_absolute() {
        return with_end(folder.join(name));
    }
    folder
        .ancestors()
        .find_map(|folder| with_end(folder.join("node_modules").join(name)))
}
