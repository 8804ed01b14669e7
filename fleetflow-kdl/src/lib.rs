//! Loads flow.kdl into a FleetFlow stack, with every mistake underlined in the file as written. It contacts nothing.
//!
//! [`load`] turns a file and its includes into a [`Stack`](fleetflow_core::Stack); [`format()`] lays a file out. Files,
//! process environment and home folder are reached only through [`LoadOptions`].

mod ast;
mod catalog;
mod convert;
mod diagnostic;
mod dialect;
pub mod editor;
mod environment;
mod files;
mod format;
mod lexer;
mod load;
mod schema;
mod source;
mod tree;
mod written;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use files::{Files, FolderFiles, MemoryFiles};
pub use format::{format, format_file};
pub use load::{Checked, LoadOptions, Loaded, StateSettings, check, load, stages};
pub use source::{FileId, Location, SourceFile, Sources, Span};
