//! What users type to begin with a file, and to see what is in it.

use clap::{Args, ValueEnum};

use super::StageArgument;

/// Arguments of `graph`.
#[derive(Args, Debug)]
pub(crate) struct GraphArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// The form; `--json` is the same as `--format json`
    #[arg(long, value_enum, default_value_t = GraphFormat::Svg)]
    pub(crate) format: GraphFormat,
    /// Make a plan as well, and mark what it would do
    #[arg(long)]
    pub(crate) plan: bool,
}

/// The form of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// A picture.
    Svg,
    /// For Markdown, as GitHub shows it.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For programs.
    Json,
}

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// Ask nothing: the project is called like the folder, and has everything in it
    #[arg(short, long)]
    pub(crate) yes: bool,
}
