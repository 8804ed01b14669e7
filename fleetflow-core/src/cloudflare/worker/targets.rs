//! Uploads whose bindings lead to what is not there, or not seen yet: they are tried again, or told with what to do. It makes
//! none of the targets.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::place::{Place, Script, scripts};
use super::{Binding, Worker};
use crate::cloudflare::answer::has_code;
use crate::cloudflare::{kv_namespace, r2_bucket};
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Body;
use crate::model::Input;

/// How long what was made just now may be unknown to uploads (github.com/alchemy-run/alchemy/pull/753).
const UNSEEN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(500);

/// There is no such target: the API's numbers for uploads with bindings that lead nowhere, as it was seen to answer
/// (github.com/alchemy-run/distilled/pull/365; 10143 is older).
const NAMESPACE: &[u64] = &[10_041];
const BUCKET: &[u64] = &[10_085];
const SERVICE: &[u64] = &[10_143, 10_144];

/// Numbers, the type of the bindings that they are about, and what to do; `{}` stands for what these lead to.
const ADVICE: &[(&[u64], &str, &str)] = &[
    (
        NAMESPACE,
        "kv",
        "there is no KV namespace with the id {}: name the namespace instead, which makes it, or correct the id",
    ),
    (
        BUCKET,
        "r2",
        "declare the bucket {} as an `r2-bucket`, or correct its name and jurisdiction",
    ),
    (SERVICE, "service", "declare the Worker {}, or deploy it before"),
    (
        &[10_061],
        "durable-object",
        "deploy the Worker {} before, with a `migration` that makes the class",
    ),
    (
        &[10_181],
        "d1",
        "the D1 database {} must be there before: `wrangler d1 create NAME` makes one and prints its id, `wrangler d1 list` shows those that are there",
    ),
    (
        &[11_000],
        "queue",
        "the queue {} must be there before: `wrangler queues create NAME` makes one",
    ),
    (
        &[10_157],
        "hyperdrive",
        "the configuration of Hyperdrive {} must be there before: `wrangler hyperdrive create NAME` makes one and prints its id",
    ),
    (
        &[10_159],
        "vectorize",
        "the index of Vectorize {} must be there before: `wrangler vectorize create NAME` makes one",
    ),
    (
        &[100_119],
        "dispatch-namespace",
        "the dispatch namespace {} must be there before: `wrangler dispatch-namespace create NAME` makes one",
    ),
    (
        &[100_143],
        "mtls-certificate",
        "the certificate {} must be there before: `wrangler mtls-certificate upload` stores one and prints its id",
    ),
];

/// Uploads `form`. What it is bound to, and was made just now, may not be seen at once.
pub(super) async fn upload(
    place: &Place<'_>,
    context: &Context,
    worker: &Worker,
    form: impl Fn() -> Body,
) -> Result<Script> {
    let began = Instant::now();
    loop {
        match place.upload(form()).await {
            Err(error) if began.elapsed() < UNSEEN && is_seen(place, worker, &error).await => {
                context.waiting("waiting for what the Worker is bound to to be seen");
                sleep(PAUSE).await;
                if context.cancelled.is_cancelled() {
                    return Err(error);
                }
            }
            Err(error) => return Err(advised(error, worker)),
            Ok(script) => return Ok(script),
        }
    }
}

/// Whether everything that `error` may be about is there after all. Where that cannot be asked, the error holds.
async fn is_seen(place: &Place<'_>, worker: &Worker, error: &Error) -> bool {
    let cloud = place.cloud;
    let mut found = Vec::new();
    for binding in &worker.bindings {
        found.push(match binding {
            Binding::Kv { namespace, .. } if has_code(error, NAMESPACE) => {
                kv_namespace::exists(cloud, text(namespace)).await
            }
            Binding::R2 {
                bucket, jurisdiction, ..
            } if has_code(error, BUCKET) => r2_bucket::exists(cloud, text(bucket), *jurisdiction).await,
            Binding::Service { service, .. } if has_code(error, SERVICE) => {
                let there = scripts(cloud).await;
                there.map(|there| there.iter().any(|script| script.id == *service))
            }
            _ => continue,
        });
    }
    !found.is_empty() && found.into_iter().all(|found| found.unwrap_or(false))
}

/// The error with what to do next, where it is about a target that is not there.
fn advised(error: Error, worker: &Worker) -> Error {
    let known = ADVICE.iter().find(|(codes, ..)| has_code(&error, codes));
    let Some((_, kind, help)) = known else {
        return error;
    };
    let targets: BTreeSet<String> = worker
        .bindings
        .iter()
        .filter_map(target)
        .filter(|(of, _)| of == kind)
        .map(|(_, target)| format!("`{target}`"))
        .collect();
    let targets: Vec<String> = targets.into_iter().collect();
    error
        .with_kind(ErrorKind::Refused)
        .help(help.replace("{}", &targets.join(" or ")))
}

fn text(input: &Input<String>) -> &str {
    input.known().map_or("", String::as_str)
}

/// The type of a binding that leads to something, as it is declared, and to what.
fn target(binding: &Binding) -> Option<(&'static str, &str)> {
    Some(match binding {
        Binding::Kv { namespace, .. } => ("kv", text(namespace)),
        Binding::R2 { bucket, .. } => ("r2", text(bucket)),
        Binding::Service { service, .. } => ("service", service),
        Binding::DurableObject { worker, .. } => ("durable-object", worker.as_deref()?),
        Binding::D1 { database, .. } => ("d1", text(database)),
        Binding::Queue { queue, .. } => ("queue", text(queue)),
        Binding::Hyperdrive { id, .. } => ("hyperdrive", text(id)),
        Binding::Vectorize { index, .. } => ("vectorize", text(index)),
        Binding::DispatchNamespace { namespace, .. } => ("dispatch-namespace", namespace),
        Binding::MtlsCertificate { certificate, .. } => ("mtls-certificate", text(certificate)),
        _ => return None,
    })
}
