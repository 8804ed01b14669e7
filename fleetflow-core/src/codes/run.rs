//! The codes of failures of a run.

use super::Code;

pub(super) static RUN: &[Code] = &[
    run(
        "FF0201",
        "invalid",
        "the declaration or the command line is wrong",
        "Something that was declared or typed cannot be used. Nothing was contacted, or nothing was changed.",
        "Correct what the message names; `flow validate` tells all mistakes of a file at once.",
    ),
    run(
        "FF0202",
        "unauthorized",
        "credentials are missing or refused",
        "A cloud was not told who asks, or does not allow it. The message says which places were looked at, or which permission \
         is missing.",
        "Set the credentials as the message says. SAKURA Cloud: a usacloud profile or `SAKURA_ACCESS_TOKEN` and \
         `SAKURA_ACCESS_TOKEN_SECRET`. Cloudflare: `CLOUDFLARE_API_TOKEN`.",
    ),
    run(
        "FF0203",
        "guarded",
        "a guard refused it",
        "The plan is well-formed, but does something that needs a further word: it deletes what is protected or holds data, \
         deletes a large part of a zone, or disturbs more than was allowed.",
        "Look at the plan. If it is meant: `--with-data`, `--force-delete`, a higher `--max-disruption`, `--confirm-stage NAME`, or \
         remove `protect`.",
    ),
    run(
        "FF0204",
        "not-found",
        "it is not there",
        "What was to be read or changed does not exist at the provider, or not any more.",
        "Run `flow plan`: it shows what is there, and makes what is missing.",
    ),
    run(
        "FF0205",
        "conflict",
        "it exists already, or is in use",
        "The provider refuses because of the state of something: a name that is taken, a server that has to be off, a bucket that \
         is not empty.",
        "Where something of that name exists that FleetFlow did not make, take it over with `flow import ADDRESS ID`; otherwise \
         see the message, and run the same command again.",
    ),
    run(
        "FF0206",
        "rate-limited",
        "the provider asks for fewer requests",
        "Requests are paced and repeated by themselves; this one was refused even so, usually because other programs use the same \
         account.",
        "Wait as long as the message says, then run the same command again: it goes on from there.",
    ),
    run(
        "FF0207",
        "unavailable",
        "the provider failed, or cannot be reached",
        "The network or the provider did not answer, after several tries.",
        "Check the network and the provider's status page, then run the same command again: it goes on from there.",
    ),
    run(
        "FF0208",
        "ambiguous",
        "it is not known whether it took effect",
        "The answer to a request was lost. The next run looks for what it may have made before it makes anything.",
        "Run the same command again.",
    ),
    run(
        "FF0209",
        "refused",
        "the provider refused it for good",
        "The provider understood the request and does not carry it out; another try would end the same way. Its code and the \
         request's id are in the message.",
        "Change what the provider's message names. The id of the request helps its support.",
    ),
    run(
        "FF0210",
        "timed-out",
        "it took longer than it may",
        "A server did not boot, a disk was not copied, a container did not become healthy in the time it has.",
        "Look at it (`flow status`, `flow logs`, `flow ssh`), then run the same command again: it goes on waiting.",
    ),
    run(
        "FF0211",
        "cancelled",
        "the run was stopped",
        "By Ctrl-C, a signal, or an answer that was not yes. What was done is saved.",
        "Run the same command again to go on.",
    ),
    run(
        "FF0212",
        "locked",
        "somebody else works on this stage",
        "A stage is changed by one run at a time. The message says who holds it and since when. A holder that died is taken over \
         once its lease expires.",
        "Wait with `--lock-wait 15m`. Only if you know that the holder is gone: `flow state unlock`.",
    ),
    run(
        "FF0213",
        "state",
        "the state cannot be read or written",
        "The place of the state cannot be reached, is damaged, belongs to a newer version, or is encrypted with another key.",
        "See the message. A damaged state is recovered with `flow state rebuild`: everything that was made carries a mark.",
    ),
    run(
        "FF0214",
        "partial",
        "some steps failed, the rest is done",
        "Steps that did not depend on the failed ones were carried out and saved; what depends on them was skipped and is named.",
        "Mend what the failures say, and run the same command again: it does what is left.",
    ),
    run(
        "FF0215",
        "unsupported",
        "this version cannot do it",
        "What was asked for is understood, but not built yet, or not possible on this system.",
        "See the message for another way.",
    ),
    run(
        "FF0216",
        "local",
        "a local file or program failed",
        "A file cannot be read or written, a disk is full, a build ended with an error.",
        "Mend what the message names, then run the same command again.",
    ),
    run(
        "FF0217",
        "internal",
        "a mistake of FleetFlow",
        "Something happened that the authors did not think of.",
        "Please report it, with the output of the same command with `-vv`.",
    ),
];

const fn run(
    number: &'static str,
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    next: &'static str,
) -> Code {
    Code {
        number,
        name,
        title,
        meaning,
        next,
        example: "",
    }
}
