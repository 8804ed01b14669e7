//! `outputs`: what the last convergence left to know, from the state alone.

use std::collections::BTreeMap;

use fleetflow_core::model::did_you_mean;
use fleetflow_core::state::Store as _;
use fleetflow_core::{Address, Error, codes};
use serde_json::{Map, Value};

use crate::documents::outputs::OutputsDocument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime;
use crate::show::{report, text};
use crate::site::Site;

pub(super) fn run(invocation: &Invocation, name: Option<&str>) -> Result<Exit, Failure> {
    let site = Site::remembered(invocation, None)?;
    let state = runtime::run(|_| async { Ok(site.store().load().await?) })?;
    let (project, stage) = site.names();
    let document = OutputsDocument::new(project, stage, &state);
    match name {
        Some(name) => one(invocation, document, name)?,
        None if invocation.options.json => invocation.terminal.print_json(&document)?,
        None => {
            if document.outputs.is_empty() {
                let note = format!("Stage {stage:?} has no outputs yet: nothing was converged.\n");
                invocation.terminal.say(&note);
            }
            invocation.terminal.show(&report::outputs(&document.outputs))?;
        }
    }
    Ok(Exit::Done)
}

/// All outputs of a resource, or the bare value of one, for use in scripts.
fn one(invocation: &Invocation, mut document: OutputsDocument, name: &str) -> Result<(), Error> {
    let terminal = invocation.terminal;
    if let Some((address, fields)) = whole(&document.outputs, name) {
        document.outputs = BTreeMap::from([(address, fields)]);
        if invocation.options.json {
            return terminal.print_json(&document);
        }
        return terminal.show(&report::outputs(&document.outputs));
    }
    let value = single(&document.outputs, name).ok_or_else(|| unknown(&document.outputs, name))?;
    if invocation.options.json {
        return terminal.print_json(value);
    }
    terminal.print(&format!("{}\n", text::plain(value)))
}

type Outputs = BTreeMap<Address, Map<String, Value>>;

fn whole(outputs: &Outputs, name: &str) -> Option<(Address, Map<String, Value>)> {
    let address: Address = name.parse().ok()?;
    let fields = outputs.get(&address)?.clone();
    Some((address, fields))
}

fn single<'o>(outputs: &'o Outputs, name: &str) -> Option<&'o Value> {
    let (address, output) = name.rsplit_once('.')?;
    outputs.get(&address.parse().ok()?)?.get(output)
}

fn unknown(outputs: &Outputs, name: &str) -> Error {
    let error = Error::of(&codes::NOT_REMEMBERED, format!("there is no output {name:?}"));
    let names: Vec<_> = outputs
        .iter()
        .flat_map(|(address, fields)| fields.keys().map(move |field| format!("{address}.{field}")))
        .collect();
    match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("`flow outputs` lists them; they are there after `flow up`"),
    }
}
