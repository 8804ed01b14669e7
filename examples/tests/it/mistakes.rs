//! The same mistake in Rust and in KDL is the same problem at the same path. Python's twins are tested with its package.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use fleetflow_core::Address;
use fleetflow_core::model::{Declaration, Output};
use fleetflow_core::prelude::*;
use fleetflow_kdl::{FolderFiles, LoadOptions};

/// Mistakes of `examples/mistakes` that the types of Rust do not let anybody make: a word that does not exist, a number
/// where a text belongs, a field that is missing.
const DO_NOT_COMPILE: [&str; 7] = [
    "bucket-nowhere",
    "packet-filter",
    "records-of-another-form",
    "server-too-large",
    "server-with-wrong-names",
    "services-of-another-form",
    "services-of-nothing",
];

#[test]
fn what_is_wrong_in_rust_is_wrong_in_the_file_at_the_same_path() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mistakes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        match twin(name) {
            Some(stack) => assert_same(&stack, &file, None),
            None => assert!(DO_NOT_COMPILE.contains(&name), "{name} has no twin in Rust"),
        }
    }
}

#[test]
fn so_are_the_mistakes_of_the_language_that_can_be_made_in_rust() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fleetflow-kdl/tests/bad");
    for (name, stage, stack) in of_the_language() {
        assert_same(&stack, &folder.join(format!("{name}.kdl")), stage);
    }
}

fn assert_same(stack: &Stack, file: &Path, stage: Option<&str>) {
    let mut options = LoadOptions::new(file, &FolderFiles);
    if let Some(stage) = stage {
        options = options.stage(stage);
    }
    let found = fleetflow_kdl::load(&options).expect_err("the file is wrong");
    let mut of_file: Vec<_> = found
        .iter()
        .filter(|diagnostic| diagnostic.severity == fleetflow_kdl::Severity::Error)
        .map(|diagnostic| {
            let problem = diagnostic.problem.clone();
            problem.unwrap_or_else(|| panic!("{}: {} has no path", file.display(), diagnostic.message))
        })
        .collect();
    let mut of_rust = stack.check();
    assert!(!of_rust.is_empty());
    for problems in [&mut of_file, &mut of_rust] {
        problems.sort_by_cached_key(|problem| {
            format!("{:?} {} {}", problem.address, problem.path, problem.message)
        });
        // What is declared twice is wrong twice.
        problems.dedup();
        for problem in problems.iter_mut() {
            // Advice is worded for who reads it; a number is that of every front end.
            problem.help = None;
            problem.code = Some(problem.registered());
        }
    }
    assert_eq!(of_file, of_rust, "{}", file.display());
}

fn shop() -> Stack {
    Stack::new("shop", "dev")
}

fn small(name: &str, os: &str) -> Server {
    Server::builder()
        .name(name)
        .plan(Plan::new(1, 1))
        .disk(Disk::new(20, os))
        .zone("tk1a")
        .build()
}

fn web() -> Server {
    small("web", "debian-12")
}

/// The stack of a file of `examples/mistakes`.
fn twin(name: &str) -> Option<Stack> {
    let stack = match name {
        "groups-of-nothing" => {
            let server = Server::builder().name("web").plan(Plan::new(1, 1)).zone("tk1a");
            shop().add(
                server
                    .disk(Disk::new(20, "debian-12"))
                    .deploy_services("none")
                    .build(),
            )
        }
        "references-to-nothing" => shop().add(web()).add(referring()).add(
            Dns::builder()
                .zone("example.com")
                .record(Record::txt("c", "x").ttl(5))
                .build(),
        ),
        "scale-of-nothing" => {
            let too_many = Scale::builder()
                .server("web")
                .min(0)
                .max(101)
                .metrics(Metrics::Docker);
            let of_nothing = Scale::builder().server("wep").min(1).max(2).build();
            shop().add(web()).add(of_nothing).add(too_many.build())
        }
        "scale-out-of-order" => {
            let scale = Scale::builder()
                .server("web")
                .min(3)
                .max(2)
                .cpu_threshold(120)
                .target(90);
            shop().add(web()).add(scale.build())
        }
        "server-with-a-number-for-a-disk" => {
            let server = Server::builder()
                .name("web")
                .plan(Plan::new(1, 1))
                .zone("nowhere");
            shop().add(server.disk(Disk::blank(20)).build())
        }
        "texts-of-another-form" => shop()
            .add(SshKey::builder().name("mine").public_key("no key").build())
            .add(KvNamespace::builder().name("").build())
            .add(
                Pages::builder()
                    .name("site")
                    .source("./dist")
                    .custom_domain("no domain")
                    .build(),
            ),
        "unknown-system" => shop().add(small("db", "debian-12")).add(small("web", "debian-1")),
        "worker" => {
            let worker = Worker::builder().name("api").source("api.js").cron("every day");
            shop().add(worker.route("no route").compatibility_date("yesterday").build())
        }
        _ => return None,
    };
    Some(stack)
}

fn referring() -> Dns {
    let elsewhere = Output::<Ipv4Addr>::new(&Address::new("server", "wep"), "ip");
    let no_output = Output::<Ipv4Addr>::new(&Address::new("server", "web"), "ipp");
    Dns::builder()
        .zone("example.jp")
        .record(Record::a("a", elsewhere))
        .record(Record::a("b", no_output))
        .build()
}

/// Files of `fleetflow-kdl/tests/bad`, the stage that is meant, and the same in Rust.
fn of_the_language() -> Vec<(&'static str, Option<&'static str>, Stack)> {
    let server = |core| {
        let server = Server::builder().name("a").plan(Plan::new(core, 4));
        shop().add(server.disk(Disk::blank(20)).build())
    };
    let bucket = || R2Bucket::builder().name("a").build();
    let record = |address: Output<Ipv4Addr>| {
        Dns::builder()
            .zone("example.jp")
            .record(Record::a("www", address))
            .build()
    };
    let absent = |address: &str| Output::new(&address.parse::<Address>().unwrap(), "ip");
    let waiting = Declaration::from(bucket()).after("r2-bucket.b".parse().unwrap());
    let b = Server::builder()
        .name("b")
        .plan(Plan::new(1, 1))
        .disk(Disk::blank(20))
        .build();
    vec![
        ("out-of-range", None, server(0)),
        ("definition-wrong-once", Some("dev"), server(0)),
        ("override-wrong", None, server(500)),
        (
            "bad-name",
            None,
            shop().add(ServiceGroup::builder().name("my group").build()),
        ),
        ("depends-on-dangling", None, shop().add(waiting)),
        ("duplicate-in-stage", None, shop().add(bucket()).add(bucket())),
        (
            "duplicate-resource",
            None,
            shop().add(bucket()).add(b).add(bucket()),
        ),
        (
            "reference-dangling",
            None,
            shop().add(record(absent("server.web"))),
        ),
        (
            "reference-unknown-kind",
            None,
            shop().add(record(absent("sever.web"))),
        ),
        (
            "group-unknown-in-stage",
            None,
            shop().add(DeployServices::locally(["web"])),
        ),
    ]
}
