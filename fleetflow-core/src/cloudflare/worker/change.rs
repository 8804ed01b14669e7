//! Uploads, changes and removes Workers. What is there is read by `look`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::look::{canonical, host_of, outputs, url};
use super::place::{Place, Script, domains, routes, scripts};
use super::{Binding, Worker, form, migration, targets};
use crate::cloudflare::{Cloudflare, hosts};
use crate::codes;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Existing, Made};
use crate::plan::Change;

/// How long an address may stay in use by what this run removes at the same time.
const HANDOVER: Duration = Duration::from_secs(5);
/// Fields that belong to a version: a changed one makes a new version.
pub(super) const VERSIONED: &[&str] = &[
    "source_digest",
    "assets_digest",
    "bindings",
    "migration",
    "compatibility_date",
    "compatibility_flags",
];

/// Uploads a Worker, then gives it its addresses. What an interrupted create left out is added by an update.
pub(super) async fn create(cloud: &Cloudflare, context: &Context, worker: &Worker) -> Result<Made> {
    let place = Place::of(cloud, &worker.name).await?;
    let script = upload(&place, context, worker).await?;
    context
        .checkpoint(script.identity(), outputs(None, None, script.etag.as_deref()))
        .await?;
    if let Some(enabled) = worker.workers_dev {
        place.set_workers_dev(enabled).await.map_err(unnamed)?;
    }
    if !worker.cron.is_empty() {
        place.set_crons(&worker.cron).await?;
    }
    set_domains(context, &place, None, worker).await?;
    set_routes(context, &place, None, worker).await?;
    made(cloud, &place, worker, script.identity(), script.etag.as_deref()).await
}

/// Changes the fields that `changes` speak of, and uploads nothing where no version's field is among them.
pub(super) async fn update(
    cloud: &Cloudflare,
    context: &Context,
    was: &Existing,
    worker: &Worker,
    changes: &[Change],
) -> Result<Made> {
    let place = Place::of(cloud, &worker.name).await?;
    let before = was
        .spec_as::<Worker>()
        .ok()
        .map(|worker| as_shown(worker, changes));
    let fields: BTreeSet<&str> = changes.iter().map(Change::field).collect();
    let mut etag = was.output("etag").map(str::to_owned);
    if VERSIONED.iter().any(|field| fields.contains(field)) {
        etag = upload(&place, context, worker).await?.etag.or(etag);
        forget_secrets(&place, before.as_ref(), worker).await?;
    } else if fields.contains("observability") {
        place.observe(&json!(worker.observability)).await?;
    }
    if fields.contains("workers_dev") {
        let enabled = worker.workers_dev.unwrap_or(false);
        place.set_workers_dev(enabled).await.map_err(unnamed)?;
    }
    if fields.contains("cron") {
        place.set_crons(&worker.cron).await?;
    }
    if fields.contains("custom_domain") {
        set_domains(context, &place, before.as_ref(), worker).await?;
    }
    if fields.contains("route") {
        set_routes(context, &place, before.as_ref(), worker).await?;
    }
    made(cloud, &place, worker, was.id.clone(), etag.as_deref()).await
}

/// `worker` with the addresses that are there besides.
fn as_shown(mut worker: Worker, changes: &[Change]) -> Worker {
    for change in changes {
        match change.field() {
            "route" => hosts::add_shown(&mut worker.route, change),
            "custom_domain" => hosts::add_shown(&mut worker.custom_domain, change),
            _ => {}
        }
    }
    worker
}

/// Removes a Worker with its addresses.
pub(super) async fn delete(cloud: &Cloudflare, was: &Existing) -> Result<()> {
    let name = was.spec["name"].as_str().unwrap_or_else(|| was.address.name());
    let place = Place::of(cloud, name).await?;
    for domain in domains(cloud)
        .await?
        .iter()
        .filter(|domain| domain.service == name)
    {
        place.detach(domain).await?;
    }
    let patterns = was
        .spec_as::<Worker>()
        .map(|worker| worker.route)
        .unwrap_or_default();
    for pattern in &patterns {
        remove_route(&place, pattern).await?;
    }
    let worker = was.spec_as::<Worker>().ok();
    let force = worker.as_ref().and_then(|worker| worker.force_destroy) == Some(true);
    let stores = worker.is_some_and(|worker| migration::makes_classes(&worker.migration));
    place.remove(force).await.map_err(|error| match error.kind() {
        ErrorKind::Refused | ErrorKind::Conflict if stores && !force => error.help(
            "its Durable Objects hold data: where that may go with it, declare `force-destroy #true` and run `up` before \
             removing it",
        ),
        _ => error,
    })
}

async fn upload(place: &Place<'_>, context: &Context, worker: &Worker) -> Result<Script> {
    all_json(worker)?;
    super::source::build(worker, context).await?;
    let code = super::source::script(worker, &context.root)?;
    code.warn_of_size(&worker.name);
    let migrations = open_migrations(place, worker).await?;
    let assets = super::assets::upload(place, context, worker).await?;
    let with = form::With {
        assets: assets.as_ref(),
        migrations: migrations.as_ref(),
    };
    let form = || form::form(worker, &code, &context.owner, &with);
    targets::upload(place, context, worker, form).await
}

/// What was not known when the declaration was checked (a secret, an output) must be JSON too. It is not quoted.
fn all_json(worker: &Worker) -> Result<()> {
    let is_json = |text: &String| serde_json::from_str::<IgnoredAny>(text).is_ok();
    for binding in &worker.bindings {
        if let Binding::Json { name, value } = binding
            && !value.known().is_some_and(is_json)
        {
            let message = format!("the value of the JSON variable `{name}` is not JSON");
            let help = "correct what it is taken from, or declare it as `var`, which is a text";
            return Err(Error::of(&codes::TYPE, message).help(help));
        }
    }
    Ok(())
}

/// The migrations of its Durable Objects that are still to be carried out: where the Worker is, it says itself.
async fn open_migrations(place: &Place<'_>, worker: &Worker) -> Result<Option<Value>> {
    if worker.migration.is_empty() {
        return Ok(None);
    }
    let rows = scripts(place.cloud).await?;
    let row = rows.iter().find(|row| row.id == worker.name);
    migration::since(
        &worker.migration,
        row.and_then(|row| row.migration_tag.as_deref()),
    )
}

async fn made(
    cloud: &Cloudflare,
    place: &Place<'_>,
    worker: &Worker,
    id: String,
    etag: Option<&str>,
) -> Result<Made> {
    let version = place.version().await?;
    let url = url(cloud, worker).await?;
    Ok(Made {
        id,
        outputs: outputs(url.as_deref(), version.as_deref(), etag),
    })
}

/// An upload keeps secrets (API doc §4.2): those that are no longer declared are deleted.
async fn forget_secrets(place: &Place<'_>, before: Option<&Worker>, worker: &Worker) -> Result<()> {
    for binding in before.iter().flat_map(|worker| &worker.bindings) {
        let stays = worker.bindings.iter().any(|now| now.name() == binding.name());
        let kept = matches!(binding, Binding::Secret { .. } | Binding::SecretKey { .. });
        if kept && !stays {
            place.delete_secret(binding.name()).await?;
        }
    }
    Ok(())
}

async fn set_domains(
    context: &Context,
    place: &Place<'_>,
    before: Option<&Worker>,
    worker: &Worker,
) -> Result<()> {
    let wanted: BTreeSet<String> = worker.custom_domain.iter().map(|host| canonical(host)).collect();
    let before = before.iter().flat_map(|worker| &worker.custom_domain);
    let gone: BTreeSet<String> = before
        .map(|host| canonical(host))
        .filter(|host| !wanted.contains(host))
        .collect();
    if wanted.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let there = domains(place.cloud).await?;
    let ours = |host: &str| {
        there
            .iter()
            .find(|domain| domain.hostname == host && domain.service == place.name)
    };
    for host in &gone {
        if let Some(domain) = ours(host) {
            place.detach(domain).await?;
        }
    }
    for host in wanted.iter().filter(|host| ours(host).is_none()) {
        let zone = place.cloud.zone_of(host).await?;
        let tried = || async {
            // A host that another Worker has would move here without a question (API doc §4.10).
            let held = domains(place.cloud)
                .await?
                .into_iter()
                .find(|domain| domain.hostname == *host);
            match held {
                Some(domain) if domain.service != place.name => Err(held_by(host, &domain.service)),
                _ => place.attach(host, &zone.id).await,
            }
        };
        when_free(context, host, tried)
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::Conflict => hosts::occupied(error, host),
                _ => error,
            })?;
    }
    Ok(())
}

async fn set_routes(
    context: &Context,
    place: &Place<'_>,
    before: Option<&Worker>,
    worker: &Worker,
) -> Result<()> {
    let before = before.iter().flat_map(|worker| &worker.route);
    for pattern in before.filter(|pattern| !worker.route.contains(pattern)) {
        remove_route(place, pattern).await?;
    }
    for pattern in &worker.route {
        let zone = place.cloud.zone_of(&canonical(host_of(pattern))).await?;
        let tried = || async {
            let there = routes(place.cloud, &zone.id).await?;
            match there.iter().find(|route| route.pattern == *pattern) {
                Some(route) if route.script.as_ref() == Some(&place.name) => Ok(()),
                Some(route) => Err(held_by(pattern, route.script.as_deref().unwrap_or("no Worker"))),
                None => match place.add_route(&zone.id, pattern).await {
                    // It is looked for again.
                    Err(error) if error.kind() == ErrorKind::Ambiguous => {
                        Err(error.with_kind(ErrorKind::Conflict))
                    }
                    answer => answer,
                },
            }
        };
        when_free(context, pattern, tried).await?;
    }
    Ok(())
}

async fn remove_route(place: &Place<'_>, pattern: &str) -> Result<()> {
    let zone = match place.cloud.zone_of(&canonical(host_of(pattern))).await {
        Err(error) if error.is_not_found() => return Ok(()),
        zone => zone?,
    };
    let there = routes(place.cloud, &zone.id).await?;
    let ours = |route: &&super::place::Route| {
        route.pattern == pattern && route.script.as_deref() == Some(place.name.as_str())
    };
    match there.iter().find(ours) {
        Some(route) => place.remove_route(&zone.id, route).await,
        None => Ok(()),
    }
}

/// Tries again for a while where the address is in use: what this run removes may still stand there.
async fn when_free<F>(context: &Context, address: &str, tried: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = Result<()>>,
{
    let began = tokio::time::Instant::now();
    let again = || async {
        match tried().await {
            Err(error) if error.kind() == ErrorKind::Conflict && began.elapsed() < HANDOVER => Ok(None),
            answer => answer.map(Some),
        }
    };
    context
        .until(&format!("waiting for {address} to be free"), HANDOVER * 4, again)
        .await
}

fn held_by(address: &str, who: &str) -> Error {
    Error::of(&codes::TAKEN, format!("{address} leads to {who} already"))
        .during("give the Worker its address")
        .help("take the address off the other one first, or choose another")
}

/// A name at workers.dev is chosen once for an account (API doc §4.8).
fn unnamed(error: Error) -> Error {
    error.help("if the account has no name at workers.dev yet, choose one in the dashboard under Workers")
}
