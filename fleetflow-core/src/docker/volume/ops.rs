//! How volumes come about: one list an engine, one call for each change.

use bollard::models::{Volume as Row, VolumeCreateRequest};
use bollard::query_parameters::{ListVolumesOptions, RemoveVolumeOptions};
use serde_json::{Value, json};

use super::Volume;
use crate::codes;
use crate::converge::Context;
use crate::docker::engines::Engines;
use crate::docker::look::{engine_of, host_of, look};
use crate::docker::{Host, marks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;

impl Lifecycle for Volume {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        look(engines, scope, wanted, |engine, wanted| async move {
            let list = engine.repeat("list the volumes", |docker| async move {
                docker.list_volumes(None::<ListVolumesOptions>).await
            });
            let rows = list.await?.volumes.unwrap_or_default();
            Ok(sort(&rows, engine.host(), scope, &wanted))
        })
        .await
    }

    /// An engine answers with the volume that is there already, if there is one: then it must carry our mark.
    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let engine = engines.ready(host_of(&spec.host, context)?, context).await?;
        let request = VolumeCreateRequest {
            name: Some(spec.name.clone()),
            labels: Some(marks::of(&context.owner)),
            ..VolumeCreateRequest::default()
        };
        let made = engine
            .repeat("create the volume", |docker| {
                let request = request.clone();
                async move { docker.create_volume(request).await }
            })
            .await?;
        if marks::owner(&made.labels).as_ref() != Some(&context.owner) {
            let message = format!(
                "the engine has a volume `{}` already, which is not ours",
                spec.name
            );
            return Err(Error::of(&codes::TAKEN, message)
                .help("remove or rename it, or choose another name for the volume"));
        }
        let made = Made::new(&spec.name, &outputs(engine.host()));
        context.checkpoint(&spec.name, made.outputs.clone()).await?;
        Ok(made)
    }

    /// Only the way to the engine changes in place, and that is nothing to be done there.
    async fn update(
        _: &Engines,
        context: &Context,
        was: &Existing,
        spec: &Self,
        _: &[Change],
    ) -> Result<Made> {
        Ok(Made::new(&was.id, &outputs(host_of(&spec.host, context)?)))
    }

    async fn delete(engines: &Engines, _: &Context, was: &Existing) -> Result<()> {
        let engine = engine_of(engines, was).await?;
        let removed = engine
            .repeat("remove the volume", |docker| {
                let name = was.id.clone();
                async move { docker.remove_volume(&name, None::<RemoveVolumeOptions>).await }
            })
            .await;
        match removed {
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => Err(error
                .number(&codes::IN_USE)
                .help("containers that are not FleetFlow's use it: remove them first")),
            answer => answer,
        }
    }
}

fn sort(rows: &[Row], host: &Host, scope: &Scope, wanted: &[Wanted]) -> Found {
    let mut found = Found::default();
    for row in rows {
        let namesake = || {
            wanted
                .iter()
                .find(|one| one.spec.get("name").and_then(Value::as_str) == Some(&row.name))
        };
        if let Some(owner) = marks::ours(&row.labels, scope, Volume::KIND) {
            found.resources.push(observed(owner.address, row, host));
        } else if let Some(one) = namesake() {
            found.resources.push(Observed {
                ownership: marks::foreign(&row.labels),
                ..observed(one.address.clone(), row, host)
            });
        } else {
            found.foreign += 1;
        }
    }
    found
}

fn observed(address: Address, row: &Row, host: &Host) -> Observed {
    let live = json!({"host": host, "name": row.name, "place": address.name()});
    let status = json!({"driver": row.driver});
    Observed {
        outputs: Made::new("", &outputs(host)).outputs,
        status: status.as_object().cloned().unwrap_or_default(),
        ..Observed::marked(address, &row.name).showing(live)
    }
}

fn outputs(host: &Host) -> Value {
    json!({"host": host})
}
