//! The codes of guards, which refuse what is well-formed. They decide nothing.

use super::Code;
use super::run::run;
use crate::error::ErrorKind;

pub(super) static GUARDS: [&Code; 7] = [
    &PROTECTED,
    &DATA_LOSS,
    &NOT_EMPTY,
    &MANY_DELETIONS,
    &DISRUPTION,
    &UNCONFIRMED,
    &OTHER_ACCOUNT,
];

/// A protected resource would be lost.
pub static PROTECTED: Code = run(
    "FF0241",
    "protected",
    ErrorKind::Guarded,
    "it is protected",
    "The resource says `protect`, and the plan would delete or replace it.",
    "Undo the change; or set `protect #false`, run `up`, and then do it.",
    "error[FF0241]: server.db: it is protected and cannot be deleted\n  help: declare it again with `protect \
     #false` and run `up`, then remove it",
);

/// Data would be lost.
pub static DATA_LOSS: Code = run(
    "FF0242",
    "data-loss",
    ErrorKind::Guarded,
    "data would be lost for good",
    "What is to be deleted, replaced or changed holds data that nothing brings back: a disk, a namespace, a volume, \
     Durable Objects.",
    "Make a copy of it. If it may go: `--with-data`.",
    "error[FF0242]: kv-namespace.cache: deleting it would lose its keys and values for good\n  help: add \
     `--with-data` if that is what you want",
);

/// A bucket that is not empty.
pub static NOT_EMPTY: Code = run(
    "FF0243",
    "not-empty",
    ErrorKind::Guarded,
    "a bucket is not empty",
    "Only empty buckets are deleted, also with `--with-data`: a typing mistake must not cost a bucket.",
    "Empty it, or declare `force-destroy #true` and run `up` before it is removed.",
    "error[FF0243]: r2-bucket.uploads: could not delete the bucket: the bucket `uploads` holds 2 objects\n  help: \
     empty it, or declare `force-destroy #true` and run `up` before removing it",
);

/// A large part of a zone would be deleted.
pub static MANY_DELETIONS: Code = run(
    "FF0244",
    "many-deletions",
    ErrorKind::Guarded,
    "a large part of a zone would be deleted",
    "More than 30 % of ten or more records would go. That is more often the wrong file than a wish.",
    "Look at the plan. If it is meant: `--force-delete`.",
    "error[FF0244]: dns-record.example.jp/a01/A: 12 of the 20 dns-records of example.jp would be deleted, more than \
     30 %\n  help: add `--force-delete` if that is what you want",
);

/// More disruption than was allowed.
pub static DISRUPTION: Code = run(
    "FF0245",
    "disruption",
    ErrorKind::Guarded,
    "it disturbs more than was allowed",
    "`--max-disruption` says what a run may cost those who use it, and a step of the plan costs more.",
    "Raise it, at a time when that hurts nobody, or undo the change.",
    "error[FF0245]: server.web: the change means reboot, more than `none` allows\n  help: raise `--max-disruption`, \
     or undo the change",
);

/// A protected stage that was not confirmed by its name.
pub static UNCONFIRMED: Code = run(
    "FF0246",
    "unconfirmed",
    ErrorKind::Guarded,
    "the stage is protected",
    "A stage that says `protect` is changed only by those who say its name. `--yes` is not enough.",
    "Add `--confirm-stage NAME`.",
    "error[FF0246]: this needs an approval, and nobody can be asked here; nothing was changed; give --confirm-stage \
     prod",
);

/// Credentials of another account than before.
pub static OTHER_ACCOUNT: Code = run(
    "FF0247",
    "other-account",
    ErrorKind::Guarded,
    "another account than before",
    "The stage was made in one account, and the credentials are of another one. There everything would seem to be \
     gone, and be made again.",
    "Use the credentials of that account (another profile or token?). If the stage is to move: `--other-account`.",
    "error[FF0247]: the stage \"prod\" was made in the account 113000000001 of SAKURA Cloud, and the credentials \
     are of 113000000002",
);
