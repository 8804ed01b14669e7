//! One page, tried from its top to its bottom in one project: files are written, KDL is validated, commands are run and
//! what they print is compared with the page, or written into it with `FLEETFLOW_REGENERATE=1`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;

use super::block::{Block, Note, blocks};
use crate::support::Project;

/// What became of the blocks of a page.
#[derive(Default)]
pub(crate) struct Tried {
    /// What is wrong, with its line.
    pub(crate) wrong: Vec<String>,
    /// How many were run or validated here.
    pub(crate) run: usize,
    /// How many are run by other tests: Rust by doc tests, Python beside the wheel, mistakes by the test of their codes.
    pub(crate) elsewhere: usize,
    /// What was not run, and why.
    pub(crate) left: Vec<String>,
    /// The page with what was printed now.
    pub(crate) text: String,
}

/// Tries every block of `page`.
pub(crate) fn attempt(page: &str) -> Tried {
    let project = Project::new("");
    fs::remove_file(project.file("flow.kdl")).unwrap();
    project.with_examples();
    let mut tried = Tried::default();
    let mut at = 0;
    for block in blocks(page) {
        tried.text.push_str(&page[at..block.body.start]);
        let body = &page[block.body.clone()];
        let printed = one(&project, &block, body, &mut tried);
        tried.text.push_str(printed.as_deref().unwrap_or(body));
        at = block.body.end;
    }
    tried.text.push_str(&page[at..]);
    tried
}

/// Tries a block; what it looks like now, where that was found out.
fn one(project: &Project, block: &Block, body: &str, tried: &mut Tried) -> Option<String> {
    let language = block.language.split([',', ' ']).next().unwrap_or_default();
    match (&block.note, language) {
        (Note::NotRun(reason), _) => {
            tried.left.push(format!("line {}: {reason}", block.line));
        }
        (Note::File(name), _) => write(project, name, body, language == "kdl", tried, block),
        // The page of the codes has a test of its own, which looks for the code.
        (_, "kdl") if block.language == "kdl,mistake" => tried.elsewhere += 1,
        (note, "kdl") => validate(project, body, *note == Note::Wrong, tried, block),
        (note, "console") => return Some(console(project, body, note, tried, block)),
        (_, "rust" | "python") => tried.elsewhere += 1,
        (_, other) => tried.wrong.push(format!(
            "line {}: a block of {other:?} is not run: say why with <!-- not run: WHY --> above it, or make it kdl, \
             console, rust or python",
            block.line
        )),
    }
    None
}

fn write(project: &Project, name: &str, body: &str, kdl: bool, tried: &mut Tried, block: &Block) {
    let file = project.file(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, body).unwrap();
    tried.run += 1;
    // A file that others include is validated with them.
    if kdl && name == "flow.kdl" {
        check(project, "flow.kdl", false, tried, block);
    }
}

fn validate(project: &Project, body: &str, wrong: bool, tried: &mut Tried, block: &Block) {
    fs::write(project.file("fragment.kdl"), body).unwrap();
    tried.run += 1;
    check(project, "fragment.kdl", wrong, tried, block);
    fs::remove_file(project.file("fragment.kdl")).unwrap();
}

/// `flow validate`, for every stage of the file.
fn check(project: &Project, file: &str, wrong: bool, tried: &mut Tried, block: &Block) {
    let run = project
        .command(&["validate", "--file", file])
        .env("CF_ACCOUNT_ID", "0123456789abcdef0123456789abcdef")
        .output()
        .unwrap();
    if run.status.success() == wrong {
        let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
        let expected = if wrong { "should be refused" } else { "is refused" };
        tried
            .wrong
            .push(format!("line {}: {expected}: {said}", block.line));
    }
}

/// Runs the commands of a block, and returns it with what they print.
fn console(project: &Project, body: &str, note: &Note, tried: &mut Tried, block: &Block) -> String {
    let commands: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let mut shown = String::new();
    tried.run += 1;
    for (position, command) in commands.iter().enumerate() {
        let (code, printed) = shell(project, command);
        let last = position + 1 == commands.len();
        let wanted = match note {
            Note::Exits(code) if last => *code,
            _ => 0,
        };
        if code != wanted {
            tried.wrong.push(format!(
                "line {}: `{command}` ends with {code}, not {wanted}: {printed}",
                block.line
            ));
        }
        shown.push_str(&format!("$ {command}\n{printed}"));
        if !printed.is_empty() && !printed.ends_with('\n') {
            shown.push('\n');
        }
    }
    let shortened = *note == Note::Shortened;
    if !alike(body, &shown, shortened) {
        tried.wrong.push(format!(
            "line {}: the page shows\n{body}\nbut this is printed now:\n{shown}",
            block.line
        ));
    }
    if shortened { body.to_owned() } else { shown }
}

/// Runs a line of shell in the project, with `flow` on its path.
fn shell(project: &Project, line: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_flow"));
    let surroundings = project.command(&[]);
    let line = line.replace("cargo run --release -- ", "flow ");
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(project.root())
        .env_clear()
        .envs(
            surroundings
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", program.parent().unwrap().display()),
        )
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let root = project.root().display().to_string();
    let text = text.replace(&root, "/home/you/shop");
    (output.status.code().unwrap_or(-1), without_machine(&text))
}

/// The user of the tests and this machine are nothing for a page.
fn without_machine(text: &str) -> String {
    static USER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\btester@[\w.-]+").unwrap());
    USER.replace_all(text, "you@laptop").into_owned()
}

/// Whether two outputs say the same, but for times, ids, and the order of what happens at the same time.
fn alike(page: &str, now: &str, shortened: bool) -> bool {
    let (page, now) = (lines(page), lines(now));
    if shortened {
        let mut rest = now.iter();
        return page
            .iter()
            .filter(|line| *line != "...")
            .all(|wanted| rest.any(|line| line == wanted));
    }
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    sorted(page) == sorted(now)
}

fn lines(text: &str) -> Vec<String> {
    static CHANGING: LazyLock<[(Regex, &str); 8]> = LazyLock::new(|| {
        [
            (
                r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC|[+-]\d\d:\d\d)?",
                "TIME",
            ),
            (r"\bUp \d+ (second|minute)s?", "UP"),
            (r"\bprocess \d+", "PROCESS"),
            (r"\b\d+(\.\d+)? ?(ms|s|min|h)\b", "LONG"),
            (r"\b(\d+ )+requests?\b", "N requests"),
            (r"\b203\.0\.113\.\d+\b", "ADDRESS"),
            (r"\b(\d{12}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,64})\b", "ID"),
            (r"\s+", " "),
        ]
        .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    });
    text.lines()
        .map(|line| {
            let mut line = line.trim().to_owned();
            for (pattern, name) in CHANGING.iter() {
                line = pattern.replace_all(&line, *name).into_owned();
            }
            line
        })
        .filter(|line| !line.is_empty() && !line.starts_with("... "))
        .collect()
}
