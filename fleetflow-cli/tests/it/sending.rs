//! An image that a file has built on the local engine for a server: made here, sent there through SSH, and left alone.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use fleetflow_sandbox::{Options, Sandbox, Timings};
use tokio::runtime::Runtime;

use crate::engines::{ENGINE, Engine};
use crate::own_engine::OwnEngine;
use crate::support::{Project, Run};

const SHOP: &str = r#"
project "PROJECT"
providers { sakura-cloud { zone "tk1a" }; docker { host "LOCAL" } }
stage "live" {
    server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "shop" }
}
service-group "shop" {
    service "app" {
        build "./app" on="local" { arg "VERSION" "1.4"; }
        command "sleep" "100000"
        stop-grace-period "0s"
    }
}
"#;

/// A project whose server has an engine of its own.
struct Live {
    name: String,
    project: Project,
    sandbox: Sandbox,
    here: Engine,
    there: OwnEngine,
    // Last: what runs on it ends before.
    _runtime: Runtime,
}

impl Live {
    fn start(here: Engine) -> Self {
        let there = OwnEngine::start();
        let options = Options {
            timings: Timings::INSTANT,
            // The first address that the emulated cloud gives away.
            real_engines: BTreeMap::from([([203, 0, 113, 2].into(), there.address())]),
            ..Options::default()
        };
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let name = format!("sent{}", std::process::id());
        let text = SHOP
            .replace("PROJECT", &name)
            .replace("LOCAL", &std::env::var(ENGINE).unwrap());
        let live = Self {
            project: Project::new(&text),
            name,
            sandbox,
            here,
            there,
            _runtime: runtime,
        };
        live.here.image(&live.base());
        let folder = live.project.file("app");
        fs::create_dir(&folder).unwrap();
        let dockerfile = format!(
            "FROM {}\nARG VERSION\nLABEL version=$VERSION\nCOPY large /large\nCOPY small /small\n",
            live.base()
        );
        fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
        fs::write(folder.join("large"), incompressible(3_000_000)).unwrap();
        live
    }

    fn base(&self) -> String {
        format!("{}-base:1", self.name)
    }

    /// The name of the image, and of the container without its tag.
    fn app(&self) -> String {
        format!("{}-live-shop-app", self.name)
    }

    fn flow(&self, words: &[&str]) -> Run {
        let mut command: Command = self.project.command(words);
        command.envs(self.sandbox.environment()).env_remove("DOCKER_HOST");
        Run::from(command.output().unwrap()).succeeded(words)
    }

    fn release(&self, content: &str) -> Run {
        fs::write(self.project.file("app/small"), content).unwrap();
        let up = self.flow(&["up", "--yes"]);
        let inside = self.flow(&["exec", "app", "--", "cat", "/small"]);
        assert_eq!(inside.out, content);
        let layers = |engine: &Engine| {
            engine.docker(&[
                "image",
                "inspect",
                "--format",
                "{{.RootFS.Layers}} {{index .Config.Labels \"version\"}}",
                &self.app(),
            ])
        };
        assert_eq!(layers(&self.here), layers(&self.there.engine()));
        assert!(layers(&self.here).ends_with(" 1.4"), "{}", layers(&self.here));
        up
    }

    /// The time of both engines.
    fn now(&self) -> String {
        self.here.docker(&["info", "--format", "{{.SystemTime}}"])
    }

    /// What became of images and containers since then: of the project here, and of all there.
    fn since(&self, mark: &str) -> [String; 2] {
        let now = self.now();
        let format = "{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.image}}";
        let words = ["events", "--since", mark, "--until", &now, "--format", format];
        let here = self.here.docker(&words);
        let ours: Vec<_> = here.lines().filter(|line| line.contains(&self.name)).collect();
        [ours.join("\n"), self.there.engine().docker(&words)]
    }

    fn container(&self) -> String {
        let name = self.app();
        self.there
            .engine()
            .docker(&["inspect", "--type", "container", "--format", "{{.Id}}", &name])
    }
}

/// Engines that keep images in containerd's store send layers as they were compressed.
fn incompressible(bytes: usize) -> Vec<u8> {
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        Some(state.to_be_bytes()[0])
    };
    std::iter::repeat_n((), bytes)
        .scan(1, |state, ()| step(state))
        .collect()
}

/// How many megabytes of how many a run sent.
fn sent(run: &Run) -> (f64, f64) {
    let told = |line: &str| {
        let (sent, all) = line
            .split_once("sent ")?
            .1
            .split_once(" MB of its image")?
            .0
            .split_once(" of ")?;
        Some((sent.parse().ok()?, all.parse().ok()?))
    };
    run.err
        .lines()
        .find_map(told)
        .unwrap_or_else(|| panic!("nothing was sent: {run:#?}"))
}

#[test]
fn an_image_is_built_here_and_sent_to_the_server_that_lacks_it() {
    let Some(here) = Engine::given() else { return };
    let live = Live::start(here);
    let (sent_first, all) = sent(&live.release("one"));
    assert!(
        all > 3.0 && (sent_first - all).abs() < 0.01,
        "{sent_first} of {all}"
    );
    assert!(live.here.containers(&live.name).is_empty(), "it runs there alone");

    let (first, mark) = (live.container(), live.now());
    live.flow(&["plan", "--detailed-exitcode"]);
    let again = live.flow(&["up", "--yes"]);
    assert!(again.out.contains("No changes"), "{again:#?}");
    assert_eq!(live.since(&mark), ["", ""], "neither is anything built nor sent");
    assert_eq!(live.container(), first);

    let (sent_second, all) = sent(&live.release("two"));
    assert!(sent_second < 0.5 && all > 3.0, "{sent_second} of {all}");
    assert_ne!(live.container(), first);

    // What lives on a server goes with it: the group goes first, to see what is left of it.
    live.project.edit("; deploy-services \"shop\"", "");
    live.flow(&["up", "--yes"]);
    let there = live.there.engine();
    assert_eq!(there.docker(&["ps", "--all", "--quiet"]), "");
    assert_eq!(
        there.docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"]),
        ""
    );
    live.flow(&["down", "--yes", "--with-data"]);
    live.here.docker(&["rmi", "--force", &live.app(), &live.base()]);
}
