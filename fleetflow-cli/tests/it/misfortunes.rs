//! What befalls services on a real engine, as their owner sees it: what is said with which number, what is left running, and
//! that the next run goes on.

#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::engines::{ENGINE, Engine, free_port};
use crate::own_engine::OwnEngine;
use crate::support::{Project, Run};

/// A project with a group `shop` on the engine at an address.
struct Shop {
    name: String,
    address: String,
    project: Project,
}

impl Shop {
    fn new(name: &str, address: &str) -> Self {
        Self {
            name: format!("{name}{}", std::process::id()),
            address: address.to_owned(),
            project: Project::new(""),
        }
    }

    fn declare(&self, services: &[&str]) {
        let text = format!(
            "project \"{}\"\nproviders {{ docker {{ host \"{}\" }} }}\nservice-group \"shop\" {{\n{}\n}}\n\
             stage \"local\" {{ deploy-services \"shop\" }}\n",
            self.name,
            self.address,
            services.join("\n")
        );
        self.project.write(&text);
    }

    fn flow(&self, words: &[&str]) -> Run {
        self.project.flow(words)
    }

    fn succeeds(&self, words: &[&str]) -> Run {
        self.flow(words).succeeded(words)
    }

    fn up(&self, services: &[&str]) -> Run {
        self.declare(services);
        self.flow(&["up", "--yes"])
    }

    fn engine(&self) -> Engine {
        Engine::at(&self.address)
    }

    fn container(&self, service: &str) -> String {
        format!("{}-local-shop-{service}", self.name)
    }
}

/// A registry that takes every connection, and never answers.
struct Silence {
    address: String,
    asked: mpsc::Receiver<()>,
}

impl Silence {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asks, asked) = mpsc::channel();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                kept.push(stream.unwrap());
                if asks.send(()).is_err() {
                    return;
                }
            }
        });
        Self { address, asked }
    }
}

#[test]
fn an_interrupt_in_the_midst_of_a_pull_ends_the_run_at_once() {
    if Engine::given().is_none() {
        return;
    }
    let silence = Silence::start();
    let shop = Shop::new("halted", &std::env::var(ENGINE).unwrap());
    shop.declare(&[&format!(
        "service \"web\" {{ image \"{}/web:1\" }}",
        silence.address
    )]);
    let up = shop.project.command(&["up", "--yes"]).spawn().unwrap();
    silence.asked.recv_timeout(Duration::from_secs(60)).unwrap();
    let began = Instant::now();
    let signal = Command::new("kill").args(["-INT", &up.id().to_string()]).status();
    assert!(signal.unwrap().success());
    let run = Run::from(up.wait_with_output().unwrap());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}: {run:#?}",
        began.elapsed()
    );
    assert_eq!(run.code, Some(8), "{run:#?}");
    assert!(run.err.contains("To go on: flow up --yes"), "{run:#?}");
    assert!(shop.engine().containers(&shop.name).is_empty());
    shop.succeeds(&["down", "--yes"]);
}

#[test]
fn an_engine_that_dies_in_the_midst_of_a_release_is_gone_on_with_once_it_is_back() {
    if Engine::given().is_none() {
        return;
    }
    let mut own = OwnEngine::start();
    for version in 1..=2 {
        own.engine().image(&format!("app:{version}"));
    }
    let shop = Shop::new("dead", &own.address());
    let service = |version: u8| {
        format!(
            "service \"web\" {{ image \"app:{version}\"; command \"sleep\" \"100000\"; stop-grace-period \"0s\" }}"
        )
    };
    shop.declare(&[&service(1)]);
    shop.succeeds(&["up", "--yes"]);

    shop.declare(&[&service(2)]);
    let up = shop.project.command(&["up", "--yes"]).spawn().unwrap();
    let began = Instant::now();
    while own.engine().containers(&shop.name).len() < 2 {
        assert!(began.elapsed().as_secs() < 60, "the new one never came");
        std::thread::sleep(Duration::from_millis(10));
    }
    own.kill();
    let run = Run::from(up.wait_with_output().unwrap());
    assert!(began.elapsed() < Duration::from_secs(60), "{run:#?}");
    assert_eq!(run.code, Some(4), "{run:#?}");
    assert!(
        run.err.contains("error[FF0272]: container.local/shop/web: "),
        "{run:#?}"
    );
    let dead = shop.flow(&["plan"]);
    assert!(dead.err.contains("error[FF0272]"), "{dead:#?}");

    own.revive();
    shop.succeeds(&["up", "--yes"]);
    assert_eq!(own.engine().containers(&shop.name), ["web app:2 running"]);
    shop.succeeds(&["plan", "--detailed-exitcode"]);
    shop.succeeds(&["down", "--yes"]);
}

#[test]
fn what_keeps_a_container_from_running_is_told_with_its_number_and_a_way_out() {
    let Some(engine) = Engine::given() else { return };
    let shop = Shop::new("ill", &std::env::var(ENGINE).unwrap());
    let image = format!("{}:1", shop.name);
    engine.image(&image);
    let service =
        |rest: &str| format!("service \"web\" {{ image \"{image}\"; stop-grace-period \"0s\"; {rest} }}");
    let well = "command \"sh\" \"-c\" \"echo well; exec sleep 100000\"";
    shop.declare(&[&service(well)]);
    shop.succeeds(&["up", "--yes"]);

    let (port, foreign) = (free_port(), format!("{}-foreign", shop.name));
    occupy(&engine, &foreign, &image, port);
    let cases = [
        (
            "command \"slep\" \"1\"".to_owned(),
            "FF0279",
            "the image has no such program",
        ),
        (
            "command \"sh\" \"-c\" \"echo bye; exit 3\"".to_owned(),
            "FF0266",
            "exit code 3; its last lines were:\nbye\n",
        ),
        (
            "command \"foreign\"".to_owned(),
            "FF0280",
            "choose an image that is made for its processor",
        ),
        (
            format!("{well}; port {port}"),
            "FF0270",
            "another program on that machine uses the port",
        ),
    ];
    for (rest, number, told) in &cases {
        let run = shop.up(&[&service(rest)]);
        assert_eq!(run.code, Some(4), "{rest}: {run:#?}");
        assert!(
            run.err
                .contains(&format!("error[{number}]: container.local/shop/web: ")),
            "{rest}: {run:#?}"
        );
        assert!(run.err.contains(told), "{rest}: {run:#?}");
        assert!(run.err.contains("(the container before "), "{rest}: {run:#?}");
    }
    engine.docker(&["rm", "--force", &foreign]);
    engine.docker(&["network", "rm", &foreign]);
    assert_eq!(engine.containers(&shop.name), [format!("web {image} running")]);
    looked_into(
        &shop,
        &[
            &service(well),
            &format!("service \"api\" {{ image \"{image}\"; command \"false\" }}"),
        ],
    );
    shop.succeeds(&["down", "--yes"]);
    engine.docker(&["rmi", "--force", &image]);
}

/// Has a container of somebody else's publish `port`.
fn occupy(engine: &Engine, name: &str, image: &str, port: u16) {
    engine.docker(&["network", "create", name]);
    let published = format!("{port}:80");
    let run = [
        "run",
        "--detach",
        "--name",
        name,
        "--network",
        name,
        "--publish",
        &published,
    ];
    engine.docker(&[&run[..], &[image, "sleep", "100000"]].concat());
}

/// A service that never came up, and one that was stopped.
fn looked_into(shop: &Shop, services: &[&str]) {
    assert_eq!(shop.up(services).code, Some(4));
    let told = |run: &Run, service: &str| {
        assert_ne!(run.code, Some(0), "{run:#?}");
        assert!(
            run.err.contains(&format!("container.local/shop/{service}: ")),
            "{run:#?}"
        );
        assert!(
            run.err.contains("`flow up` starts it, or makes it again"),
            "{run:#?}"
        );
    };
    told(&shop.flow(&["logs", "api"]), "api");
    told(&shop.flow(&["exec", "api", "--", "true"]), "api");
    let all = shop.flow(&["logs"]);
    assert_eq!(
        (all.code, all.out.as_str()),
        (Some(1), "local/shop/web | well\n"),
        "{all:#?}"
    );
    assert!(all.err.contains("not heard: local/shop/api: "), "{all:#?}");
    shop.engine()
        .docker(&["stop", "--time", "0", &shop.container("web")]);
    told(&shop.flow(&["exec", "web", "--", "true"]), "web");
    assert_eq!(shop.succeeds(&["logs", "web"]).out, "well\n");
}

#[test]
fn logs_of_several_services_are_told_in_the_order_they_were_written() {
    let Some(engine) = Engine::given() else { return };
    let shop = Shop::new("order", &std::env::var(ENGINE).unwrap());
    let image = format!("{}:1", shop.name);
    engine.image(&image);
    let service = |name: &str, pause: &str| {
        let script = format!("for i in 1 2 3 4 5; do echo {name} $i; sleep {pause}; done; exec sleep 100000");
        format!(
            "service \"{name}\" {{ image \"{image}\"; stop-grace-period \"0s\"; command \"sh\" \"-c\" \"{script}\" }}"
        )
    };
    shop.declare(&[&service("a", "0.3"), &service("b", "0.2"), &service("c", "0.1")]);
    shop.succeeds(&["up", "--yes"]);
    std::thread::sleep(Duration::from_millis(500));
    let times = shop.succeeds(&["logs", "--timestamps"]);
    let times: Vec<&str> = times
        .out
        .lines()
        .map(|line| line.split(' ').nth(2).unwrap())
        .collect();
    assert_eq!(times.len(), 15, "{times:?}");
    assert!(times.is_sorted(), "{times:?}");
    let without = shop.succeeds(&["logs"]);
    let places = without.out.lines().enumerate();
    let of_a: Vec<usize> = places
        .filter(|(_, line)| line.starts_with("local/shop/a"))
        .map(|(place, _)| place)
        .collect();
    assert!(of_a[4] - of_a[0] > 4, "others come between: {without:#?}");
    assert!(!without.out.contains("20"), "no times: {without:#?}");
    shop.succeeds(&["down", "--yes"]);
    engine.docker(&["rmi", "--force", &image]);
}

/// Writes a program for another processor to `path`: the header of `program`, changed, names one that no machine of ours has.
pub(crate) fn write_foreign(program: &Path, path: &Path) {
    let mut bytes = fs::read(program).unwrap();
    // `e_machine` of an ELF header; 243 is RISC-V (System V ABI, chapter 4).
    bytes[18..20].copy_from_slice(&243_u16.to_le_bytes());
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
