//! Which argument of which command is offered what.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::builder::ValueHint;
use clap::{Arg, Command};
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCompleter;

use super::known::{Known, Subject};

/// `command`, whose arguments offer what is known of the project.
pub(super) fn offering(command: Command, known: &Arc<Known>) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| match subject(&name, arg.get_id().as_str()) {
            Some(subject) => arg.add(completer(subject, Arc::clone(known))),
            None => hint(arg),
        })
        .mut_subcommands(|command| offering(command, known))
}

/// The same without options where there is anything else to offer: they are many, and begin with a dash.
pub(super) fn without_options(command: Command) -> Command {
    command
        .mut_args(|arg| {
            let is_option = !arg.is_positional();
            arg.hide(is_option)
        })
        .mut_subcommands(without_options)
}

fn subject(command: &str, arg: &str) -> Option<Subject> {
    Some(match (command, arg) {
        ("outputs", "name") | ("import", "address") | (_, "targets") => Subject::Declared,
        ("show" | "forget", "address") => Subject::Remembered,
        ("logs", "services") => Subject::ServicesAndGroups,
        ("exec", "service") => Subject::Services,
        ("ssh", "server") => Subject::Of("server"),
        ("scale", "server") => Subject::Of("scale"),
        ("rollback", "group") => Subject::Of("service-group"),
        (_, "stage" | "confirm_stage" | "name") => Subject::Stages,
        _ => return None,
    })
}

fn completer(subject: Subject, known: Arc<Known>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| -> Vec<CompletionCandidate> {
        let Some(typed) = typed.to_str() else {
            return Vec::new();
        };
        let offers = known.offers(subject, typed).into_iter();
        let fitting = offers.filter(|offer| offer.word.starts_with(typed));
        fitting
            .map(|offer| CompletionCandidate::new(offer.word).help(offer.meaning.map(Into::into)))
            .collect()
    })
}

/// Files are offered where one is meant.
fn hint(arg: Arg) -> Arg {
    let is_place = arg.get_id() == "state";
    match arg.get_value_hint() {
        ValueHint::AnyPath => arg.value_hint(ValueHint::FilePath),
        ValueHint::Unknown if is_place => arg.value_hint(ValueHint::DirPath),
        _ => arg,
    }
}
