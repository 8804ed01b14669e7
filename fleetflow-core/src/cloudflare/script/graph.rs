//! Walks from the first file of a script along its imports, and makes a module of each file. It runs no other program.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use oxc_transformer::TransformOptions;

use super::name::{Names, relative};
use super::resolve::{Imports, Target, is_packaged};
use super::text::{Mistake, Place, Renamed, Text};
use super::tsconfig::TsConfig;
use super::{Entry, Module, Script};
use crate::codes;
use crate::error::{Error, Result};

/// The media types of modules (API doc §4.1).
const ES_MODULE: &str = "application/javascript+module";
const COMMONJS: &str = "application/javascript";
/// What stands for a package that is empty outside Node.js.
const EMPTY: &str = "empty.js";

/// What a walk ends with.
pub(super) enum Walked {
    /// Every module.
    Script(Script),
    /// A file that only a bundler can make an ES module of, and where it is imported.
    CommonJs { file: PathBuf, from: String },
}

/// The kinds of files that are imported (API doc §4.1, §6.1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Code,
    /// A module of the older kind that the author wrote so: the runtime has them, as long as they import nothing.
    OldCode,
    Json,
    Raw(&'static str),
}

fn kind(path: &Path) -> Option<FileKind> {
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Some(match extension.as_str() {
        "js" | "mjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => FileKind::Code,
        "cjs" => FileKind::OldCode,
        "json" => FileKind::Json,
        "wasm" => FileKind::Raw("application/wasm"),
        "txt" | "html" | "sql" => FileKind::Raw("text/plain"),
        "bin" => FileKind::Raw("application/octet-stream"),
        _ => return None,
    })
}

struct Walk {
    imports: Imports,
    options: TransformOptions,
    names: Names,
    waiting: VecDeque<(PathBuf, String)>,
    done: BTreeMap<String, Module>,
    mistakes: Vec<String>,
}

/// Walks from `entry`; modules are named from `root`. All mistakes are told at once.
pub(super) fn walk(root: &Path, entry: &Entry) -> Result<Walked> {
    let config = TsConfig::of(root).map_err(|error| {
        let during = format!("compile {}", entry.path.display());
        Error::of(&codes::BAD_CODE, error).during(during)
    })?;
    let mut walk = Walk {
        options: config.transform(),
        imports: Imports::new(config),
        names: Names::new(root),
        waiting: VecDeque::new(),
        done: BTreeMap::new(),
        mistakes: Vec::new(),
    };
    let main = walk.names.of(&entry.path);
    walk.waiting.push_back((entry.path.clone(), String::new()));
    let mut first = entry.text.clone();
    while let Some((path, from)) = walk.waiting.pop_front() {
        if walk.module(&path, first.take())? == Step::CommonJs {
            return Ok(Walked::CommonJs { file: path, from });
        }
    }
    if !walk.mistakes.is_empty() {
        return Err(Error::of(&codes::BAD_CODE, walk.mistakes.join("\n"))
            .during(format!("compile {}", entry.path.display()))
            .help("repair these places"));
    }
    let first = walk.done.remove(&main).into_iter();
    let modules = first.chain(walk.done.into_values()).collect();
    Ok(Walked::Script(Script { main, modules }))
}

/// The names of what the file at `path` exports, in order.
pub(super) fn exports(path: &Path) -> Result<Vec<String>> {
    let read = Text::read(path, &text(path)?, &TransformOptions::default());
    read.map(|text| text.exports).map_err(|mistakes| {
        let told: Vec<_> = mistakes
            .iter()
            .map(|one| at(path, one.place, &one.message))
            .collect();
        Error::of(&codes::BAD_CODE, told.join("\n")).during(format!("compile {}", path.display()))
    })
}

#[derive(PartialEq, Eq)]
enum Step {
    Done,
    CommonJs,
}

impl Walk {
    /// Makes a module of the file at `path`, whose content may be given.
    fn module(&mut self, path: &Path, given: Option<String>) -> Result<Step> {
        let (media_type, body) = match kind(path) {
            Some(FileKind::Raw(media_type)) => (media_type, read(path)?),
            Some(FileKind::Json) => (ES_MODULE, self.json(path)?),
            Some(kind) => {
                let source = match given {
                    Some(text) => text,
                    None => self::text(path)?,
                };
                let Some(text) = self.parsed(path, &source) else {
                    return Ok(Step::Done);
                };
                let Some(text) = text else {
                    return Ok(Step::CommonJs);
                };
                let asks = text.code.contains("require(");
                match (text.is_commonjs(), kind) {
                    (true, FileKind::OldCode) if !asks => (COMMONJS, source.into_bytes()),
                    (true, _) => return Ok(Step::CommonJs),
                    (false, _) => (ES_MODULE, self.code(path, &text).into_bytes()),
                }
            }
            None => {
                let known = "js, mjs, jsx, ts, mts, tsx, cjs, json, wasm, txt, html, sql, bin";
                let why = format!("a file of this kind cannot be imported; these can: {known}");
                self.mistakes.push(format!("{}: {why}", path.display()));
                return Ok(Step::Done);
            }
        };
        let name = self.names.of(path);
        let module = Module {
            name: name.clone(),
            media_type,
            body,
        };
        self.done.insert(name, module);
        Ok(Step::Done)
    }

    /// The file as JavaScript; nothing inside where only a bundler can read it, nothing where it has mistakes.
    fn parsed(&mut self, path: &Path, source: &str) -> Option<Option<Text>> {
        match Text::read(path, source, &self.options) {
            Ok(text) => Some(Some(text)),
            // What is legal only outside modules is met in packages of the older kind.
            Err(_) if is_packaged(path) && source.contains("require(") => Some(None),
            Err(mistakes) => {
                let told = mistakes
                    .iter()
                    .map(|Mistake { place, message }| at(path, *place, message));
                self.mistakes.extend(told);
                None
            }
        }
    }

    /// The code with its imports leading to the names of modules, which are walked to later.
    fn code(&mut self, path: &Path, text: &Text) -> String {
        let own = self.names.of(path);
        let mut renamed = Vec::new();
        for import in &text.imports {
            let (name, bare) = match self.imports.target(path, &import.specifier) {
                Ok(Target::Runtime) => (None, false),
                Ok(Target::Empty) => (Some(relative(&own, self.empty())), false),
                Ok(Target::File(file)) => {
                    let name = relative(&own, &self.named(&file, path, import.place));
                    (Some(name), kind(&file) == Some(FileKind::Json))
                }
                Err(why) => {
                    self.mistakes.push(at(path, import.place, &why));
                    continue;
                }
            };
            renamed.push(Renamed { name, import, bare });
        }
        text.renamed(&renamed)
    }

    /// The name of the module that `file` becomes; it is walked to, if it was not.
    fn named(&mut self, file: &Path, from: &Path, place: Place) -> String {
        if !self.names.has(file) {
            let from = format!("{}:{}:{}", from.display(), place.line, place.column);
            self.waiting.push_back((file.to_owned(), from));
        }
        self.names.of(file)
    }

    fn empty(&mut self) -> &'static str {
        self.done.entry(EMPTY.to_owned()).or_insert_with(|| Module {
            name: EMPTY.to_owned(),
            media_type: ES_MODULE,
            body: b"export default {};\n".to_vec(),
        });
        EMPTY
    }

    /// JSON has no type of its own: it is sent as a module that exports it, and its members (API doc §4.1).
    fn json(&mut self, path: &Path) -> Result<Vec<u8>> {
        let text = text(path)?;
        let value: serde_json::Value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                self.mistakes
                    .push(at(path, Place { line, column }, &error.to_string()));
                return Ok(Vec::new());
            }
        };
        let mut code = format!("const all = {};\nexport default all;\n", text.trim());
        let members = value.as_object().into_iter().flat_map(serde_json::Map::keys);
        for (index, name) in members.filter(|name| *name != "default").enumerate() {
            let name = serde_json::Value::from(name.as_str());
            code.push_str(&format!(
                "const m{index} = all[{name}];\nexport {{ m{index} as {name} }};\n"
            ));
        }
        Ok(code.into_bytes())
    }
}

fn at(path: &Path, place: Place, message: &str) -> String {
    format!("{}:{}:{}: {message}", path.display(), place.line, place.column)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::of(&codes::NO_SUCH_FILE, error.to_string()).during(format!("read {}", path.display()))
    })
}

fn text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|_| {
        Error::of(
            &codes::BAD_CODE,
            format!("{} is not text in UTF-8", path.display()),
        )
        .during("read the code of the Worker")
    })
}
