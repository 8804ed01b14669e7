//! Which server answers at an address, so that its key is that of the server and not of the address.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::Engines;
use super::way::known_as;
use crate::catalog;
use crate::docker::{Host, Place};
use crate::error::Result;
use crate::model::{Address, Made, ValueType as _};
use crate::plan::{Action, Step};

/// The names of servers among the keys, by their addresses.
#[derive(Default)]
pub(super) struct Recognition(Mutex<BTreeMap<String, String>>);

impl Recognition {
    /// The name of the server at `host`, if it is one of the stage.
    pub(super) fn name(&self, host: &str) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(host).cloned()
    }

    fn set(&self, host: &str, name: String) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(host.to_owned(), name);
    }
}

impl Engines {
    /// Takes in that the resource at `address` exists, with `id` and `outputs`: if an engine is reached at it, it is
    /// recognised by its id from now on. Runs do so by themselves; who connects without one does it with what is remembered.
    pub fn recognise(&self, address: &Address, id: &str, outputs: &Map<String, Value>) {
        if let Some(host) = reached_at(address, outputs) {
            self.0.access.recognition.set(&host, name(address, id));
        }
    }

    /// What the server at `host` is called among the keys: `server-ID`, or its address if it is none of the stage.
    pub fn key_name(&self, host: &str, port: u16) -> String {
        let known = self.0.access.recognition.name(host);
        known.unwrap_or_else(|| known_as(host, port))
    }

    /// Takes in that `step` was carried out. The key of a server that is gone is forgotten; one that got another id and
    /// stayed the same machine keeps it.
    pub(crate) fn learn_of(&self, step: &Step, made: Option<&Made>) {
        if !may_have_engine(&step.address) {
            return;
        }
        let was = step.existing.as_ref();
        let kept = match (step.action, was, made) {
            (Action::Delete | Action::Replace | Action::Forget, Some(was), _) => {
                self.0.access.host_keys.forget(&name(&step.address, &was.id))
            }
            (Action::Update, Some(was), Some(made)) => self.renamed(&step.address, (&was.id, &made.id)),
            _ => Ok(()),
        };
        if let Err(error) = kept {
            // The deed is done; at worst a key stays that no server has any more.
            tracing::warn!(%error, "the keys of servers are out of date");
        }
        if let Some(made) = made {
            self.recognise(&step.address, &made.id, &made.outputs);
        }
    }

    fn renamed(&self, address: &Address, (was, now): (&str, &str)) -> Result<()> {
        let keys = &self.0.access.host_keys;
        let key = keys.known(&name(address, was)).filter(|_| was != now);
        key.map_or(Ok(()), |key| {
            keys.learn(&name(address, now), &key)?;
            keys.forget(&name(address, was))
        })
    }
}

fn name(address: &Address, id: &str) -> String {
    format!("{}-{id}", address.kind())
}

/// The outputs that say where an engine is, of what is one itself: containers repeat that of their server.
fn engine_outputs(address: &Address) -> impl Iterator<Item = &'static str> + use<> {
    let kind = catalog::kind(address.kind()).filter(|kind| kind.lives_in().is_none());
    let outputs = kind.map(crate::model::Kind::outputs).unwrap_or_default();
    let engines = outputs.iter().filter(|output| output.value_type == Host::NAME);
    engines.map(|output| output.name)
}

fn may_have_engine(address: &Address) -> bool {
    engine_outputs(address).next().is_some()
}

fn reached_at(address: &Address, outputs: &Map<String, Value>) -> Option<String> {
    let mut hosts =
        engine_outputs(address).filter_map(|output| outputs.get(output)?.as_str()?.parse::<Host>().ok());
    hosts.find_map(|host| match host.place() {
        Place::Ssh { host, .. } => Some(host.clone()),
        Place::Local => None,
    })
}
