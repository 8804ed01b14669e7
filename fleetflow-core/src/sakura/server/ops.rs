//! The life cycle of servers: what each verb means, in terms of the modules beside it.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::note::{self, Scripts};
use super::power::{self, Off};
use super::wire::{Machine, Volume};
use super::work::{Edit, Work};
use super::{Server, files, nic, observe};
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Found, Lifecycle, Made, Scope, Wanted};
use crate::plan::Change;
use crate::sakura::client::Call;
use crate::sakura::wait::{Freshness, Look, until, until_released};
use crate::sakura::{Id, Sakura, answer, mark, zone};

/// How long a deletion may take: a disk that is being copied cannot be deleted before that is over.
const DELETION: Duration = Duration::from_hours(1);

impl Lifecycle for Server {
    type Cloud = Sakura;
    const PRICED: bool = true;

    async fn prices(sakura: &Sakura, specs: &[Value]) -> Result<Vec<Option<u64>>> {
        futures::future::try_join_all(specs.iter().map(|spec| sakura.server_price(spec))).await
    }

    async fn observe(sakura: &Sakura, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        observe::observe(sakura, scope, wanted).await
    }

    async fn create(
        sakura: &Sakura,
        context: &Context,
        spec: &Self,
        partial: Option<&Existing>,
    ) -> Result<Made> {
        let work = Work::new(sakura, context, spec)?;
        match partial {
            Some(partial) => work.complete(partial).await,
            None => work.create().await,
        }
    }

    async fn update(
        sakura: &Sakura,
        context: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> Result<Made> {
        let work = Work::new(sakura, context, spec)?;
        let machine = work.find(was).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the server {} is gone", was.id)).on(&was.address)
        })?;
        let of_disks = changes.iter().any(|change| change.field() == "disk");
        work.change(machine, edit(spec, changes), of_disks).await
    }

    /// With all its disks: they belong to the declaration. The power is cut, as official tools do before they delete
    /// (API doc "Delete").
    async fn delete(sakura: &Sakura, context: &Context, was: &Existing) -> Result<()> {
        let zone = zone::of_existing(was)?;
        let id: Id = was.id.parse().map_err(|_| {
            let message = format!("`{}` is not the id of a server", was.id);
            Error::new(ErrorKind::Internal, message).on(&was.address)
        })?;
        remove(sakura, context, zone, id).await?;
        remove_spares(sakura, context, zone).await?;
        if note::may_be_of(&was.spec) {
            note::remove_all(sakura, &context.owner).await?;
        }
        Ok(())
    }

    fn digests(&self, root: &std::path::Path) -> Result<Map<String, Value>> {
        files::digests(self, root)
    }
}

/// What `changes` mean for the boot disk. What is taken away (a script, the engine) leaves no trace to remove.
fn edit(spec: &Server, changes: &[Change]) -> Edit {
    let has = |fields: &[&str]| changes.iter().any(|change| fields.contains(&change.field()));
    let readdressed: Vec<usize> = changes.iter().flat_map(nic::readdressed).collect();
    // The cloud itself tells the first interface its address.
    let is_first = |at: &usize| !spec.internet && *at == 0;
    Edit {
        access: has(&["hostname", "ssh_key", "key_digest", "password"]) || readdressed.iter().any(is_first),
        scripts: Scripts {
            docker: spec.docker && has(&["docker"]),
            declared: spec.startup_script.is_some() && has(&["startup_script", "script_digest"]),
            network: readdressed.iter().any(|at| !is_first(at)),
        },
        interfaces: has(&["switch", "nic"]),
    }
}

async fn remove(sakura: &Sakura, context: &Context, zone: &str, id: Id) -> Result<()> {
    until(context, DELETION, |_| async move {
        let Some(machine) = current(sakura, context, zone, id).await? else {
            return Ok(Look::Ready(()));
        };
        power::off(sakura, context, (zone, machine.id), Off::Hard).await?;
        let disks: Vec<_> = machine.disks.iter().map(|disk| disk.id).collect();
        let call = Call::delete(zone, format!("server/{}", machine.id), "delete the server")
            .body(json!({ "WithDisk": disks }));
        match sakura.done(call).await {
            Err(error) if error.is_not_found() => Ok(Look::Ready(())),
            // It started by itself meanwhile: its disk became ready.
            Err(error) if answer::is_one_of(&error, &["server_power_must_be_down"]) => {
                Ok(Look::NotYet("shutting down".to_owned()))
            }
            Err(error) => match answer::hindrance(&error) {
                Some(what) => Ok(Look::NotYet(what.to_owned())),
                None => Err(error),
            },
            Ok(()) => Ok(Look::Ready(())),
        }
    })
    .await
}

/// Removes disks of ours that are plugged in nowhere: an interrupted change of disks left them.
async fn remove_spares(sakura: &Sakura, context: &Context, zone: &str) -> Result<()> {
    let call = Call::get(zone, "disk", "look for disks that were left over");
    let filter = json!({ "Tags.Name": [[mark::tag(&context.owner)]] });
    let found: Vec<Volume> = sakura.list(call, "Disks", filter).await?;
    for disk in found.iter().filter(|disk| disk.server.is_none()) {
        let call = Call::delete(
            zone,
            format!("disk/{}", disk.id),
            "delete a disk that was left over",
        );
        until_released(sakura, context, call, DELETION).await?;
    }
    Ok(())
}

/// The server, also under the id that a change of plan gave it.
async fn current(sakura: &Sakura, context: &Context, zone: &str, id: Id) -> Result<Option<Machine>> {
    if let Some(machine) = power::seen(sakura, zone, id, Freshness::now()).await? {
        return Ok(Some(machine));
    }
    let call = Call::get(zone, "server", "look for the server by its mark");
    let filter = json!({ "Tags.Name": [[mark::tag(&context.owner)], [mark::previous(id)]] });
    let found: Vec<Machine> = sakura.list(call, "Servers", filter).await?;
    Ok(found.into_iter().next())
}
