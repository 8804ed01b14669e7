//! The dependency graph as a picture, and as the text of other programs' pictures.

mod icons;
mod layout;
mod route;
mod svg;
mod text;

use fleetflow_core::plan::Action;

pub(crate) use svg::svg;
pub(crate) use text::{dot, mermaid};

use super::style::symbol;

/// The clouds, in the order in which they are shown: what is asked first is on top.
const CLOUDS: [(&str, &str); 3] = [
    ("cloudflare", "Cloudflare"),
    ("sakura-cloud", "SAKURA Cloud"),
    ("docker", "Containers"),
];

/// The symbol of a change, as in plans, and the name of its colour. What is only forgotten is no change of a cloud.
fn mark(action: Action) -> (&'static str, &'static str) {
    let color = match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => return ("", ""),
    };
    (symbol(action).trim_end(), color)
}
