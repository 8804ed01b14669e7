//! The refusals of Pages (API doc §1.9, §5).

use crate::cloudflare::answer::Failure;

pub(super) fn no_project() -> Failure {
    let message =
        "Project not found. The specified project name does not match any of your existing projects.";
    Failure::new(404, 8_000_007, message)
}

pub(super) fn paging() -> Failure {
    let message = "Invalid list options provided. Review the `page` or `per_page` parameter.";
    Failure::new(400, 8_000_024, message)
}

pub(super) fn too_many_deployments() -> Failure {
    let message = "Your project has too many deployments to be deleted, follow this guide to delete them: https://cfl.re/3CXesln";
    Failure::new(400, 8_000_076, message)
}

pub(super) fn upload_token() -> Failure {
    Failure::new(
        401,
        8_000_013,
        "Authorization failed: the upload token is missing, wrong or has expired.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn name() -> Failure {
    Failure::new(
        400,
        8_000_014,
        "Project names are lower-case letters, digits and dashes, 1 to 58 of them.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn project_exists() -> Failure {
    Failure::new(
        409,
        8_000_002,
        "A project with this name already exists. Choose a different project name.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn invalid(why: &str) -> Failure {
    Failure::new(400, 8_000_011, why)
}

pub(super) fn manifest() -> Failure {
    Failure::new(
        400,
        8_000_096,
        "A \"manifest\" field was expected in the request body but was not provided.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn missing_file(path: &str) -> Failure {
    Failure::new(
        400,
        8_000_045,
        format!("The file of `{path}` was never uploaded."),
    )
}

/// The number is not confirmed by a recording.
pub(super) fn no_deployment() -> Failure {
    Failure::new(404, 8_000_009, "Deployment not found.")
}

/// The number is not confirmed by a recording.
pub(super) fn live_deployment() -> Failure {
    Failure::new(
        400,
        8_000_034,
        "The live production deployment cannot be deleted.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn aliased_deployment() -> Failure {
    Failure::new(
        400,
        8_000_035,
        "Cannot delete an aliased deployment without force. Use force=true.",
    )
}

/// The number is not confirmed by a recording.
pub(super) fn no_domain() -> Failure {
    Failure::new(404, 8_000_021, "Custom domain not found.")
}

/// The number is not confirmed by a recording.
pub(super) fn domain_exists() -> Failure {
    Failure::new(409, 8_000_018, "This custom domain is already in use.")
}
