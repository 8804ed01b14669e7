//! How things look as text for people. Everything here is a pure function from data to text.

pub(crate) mod failure;
pub(crate) mod graph;
pub(crate) mod header;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod plan;
pub(crate) mod report;
mod scaling;
pub(crate) mod screen;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod text;
