//! The key that the servers of a stage let in: on this machine, else where the state is kept, else made. It logs in nowhere.

use fleetflow_access::{DeployKey, Needs};
use fleetflow_core::Result;
use fleetflow_core::state::{State, Store as _};

use super::Purpose;
use crate::invocation::Invocation;
use crate::site::Site;

/// Its name among the secrets beside the state.
const NAME: &str = "deploy_key";

/// The key; none where no server needs one, or nothing may be made.
pub(super) async fn find(
    invocation: &Invocation,
    site: &Site,
    (needs, state): (&Needs, &State),
    purpose: Purpose,
) -> Result<Option<DeployKey>> {
    let (file, store) = (site.place.deploy_key(), site.store());
    let changes = purpose == Purpose::Change;
    if let Some(key) = DeployKey::read(&file)? {
        if changes && needs.deploy_key {
            store.keep_secret(NAME, key.private()).await?;
        }
        return Ok(Some(key));
    }
    if !needs.deploy_key {
        return Ok(None);
    }
    if let Some(kept) = store.secret(NAME).await? {
        site.place.make()?;
        return DeployKey::write(&file, kept).map(Some);
    }
    let lets_in_another = state.entries().any(|(address, _)| address.kind() == "server");
    if lets_in_another {
        warn(invocation, site);
    }
    if !changes {
        return Ok(None);
    }
    site.place.make()?;
    let (project, stage) = site.names();
    let made = DeployKey::generate(&format!("fleetflow {project}/{stage}"))?;
    // What servers let in already is not this one: it is kept by the machine that has it.
    let shared = match lets_in_another {
        true => None,
        false => store.keep_secret(NAME, made.private()).await?,
    };
    let private = shared.unwrap_or_else(|| made.private().clone());
    DeployKey::write(&file, private).map(Some)
}

/// The servers cannot be looked into from here.
fn warn(invocation: &Invocation, site: &Site) {
    let (project, stage) = site.names();
    let elsewhere = match (&site.place.bucket, site.loaded.state.encrypt.is_some()) {
        (Some(_), true) => "; or run `flow up` there once, and the key is kept with the encrypted state",
        (Some(_), false) => {
            "; or give the state an `encrypt env=\"NAME\"` and run `flow up` there once, and the key is kept with it"
        }
        (None, _) => "",
    };
    invocation.terminal.alert(&format!(
        "warning: servers of {project} / {stage} let in a key that this machine does not have\n  help: copy {} from the \
         machine that made them{elsewhere}\n",
        site.place.deploy_key().display(),
    ));
}
