//! The codes of what providers, servers and other people's runs answer. They decide nothing.

use super::Code;
use super::run::run;
use crate::error::ErrorKind;

pub(super) static ANSWERS: [&Code; 22] = [
    &NOT_REMEMBERED,
    &NO_ZONE,
    &NO_IMAGE,
    &NO_GENERATION,
    &NO_BUCKET,
    &NO_ENGINE,
    &TAKEN,
    &MOVED_ON,
    &IN_USE,
    &UNHEALTHY,
    &LIMIT,
    &UNEXPECTED,
    &REGISTRY_SILENT,
    &PUBLISHED_PORT,
    &SERVER_SILENT,
    &ENGINE_SILENT,
    &NETWORK,
    &DECLINED,
    &TAKEN_OVER,
    &DISK_FULL,
    &NO_COMMAND,
    &OTHER_PROCESSOR,
];

/// Something that the state does not know.
pub static NOT_REMEMBERED: Code = run(
    "FF0251",
    "not-remembered",
    ErrorKind::NotFound,
    "the state does not know it",
    "What was named was never made by FleetFlow in this stage, or was forgotten.",
    "`flow state list` lists what it knows; `flow up` makes what is declared; `flow state rebuild` finds what was \
     made before.",
    "error[FF0251]: the state knows no server.wep\n  help: `flow state list` lists what it knows",
);

/// A zone that the account does not have.
pub static NO_ZONE: Code = run(
    "FF0252",
    "no-zone",
    ErrorKind::NotFound,
    "the account has no such zone",
    "The name ends in no zone that the token sees at Cloudflare. FleetFlow makes records, not zones.",
    "Check the name and the account, and that the token has the permission `Zone Read` for it; add the zone in the \
     dashboard.",
    "error[FF0252]: dns-record.example.jp/www/A: there is no zone example.jp in the account\n  help: check its name \
     and the account, and that the API token has the permission `Zone Read` for it",
);

/// An image that no registry has.
pub static NO_IMAGE: Code = run(
    "FF0253",
    "no-image",
    ErrorKind::NotFound,
    "there is no such image",
    "No registry has an image of this name and tag, or none for the machine's processor.",
    "Check the name and the tag. For an image of your own: push it, or declare `build`.",
    "error[FF0253]: container.local/shop/cache: could not pull redis:77 on local: manifest unknown\n  help: check \
     the image's name and tag; a private registry needs credentials, as `docker login` stores them",
);

/// Nothing to go back to.
pub static NO_GENERATION: Code = run(
    "FF0254",
    "no-generation",
    ErrorKind::NotFound,
    "there is nothing to go back to",
    "No service of the group has a generation before this one on its server: it was deployed once, or the old \
     images are gone.",
    "Declare what you want and run `flow up`.",
    "error[FF0254]: nothing of `shop` can go back: container.local/shop/cache: there is no generation before this \
     one",
);

/// A bucket for the state that is not there.
pub static NO_BUCKET: Code = run(
    "FF0255",
    "no-bucket",
    ErrorKind::NotFound,
    "the bucket of the state is not there",
    "The `state` node names a bucket that the endpoint does not have. FleetFlow does not make it: whoever holds the \
     state decides where it lies.",
    "Make the bucket, or correct its name.",
    "error[FF0255]: could not read s3://shop-state/prod: no such bucket\n  help: make the bucket first, or correct \
     its name in the `state` node",
);

/// No container engine on this machine.
pub static NO_ENGINE: Code = run(
    "FF0256",
    "no-engine",
    ErrorKind::NotFound,
    "there is no container engine here",
    "The stage runs services on this machine (`deploy-services` outside of a server), and no engine was found.",
    "Start Docker, or name its address: `providers { docker { host \"unix:///var/run/docker.sock\" } }`.",
    "error[FF0256]: no local container engine was given\n  help: start Docker, or name its address: `providers { \
     docker { host \"unix:///var/run/docker.sock\" } }`",
);

/// A name that somebody else has.
pub static TAKEN: Code = run(
    "FF0261",
    "taken",
    ErrorKind::Conflict,
    "it exists already, and is not ours",
    "Something of this name, title or address is there, and FleetFlow did not make it, or made it for another \
     stage. It is never taken over unasked.",
    "Choose another name, or take it over with `flow import ADDRESS ID`.",
    "error[FF0261]: r2-bucket.uploads: `uploads` exists already (id uploads), and FleetFlow did not make it\n  \
     help: choose another name, or take it over: `flow import r2-bucket.uploads uploads`",
);

/// A saved plan that is no longer true.
pub static MOVED_ON: Code = run(
    "FF0262",
    "moved-on",
    ErrorKind::Conflict,
    "the world moved on since the plan",
    "A saved plan is carried out exactly as it was read, or not at all: the file, the state or the clouds are not \
     as they were.",
    "Make a new plan and look at it again.",
    "error[FF0262]: the plan is not true any more: server.web changed\n  help: make a new plan and look at it again",
);

/// Something that others still use.
pub static IN_USE: Code = run(
    "FF0263",
    "in-use",
    ErrorKind::Conflict,
    "others still use it",
    "The provider does not delete or change it while something that FleetFlow did not make holds on to it.",
    "Remove what uses it, then run the same command again.",
    "error[FF0263]: volume.local/data: could not delete the volume: volume is in use\n  help: containers that are \
     not FleetFlow's use it: remove them first",
);

/// A container that does not stay up.
pub static UNHEALTHY: Code = run(
    "FF0266",
    "unhealthy",
    ErrorKind::Refused,
    "a container ended, or is not healthy",
    "What was started ended, was ended for lack of memory, or its check said no. What ran before still runs, or \
     runs again.",
    "Read its last lines, which are in the message, and `flow logs`; mend it, and run the same command again.",
    "error[FF0266]: container.web/shop/api: could not start the container: the container ended with exit code 1",
);

/// A limit of the account.
pub static LIMIT: Code = run(
    "FF0267",
    "limit",
    ErrorKind::Refused,
    "a limit of the account is reached",
    "The provider gives this account no more of it, in this zone or at all.",
    "Remove what is not needed, or ask the provider for more.",
    "error[FF0267]: server.web-11: could not create the server: ...\n  the provider's code limit_count_in_zone, \
     request c7e35fe92a54ab34bdc5cdcd7cbee571",
);

/// An answer that nobody expected.
pub static UNEXPECTED: Code = run(
    "FF0268",
    "unexpected",
    ErrorKind::Refused,
    "the provider's answer cannot be understood",
    "The answer has another form than the provider's documents say. It may have changed its API, or something in \
     between answered.",
    "Look for a newer version of FleetFlow. Please report it, with the output of the same command with `-vv`.",
    "error[FF0268]: could not list the servers: the answer is not what was expected, in `Servers`: missing field \
     `ID`",
);

/// A registry that an engine does not get through to.
pub static REGISTRY_SILENT: Code = run(
    "FF0269",
    "registry-silent",
    ErrorKind::Refused,
    "the engine does not get through to the registry",
    "The machine with the container engine does not find the registry's name, gets no connection, or does not trust \
     its certificate. What matters is that machine's network, not this one's.",
    "Check the spelling of the image, and from that machine its DNS, its proxy and its certificates.",
    "error[FF0269]: container.local/shop/front: could not pull registry.shop.example/front:12 on local: dial tcp: \
     lookup registry.shop.example: no such host\n  help: the engine's machine does not find the registry's name: \
     check the spelling of the image, and the DNS there",
);

/// A port that a container cannot have.
pub static PUBLISHED_PORT: Code = run(
    "FF0270",
    "published-port",
    ErrorKind::Refused,
    "a port on the machine is taken",
    "The container is to publish a port that another program, or another container, on that machine has.",
    "Stop the other one (`ss -ltnp` names it), or publish another port.",
    "error[FF0270]: container.web/shop/front: could not start the container: Bind for 0.0.0.0:8080 failed: port is \
     already allocated\n  help: another program on that machine uses the port: stop it, or publish another port",
);

/// A server that does not answer.
pub static SERVER_SILENT: Code = run(
    "FF0271",
    "server-silent",
    ErrorKind::Unavailable,
    "a server does not answer with SSH",
    "The connection to the server was refused, or nothing came back: it is off, boots, or a packet filter is in \
     between.",
    "See that the server runs (`flow status`), and that its packet filter lets this machine in.",
    "error[FF0271]: could not connect to web (192.0.2.1) with SSH: connection refused\n  help: see that the server \
     runs, and that its packet filter lets this machine in",
);

/// A container engine that does not answer.
pub static ENGINE_SILENT: Code = run(
    "FF0272",
    "engine-silent",
    ErrorKind::Unavailable,
    "a container engine does not answer",
    "The machine was reached, or is this one, and its container engine did not answer: it is not installed, not \
     started, or the user may not use it.",
    "Start it (`systemctl start docker`); on a server, install it (`docker \"install\"`) and let the user into the \
     group `docker`.",
    "error[FF0272]: the container engine at unix:///var/run/docker.sock does not answer: No such file or \
     directory\n  help: start Docker, or name another address",
);

/// An address that cannot be reached.
pub static NETWORK: Code = run(
    "FF0273",
    "network",
    ErrorKind::Unavailable,
    "the provider cannot be reached",
    "The name does not resolve, the connection is refused or broken, or its certificate is not trusted. The \
     provider did not see the request.",
    "Check the network, a proxy in between, and the endpoint; then run the same command again: it goes on from \
     there.",
    "error[FF0273]: could not list the servers: cannot connect to secure.sakura.ad.jp: dns error\n  help: check the \
     network and the endpoint, then run the same command again",
);

/// An answer that was not yes.
pub static DECLINED: Code = run(
    "FF0276",
    "declined",
    ErrorKind::Cancelled,
    "not approved",
    "The question was answered with something else than yes. Nothing was changed.",
    "If it was meant, run the same command again and answer `y`.",
    "error[FF0276]: not approved; nothing was changed",
);

/// A state that somebody else took over in mid-run.
pub static TAKEN_OVER: Code = run(
    "FF0277",
    "taken-over",
    ErrorKind::Locked,
    "somebody else took over the state",
    "This run did not renew its lease in time, or somebody used `flow state unlock`. It writes nothing more, and \
     begins nothing new.",
    "Run `flow plan` to see where things are. The other run knows what was begun here.",
    "error[FF0277]: somebody else took over the state; nothing more is written\n  help: run `flow plan` to see \
     where things are",
);

/// A machine whose disk is full.
pub static DISK_FULL: Code = run(
    "FF0278",
    "disk-full",
    ErrorKind::Refused,
    "the disk of the engine's machine is full",
    "The machine with the container engine has no room for an image, a container or its data. What served before serves \
     on, unless it needs room itself.",
    "On that machine, `docker system df` shows what takes the room, and `docker system prune` removes what nothing uses; \
     or give it a larger disk. Then run the same command again.",
    "error[FF0278]: container.web/shop/api: could not pull ghcr.io/acme/api:1.4 on ssh://ubuntu@192.0.2.10:22: no space \
     left on device",
);

/// A program that an image does not have.
pub static NO_COMMAND: Code = run(
    "FF0279",
    "no-command",
    ErrorKind::Refused,
    "the image has no such program",
    "What `command` or `entrypoint` names is not in the image, or may not be run there. An image may have no shell either.",
    "Correct `command` or `entrypoint`: the first word is a program in the image's `PATH`, or a path in the image.",
    "error[FF0279]: container.web/shop/api: could not start the container: exec: \"ngnix\": executable file not found in \
     $PATH",
);

/// An image for another processor.
pub static OTHER_PROCESSOR: Code = run(
    "FF0280",
    "other-processor",
    ErrorKind::Refused,
    "the image is made for another processor",
    "Its programs are for another kind of processor than the machine has, such as ARM for one from Intel or AMD. The registry \
     says so, or the engine's answer to the start, or only what the container wrote before it ended: `exec format error`. A \
     program of your own that writes these words and ends has this number too.",
    "Build it for the machine with `build \"./api\" platform=\"linux/amd64\"`, or choose an image that a registry has for it.",
    "error[FF0280]: container.web/shop/api: could not pull acme/api:1.4: no matching manifest for linux/amd64 in the \
     manifest list entries",
);
