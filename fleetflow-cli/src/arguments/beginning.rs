//! What users type to begin with a file, and to see what is in it.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{StageArgument, value};

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

/// Arguments of `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// Exit with 2 when something is missing, changed or not as declared
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Follow it on a full screen; q leaves
    #[arg(long)]
    pub(crate) watch: bool,
    /// The pause between two looks of `--watch`: 5s
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "5s", requires = "watch")]
    pub(crate) interval: Duration,
}
