//! The words of `logs`, `exec` and `ssh`: what is looked into, and how.

use std::path::PathBuf;

use clap::Args;

use super::value::{self, Since};

/// Arguments of `logs`.
#[derive(Args, Debug)]
pub(crate) struct LogsArguments {
    /// Services: `web`, `shop/web`, `server-1/shop/web`, or a whole group; all of them without one
    #[arg(value_name = "SERVICE")]
    pub(crate) services: Vec<String>,
    /// Go on with what is logged from now on, until interrupted
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only the last N lines of each
    #[arg(long, value_name = "N")]
    pub(crate) tail: Option<u32>,
    /// Only lines written after this: a span before now (`10m`, `2h`, `1d`), or a time in RFC 3339
    #[arg(long, value_name = "SPAN|TIME", value_parser = value::since)]
    pub(crate) since: Option<Since>,
    /// Begin each line with its time
    #[arg(long)]
    pub(crate) timestamps: bool,
    /// The file; before the word `logs`, it may be written as -f
    // Declared again without its letter, which means `--follow` here. Its value is that of the option for all commands.
    #[arg(id = "file", long = "file", value_name = "FILE")]
    _file: Option<PathBuf>,
}

/// Arguments of `exec`.
#[derive(Args, Debug)]
pub(crate) struct ExecArguments {
    /// The service: `web`, `shop/web` or `server-1/shop/web`
    #[arg(value_name = "SERVICE")]
    pub(crate) service: String,
    /// The user it runs as; the container's own by default
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Give the command no terminal, though this program has one
    #[arg(short = 'T', long)]
    pub(crate) no_tty: bool,
    /// The command and its words
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub(crate) command: Vec<String>,
}

/// Arguments of `rollback`.
#[derive(Args, Debug)]
pub(crate) struct RollbackArguments {
    /// The service-group: `shop`
    #[arg(value_name = "GROUP")]
    pub(crate) group: String,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The name of the stage, once more: for stages marked `protect`
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm_stage: Option<String>,
    /// Show the changed fields as well
    #[arg(long)]
    pub(crate) detail: bool,
}

/// Arguments of `ssh`.
#[derive(Args, Debug)]
pub(crate) struct SshArguments {
    /// The server: `web`
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    /// A command instead of a shell
    #[arg(value_name = "COMMAND", last = true)]
    pub(crate) command: Vec<String>,
}
