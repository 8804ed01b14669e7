//! The codes of failures of a run.

use super::Code;
use crate::error::ErrorKind;

pub(super) static RUN: [&Code; 17] = [
    &run(
        "FF0201",
        "invalid",
        ErrorKind::Invalid,
        "the declaration or the command line is wrong",
        "Something that was declared or typed cannot be used. Nothing was contacted, or nothing was changed.",
        "Correct what the message names; `flow validate` tells all mistakes of a file at once.",
        "error[FF0201]: `shop eu` cannot name a stage\n  help: use letters, digits, `-` and `_`",
    ),
    &run(
        "FF0202",
        "unauthorized",
        ErrorKind::Unauthorized,
        "credentials are missing or refused",
        "A cloud was not told who asks, or does not allow it. The message says which places were looked at, or which permission \
         is missing.",
        "Set the credentials as the message says. SAKURA Cloud: a usacloud profile or `SAKURA_ACCESS_TOKEN` and \
         `SAKURA_ACCESS_TOKEN_SECRET`. Cloudflare: `CLOUDFLARE_API_TOKEN`.",
        "error[FF0202]: could not read the zones: the request was not allowed\n  the provider's code 9109",
    ),
    &run(
        "FF0203",
        "guarded",
        ErrorKind::Guarded,
        "a guard refused it",
        "The plan is well-formed, but does something that needs a further word: it deletes what is protected or holds data, \
         deletes a large part of a zone, or disturbs more than was allowed.",
        "Look at the plan. If it is meant: `--with-data`, `--force-delete`, a higher `--max-disruption`, `--confirm-stage NAME`, or \
         remove `protect`.",
        "error[FF0203]: worker.api: the class `Room` would be lost with worker.chat, which hands it over in this run\n  help: keep worker.chat for this run; once the class went over, remove it",
    ),
    &run(
        "FF0204",
        "not-found",
        ErrorKind::NotFound,
        "it is not there",
        "What was to be read or changed does not exist at the provider, or not any more.",
        "Run `flow plan`: it shows what is there, and makes what is missing.",
        "error[FF0204]: server.web: could not start the server: the server is gone\n  help: somebody removed it meanwhile: look at a new plan",
    ),
    &run(
        "FF0205",
        "conflict",
        ErrorKind::Conflict,
        "it exists already, or is in use",
        "The provider refuses because of the state of something: a name that is taken, a server that has to be off, a bucket that \
         is not empty.",
        "Where something of that name exists that FleetFlow did not make, take it over with `flow import ADDRESS ID`; otherwise \
         see the message, and run the same command again.",
        "error[FF0205]: server.web: could not delete the server: the server is not switched off\n  the provider's code still_power_on",
    ),
    &run(
        "FF0206",
        "rate-limited",
        ErrorKind::RateLimited,
        "the provider asks for fewer requests",
        "Requests are paced and repeated by themselves; this one was refused even so, usually because other programs use the same \
         account.",
        "Wait as long as the message says, then run the same command again: it goes on from there.",
        "error[FF0206]: dns-record.example.jp/www/A: could not create records: too many requests\n  the provider's code 10429",
    ),
    &run(
        "FF0207",
        "unavailable",
        ErrorKind::Unavailable,
        "the provider failed, or cannot be reached",
        "The network or the provider did not answer, after several tries.",
        "Check the network and the provider's status page, then run the same command again: it goes on from there.",
        "error[FF0207]: server.web: could not start the server: 503 Service Unavailable\n  help: run the same command again: it goes on from here",
    ),
    &run(
        "FF0208",
        "ambiguous",
        ErrorKind::Ambiguous,
        "it is not known whether it took effect",
        "The answer to a request was lost. The next run looks for what it may have made before it makes anything.",
        "Run the same command again.",
        "error[FF0208]: server.web: could not create the server: the answer was lost\n  help: check the network and the endpoint, then run the same command again",
    ),
    &run(
        "FF0209",
        "refused",
        ErrorKind::Refused,
        "the provider refused it for good",
        "The provider understood the request and does not carry it out; another try would end the same way. Its code and the \
         request's id are in the message.",
        "Change what the provider's message names. The id of the request helps its support.",
        "error[FF0209]: dns-record.example.jp/www/A: could not create records: Content for A record is invalid\n  the provider's code 9005",
    ),
    &run(
        "FF0210",
        "timed-out",
        ErrorKind::TimedOut,
        "it took longer than it may",
        "A server did not boot, a disk was not copied, a container did not become healthy in the time it has.",
        "Look at it (`flow status`, `flow logs`, `flow ssh`), then run the same command again: it goes on waiting.",
        "error[FF0210]: r2-bucket.uploads: still waiting for the custom domain after 300 s",
    ),
    &run(
        "FF0211",
        "cancelled",
        ErrorKind::Cancelled,
        "the run was stopped",
        "By Ctrl-C, a signal, or an answer that was not yes. What was done is saved.",
        "Run the same command again to go on.",
        "Interrupted after 12 s: 3 created, 2 stopped, 4 skipped.\nTo go on: flow up prod",
    ),
    &run(
        "FF0212",
        "locked",
        ErrorKind::Locked,
        "somebody else works on this stage",
        "A stage is changed by one run at a time. The message says who holds it and since when. A holder that died is taken over \
         once its lease expires.",
        "Wait with `--lock-wait 15m`. Only if you know that the holder is gone: `flow state unlock`.",
        "error[FF0212]: the state is locked by you@laptop, process 4711, fleetflow 0.1.0 (up since 2026-03-01T09:00:00Z)\n  help: wait for that run to end, or give `--lock-wait 15m`",
    ),
    &run(
        "FF0213",
        "state",
        ErrorKind::State,
        "the state cannot be read or written",
        "The place of the state cannot be reached, is damaged, belongs to a newer version, or is encrypted with another key.",
        "See the message. A damaged state is recovered with `flow state rebuild`: everything that was made carries a mark.",
        "error[FF0213]: could not read .fleetflow/state/default/journal.jsonl: Input/output error",
    ),
    &run(
        "FF0214",
        "partial",
        ErrorKind::Partial,
        "some steps failed, the rest is done",
        "Steps that did not depend on the failed ones were carried out and saved; what depends on them was skipped and is named.",
        "Mend what the failures say, and run the same command again: it does what is left.",
        "Failed after 4 s: 2 created, 1 failed, 1 skipped.\nTo go on: flow up prod",
    ),
    &run(
        "FF0215",
        "unsupported",
        ErrorKind::Unsupported,
        "this version cannot do it",
        "What was asked for is understood, but not built yet, or not possible on this system.",
        "See the message for another way.",
        "error[FF0215]: server.web: this version of FleetFlow cannot carry it out",
    ),
    &run(
        "FF0216",
        "local",
        ErrorKind::Local,
        "a local file or program failed",
        "A file cannot be read or written, a disk is full, a build ended with an error.",
        "Mend what the message names, then run the same command again.",
        "error[FF0216]: the working folder cannot be read: No such file or directory\n  help: change to a folder that exists",
    ),
    &run(
        "FF0217",
        "internal",
        ErrorKind::Internal,
        "a mistake of FleetFlow",
        "Something happened that the authors did not think of.",
        "Please report it, with the output of the same command with `-vv`.",
        "error[FF0217]: the result could not be encoded: key must be a string",
    ),
];

pub(super) const fn run(
    number: &'static str,
    name: &'static str,
    kind: ErrorKind,
    title: &'static str,
    meaning: &'static str,
    next: &'static str,
    example: &'static str,
) -> Code {
    Code {
        number,
        name,
        kind,
        title,
        meaning,
        next,
        example,
    }
}
