//! The refusals of Workers KV (API doc §1.9). Numbers are only unique per product.

use crate::cloudflare::answer::Failure;

pub(super) fn no_namespace() -> Failure {
    Failure::new(404, 10_013, "get namespace: 'namespace not found'")
}

pub(super) fn no_key() -> Failure {
    Failure::new(404, 10_009, "get: 'key not found'")
}

pub(super) fn title_exists() -> Failure {
    Failure::new(
        400,
        10_014,
        "a namespace with this account ID and title already exists",
    )
}

pub(super) fn title_missing() -> Failure {
    Failure::new(400, 10_019, "namespace title is required")
}

pub(super) fn expiration() -> Failure {
    Failure::new(
        400,
        10_034,
        "Invalid expiration_ttl. Expiration TTL must be at least 60.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn too_large(what: &str) -> Failure {
    Failure::new(413, 10_033, format!("{what} is too large"))
}

/// The number is not confirmed by a recording.
pub(super) fn form() -> Failure {
    Failure::new(
        400,
        10_001,
        "a form has to have a part `value`, and JSON in a part `metadata`",
    )
}

pub(super) fn paging() -> Failure {
    Failure::new(400, 10_011, "Invalid page, per_page or limit.")
}
