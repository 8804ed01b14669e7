//! Asks a person before something is changed. Silence, and everything but a clear yes, is a no.

use fleetflow_core::{Error, ErrorKind, Result, codes};
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

/// What is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Question<'a> {
    /// `converge`, `remove`.
    pub(crate) verb: &'static str,
    /// The name that is typed once more for a protected stage.
    pub(crate) stage: &'a str,
    /// Project, stage, accounts and zones, in words.
    pub(crate) subject: String,
    /// What it asks for.
    pub(crate) care: Care,
}

impl Approval<'_> {
    /// Whether nothing is left to be asked. An error when that is not so and nobody can be asked, or when another stage
    /// was named: known before anything else happens.
    pub(crate) fn suffices(&self, terminal: Terminal, care: Care, stage: &str) -> Result<bool> {
        if let Some(name) = self.confirmed.filter(|name| *name != stage) {
            let message = format!("--confirm-stage says {name:?}, but this is stage {stage:?}");
            return Err(Error::of(&codes::USAGE, message).help("check which stage you mean"));
        }
        let confirmed = care == Care::Usual || self.confirmed.is_some();
        if self.yes && confirmed {
            return Ok(true);
        }
        if terminal.can_ask {
            return Ok(false);
        }
        Err(unasked(self, confirmed, stage))
    }
}

/// A yes to what `--yes` alone may answer, whatever the stage asks for before it is changed.
pub(crate) struct Consent<'a> {
    terminal: Terminal,
    stage: &'a str,
    approval: Approval<'a>,
    is_given: bool,
}

impl<'a> Consent<'a> {
    /// As `--yes` says; an error when it does not, and nobody can be asked.
    pub(crate) fn of(terminal: Terminal, stage: &'a str, yes: bool) -> Result<Self> {
        let approval = Approval { yes, confirmed: None };
        let is_given = approval.suffices(terminal, Care::Usual, stage)?;
        Ok(Self {
            terminal,
            stage,
            approval,
            is_given,
        })
    }

    /// Returns when it is given.
    pub(crate) async fn to(
        &self,
        cancelled: &CancellationToken,
        verb: &'static str,
        subject: String,
    ) -> Result<()> {
        if self.is_given {
            return Ok(());
        }
        let question = Question {
            verb,
            stage: self.stage,
            subject,
            care: Care::Usual,
        };
        ask(self.terminal, cancelled, &self.approval, &question).await
    }
}

/// Returns when the answer to `question` is a clear yes.
pub(crate) async fn ask(
    terminal: Terminal,
    cancelled: &CancellationToken,
    approval: &Approval<'_>,
    question: &Question<'_>,
) -> Result<()> {
    let Question {
        verb, stage, subject, ..
    } = question;
    if question.care == Care::Protected && approval.confirmed.is_none() {
        let text = format!("{subject}\nThe stage is protected. Type its name to {verb} it: ");
        return expect(terminal, cancelled, &text, &[stage]).await;
    }
    let text = format!("{} {subject}? [y/N] ", capitalised(verb));
    expect(terminal, cancelled, &text, &["y", "yes"]).await
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
    Err(Error::of(&codes::DECLINED, "not approved; nothing was changed"))
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
    let code = if approval.yes {
        &codes::UNCONFIRMED
    } else {
        &codes::CANNOT_ASK
    };
    let message =
        format!("this needs an approval, and nobody can be asked here; nothing was changed; give {flags}");
    Error::of(code, message).help(format!("look at the plan with `flow plan`, then add {flags}"))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffices(can_ask: bool, approval: &Approval<'_>, care: Care) -> Result<bool> {
        approval.suffices(Terminal::plain(can_ask), care, "prod")
    }

    #[test]
    fn nobody_to_ask_is_an_error_that_names_the_flags() {
        let silent = Approval::default();
        assert!(!suffices(true, &silent, Care::Usual).unwrap());
        let error = suffices(false, &silent, Care::Protected).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("--yes --confirm-stage prod"), "{error}");
        let yes = Approval {
            yes: true,
            confirmed: None,
        };
        assert!(suffices(false, &yes, Care::Usual).unwrap());
        assert_eq!(
            suffices(false, &yes, Care::Protected).unwrap_err().kind(),
            ErrorKind::Guarded
        );
    }

    #[test]
    fn another_stage_is_never_confirmed() {
        let wrong = Approval {
            yes: true,
            confirmed: Some("dev"),
        };
        let error = suffices(true, &wrong, Care::Usual).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let right = Approval {
            yes: true,
            confirmed: Some("prod"),
        };
        assert!(suffices(false, &right, Care::Protected).unwrap());
    }
}
