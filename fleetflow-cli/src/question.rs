//! Asks a person before something is changed. Silence, and everything but a clear yes, is a no.

use fleetflow_core::{Error, ErrorKind, Result};
use tokio_util::sync::CancellationToken;

use crate::runtime::interruptible;
use crate::show::style::{BOLD, paint};
use crate::terminal::{self, Terminal};

/// What a stage asks for before it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// A yes.
    Usual,
    /// Its name, typed once more.
    Protected,
}

/// What the user said on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Approval<'a> {
    /// `--yes`.
    pub(crate) yes: bool,
    /// `--confirm-stage NAME`.
    pub(crate) confirmed: Option<&'a str>,
}

/// Returns when `stage` may be changed: by the command line, or by the answer to a question about `verb`.
pub(crate) async fn approve(
    terminal: Terminal,
    cancelled: &CancellationToken,
    care: Care,
    approval: &Approval<'_>,
    (verb, stage): (&str, &str),
) -> Result<()> {
    if let Some(name) = approval.confirmed.filter(|name| *name != stage) {
        let message = format!("--confirm-stage says {name:?}, but this is stage {stage:?}");
        return Err(Error::new(ErrorKind::Invalid, message).help("check which stage you mean"));
    }
    let confirmed = care == Care::Usual || approval.confirmed.is_some();
    match (approval.yes, confirmed) {
        (true, true) => Ok(()),
        _ if !terminal.can_ask => Err(unasked(approval, confirmed, stage)),
        (true | false, false) => {
            let question = format!("Stage {stage:?} is protected. Type its name to {verb} it: ");
            expect(terminal, cancelled, &question, &[stage]).await
        }
        (false, true) => {
            let verb = capitalised(verb);
            expect(
                terminal,
                cancelled,
                &format!("{verb} stage {stage:?}? [y/N] "),
                &["y", "yes"],
            )
            .await
        }
    }
}

async fn expect(
    terminal: Terminal,
    cancelled: &CancellationToken,
    question: &str,
    answers: &[&str],
) -> Result<()> {
    terminal.alert(&paint(BOLD, question));
    let read = async {
        let line = tokio::task::spawn_blocking(terminal::read_line).await;
        let unread = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Local, format!("the answer could not be read: {error}"))
                .help("give `--yes`")
        };
        line.map_err(|error| unread(&error))?
            .map_err(|error| unread(&error))
    };
    let answer = interruptible(cancelled, read).await?;
    if answers.iter().any(|wanted| answer.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Cancelled,
        "not approved; nothing was changed",
    ))
}

/// Nobody is there to be asked: the flag that says it instead.
fn unasked(approval: &Approval<'_>, confirmed: bool, stage: &str) -> Error {
    let mut flags = Vec::new();
    if !approval.yes {
        flags.push("--yes".to_owned());
    }
    if !confirmed {
        flags.push(format!("--confirm-stage {stage}"));
    }
    let flags = flags.join(" ");
    let kind = if approval.yes {
        ErrorKind::Guarded
    } else {
        ErrorKind::Invalid
    };
    let message =
        format!("this needs an approval, and nobody can be asked here; nothing was changed; give {flags}");
    Error::new(kind, message).help(format!("look at the plan with `flow plan`, then add {flags}"))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
