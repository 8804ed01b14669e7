//! The codes of the state, and of this machine. They decide nothing.

use super::Code;
use super::run::run;
use crate::error::ErrorKind;

pub(super) static LOCAL: [&Code; 10] = [
    &STATE_DAMAGED,
    &STATE_NEWER,
    &STATE_UNREACHABLE,
    &STATE_UNWRITABLE,
    &NO_SUCH_FILE,
    &BUILD,
    &NO_PROGRAM,
    &NO_AUTHORITIES,
    &PORT_TAKEN,
    &FILE_UNWRITABLE,
];

/// A state that cannot be understood.
pub static STATE_DAMAGED: Code = run(
    "FF0281",
    "state-damaged",
    ErrorKind::State,
    "the state is damaged",
    "A file of the state does not hold what was written: a disk error, or an editor.",
    "Look at the message. `flow state rebuild` finds everything that was made by its marks and writes the state \
     anew.",
    "error[FF0281]: .fleetflow/state/default/key does not hold a key\n  help: delete it: every secret then counts \
     as changed once",
);

/// A state of a newer version.
pub static STATE_NEWER: Code = run(
    "FF0282",
    "state-newer",
    ErrorKind::State,
    "the state was written by a newer version",
    "Newer versions read older states, not the other way round: something could be lost. Nothing was written.",
    "Use the newer version of FleetFlow.",
    "error[FF0282]: .fleetflow/state/default/snapshot.json has format 9, this version knows 1\n  help: use a newer \
     version of FleetFlow",
);

/// A bucket of states that cannot be reached.
pub static STATE_UNREACHABLE: Code = run(
    "FF0283",
    "state-unreachable",
    ErrorKind::State,
    "the bucket of the state cannot be reached",
    "The endpoint of the bucket did not answer, or failed. Nothing is begun without the state.",
    "Check the endpoint and the network, then run the same command again: it goes on from here.",
    "error[FF0283]: could not read s3://shop-state/prod: connection refused\n  help: check the endpoint and the \
     network, then run the same command again: it goes on from here",
);

/// A folder of states that cannot be used.
pub static STATE_UNWRITABLE: Code = run(
    "FF0284",
    "state-unwritable",
    ErrorKind::State,
    "the folder of the state cannot be read or written",
    "The disk is full or read-only, or the files belong to somebody else. What was done is in the cloud, and found \
     again.",
    "Make room, or correct the rights, then run the same command again.",
    "error[FF0284]: could not write .fleetflow/state/default/journal.jsonl: No space left on device\n  help: make \
     room, then run the same command again",
);

/// A file of the declaration that is not there.
pub static NO_SUCH_FILE: Code = run(
    "FF0291",
    "no-such-file",
    ErrorKind::Local,
    "a file of the declaration is not there",
    "A path in the declaration, of code, of a site, of a script or a folder to build, leads nowhere or cannot be \
     read.",
    "Correct it; paths are relative to the file that names them. With a `build`, see that it makes this one.",
    "error[FF0291]: worker.api: could not read the code of the Worker: dist/worker.js is not there\n  help: with a \
     `build`, see that it makes this file",
);

/// A build that failed.
pub static BUILD: Code = run(
    "FF0292",
    "build",
    ErrorKind::Local,
    "a build failed",
    "The command that the declaration names ended with an error. Its last lines are in the message. Nothing was \
     deployed.",
    "Run it by hand, mend what it says, then run the same command again.",
    "error[FF0292]: worker.api: could not run the build command `npm run build` in site: it ended with code 1: ...",
);

/// A program that is not installed.
pub static NO_PROGRAM: Code = run(
    "FF0293",
    "no-program",
    ErrorKind::Local,
    "a program is not installed",
    "The command needs a program of this machine, which did not start.",
    "Install what the message names.",
    "error[FF0293]: the system's `ssh` did not start: No such file or directory\n  help: install the OpenSSH client",
);

/// No certificates of authorities.
pub static NO_AUTHORITIES: Code = run(
    "FF0294",
    "no-authorities",
    ErrorKind::Local,
    "this machine trusts no authority",
    "HTTPS needs the certificates of the authorities that a machine trusts, and this one, usually a small container \
     image, has none.",
    "Install them (`ca-certificates`), or name their file in `SSL_CERT_FILE`.",
    "error[FF0294]: no secure connection can be made: no certificates were found",
);

/// An address that cannot be listened on.
pub static PORT_TAKEN: Code = run(
    "FF0295",
    "port-taken",
    ErrorKind::Local,
    "an address on this machine cannot be listened on",
    "The port is taken, or its number needs rights that this user does not have.",
    "Choose another one.",
    "error[FF0295]: metrics cannot be served at 127.0.0.1:9100: Address already in use\n  help: choose another \
     `--metrics-addr`",
);

/// A file beside the declaration that cannot be written.
pub static FILE_UNWRITABLE: Code = run(
    "FF0296",
    "file-unwritable",
    ErrorKind::Local,
    "a file on this machine cannot be written",
    "The disk is full or read-only, the folder is not there, or belongs to somebody else. The file is as it was before.",
    "Make room, correct the rights or choose another place, as the message says, then run the same command again.",
    "error[FF0296]: the plan could not be saved to change.plan: No space left on device\n  help: make room on the disk, then \
     run it again",
);
