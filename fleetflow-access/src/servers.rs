//! Which keys of servers are out of date: a server that is gone leaves its address to another one, whose key is another.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fleetflow_core::Address;
use fleetflow_core::converge::Event;
use fleetflow_core::plan::{Action, Plan};
use fleetflow_core::state::State;
use serde_json::{Map, Value};

use crate::KnownHosts;

/// The servers of a stage during a run, and the memory of their keys.
#[derive(Debug)]
pub struct Servers {
    known_hosts: KnownHosts,
    addresses: Mutex<BTreeMap<Address, String>>,
}

impl Servers {
    /// The servers that `state` remembers.
    pub fn new(known_hosts: KnownHosts, state: &State) -> Self {
        let servers = state
            .entries()
            .filter_map(|(address, entry)| ip(address, entry.existing_outputs()));
        Self {
            known_hosts,
            addresses: Mutex::new(servers.collect()),
        }
    }

    /// Takes in the servers of a plan that the state does not know.
    pub fn expect(&self, plan: &Plan) {
        let existing = plan.steps.iter().filter_map(|step| step.existing.as_ref());
        let servers = existing.filter_map(|existing| ip(&existing.address, &existing.outputs));
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(servers);
    }

    /// To be told of every event of the run.
    pub fn see(&self, event: &Event) {
        match event {
            Event::Done {
                address,
                action: Action::Delete | Action::Replace | Action::Forget,
                ..
            }
            | Event::Started {
                address,
                action: Action::Create,
            } => self.forget(address),
            _ => {}
        }
    }

    fn forget(&self, address: &Address) {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ip) = addresses.get(address)
            && let Err(error) = self.known_hosts.forget(ip)
        {
            // It only means that the next server there is refused, with an advice; this run must not stop for it.
            tracing::warn!(%error, "a server's key is still remembered");
        }
    }
}

fn ip(address: &Address, outputs: &Map<String, Value>) -> Option<(Address, String)> {
    let ip = outputs.get("ip").filter(|_| address.kind() == "server")?;
    Some((address.clone(), ip.as_str()?.to_owned()))
}
