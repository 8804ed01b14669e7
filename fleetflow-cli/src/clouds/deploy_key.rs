//! The key that the servers of a stage let in: looked for, and told where it is missing. It logs in nowhere.

use fleetflow_access::{DeployKey, Needs, keys};
use fleetflow_core::Result;

use super::Purpose;
use crate::invocation::Invocation;
use crate::site::Site;

/// The key; none where no server needs one, or nothing may be made.
pub(super) async fn find(
    invocation: &Invocation,
    site: &Site,
    needs: &Needs,
    purpose: Purpose,
) -> Result<Option<DeployKey>> {
    let search = keys::Search {
        file: &site.place.deploy_key(),
        stack: &site.loaded.stack,
        needed: needs.deploy_key,
        changes: purpose == Purpose::Change,
        make_folder: &|| site.place.make(),
    };
    let found = search.find(&*site.store()).await?;
    if found.is_elsewhere {
        warn(invocation, site);
    }
    Ok(found.key)
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
