//! The refusals of DNS, with the numbers that were seen on the wire where there are any (API doc §1.9, §3).

use crate::cloudflare::answer::Failure;
use crate::cloudflare::rows::Plan;

const SAME_NAME: &str = "For more details, refer to <https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>.";

/// A refusal whose reason stands at the top level.
pub(super) fn plain(code: u32, message: &str) -> Failure {
    Failure::new(400, code, message)
}

/// A refusal whose reason stands in the error chain.
pub(super) fn chained(code: u32, message: &str) -> Failure {
    Failure::chained(400, (1004, "DNS Validation Error"), (code, message))
}

/// There is no such record.
pub(super) fn missing() -> Failure {
    Failure::new(404, 81044, "Record does not exist.")
}

/// The same record is there already.
pub(super) fn identical() -> Failure {
    plain(81058, "An identical record already exists.")
}

/// An alias cannot stand beside addresses or another alias.
pub(super) fn alias_is_not_alone() -> Failure {
    plain(
        81053,
        &format!("An A, AAAA, or CNAME record with that host already exists. {SAME_NAME}"),
    )
}

/// An address cannot stand beside an alias.
pub(super) fn alias_exists() -> Failure {
    plain(
        81054,
        &format!("A CNAME record with that host already exists. {SAME_NAME}"),
    )
}

/// Nothing can stand beside a delegation. The number is not confirmed by a recording.
pub(super) fn delegation_exists() -> Failure {
    plain(
        81056,
        &format!("NS records with that host already exist. {SAME_NAME}"),
    )
}

/// A delegation cannot be put beside other records. The number is not confirmed by a recording.
pub(super) fn delegation_is_not_alone() -> Failure {
    plain(
        81055,
        &format!("Records with that host already exist, so NS records cannot be added. {SAME_NAME}"),
    )
}

/// DS records hang on a delegation of the same name. The number is not confirmed by a recording.
pub(super) fn delegation_is_missing() -> Failure {
    chained(9059, "A DS record needs an NS record with the same name.")
}

/// Cloudflare keeps this record for a product. The number is not confirmed by a recording.
pub(super) fn read_only() -> Failure {
    plain(
        1043,
        "This record is managed by another Cloudflare product and cannot be edited or deleted here.",
    )
}

/// Too many operations in one batch. The number is not confirmed by a recording.
pub(super) fn batch_too_large(given: usize, limit: usize) -> Failure {
    let message = format!("A batch may hold {limit} operations on this plan, and this one holds {given}.");
    plain(81071, &message)
}

/// The comment does not fit.
pub(super) fn comment_too_long(limit: usize) -> Failure {
    plain(
        9313,
        &format!("DNS record comment exceeds the maximum length of {limit} characters."),
    )
}

/// The plan has no room for tags.
pub(super) fn too_many_tags(given: usize, quota: usize) -> Failure {
    plain(
        9300,
        &format!("DNS record has {given} tags, exceeding the quota of {quota}."),
    )
}

/// The time to live is out of range.
pub(super) fn ttl(plan: Plan) -> Failure {
    let lowest = plan.lowest_ttl();
    chained(
        9021,
        &format!("TTL must be between {lowest} and 86400 seconds, or 1 for Automatic."),
    )
}

/// The name is not one a record can have.
pub(super) fn name() -> Failure {
    chained(9000, "DNS name is invalid.")
}

/// A member is missing. The number is not confirmed by a recording.
pub(super) fn required(member: &str) -> Failure {
    chained(9101, &format!("{member} is a required field."))
}

impl Plan {
    /// The shortest time to live that is not automatic.
    pub(super) fn lowest_ttl(self) -> u32 {
        if matches!(self, Self::Enterprise) { 30 } else { 60 }
    }

    /// The longest comment, in characters.
    pub(super) fn comment_length(self) -> usize {
        if matches!(self, Self::Free) { 100 } else { 500 }
    }

    /// How many tags a record may carry.
    pub(super) fn tags(self) -> usize {
        if matches!(self, Self::Free) { 0 } else { 20 }
    }

    /// How many operations one batch may hold.
    pub(super) fn batch(self) -> usize {
        if matches!(self, Self::Free) { 200 } else { 3500 }
    }
}
