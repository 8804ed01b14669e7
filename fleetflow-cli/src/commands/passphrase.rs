//! `state passphrase`: who has the new one opens the state from now on, and who has the old one no longer. No cloud is asked.

use fleetflow_core::state::Store as _;
use fleetflow_core::{Error, codes};
use secrecy::SecretString;

use crate::arguments::PassphraseArguments;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::question::Consent;
use crate::runtime;
use crate::site::Site;

pub(super) fn change(invocation: &Invocation, arguments: &PassphraseArguments) -> Result<(), Failure> {
    let PassphraseArguments { mend, new_env } = arguments;
    let site = Site::load(invocation, mend.stage.name.as_deref())?;
    let (project, stage) = site.names();
    let consent = Consent::of(invocation.terminal, stage, mend.yes)?;
    let to = site
        .variable(new_env)
        .map(SecretString::from)
        .ok_or_else(|| unset(new_env))?;
    let site = &site;
    runtime::run(|cancelled| async move {
        let place = site.store().describe();
        let subject = format!("the passphrase of {project} / {stage} at {place}, for everybody");
        consent.to(&cancelled, "change", subject).await?;
        Ok(site.store().change_passphrase(to).await?)
    })?;
    let text = format!(
        "The state of {project} / {stage} is opened by what {new_env} holds.\n\
         Give that to the variable of `encrypt` wherever this stage is worked on.\n"
    );
    Ok(invocation.terminal.show(&text)?)
}

fn unset(name: &str) -> Error {
    Error::of(
        &codes::USAGE,
        format!("`{name}` is not set, which is to hold the new passphrase"),
    )
    .help(format!("export {name}, or write it into `.env`"))
}
