//! What others made, taken over by a run that dies: the next one ends as if it had not, and what nothing was done about yet
//! stays theirs, whatever is run next.

use std::sync::Arc;

use fleetflow_examples::emulated::Manners;

use crate::bench::{Bench, Declared, Found, Life, Undisturbed};
use crate::crash::{AT_ONCE, Boundary, counted};
use crate::lives::{written, written_of};

/// One life for each kind that is made by others and taken over: by its id, or as the file says.
pub(crate) fn lives(by_id: bool) -> Vec<Life> {
    KINDS
        .iter()
        .map(|kind| {
            let (theirs, rest, ours) = (kind.theirs, kind.rest, kind.ours);
            let flag = if by_id { "" } else { "adopt #true" };
            let ours: Declared = Arc::new(move || written(&ours.replace("FLAG", flag)));
            let found = Found {
                theirs: Arc::new(move || {
                    // A zone is declared once.
                    let besides = if theirs.contains("stays") { "" } else { rest };
                    written_of("theirs", &format!("{theirs}\n{besides}"))
                }),
                rest: Arc::new(move || written_of("theirs", rest)),
                by_id,
            };
            Life::new(kind.name, [ours]).after(found)
        })
        .collect()
}

/// Something of one kind: what others declare, what of it or besides stays theirs, and what is taken over, with a change and with the
/// flag where `FLAG` stands.
struct Adopted {
    name: &'static str,
    theirs: &'static str,
    rest: &'static str,
    ours: &'static str,
}

const KINDS: &[Adopted] = &[
    Adopted {
        name: "server",
        theirs: r#"server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; description "a" }"#,
        rest: r#"server "stays" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04" }"#,
        ours: r#"server "web" { plan core=2 memory=4; disk size=20 os="ubuntu-24.04"; description "b"; FLAG }"#,
    },
    Adopted {
        name: "ssh-key",
        theirs: r#"ssh-key "ops" "KEY-A" description="a""#,
        rest: r#"ssh-key "stays" "KEY-B""#,
        ours: r#"ssh-key "ops" "KEY-A" description="b" { FLAG }"#,
    },
    Adopted {
        name: "packet-filter",
        theirs: r#"packet-filter "web" { rule "tcp" "443"; rule "ip" action="deny" }"#,
        rest: r#"packet-filter "stays" { rule "tcp" "443" }"#,
        ours: r#"packet-filter "web" { rule "tcp" "80"; rule "ip" action="deny"; FLAG }"#,
    },
    Adopted {
        name: "switch",
        theirs: r#"switch "inner" description="a""#,
        rest: r#"switch "stays""#,
        ours: r#"switch "inner" description="b" { FLAG }"#,
    },
    Adopted {
        name: "startup-script",
        theirs: r##"startup-script "swap" "#!/bin/sh\ntrue\n""##,
        rest: r##"startup-script "stays" "#!/bin/sh\ntrue\n""##,
        ours: r##"startup-script "swap" "#!/bin/sh\nfalse\n" { FLAG }"##,
    },
    Adopted {
        name: "r2-bucket",
        theirs: r#"r2-bucket "files" { custom-domain "files.example.com" }"#,
        rest: r#"r2-bucket "stays""#,
        ours: r#"r2-bucket "files" { custom-domain "cdn.example.com"; cors { allowed-origins "https://example.com"; allowed-methods "GET" }; FLAG }"#,
    },
    Adopted {
        name: "dns-record",
        theirs: r#"dns "example.com" { record "a" type="A" value="192.0.2.1"; record "t" type="TXT" value="x"; record "stays" type="A" value="192.0.2.3" }"#,
        rest: r#"dns "example.com" { record "stays" type="A" value="192.0.2.3" }"#,
        ours: r#"dns "example.com" { record "a" type="A" value="192.0.2.9"; record "t" type="TXT" value="x"; FLAG }"#,
    },
    Adopted {
        name: "worker",
        theirs: r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/*" }"#,
        rest: r#"worker "stays" { source "./worker.js"; compatibility-date "2026-01-31" }"#,
        ours: r#"worker "gate" { source "./worker.js"; compatibility-date "2026-01-31"; route "gate.example.com/x/*"; cron "*/5 * * * *"; FLAG }"#,
    },
    Adopted {
        name: "kv-namespace",
        theirs: r#"kv-namespace "cache""#,
        rest: r#"kv-namespace "stays""#,
        ours: r#"kv-namespace "cache" { FLAG }"#,
    },
    Adopted {
        name: "pages",
        theirs: r#"pages "site" { source "./site" }"#,
        rest: r#"pages "stays" { source "./site" }"#,
        ours: r#"pages "site" { source "./site"; custom-domain "www.example.com"; env { A "1" }; FLAG }"#,
    },
];

/// Dies at `boundary` while it takes over, and is removed, or taken out of the file, instead of gone on from. Once more
/// taken over, all of it can be removed.
pub(crate) async fn ended((life, manners): (&Life, &Manners), boundary: Boundary, undisturbed: &Undisturbed) {
    let nothing: Declared = Arc::new(|| written(""));
    for (how, declared) in [("removed", life.declared(0)), ("taken out", &nothing)] {
        let place = format!("{}, {boundary:?}, {how}", life.name);
        let bench = Bench::of(life, manners).await;
        bench.die_at(life, 0, boundary).await;
        let untouched = bench.journal.knows_nothing() && bench.world() == undisturbed.before;
        let stack = bench.stack(declared);
        let done = match how {
            "removed" => stack.destroy().await,
            _ => stack.converge().await,
        };
        done.unwrap_or_else(|error| panic!("{place}: {error:?}"));
        if untouched {
            let changed = bench.differences(&undisturbed.before);
            assert_eq!(changed, [""; 0], "{place}: what is not ours is touched");
        }
        if !life.is_by_id() {
            bench
                .act(life, 0)
                .await
                .unwrap_or_else(|error| panic!("{place}: {error:?}"));
            let removed = bench.stack(life.declared(0)).destroy().await;
            removed.unwrap_or_else(|error| panic!("{place}: {error:?}"));
            let left = bench.differences(&undisturbed.worlds[1]);
            assert_eq!(left, [""; 0], "{place}: it leaves something, or takes more");
        }
    }
}

/// As by `adopt`, but by one id after another; a few places of each kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_dies_is_done_again_and_what_it_did_not_touch_stays_theirs() {
    let mut sum = 0;
    for life in lives(true) {
        let counts = counted(&life, 5, AT_ONCE).await;
        let reached = counts.iter().sum::<usize>();
        assert!(reached > 0, "{}", life.name);
        sum += reached;
    }
    println!("{sum} boundaries of imports to die at");
}
