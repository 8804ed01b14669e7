//! The codes of what was asked for wrongly, on the command line or in code. They decide nothing.

use super::Code;
use super::run::run;
use crate::error::ErrorKind;

pub(super) static ASKED: [&Code; 6] = [
    &NO_FILE,
    &USAGE,
    &CANNOT_ASK,
    &UNKNOWN_NAME,
    &BAD_CODE,
    &ACCOUNT_ID,
];

/// There is no file to read.
pub static NO_FILE: Code = run(
    "FF0221",
    "no-file",
    ErrorKind::Invalid,
    "there is no flow.kdl",
    "A command that needs a project looks for `flow.kdl`, then `.fleetflow/flow.kdl`, in this folder and those \
     above it, or for what `-f` names.",
    "Go to the project's folder, give `-f FILE`, or begin one with `flow init`.",
    "error[FF0221]: there is no flow.kdl in /home/you or a folder above it\n  help: go to your project's folder, or \
     give -f FILE; `flow init` begins a new one",
);

/// A command line that means nothing.
pub static USAGE: Code = run(
    "FF0222",
    "usage",
    ErrorKind::Invalid,
    "the command line is wrong",
    "A flag or a word is unknown, missing, or contradicts another one. Nothing was begun.",
    "See `flow COMMAND --help`.",
    "error[FF0222]: the argument says stage \"dev\", --stage says \"prod\"\n  help: give only one of them",
);

/// A question that nobody is there for.
pub static CANNOT_ASK: Code = run(
    "FF0223",
    "cannot-ask",
    ErrorKind::Invalid,
    "nobody is there to be asked",
    "The command would ask before it changes anything, and there is no terminal, or `CI` or `--no-input` is set. \
     Never is that taken for a yes.",
    "Look at the plan with `flow plan`, then give the flag that the message names.",
    "error[FF0223]: this needs an approval, and nobody can be asked here; nothing was changed; give --yes\n  help: \
     look at the plan with `flow plan`, then add --yes",
);

/// A name on the command line that nothing has.
pub static UNKNOWN_NAME: Code = run(
    "FF0224",
    "unknown-name",
    ErrorKind::Invalid,
    "nothing has this name",
    "What was named on the command line, a resource, a service, a server, an output or a code, is not declared in \
     this stage.",
    "Correct it; the nearest name is suggested, or all are listed.",
    "error[FF0224]: there is no service `apy`\n  help: did you mean `api`?",
);

/// Code that does not compile.
pub static BAD_CODE: Code = run(
    "FF0225",
    "bad-code",
    ErrorKind::Invalid,
    "the code of a Worker or a site does not compile",
    "JavaScript or TypeScript that was to be deployed has a mistake, imports what is not there, or is larger than \
     may be sent.",
    "Repair the places that the message names.",
    "error[FF0225]: worker.api: could not compile src/index.ts: src/index.ts:3:7: Expected `;` but found `is`\n  \
     help: repair these places",
);

/// Which account is meant is not said.
pub static ACCOUNT_ID: Code = run(
    "FF0226",
    "account-id",
    ErrorKind::Invalid,
    "it is not clear which account is meant",
    "The credentials see several accounts, or `account-id` is not the id of one.",
    "Write the id of the one that is meant as `account-id`; the message lists those that are seen.",
    "error[FF0226]: the credentials for Cloudflare see several accounts\n  help: give the id of one as \
     `account-id`: ...",
);
