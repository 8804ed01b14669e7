//! The server: each request of the editor is one question to the workspace of its file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use fleetflow_kdl::editor::Workspace;
use fleetflow_kdl::{Files as _, LoadOptions};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    CompletionOptions, CompletionParams, CompletionResponse, Diagnostic, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    DocumentFormattingParams, DocumentSymbolParams, DocumentSymbolResponse, GotoDefinitionParams,
    GotoDefinitionResponse, Hover, HoverContents, HoverParams, HoverProviderCapability, InitializeParams,
    InitializeResult, Location, OneOf, PrepareRenameResponse, ReferenceParams, RenameOptions, RenameParams,
    ServerCapabilities, ServerInfo, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextEdit, Uri, WorkDoneProgressOptions, WorkspaceEdit,
};
use tower_lsp_server::{Client, LanguageServer};

use super::answers::{item, locations, markdown, mistakes, symbol};
use super::open::Open;
use super::position::{Lines, Units};

/// How long nothing more has to be typed until mistakes are looked for: a check of a file of thousands of nodes takes longer than
/// a key, and all that is asked meanwhile would wait for one check a key.
const STILL: Duration = Duration::from_millis(100);

/// One editor's session.
pub(super) struct FlowServer {
    client: Client,
    home: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    open: Mutex<Open>,
    /// What positions count, once the editor has said what it knows.
    units: OnceLock<Units>,
    /// How often something was typed.
    typed: AtomicU64,
    /// Files that were told mistakes of, to take them back.
    told: Mutex<BTreeSet<PathBuf>>,
}

/// A question about a place of a file.
struct Asked {
    path: PathBuf,
    text: String,
    offset: usize,
    workspace: Workspace,
    open: Open,
    units: Units,
}

impl Asked {
    fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text, self.units)
    }
}

impl FlowServer {
    pub(super) fn new(client: Client, home: Option<PathBuf>, environment: BTreeMap<String, String>) -> Self {
        Self {
            client,
            home,
            environment,
            open: Mutex::default(),
            units: OnceLock::new(),
            typed: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    fn open(&self) -> Open {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn units(&self) -> Units {
        self.units.get().copied().unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut Open)) {
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn asked(&self, at: &TextDocumentPositionParams) -> Option<Asked> {
        let path = path_of(&at.text_document.uri)?;
        let open = self.open();
        let text = open.read(&path).ok()?;
        let units = self.units();
        Some(Asked {
            offset: Lines::new(&text, units).offset(at.position),
            workspace: open.workspace(&path),
            path,
            text,
            open,
            units,
        })
    }

    /// Tells the mistakes of everything that is open, and takes back those that are gone.
    async fn tell(&self) {
        let open = self.open();
        let mut found: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for path in open.paths() {
            let workspace = open.workspace(&path);
            for path in workspace.paths() {
                found.entry(path.to_owned()).or_default();
            }
            let Some(main) = workspace.paths().next() else {
                continue;
            };
            for (path, mistake) in self.mistakes(main, &open) {
                let of_file = found.entry(path).or_default();
                if !of_file.contains(&mistake) {
                    of_file.push(mistake);
                }
            }
        }
        let gone = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut *told, found.keys().cloned().collect());
            before.difference(&told).cloned().collect::<Vec<_>>()
        };
        found.extend(gone.into_iter().map(|path| (path, Vec::new())));
        for (path, mistakes) in found {
            if let Some(uri) = Uri::from_file_path(&path) {
                self.client.publish_diagnostics(uri, mistakes, None).await;
            }
        }
    }

    fn mistakes(&self, main: &Path, open: &Open) -> Vec<(PathBuf, Diagnostic)> {
        let mut options = LoadOptions::new(main, open).environment(self.environment.clone());
        if let Some(home) = &self.home {
            options = options.home(home);
        }
        let found = match fleetflow_kdl::check(&options) {
            Ok(checked) => checked.warnings,
            Err(found) => Some(found),
        };
        found.map_or_else(Vec::new, |found| mistakes(&found, main, self.units()))
    }
}

impl LanguageServer for FlowServer {
    async fn initialize(&self, editor: InitializeParams) -> Result<InitializeResult> {
        let units = *self.units.get_or_init(|| Units::agreed(&editor));
        let words = [".", "\"", "{", "=", " "].map(str::to_owned);
        Ok(InitializeResult {
            server_info: Some(ServerInfo {
                name: "flow lsp".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            capabilities: ServerCapabilities {
                position_encoding: Some(units.kind()),
                text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(words.to_vec()),
                    ..CompletionOptions::default()
                }),
                hover_provider: Some(HoverProviderCapability::Simple(true)),
                definition_provider: Some(OneOf::Left(true)),
                references_provider: Some(OneOf::Left(true)),
                document_symbol_provider: Some(OneOf::Left(true)),
                document_formatting_provider: Some(OneOf::Left(true)),
                rename_provider: Some(OneOf::Right(RenameOptions {
                    prepare_provider: Some(true),
                    work_done_progress_options: WorkDoneProgressOptions::default(),
                })),
                ..ServerCapabilities::default()
            },
            ..InitializeResult::default()
        })
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, opened: DidOpenTextDocumentParams) {
        if let Some(path) = path_of(&opened.text_document.uri) {
            self.change(|open| open.set(path, opened.text_document.text));
            self.tell().await;
        }
    }

    async fn did_change(&self, changed: DidChangeTextDocumentParams) {
        let text = changed.content_changes.into_iter().next_back();
        if let (Some(path), Some(text)) = (path_of(&changed.text_document.uri), text) {
            self.change(|open| open.set(path, text.text));
            let now = self.typed.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(STILL).await;
            if self.typed.load(Ordering::Relaxed) == now {
                self.tell().await;
            }
        }
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        // Files that no editor holds may have changed too.
        self.tell().await;
    }

    async fn did_close(&self, closed: DidCloseTextDocumentParams) {
        if let Some(path) = path_of(&closed.text_document.uri) {
            self.change(|open| open.close(&path));
            self.tell().await;
        }
    }

    async fn completion(&self, asked: CompletionParams) -> Result<Option<CompletionResponse>> {
        let Some(asked) = self.asked(&asked.text_document_position) else {
            return Ok(None);
        };
        let offers = asked.workspace.complete(&asked.path, asked.offset).into_iter();
        let lines = asked.lines();
        let items = offers.map(|offer| item(&lines, offer)).collect::<Vec<_>>();
        Ok(Some(items.into()))
    }

    async fn hover(&self, asked: HoverParams) -> Result<Option<Hover>> {
        let asked = self.asked(&asked.text_document_position_params);
        Ok(asked.and_then(|asked| {
            let found = asked.workspace.explain(&asked.path, asked.offset)?;
            Some(Hover {
                range: Some(asked.lines().range(&found.range)),
                contents: HoverContents::Markup(markdown(found.text)),
            })
        }))
    }

    async fn goto_definition(&self, asked: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let asked = self.asked(&asked.text_document_position_params);
        Ok(asked.map(|asked| {
            let places = asked.workspace.definition(&asked.path, asked.offset);
            GotoDefinitionResponse::Array(locations(&asked.open, &places, asked.units))
        }))
    }

    async fn references(&self, asked: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let asked = self.asked(&asked.text_document_position);
        Ok(asked.map(|asked| {
            let places = asked.workspace.mentions(&asked.path, asked.offset);
            locations(&asked.open, &places, asked.units)
        }))
    }

    async fn prepare_rename(
        &self,
        asked: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let asked = self.asked(&asked);
        Ok(asked.and_then(|asked| {
            let (bytes, placeholder) = asked.workspace.renamable(&asked.path, asked.offset)?;
            Some(PrepareRenameResponse::RangeWithPlaceholder {
                range: asked.lines().range(&bytes),
                placeholder,
            })
        }))
    }

    async fn rename(&self, rename: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let name = rename.new_name;
        if name.is_empty() || name.contains(['"', '\\', '\n', '{', '}']) {
            return Err(Error::invalid_params(format!("`{name}` cannot be a name")));
        }
        let Some(asked) = self.asked(&rename.text_document_position) else {
            return Ok(None);
        };
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        let places = asked.workspace.mentions(&asked.path, asked.offset);
        for location in locations(&asked.open, &places, asked.units) {
            let edit = TextEdit::new(location.range, name.clone());
            changes.entry(location.uri).or_default().push(edit);
        }
        Ok((!changes.is_empty()).then(|| WorkspaceEdit::new(changes)))
    }

    async fn document_symbol(&self, asked: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        let open = self.open();
        let path = path_of(&asked.text_document.uri);
        Ok(path.and_then(|path| {
            let text = open.read(&path).ok()?;
            let outline = open.workspace(&path).outline(&path);
            let lines = Lines::new(&text, self.units());
            let symbols = outline.into_iter().map(|declared| symbol(&lines, declared));
            Some(DocumentSymbolResponse::Nested(symbols.collect()))
        }))
    }

    async fn formatting(&self, asked: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let text = path_of(&asked.text_document.uri).and_then(|path| self.open().read(&path).ok());
        // A text that does not parse is not laid out; its mistakes are told already.
        Ok(text.and_then(|text| {
            let laid_out = fleetflow_kdl::format(&text).ok()?;
            let all = Lines::new(&text, self.units()).range(&(0..text.len()));
            Some(if laid_out == text {
                Vec::new()
            } else {
                vec![TextEdit::new(all, laid_out)]
            })
        }))
    }
}

fn path_of(uri: &Uri) -> Option<PathBuf> {
    uri.to_file_path().map(std::borrow::Cow::into_owned)
}
