//! Reading a Dockerfile into instructions. It runs nothing and expands no variable.

use crate::docker::answer::Failure;

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// In upper case.
    pub(super) keyword: String,
    /// `--from=build` and the like.
    pub(super) flags: Vec<String>,
    /// Everything after the flags, on one line.
    pub(super) arguments: String,
    /// As a whole, on one line, the way a build prints it.
    pub(super) original: String,
    line: usize,
}

const KEYWORDS: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<Vec<Instruction>, Failure> {
    let instructions: Vec<Instruction> = logical_lines(text)
        .into_iter()
        .map(|(line, text)| instruction(line, &text))
        .collect::<Result<_, _>>()?;
    let Some(first) = instructions.iter().find(|one| one.keyword != "ARG") else {
        return Err(Failure::bad("file with no instructions"));
    };
    if first.keyword != "FROM" {
        return Err(Failure::bad("no build stage in current context"));
    }
    Ok(instructions)
}

impl Instruction {
    /// What is wrong with it, as engines report it.
    pub(super) fn problem(&self, reason: impl std::fmt::Display) -> Failure {
        Failure::bad(format!("dockerfile parse error on line {}: {reason}", self.line))
    }

    /// The value of a flag.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='))
    }

    /// The arguments as a JSON list of words, if they are one.
    pub(super) fn json_words(&self) -> Option<Vec<String>> {
        serde_json::from_str(&self.arguments).ok()
    }

    /// The arguments as words.
    pub(super) fn words(&self) -> Vec<String> {
        self.json_words().unwrap_or_else(|| split_words(&self.arguments))
    }

    /// The arguments as `KEY=value` pairs, or one `KEY value`.
    pub(super) fn pairs(&self) -> Result<Vec<(String, String)>, Failure> {
        let words = split_words(&self.arguments);
        if words.first().is_some_and(|word| !word.contains('=')) {
            let (key, value) = self
                .arguments
                .split_once(char::is_whitespace)
                .unwrap_or((&self.arguments, ""));
            if value.is_empty() {
                return Err(self.problem(format!("{} must have two arguments", self.keyword)));
            }
            return Ok(vec![(key.to_owned(), value.trim().to_owned())]);
        }
        let pair = |word: String| {
            let (key, value) = word
                .split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))?;
            Some((key, value))
        };
        words
            .into_iter()
            .map(|word| pair(word.clone()).ok_or_else(|| self.no_equals(&word)))
            .collect()
    }

    fn no_equals(&self, word: &str) -> Failure {
        self.problem(format!(
            "Syntax error - can't find = in {word:?}. Must be of the form: name=value"
        ))
    }
}

/// Lines joined at `\`, without comments, empty lines and the bodies of here-documents, with their numbers.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut document: Vec<String> = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        if let Some(end) = document.first() {
            if raw.trim() == end {
                document.remove(0);
            }
            continue;
        }
        let line = raw.trim();
        if line.starts_with('#') || (line.is_empty() && open.is_none()) {
            continue;
        }
        let (number, mut joined) = open.take().unwrap_or((at + 1, String::new()));
        if let Some(part) = line.strip_suffix('\\') {
            joined.push_str(part);
            open = Some((number, joined));
            continue;
        }
        joined.push_str(line);
        document = here_documents(&joined);
        lines.push((number, joined));
    }
    lines.extend(open);
    lines
}

/// The words that end the here-documents a line opens.
fn here_documents(line: &str) -> Vec<String> {
    let keyword = line
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    if !matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return Vec::new();
    }
    let words = line.split_whitespace().filter_map(|word| word.strip_prefix("<<"));
    let words = words.map(|word| word.trim_start_matches('-').trim_matches(['"', '\'']).to_owned());
    words
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .collect()
}

fn instruction(line: usize, text: &str) -> Result<Instruction, Failure> {
    let (keyword, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let keyword = keyword.to_ascii_uppercase();
    let mut rest = rest.trim();
    let mut flags = Vec::new();
    while rest.starts_with("--") {
        let (flag, tail) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        flags.push(flag.to_owned());
        rest = tail.trim_start();
    }
    let original = format!(
        "{keyword} {}",
        text.split_once(char::is_whitespace)
            .map_or("", |(_, rest)| rest.trim())
    );
    let instruction = Instruction {
        keyword,
        flags,
        arguments: rest.to_owned(),
        original: original.trim_end().to_owned(),
        line,
    };
    check(&instruction)?;
    Ok(instruction)
}

fn check(instruction: &Instruction) -> Result<(), Failure> {
    let keyword = instruction.keyword.as_str();
    if !KEYWORDS.contains(&keyword) {
        return Err(instruction.problem(format!("unknown instruction: {keyword}")));
    }
    if instruction.arguments.is_empty() && !matches!(keyword, "CMD" | "ENTRYPOINT") {
        return Err(instruction.problem(format!("{keyword} requires at least one argument")));
    }
    if matches!(keyword, "COPY" | "ADD") && instruction.words().len() < 2 {
        let reason = format!("{keyword} requires at least two arguments, but only one was provided");
        return Err(instruction.problem(reason));
    }
    let mount = instruction.flags.iter().any(|flag| flag.starts_with("--mount"));
    if keyword == "RUN" && mount {
        let advice = "Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled";
        return Err(Failure::bad(format!(
            "the --mount option requires BuildKit. {advice}"
        )));
    }
    Ok(())
}

/// Words with quotes and backslashes taken away.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quote != Some('\'') => word.get_or_insert_default().extend(letters.next()),
            '"' | '\'' if quote.is_none() => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            letter if quote == Some(letter) => quote = None,
            letter if letter.is_whitespace() && quote.is_none() => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
