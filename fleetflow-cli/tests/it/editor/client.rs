//! An editor that can do less than Neovim, or other things: what `flow lsp` says to it, message by message.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A session with the language server; it ends with the test.
struct Editor {
    process: Child,
    input: ChildStdin,
    said: Receiver<Value>,
    asked: u64,
}

impl Editor {
    /// One that says of itself that it knows these units, and what the server counts with it.
    fn knowing(units: &[&str]) -> (Self, Value) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_flow"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (told, said) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if told.send(message).is_err() {
                    return;
                }
            }
        });
        let input = process.stdin.take().unwrap();
        let mut editor = Self {
            process,
            input,
            said,
            asked: 0,
        };
        let capabilities = json!({"general": {"positionEncodings": units}});
        let answer = editor.ask("initialize", &json!({"capabilities": capabilities}));
        editor.tell("initialized", &json!({}));
        (editor, answer["capabilities"]["positionEncoding"].clone())
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, what: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": what}));
    }

    fn open(&mut self, file: &Path, text: &str) {
        let document = json!({"uri": uri(file), "languageId": "kdl", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
    }

    fn ask(&mut self, method: &str, what: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": what}));
        let mut answer = self.wait(|message| message["id"] == id);
        answer["result"].take()
    }

    /// What is asked of a place: a line and a column, both from zero.
    fn ask_at(&mut self, method: &str, file: &Path, (line, character): (u32, u32)) -> Value {
        let place = json!({"line": line, "character": character});
        let what = json!({"textDocument": {"uri": uri(file)}, "position": place, "newName": "front"});
        self.ask(method, &what)
    }

    /// The mistakes of `file`, once they are as wanted.
    fn mistakes(&mut self, file: &Path, wanted: impl Fn(&[Value]) -> bool) -> Value {
        let mut told = self.wait(|message| {
            let mistakes = message["params"]["diagnostics"].as_array();
            message["params"]["uri"] == uri(file) && mistakes.is_some_and(|mistakes| wanted(mistakes))
        });
        told["params"]["diagnostics"].take()
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.said.recv_timeout(Duration::from_secs(60)).unwrap();
            if wanted(&message) {
                return message;
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok()?;
        match line.strip_prefix("Content-Length: ") {
            Some(number) => length = number.trim().parse().ok(),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut text = vec![0; length?];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn uri(file: &Path) -> String {
    format!("file://{}", file.display())
}

/// A file that several projects share lies beside their folders: what is open tells whose it is.
#[test]
fn a_file_beside_the_project_is_of_the_one_that_is_open() {
    let own = tempfile::tempdir().unwrap();
    let (main, shared) = (own.path().join("app/flow.kdl"), own.path().join("shared/web.kdl"));
    let text = "project \"shop\"\nproviders { sakura-cloud { zone \"tk1a\" } }\ninclude \"../shared/web.kdl\"\n\
        stage \"dev\" { server \"web\"; dns \"example.jp\" { record \"a\" type=\"A\" value=server.web.ip } }\n";
    let (mut editor, _) = Editor::knowing(&[]);
    editor.open(
        &shared,
        "server \"web\" { plan core=1 memory=1; disk size=20 os=\"debian-12\" }\n",
    );
    let alone = editor.mistakes(&shared, |mistakes| !mistakes.is_empty());
    assert!(
        alone[0]["message"].as_str().unwrap().contains("it has no zone"),
        "{alone}"
    );
    editor.open(&main, text);
    editor.mistakes(&shared, <[Value]>::is_empty);
    let changes = editor.ask_at("textDocument/rename", &shared, (0, 9));
    let count = |file: &Path| changes["changes"][uri(file)].as_array().map(Vec::len);
    assert_eq!((count(&shared), count(&main)), (Some(1), Some(2)), "{changes}");
}

/// Who types faster than a file is checked is told of what they have typed, and not of each letter on the way there.
#[test]
fn who_types_fast_is_told_of_the_last_text() {
    const KEYS: usize = 30;
    let own = tempfile::tempdir().unwrap();
    let file = own.path().join("flow.kdl");
    let text = |key: usize| {
        format!("project \"shop\"\nstage \"dev\" {{ r2-bucket \"files\" {{ unknown-{key} #true }} }}\n")
    };
    let (mut editor, _) = Editor::knowing(&[]);
    editor.open(&file, &text(0));
    editor.mistakes(&file, |mistakes| mistakes.len() == 1);
    for key in 1..=KEYS {
        let document = json!({"uri": uri(&file), "version": key + 1});
        let changed = json!({"textDocument": document, "contentChanges": [{"text": text(key)}]});
        editor.tell("textDocument/didChange", &changed);
    }
    let told = std::cell::Cell::new(0);
    editor.mistakes(&file, |mistakes| {
        told.set(told.get() + 1);
        mistakes[0]["message"]
            .as_str()
            .unwrap()
            .contains(&format!("`unknown-{KEYS}`"))
    });
    assert!(told.get() < KEYS / 2, "it was checked {} times", told.get());
}

/// Letters of one, three and four bytes stand before the column, and lines end as on Windows.
#[test]
fn columns_are_counted_as_the_editor_does() {
    let text = "// 😀さくら\r\nstage \"dev\" {\r\n  r2-bucket \"さ😀\" { locatio #true }\r\n}\r\n";
    let own = tempfile::tempdir().unwrap();
    let file = own.path().join("flow.kdl");
    for (known, agreed, column) in [
        (&["utf-8"][..], "utf-8", 24),
        (&["utf-32", "utf-8"], "utf-32", 19),
        (&["utf-8", "utf-16"], "utf-16", 20),
        (&["utf-7"], "utf-16", 20),
        (&[], "utf-16", 20),
    ] {
        let (mut editor, units) = Editor::knowing(known);
        assert_eq!(units, agreed, "{known:?}");
        editor.open(&file, text);
        let mistakes = editor.mistakes(&file, |mistakes| mistakes.len() > 1);
        let unknown = mistakes.as_array().unwrap().iter().find(|mistake| {
            mistake["message"]
                .as_str()
                .unwrap()
                .starts_with("unknown field `locatio`")
        });
        let range = &unknown.unwrap_or_else(|| panic!("{mistakes}"))["range"];
        let place = |character: u32| json!({"line": 2, "character": character});
        assert_eq!(
            *range,
            json!({"start": place(column), "end": place(column + 7)}),
            "{known:?}"
        );
        let offers = editor.ask_at("textDocument/completion", &file, (2, column + 3));
        assert_eq!(
            offers[0]["textEdit"]["range"]["start"],
            place(column),
            "{known:?}: {offers}"
        );
    }
}
