//! The words and options that users type, as types. Nothing is done with them here.

mod beginning;
mod services;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fleetflow_core::Address;

pub(crate) use beginning::{GraphArguments, GraphFormat, InitArguments, StatusArguments};
pub(crate) use services::{ExecArguments, LogsArguments, RollbackArguments, SshArguments};
pub(crate) use value::{Disruption, Variable};

/// Makes SAKURA Cloud, Cloudflare and Docker equal to what a flow.kdl declares.
#[derive(Debug, Parser)]
#[command(
    name = "fleetflow",
    version,
    propagate_version = true,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 changes (--detailed-exitcode), 3 not authorised,\n\
    4 some steps failed, 5 refused by a guard, 6 locked, 8 interrupted, 64 wrong usage or wrong file."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that users type")]
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The stage; the same as the argument STAGE [env: `FLEETFLOW_STAGE`]
    #[arg(short, long, global = true, value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// The file; otherwise flow.kdl or .fleetflow/flow.kdl, here or in a parent folder
    #[arg(short, long, global = true, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Work on emulated clouds, with no account and no network; implies --with-data
    ///
    /// The emulated world is kept in .fleetflow/sandbox/ between commands. Its data is worth nothing, so deleting what
    /// holds data needs no further word.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// One JSON document on standard output, or JSON lines of events for up and down
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Never ask; fail where a question would be needed
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// When to use colours [env: `NO_COLOR`, `CLICOLOR_FORCE`]
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Only results and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Tell each HTTP request, without secrets; twice tells more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How many steps run at the same time
    #[arg(long, global = true, value_name = "N", value_parser = value::parallelism)]
    pub(crate) parallelism: Option<usize>,
    /// A variable of the file, overriding its `variables`; may be repeated
    #[arg(long = "var", global = true, value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<Variable>,
    /// Where the state is, instead of the file's `state` node: a folder, or `s3://BUCKET/PREFIX`
    #[arg(long, global = true, value_name = "URL", conflicts_with = "sandbox")]
    pub(crate) state: Option<String>,
    /// The usacloud profile with the credentials of SAKURA Cloud
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How long to wait while somebody else has locked the state: 30s, 15m
    #[arg(long, global = true, value_name = "TIME", value_parser = value::duration, default_value = "0s", hide_default_value = true)]
    pub(crate) lock_wait: Duration,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the clouds equal to the file: plan, show it, ask, converge
    Up(ChangeArguments),
    /// Show the difference between the file and the clouds; changes nothing
    Plan(PlanArguments),
    /// Remove everything that was made for the stage: plan, show it, ask, remove
    Down(ChangeArguments),
    /// Show what is there now, what is not well first
    Status(StatusArguments),
    /// Check the file without a cloud and without credentials
    Validate(StageArgument),
    /// Lay the file out in canonical KDL 2.0, comments kept
    Fmt(FmtArguments),
    /// Show the outputs of the last convergence
    Outputs(OutputsArguments),
    /// Keep converging: repair what others change and scale by load, until interrupted
    Watch(WatchArguments),
    /// Set by hand how many replicas of a scaled server there are
    Scale(ScaleArguments),
    /// Take over what exists already, as the resource declared at ADDRESS
    Import(ImportArguments),
    /// Bring back what ran before the last release of a service-group; a second time goes forward again
    ///
    /// The file is not changed: a plan shows how it differs afterwards, and the next `up` brings about what it declares.
    Rollback(RollbackArguments),
    /// Show what services log
    Logs(LogsArguments),
    /// Run a command in a service's container
    Exec(ExecArguments),
    /// Open a shell on a server
    Ssh(SshArguments),
    /// Look at the remembered state, and mend it
    #[command(subcommand)]
    State(StateCommand),
    /// The emulated clouds
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Draw what is declared and what needs what: SVG, Mermaid, Graphviz or JSON
    Graph(GraphArguments),
    /// Explain the code of an error, FF0112, or list all codes
    Explain {
        /// The code
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
    /// Write a commented flow.kdl to begin with, after two questions
    Init(InitArguments),
    /// Serve an editor that speaks the Language Server Protocol, on standard input and output
    Lsp,
    /// Print a completion script for a shell
    ///
    /// It asks this program what to offer: words and options, and the stages, addresses, services and servers of the
    /// flow.kdl that is meant. Load it in the shell's start file: `source <(flow completions bash)`; in zsh the same, after `compinit`; in fish
    /// `flow completions fish | source`. Packages bring it with them.
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of one of its commands
    Man {
        /// The command: `plan`, `state show`
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
    /// Print the version
    Version,
}

/// Which stage.
#[derive(Args, Debug)]
pub(crate) struct StageArgument {
    /// The stage; may be left out where the file has only one
    #[arg(value_name = "STAGE")]
    pub(crate) name: Option<String>,
}

/// Arguments of `up` and `down`.
#[derive(Args, Debug)]
pub(crate) struct ChangeArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Carry out exactly this plan, saved by `plan --out`; refused if the world moved on
    #[arg(long, value_name = "FILE", conflicts_with = "targets")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// The name of the stage, once more: for stages marked `protect`
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm_stage: Option<String>,
    /// Show the changed fields as well
    #[arg(long)]
    pub(crate) detail: bool,
}

/// What a plan may contain.
#[derive(Args, Debug, Default)]
pub(crate) struct ScopeArguments {
    /// Only these resources, and what they depend on: `server.web`
    #[arg(id = "targets", long = "target", value_name = "ADDRESS", num_args = 1..)]
    pub(crate) targets: Vec<Address>,
    /// Refuse a plan that disturbs more than this
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) max_disruption: Option<Disruption>,
    /// Agree to delete what holds data: disks, buckets, key-value stores
    #[arg(long)]
    pub(crate) with_data: bool,
    /// Agree to delete more than 30 % of what is in one place: the records of a zone
    #[arg(long)]
    pub(crate) force_delete: bool,
    /// Go on in another account than the stage was made in
    #[arg(long)]
    pub(crate) other_account: bool,
}

/// Arguments of `plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// Save the plan for `up --plan FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// The form; `--json` is the same as `--format json`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Plan the removal of everything, as `down` does
    #[arg(long)]
    pub(crate) destroy: bool,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// Show the changed fields as well
    #[arg(long)]
    pub(crate) detail: bool,
}

/// The form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For the comment of a review.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

/// Arguments of `watch`.
#[derive(Args, Debug)]
pub(crate) struct WatchArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// The pause between two looks: 30s, 5m
    #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "1m")]
    pub(crate) interval: Duration,
    /// Only scale; tell what others changed, and leave it
    #[arg(long)]
    pub(crate) no_drift: bool,
    /// Look once and end: for cron
    #[arg(long)]
    pub(crate) once: bool,
    /// Serve metrics for Prometheus at /metrics on this address: 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_addr: Option<SocketAddr>,
    /// The name of the stage, once more: for stages marked `protect`
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm_stage: Option<String>,
}

/// Arguments of `scale`.
#[derive(Args, Debug)]
pub(crate) struct ScaleArguments {
    /// The server that a `scale` names
    #[arg(value_name = "SERVER")]
    pub(crate) server: String,
    /// How many replicas, within the declared bounds
    #[arg(value_name = "N")]
    pub(crate) count: u32,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// The name of the stage, once more: for stages marked `protect`
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm_stage: Option<String>,
}

/// Arguments of `import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The declaration: `server.web`
    #[arg(value_name = "ADDRESS")]
    pub(crate) address: Address,
    /// The id that its cloud gave it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
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

/// Arguments of `fmt`.
#[derive(Args, Debug)]
pub(crate) struct FmtArguments {
    /// Change nothing; exit with 1 when the file is not in canonical form
    #[arg(long)]
    pub(crate) check: bool,
}

/// Arguments of `outputs`.
#[derive(Args, Debug)]
pub(crate) struct OutputsArguments {
    /// One resource or one output: `server.web`, `server.web.ip`
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Commands about the state.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List everything that is remembered
    List(StageArgument),
    /// Show one entry
    Show {
        /// The resource: `server.web`
        #[arg(value_name = "ADDRESS")]
        address: Address,
    },
    /// Show what was done, oldest first
    History(StageArgument),
    /// Remember a resource no longer, and leave it in its cloud
    Forget {
        /// The resource: `server.web`
        #[arg(value_name = "ADDRESS")]
        address: Address,
        /// Do it without asking
        #[arg(short, long)]
        yes: bool,
    },
    /// Take the lock away from who has it and is gone
    Unlock(MendArguments),
    /// Set aside what is damaged, and find again what the clouds show as ours; changes no cloud
    Rebuild(MendArguments),
    /// Change the passphrase that opens an encrypted state
    Passphrase(PassphraseArguments),
}

/// Arguments of `state passphrase`.
#[derive(Args, Debug)]
pub(crate) struct PassphraseArguments {
    #[command(flatten)]
    pub(crate) mend: MendArguments,
    /// The variable that holds the new passphrase: of the environment, `.env.STAGE` or `.env`
    #[arg(long, value_name = "NAME")]
    pub(crate) new_env: String,
}

/// Arguments of `state unlock` and `state rebuild`.
#[derive(Args, Debug)]
pub(crate) struct MendArguments {
    #[command(flatten)]
    pub(crate) stage: StageArgument,
    /// Do it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Commands about the emulated clouds.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Serve the emulated clouds on loopback until interrupted; prints the variables to export
    Serve {
        /// The port of the HTTP APIs; any free one by default
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "N")]
        port: u16,
        /// Where workerd is, which runs deployed Workers: the program, or a folder with npm packages; looked for on
        /// PATH and among the npm packages of this folder and those above
        #[arg(long, value_name = "PATH")]
        workerd: Option<PathBuf>,
        /// A delay added to every request, as a network has it: 50ms
        #[arg(long, value_name = "TIME", value_parser = value::duration, default_value = "0s", hide_default_value = true)]
        latency: Duration,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }
}
