//! The emulated Docker Engine, as bollard sees it.

mod containers;
mod exec;
mod images;
mod networks;
mod support;
