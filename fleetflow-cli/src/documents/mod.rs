//! The JSON documents that programs read. Each carries the version of its form; their schemas are published in
//! `docs/schemas`.

pub(crate) mod event;
pub(crate) mod graph;
pub(crate) mod outputs;
pub(crate) mod schemas;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod validation;
