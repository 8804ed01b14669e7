//! `state list`, `show`, `history`, `forget`: what is remembered. No cloud is asked.

use fleetflow_core::state::{Event, Holder};
use fleetflow_core::{Address, Error, codes};

use super::{mend, passphrase};
use crate::arguments::StateCommand;
use crate::documents::state::{EntryDocument, HistoryDocument, StateDocument};
use crate::edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::question::Consent;
use crate::runtime;
use crate::show::style::{DIM, paint};
use crate::show::table::table;
use crate::show::text;
use crate::site::Site;

pub(super) fn run(invocation: &Invocation, command: &StateCommand) -> Result<Exit, Failure> {
    match command {
        StateCommand::List(stage) => list(invocation, stage.name.as_deref())?,
        StateCommand::Show { address } => show(invocation, address)?,
        StateCommand::History(stage) => history(invocation, stage.name.as_deref())?,
        StateCommand::Forget { address, yes } => forget(invocation, address, *yes)?,
        StateCommand::Unlock(mend) => mend::unlock(invocation, mend.stage.name.as_deref(), mend.yes)?,
        StateCommand::Rebuild(mend) => mend::rebuild(invocation, mend.stage.name.as_deref(), mend.yes)?,
        StateCommand::Passphrase(arguments) => passphrase::change(invocation, arguments)?,
    }
    Ok(Exit::Done)
}

fn list(invocation: &Invocation, stage: Option<&str>) -> Result<(), Failure> {
    let (site, document) = load(invocation, stage)?;
    if invocation.options.json {
        return Ok(invocation.terminal.print_json(&document)?);
    }
    if document.entries.is_empty() {
        let place = site.store().describe();
        invocation.terminal.say(&format!(
            "Nothing is remembered of stage {:?} in {place}.\n",
            document.stage
        ));
    }
    let rows: Vec<_> = document
        .entries
        .iter()
        .map(|entry| {
            let id = entry.id.clone().unwrap_or_default();
            let phase = if entry.phase == "ready" { "" } else { entry.phase };
            vec![entry.address.to_string(), phase.to_owned(), paint(DIM, id)]
        })
        .collect();
    let lines: Vec<_> = table(&rows).iter().map(|line| format!("{line}\n")).collect();
    Ok(invocation.terminal.show(&lines.concat())?)
}

fn show(invocation: &Invocation, address: &Address) -> Result<(), Failure> {
    let (_, document) = load(invocation, None)?;
    let found = document
        .entries
        .iter()
        .position(|entry| entry.address == *address);
    let Some(found) = found else {
        return Err(unknown(address).into());
    };
    if invocation.options.json {
        let entries = document.entries.into_iter().skip(found).take(1).collect();
        return Ok(invocation
            .terminal
            .print_json(&StateDocument { entries, ..document })?);
    }
    Ok(invocation.terminal.show(&entry(&document.entries[found]))?)
}

fn entry(entry: &EntryDocument) -> String {
    let mut lines = vec![format!("{}  {}", entry.address, entry.phase)];
    let field = |name: &str, value: String| format!("  {name}: {value}");
    lines.extend(entry.id.iter().map(|id| field("id", id.clone())));
    let applied = entry.spec.as_object().into_iter().flatten();
    lines.extend(applied.map(|(name, value)| field(name, text::value(value))));
    let outputs = entry
        .outputs
        .iter()
        .map(|(name, value)| format!("  output {name} = {}", text::plain(value)));
    lines.extend(outputs);
    if !entry.depends_on.is_empty() {
        lines.push(field(
            "depends on",
            text::joined(entry.depends_on.iter().map(ToString::to_string)),
        ));
    }
    lines.join("\n") + "\n"
}

fn history(invocation: &Invocation, stage: Option<&str>) -> Result<(), Failure> {
    let site = Site::remembered(invocation, stage)?;
    let events = runtime::run(|_| async { Ok(site.store().history().await?) })?;
    if invocation.options.json {
        let (project, stage) = site.names();
        return Ok(invocation
            .terminal
            .print_json(&HistoryDocument::new(project, stage, events))?);
    }
    let lines: Vec<_> = events.iter().map(|event| format!("{}\n", line(event))).collect();
    Ok(invocation.terminal.show(&lines.concat())?)
}

fn line(event: &Event) -> String {
    match event {
        Event::RunStarted { time, who, .. } => format!("{time}  run by {who}"),
        Event::CreateStarted { address, .. } => format!("    {address}: create begun"),
        Event::Identified { address, id, .. } => format!("    {address}: is {id}"),
        Event::Applied { address, id, .. } => format!("    {address}: as declared ({id})"),
        Event::ChangeStarted { address, .. } => format!("    {address}: change begun"),
        Event::DeleteStarted { address, .. } => format!("    {address}: delete begun"),
        Event::Deleted { address, .. } => format!("    {address}: deleted"),
        Event::Forgotten { address, .. } => format!("    {address}: forgotten"),
        Event::Scaled {
            server,
            count,
            time,
            reason,
        } => format!("{time}  scale server.{server} to {count}: {reason}"),
        Event::LookedUp { outputs } => {
            let names: Vec<_> = outputs.keys().map(ToString::to_string).collect();
            format!("    looked up: {}", names.join(", "))
        }
        Event::RunFinished { time, outcome } => format!("{time}  {outcome}"),
    }
}

/// Under the state's lock, so that no run is going on with it.
fn forget(invocation: &Invocation, address: &Address, yes: bool) -> Result<(), Failure> {
    let site = Site::remembered(invocation, None)?;
    let (project, stage) = site.names();
    let consent = Consent::of(invocation.terminal, stage, yes)?;
    let site = &site;
    let forgotten = runtime::run(|cancelled| async move {
        let store = site.store();
        if store.load().await?.entry(address).is_none() {
            return Err(unknown(address).into());
        }
        let subject = format!("{address} of {project} / {stage}, and leave it in its cloud");
        consent.to(&cancelled, "forget", subject).await?;
        let holder = Holder {
            who: invocation.edge.caller().who,
            operation: "state forget".to_owned(),
            since: edge::now(),
        };
        Ok(fleetflow_core::state::forget(&*store, holder, address).await?)
    })?;
    let lodgers = &forgotten[1..];
    let with = if lodgers.is_empty() {
        String::new()
    } else {
        let names = text::joined(lodgers.iter().map(ToString::to_string));
        format!(" So does what lives in it: {names}.")
    };
    let text = format!("{address} is no longer looked after; it stays in its cloud.{with}\n");
    invocation.terminal.say(&text);
    Ok(())
}

fn unknown(address: &Address) -> Error {
    Error::of(&codes::NOT_REMEMBERED, format!("the state knows no {address}"))
        .help("`flow state list` lists what it knows")
}

fn load(invocation: &Invocation, stage: Option<&str>) -> Result<(Site, StateDocument), Failure> {
    let site = Site::remembered(invocation, stage)?;
    let state = runtime::run(|_| async { Ok(site.store().load().await?) })?;
    let (project, stage) = site.names();
    let document = StateDocument::new(project, stage, &state);
    Ok((site, document))
}
