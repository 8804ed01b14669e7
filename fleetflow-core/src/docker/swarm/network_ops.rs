//! How overlay networks come about: through any manager of the swarm.

use bollard::models::{Network as Row, NetworkCreateRequest};
use bollard::query_parameters::ListNetworksOptions;
use serde_json::json;

use super::{SwarmNetwork, managers, wait};
use crate::converge::Context;
use crate::docker::engines::{Engine, Engines};
use crate::docker::marks;
use crate::error::Result;
use crate::model::{Existing, Found, Lifecycle, Made, Observed, Resource as _, Scope, Wanted};
use crate::plan::Change;

impl Lifecycle for SwarmNetwork {
    type Cloud = Engines;

    async fn observe(engines: &Engines, scope: &Scope, wanted: &[Wanted]) -> Result<Found> {
        wait::look(engines, scope, wanted, |engine| async move {
            let rows = list(&engine).await?;
            let ours = rows.iter().filter_map(|row| observed(row, scope));
            Ok(Found::from(ours.collect::<Vec<_>>()))
        })
        .await
    }

    async fn create(engines: &Engines, context: &Context, spec: &Self, _: Option<&Existing>) -> Result<Made> {
        let engine = managers::manager(engines, &managers::known(&spec.managers)).await?;
        let rows = list(&engine).await?;
        let is_ours = |row: &&Row| {
            let owner = row.labels.as_ref().and_then(marks::owner);
            owner.as_ref() == Some(&context.owner)
        };
        if let Some(id) = rows.iter().find(is_ours).and_then(|row| row.id.clone()) {
            return Ok(made(&id));
        }
        let request = NetworkCreateRequest {
            name: spec.name.clone(),
            driver: Some("overlay".to_owned()),
            labels: Some(marks::of(&context.owner)),
            ..NetworkCreateRequest::default()
        };
        let network = engine
            .once("create the overlay network", |docker| async move {
                docker.create_network(request).await
            })
            .await?;
        Ok(made(&network.id))
    }

    /// Only the way to the swarm changes in place, and that is nothing to be done there.
    async fn update(_: &Engines, _: &Context, was: &Existing, _: &Self, _: &[Change]) -> Result<Made> {
        Ok(made(&was.id))
    }

    async fn delete(engines: &Engines, context: &Context, was: &Existing) -> Result<()> {
        let engine = managers::manager(engines, &managers::of_existing(was)).await?;
        // The tasks of a service that was just removed leave the network a moment later.
        let remove = || async {
            let removed = engine
                .once("remove the overlay network", |docker| async move {
                    docker.remove_network(&was.id).await
                })
                .await;
            match removed {
                Ok(()) => Ok(Some(())),
                Err(error) if error.is_not_found() => Ok(Some(())),
                Err(error) if error.message().contains("in use") => Ok(None),
                Err(error) => Err(error),
            }
        };
        let limit = std::time::Duration::from_mins(2);
        context
            .until(
                "waiting for the last containers to leave the network",
                limit,
                remove,
            )
            .await
    }
}

async fn list(engine: &Engine) -> Result<Vec<Row>> {
    engine
        .repeat("list the networks", |docker| async move {
            docker.list_networks(None::<ListNetworksOptions>).await
        })
        .await
}

fn observed(row: &Row, scope: &Scope) -> Option<Observed> {
    let owner = marks::ours(row.labels.as_ref()?, scope, SwarmNetwork::KIND)?;
    let id = row.id.clone().unwrap_or_default();
    let live = json!({"name": row.name, "place": owner.address.name()});
    Some(Observed {
        outputs: made(&id).outputs,
        ..Observed::marked(owner.address, id).showing(live)
    })
}

fn made(id: &str) -> Made {
    Made::new(id, &json!({"id": id}))
}
