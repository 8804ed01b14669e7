//! A command line that cannot be read, told as everything else is: what is wrong, its number, what to do next. Help and
//! versions are answers and stay as clap prints them.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};
use clap::{Command, CommandFactory as _};
use fleetflow_core::{Error, codes};

use crate::arguments::Arguments;

/// What clap found, in the words of this program, which is called `program`.
pub(crate) fn error(found: &clap::Error, program: &str, words: &[OsString]) -> Error {
    let help = format!("{} --help", command(program, words));
    let advice = match suggestion(found) {
        Some(near) => format!("did you mean {near}? `{help}` lists all"),
        None => format!("see `{help}`"),
    };
    Error::of(&codes::USAGE, message(found)).help(advice)
}

fn message(found: &clap::Error) -> String {
    let argument = || quoted(found, ContextKind::InvalidArg).join(", ");
    match found.kind() {
        Kind::UnknownArgument => unknown(&argument()),
        Kind::InvalidSubcommand => format!(
            "there is no command {}",
            one(found, ContextKind::InvalidSubcommand)
        ),
        Kind::MissingRequiredArgument => missing(&quoted(found, ContextKind::InvalidArg)),
        Kind::MissingSubcommand => "the command is missing".to_owned(),
        Kind::ArgumentConflict => conflict(&argument(), &quoted(found, ContextKind::PriorArg)),
        Kind::InvalidValue => unfit(found, &argument()),
        Kind::ValueValidation => format!("{}: {}", unfit(found, &argument()), cause(found)),
        Kind::TooManyValues => format!(
            "{} takes no value {}",
            argument(),
            one(found, ContextKind::InvalidValue)
        ),
        Kind::InvalidUtf8 => "a word of the command line is not text in UTF-8".to_owned(),
        _ => rendered(found),
    }
}

fn unknown(argument: &str) -> String {
    if argument.starts_with("`-") {
        format!("there is no option {argument}")
    } else {
        format!("{argument} is a word too many")
    }
}

fn missing(arguments: &[String]) -> String {
    let verb = if arguments.len() == 1 { "is" } else { "are" };
    format!("{} {verb} missing", arguments.join(" and "))
}

fn conflict(argument: &str, others: &[String]) -> String {
    if others.is_empty() || others == [argument] {
        format!("{argument} is given twice")
    } else {
        format!("{argument} and {} exclude each other", others.join(", "))
    }
}

/// A value that is not one of the allowed ones, or no value at all.
fn unfit(found: &clap::Error, argument: &str) -> String {
    let allowed = texts(found, ContextKind::ValidValue).join(", ");
    let allowed = match allowed.as_str() {
        "" => String::new(),
        allowed => format!("; allowed: {allowed}"),
    };
    match one(found, ContextKind::InvalidValue).as_str() {
        "" | "``" => format!("{argument} needs a value{allowed}"),
        value => format!("{argument} cannot be {value}{allowed}"),
    }
}

/// Why a value does not fit. The standard library's words for a number say nothing of one.
fn cause(found: &clap::Error) -> String {
    let Some(cause) = std::error::Error::source(found) else {
        return "it does not fit".to_owned();
    };
    if cause.is::<std::num::ParseIntError>() {
        return "write a whole number".to_owned();
    }
    if cause.is::<std::net::AddrParseError>() {
        return "write an address and a port, as 127.0.0.1:9464".to_owned();
    }
    cause.to_string()
}

/// The first paragraph of what clap prints, for what has no words here.
fn rendered(found: &clap::Error) -> String {
    let text = found.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn suggestion(found: &clap::Error) -> Option<String> {
    let kinds = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let near: Vec<_> = kinds.into_iter().flat_map(|kind| quoted(found, kind)).collect();
    // clap puts the nearest one last.
    let near = near.into_iter().rev();
    let meant = meant(&one(found, ContextKind::InvalidSubcommand));
    let near: Vec<_> = meant
        .map(|name| format!("`{name}`"))
        .into_iter()
        .chain(near)
        .collect();
    (!near.is_empty()).then(|| near.join(" or "))
}

/// The command that other tools call `word`.
fn meant(word: &str) -> Option<&'static str> {
    match word.trim_matches('`') {
        "apply" | "deploy" | "converge" => Some("up"),
        "destroy" | "delete" | "remove" => Some("down"),
        "diff" | "preview" => Some("plan"),
        "adopt" => Some("import"),
        "ps" | "ls" | "show" => Some("status"),
        "check" | "lint" => Some("validate"),
        _ => None,
    }
}

fn texts(found: &clap::Error, kind: ContextKind) -> Vec<String> {
    match found.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn quoted(found: &clap::Error, kind: ContextKind) -> Vec<String> {
    let texts = texts(found, kind).into_iter();
    texts.map(|text| format!("`{text}`")).collect()
}

fn one(found: &clap::Error, kind: ContextKind) -> String {
    quoted(found, kind).concat()
}

/// The command that was meant, as far as its words are known: `flow state show`.
fn command(program: &str, words: &[OsString]) -> String {
    let root = Arguments::command();
    let (mut here, mut line) = (&root, program.to_owned());
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if let Some(next) = here.find_subcommand(word) {
            here = next;
            line = format!("{line} {word}");
        } else if takes_value(&root, word) {
            words.next();
        }
    }
    line
}

/// Whether the next word belongs to this option of every command.
fn takes_value(root: &Command, word: &str) -> bool {
    let named = |argument: &clap::Arg| {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        [long, short].iter().flatten().any(|name| name == word)
    };
    let found = root.get_arguments().find(|argument| named(argument));
    found.is_some_and(|argument| argument.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn told(line: &str) -> (String, String) {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let found = Arguments::try_parse_from(&words).unwrap_err();
        let error = error(&found, "flow", &words);
        assert_eq!(error.registered(), &codes::USAGE);
        (
            error.message().to_owned(),
            error.advice().unwrap_or_default().to_owned(),
        )
    }

    /// What is typed, what is said of it, and what to type instead.
    const CASES: &[(&str, &str, &str)] = &[
        (
            "flow plna",
            "there is no command `plna`",
            "did you mean `plan` or `explain`? `flow --help` lists all",
        ),
        (
            "flow destroy",
            "there is no command `destroy`",
            "did you mean `down`? `flow --help` lists all",
        ),
        (
            "flow plan --foo",
            "there is no option `--foo`",
            "see `flow plan --help`",
        ),
        (
            "flow plan --fiel x",
            "there is no option `--fiel`",
            "did you mean `--file`? `flow plan --help` lists all",
        ),
        (
            "flow plan a b",
            "`b` is a word too many",
            "see `flow plan --help`",
        ),
        (
            "flow state shw",
            "there is no command `shw`",
            "did you mean `show`? `flow state --help` lists all",
        ),
        (
            "flow import",
            "`<ADDRESS>` and `<ID>` are missing",
            "see `flow import --help`",
        ),
        (
            "flow -s plan import server.web",
            "`<ID>` is missing",
            "see `flow import --help`",
        ),
        (
            "flow plan -f",
            "`--file <FILE>` needs a value",
            "see `flow plan --help`",
        ),
        (
            "flow plan -f a -f b",
            "`--file <FILE>` is given twice",
            "see `flow plan --help`",
        ),
        (
            "flow plan --sandbox --state x",
            "`--sandbox` and `--state <URL>` exclude each other",
            "see `flow plan --help`",
        ),
        (
            "flow plan --json=3",
            "`--json` takes no value `3`",
            "see `flow plan --help`",
        ),
        (
            "flow scale web x",
            "`<N>` cannot be `x`: write a whole number",
            "see `flow scale --help`",
        ),
        (
            "flow plan --parallelism 0",
            "`--parallelism <N>` cannot be `0`: write a whole number from 1",
            "see `flow plan --help`",
        ),
        (
            "flow plan --color x",
            "`--color <WHEN>` cannot be `x`; allowed: auto, always, never",
            "see `flow plan --help`",
        ),
        (
            "flow completions",
            "`<SHELL>` is missing",
            "see `flow completions --help`",
        ),
        (
            "flow watch --metrics-addr x",
            "`--metrics-addr <ADDRESS>` cannot be `x`: write an address and a port, as 127.0.0.1:9464",
            "see `flow watch --help`",
        ),
    ];

    #[test]
    fn each_kind_of_wrong_usage_says_what_is_wrong_and_what_to_type() {
        for (line, message, advice) in CASES {
            assert_eq!(
                told(line),
                ((*message).to_owned(), (*advice).to_owned()),
                "{line}"
            );
        }
    }
}
