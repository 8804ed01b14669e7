//! The refusals of R2 (API doc §1.9, §2). Numbers are only unique per product: none of these means the same elsewhere.

use crate::cloudflare::answer::Failure;

pub(super) fn no_bucket() -> Failure {
    Failure::new(404, 10_006, "The specified bucket does not exist.")
}

pub(super) fn bucket_exists() -> Failure {
    Failure::new(
        409,
        10_004,
        "The bucket you tried to create already exists, and you own it.",
    )
}

pub(super) fn bucket_name() -> Failure {
    Failure::new(400, 10_005, "The specified bucket name is not valid.")
}

pub(super) fn not_empty() -> Failure {
    Failure::new(409, 10_008, "The bucket you tried to delete is not empty.")
}

pub(super) fn malformed(why: &str) -> Failure {
    Failure::new(
        400,
        10_040,
        format!("The JSON you provided was not well formed: {why}."),
    )
}

pub(super) fn storage_class() -> Failure {
    Failure::new(400, 10_062, "The storage class specified is not valid.")
}

pub(super) fn no_cors() -> Failure {
    Failure::new(404, 10_059, "The CORS configuration does not exist.")
}

pub(super) fn no_object() -> Failure {
    Failure::new(404, 10_007, "The specified key does not exist.")
}

pub(super) fn locked() -> Failure {
    Failure::new(403, 10_069, "The object is locked by the bucket's lock rules.")
}

/// The number is not confirmed by a recording.
pub(super) fn no_domain() -> Failure {
    Failure::new(404, 10_056, "The specified custom domain does not exist.")
}

/// The number is not confirmed by a recording.
pub(super) fn domain(why: &str) -> Failure {
    Failure::new(400, 10_021, format!("The custom domain is not valid: {why}."))
}

/// The host is taken, either by another bucket or by a DNS record.
pub(super) fn domain_taken(why: &str) -> Failure {
    Failure::chained(
        409,
        (
            10_021,
            "The custom domain cannot be attached: the host is in use.",
        ),
        (81053, why),
    )
}

pub(super) fn cursor() -> Failure {
    Failure::new(400, 10_021, "The cursor or page size is not valid.")
}
