//! The refusals of Workers (API doc §1.9, §4). Numbers are only unique per product.

use crate::cloudflare::answer::Failure;

pub(super) fn no_script() -> Failure {
    Failure::new(404, 10_007, "This Worker does not exist on your account.")
}

pub(super) fn no_service() -> Failure {
    Failure::new(404, 10_090, "This service does not exist.")
}

pub(super) fn no_subdomain() -> Failure {
    Failure::new(
        404,
        10_007,
        "You have not registered a workers.dev subdomain yet.",
    )
}

pub(super) fn content_type() -> Failure {
    Failure::new(
        400,
        10_001,
        "Content-Type must be multipart/form-data, and its body must keep to it.",
    )
}

pub(super) fn validation(why: &str) -> Failure {
    Failure::new(400, 10_021, why)
}

/// The number is not confirmed by a recording.
pub(super) fn upload_token() -> Failure {
    let message = "The token of the upload session is missing, wrong or has expired.";
    Failure::new(401, 10_000, message)
}

/// The number is not confirmed by a recording.
pub(super) fn completion_token() -> Failure {
    let message = "The assets token of the metadata is not one of a finished upload session of this Worker.";
    Failure::new(400, 10_021, message)
}

pub(super) fn too_large() -> Failure {
    Failure::new(
        413,
        10_027,
        "Your Worker exceeded the size limit of 10 MiB after compression.",
    )
}

pub(super) fn no_predecessor(name: &str) -> Failure {
    Failure::new(
        400,
        10_057,
        format!("Binding `{name}` has nothing to inherit from."),
    )
}

pub(super) fn no_namespace(id: &str) -> Failure {
    Failure::new(400, 10_041, format!("KV namespace '{id}' not found."))
}

pub(super) fn no_bucket(name: &str) -> Failure {
    Failure::new(
        400,
        10_085,
        format!("R2 bucket '{name}' not found. Please use a different name and try again."),
    )
}

pub(super) fn no_target(binding: &str, service: &str) -> Failure {
    let message =
        format!("Could not resolve service binding '{binding}'. Target script '{service}' not found.");
    Failure::new(400, 10_144, message)
}

/// A class of another Worker, which has no such class, or is not there.
pub(super) fn no_foreign_class(binding: &str, script: &str, class: &str) -> Failure {
    let message = format!(
        "Binding `{binding}` names the class `{class}` of the Worker `{script}`, which does not export it."
    );
    Failure::new(400, 10_061, message)
}

/// A database, a queue or the like that is not there. Codes as the API was seen to answer
/// (github.com/alchemy-run/distilled/pull/365).
pub(super) fn no_such(kind: &str, binding: &str, target: &str) -> Failure {
    let (code, what) = match kind {
        "d1" => (10_181, "database"),
        "queue" => (11_000, "queue"),
        "hyperdrive" => (10_157, "configuration of Hyperdrive"),
        "vectorize" => (10_159, "index"),
        "dispatch_namespace" => (100_119, "dispatch namespace"),
        _ => (100_143, "certificate"),
    };
    Failure::new(
        400,
        code,
        format!("Binding '{binding}' references the {what} '{target}', which was not found."),
    )
}

/// The number is not confirmed by a recording.
pub(super) fn name() -> Failure {
    Failure::new(
        400,
        10_016,
        "Worker names are lower-case letters, digits, dashes and underscores, up to 63.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn referenced(by: &str) -> Failure {
    let message =
        format!("This Worker is bound by Worker `{by}`. Delete that binding first, or use force=true.");
    Failure::new(400, 10_064, message)
}

pub(super) fn no_class(binding: &str, class: &str) -> Failure {
    let message =
        format!("Binding `{binding}` names the class `{class}`, which stores no Durable Objects yet.");
    Failure::new(400, 10_123, message)
}

/// The number is not confirmed by a recording.
pub(super) fn migration(why: &str) -> Failure {
    Failure::new(400, 10_079, format!("Error when applying migration: {why}."))
}

/// The number is not confirmed by a recording.
pub(super) fn stores_objects() -> Failure {
    let message =
        "This Worker has Durable Objects. Delete their classes by a migration first, or use force=true.";
    Failure::new(400, 10_064, message)
}

pub(super) fn no_secret() -> Failure {
    Failure::new(404, 10_056, "Secret not found.")
}

pub(super) fn undeployed() -> Failure {
    let message = "Secret edit failed: the latest version of the Worker is not the deployed one.";
    Failure::new(400, 10_215, message)
}

pub(super) fn no_version() -> Failure {
    Failure::new(404, 100_146, "Version not found.")
}

pub(super) fn no_deployment() -> Failure {
    Failure::new(404, 10_336, "Deployment not found.")
}

/// The number is not confirmed by a recording.
pub(super) fn deployment(why: &str) -> Failure {
    Failure::new(400, 10_214, why)
}

pub(super) fn no_domain() -> Failure {
    Failure::new(404, 100_114, "Domain not found.")
}

/// The number is not confirmed by a recording.
pub(super) fn domain(why: &str) -> Failure {
    Failure::new(400, 100_116, why)
}

/// The number is not confirmed by a recording.
pub(super) fn domain_taken() -> Failure {
    let record = (
        81053,
        "An A, AAAA, or CNAME record with that host already exists.",
    );
    Failure::chained(
        409,
        (100_117, "Hostname already has externally managed DNS records."),
        record,
    )
}

pub(super) fn no_route() -> Failure {
    Failure::new(404, 10_009, "Route not found.")
}

pub(super) fn route_pattern() -> Failure {
    Failure::new(400, 10_022, "Invalid route pattern.")
}

pub(super) fn route_exists() -> Failure {
    Failure::new(409, 10_020, "A route with the same pattern already exists.")
}

/// The number is not confirmed by a recording.
pub(super) fn cron(expression: &str) -> Failure {
    Failure::new(400, 10_100, format!("Invalid cron expression `{expression}`."))
}

pub(super) fn subdomain_required() -> Failure {
    Failure::new(400, 10_063, "You need a workers.dev subdomain first.")
}

/// The number is not confirmed by a recording.
pub(super) fn subdomain_name() -> Failure {
    Failure::new(
        400,
        10_033,
        "Subdomains are lower-case letters, digits and dashes, up to 63.",
    )
}
