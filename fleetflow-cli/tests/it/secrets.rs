//! Every kind of secret is planted, and looked for in all that the program says and writes in the whole life of a stage:
//! plans in all their forms, saved plans, traces, events, errors that quote what was sent, state, journal, files, the log of
//! the emulated clouds.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;

use fleetflow_sandbox::{Cloud, Fault, Options, SakuraCredentials, Sandbox, Timings};

use serde_json::Value;

use crate::support::{Project, Run};

/// Every variable with a secret, and how it is declared. `VALUE` becomes another one in the second half of the life.
const FILE: &str = r#"
project "vault"
providers {
    sakura-cloud { zone "tk1a" }
    cloudflare { api-token env="CLOUDFLARE_API_TOKEN" secret=#true }
    docker { registry "docker.io" user="acme" { password env="IN_REGISTRY" secret=#true } }
}
service-group "front" {
    service "web" {
        image "nginx:1.27"
        env { PASSWORD env="IN_SERVICE" secret=#true; URL "db://app:${env.PLAIN}@db" }
        command env="IN_COMMAND" secret=#true
        entrypoint env="IN_ENTRYPOINT" secret=#true
    }
    service "made" { build "./app" { arg "KEY" env="IN_BUILD" secret=#true; }; }
}
service-group "crowd" {
    mode "swarm"
    service "api" { image "nginx:1.27"; env { PASSWORD env="IN_SWARM" secret=#true; }; }
}
stage "dev" {
    server "web" {
        plan core=1 memory=1
        disk size=20 os="ubuntu-24.04"
        password env="IN_SERVER"
        deploy-services "front"
    }
    server "a" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "crowd"; }
    server "b" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "crowd"; }
    worker "api" {
        source "./api.js"
        bindings {
            secret "SECRET" env="IN_WORKER"
            secret-key "KEY" env="IN_WORKER_KEY" format="raw" algorithm="HMAC" usage="sign"
            var "VAR" env="IN_WORKER_VAR" secret=#true
            json "JSON" env="IN_WORKER_JSON" secret=#true
        }
    }
    pages "site" { source "site"; env { KEY env="IN_PAGES" secret=#true; }; }
    dns "example.jp" { record "_proof" type="TXT" { value env="IN_RECORD" secret=#true; }; }
    kv-namespace "cache"
    r2-bucket "files"
}
"#;

/// The variables of the file that may have any text.
const PLANTED: [&str; 11] = [
    "IN_REGISTRY",
    "IN_SERVICE",
    "IN_COMMAND",
    "IN_ENTRYPOINT",
    "IN_BUILD",
    "IN_SWARM",
    "IN_SERVER",
    "IN_WORKER",
    "IN_WORKER_VAR",
    "IN_PAGES",
    "IN_RECORD",
];

/// What clouds show to whoever may look, so that a log of theirs has it too.
const SHOWN: [&str; 5] = [
    "IN_RECORD",
    "IN_WORKER_VAR",
    "IN_WORKER_JSON",
    "IN_COMMAND",
    "IN_ENTRYPOINT",
];

/// The requests with which a secret is sent, by the run that comes to them. In that run they are refused with all that
/// they sent.
const QUOTED: [&[(Cloud, &str)]; 3] = [
    &[
        (Cloud::Sakura, "/disk$"),
        (Cloud::Cloudflare, "/workers/scripts/api$"),
        (Cloud::Cloudflare, "/pages/projects$"),
        (Cloud::Cloudflare, "/dns_records/batch$"),
    ],
    &[
        (Cloud::Docker, "/containers/create$"),
        (Cloud::Docker, "/swarm/join$"),
    ],
    &[(Cloud::Docker, "/services/create$")],
];

struct Vault {
    project: Project,
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
    _world: tempfile::TempDir,
    world: PathBuf,
    /// All that must not be found anywhere, with what it is.
    secrets: Vec<(String, String)>,
    /// All that the program said so far.
    said: Vec<(String, String)>,
}

impl Vault {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world.json");
        let options = Options {
            world: Some(world.clone()),
            timings: Timings::INSTANT,
            sakura: SakuraCredentials {
                token: "planted-token-of-sakura".to_owned(),
                secret: "planted-secret-of-sakura".to_owned(),
            },
            ..Options::default()
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let project = Project::new(FILE);
        fs::write(
            project.file("api.js"),
            "export default { fetch: () => new Response(\"hi\") };\n",
        )
        .unwrap();
        fs::create_dir(project.file("site")).unwrap();
        fs::write(project.file("site/index.html"), "hello\n").unwrap();
        fs::create_dir(project.file("app")).unwrap();
        fs::write(project.file("app/Dockerfile"), "FROM nginx:1.27\nARG KEY\n").unwrap();
        let mut vault = Self {
            project,
            sandbox,
            runtime,
            _world: folder,
            world,
            secrets: Vec::new(),
            said: Vec::new(),
        };
        for known in [
            "planted-token-of-sakura",
            "planted-secret-of-sakura",
            Sandbox::CLOUDFLARE_TOKEN,
        ] {
            vault
                .secrets
                .push(("a cloud's credentials".to_owned(), known.to_owned()));
        }
        vault.plant("first");
        vault
    }

    /// Gives every variable a value of this round.
    fn plant(&mut self, round: &str) {
        // Base64, as keys have to be.
        let mut values: Vec<_> = [("IN_WORKER_KEY".to_owned(), format!("cGxhbnRlZA{round}aaaa"))].into();
        values.extend(PLANTED.map(|name| (name.to_owned(), format!("planted {round} {name} \"quoted\""))));
        values.push((
            "IN_WORKER_JSON".to_owned(),
            format!("{{\"planted {round} IN_WORKER_JSON\":  1}}"),
        ));
        let lines = values.iter().map(|(name, value)| format!("{name}='{value}'\n"));
        fs::write(
            self.project.file(".env"),
            lines.collect::<String>() + "PLAIN=seen\n",
        )
        .unwrap();
        self.secrets.extend(values);
    }

    /// Runs `flow WORDS`, and remembers all it said.
    fn flow(&mut self, words: &[&str]) -> Run {
        let begun = self.begun(words);
        self.ended(words, begun)
    }

    fn begun(&self, words: &[&str]) -> Child {
        let mut command = self.project.command(words);
        command.envs(self.sandbox.environment()).spawn().unwrap()
    }

    fn ended(&mut self, words: &[&str], begun: Child) -> Run {
        let run = Run::from(begun.wait_with_output().unwrap());
        for text in [&run.out, &run.err] {
            self.said
                .push((format!("flow {}", words.join(" ")), text.clone()));
        }
        run
    }

    fn succeeds(&mut self, words: &[&str]) -> Run {
        self.flow(words).succeeded(words)
    }

    /// Every way of looking at the stage, with as much detail as there is.
    fn look(&mut self) {
        let all = [
            &["validate"][..],
            &["plan", "--detail", "-vv"],
            &["plan", "--format", "json"],
            &["plan", "--format", "markdown"],
            &["plan", "--format", "html", "--detail"],
            &["plan", "--out", "saved.plan"],
            &["plan", "--destroy", "--detail"],
            &["graph", "--plan", "--json"],
            &["graph", "--format", "svg"],
            &["status", "--json"],
            &["outputs", "--json"],
            &["state", "list", "--json"],
            &["state", "history"],
            &["state", "history", "--json"],
            &["state", "show", "server.web", "--json"],
            &["state", "show", "worker.api"],
            &["fmt", "--check"],
        ];
        // At once: none of them takes the lock, and requests keep a pace.
        let begun = all.map(|words| (words, self.begun(words)));
        for (words, begun) in begun {
            self.ended(words, begun);
        }
    }

    /// What SSH logs in with, and what joins the swarm, are made on the way.
    fn learn_what_was_made(&mut self) -> PathBuf {
        let key = self.project.file(".fleetflow/keys/vault/dev/deploy_key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o077, 0);
        let lines = fs::read_to_string(&key).unwrap();
        // The first lines of all such keys are the same.
        let lines = lines.lines().filter(|line| !line.starts_with("-----")).skip(2);
        self.secrets
            .extend(lines.map(|line| ("the deploy key".to_owned(), line.to_owned())));
        let world = fs::read_to_string(&self.world).unwrap();
        let tokens: BTreeSet<_> = world
            .match_indices("SWMTKN-")
            .map(|(at, _)| world[at..].split('"').next().unwrap_or_default().to_owned())
            .collect();
        assert!(!tokens.is_empty(), "there is a swarm");
        self.secrets
            .extend(tokens.into_iter().map(|token| ("a join token".to_owned(), token)));
        key
    }

    /// Nothing that was said, and no file but those of `own`, has a secret in it.
    fn search(&self, own: &[PathBuf]) {
        let mut texts = self.said.clone();
        let log = serde_json::to_string(&self.sandbox.log()).unwrap();
        texts.push(("the sandbox's log".to_owned(), log));
        let kept = self.world.with_file_name("requests.jsonl");
        texts.push((
            "the sandbox's log file".to_owned(),
            fs::read_to_string(kept).unwrap(),
        ));
        let mut files = Vec::new();
        collect(&self.project.root(), &mut files);
        collect(&self.project.home(), &mut files);
        assert!(
            files.iter().any(|file| file.ends_with("journal.jsonl")),
            "{files:?}"
        );
        for file in files.into_iter().filter(|file| !own.contains(file)) {
            let content = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
            texts.push((file.display().to_string(), content));
        }
        for (place, text) in &texts {
            let is_log = place.starts_with("the sandbox's log");
            for (what, secret) in &self.secrets {
                if is_log && SHOWN.contains(&what.as_str()) {
                    continue;
                }
                // Whatever quotes it, what has no quotation marks stays as it is.
                let part = secret
                    .split('"')
                    .max_by_key(|part| part.len())
                    .unwrap_or_default();
                assert!(!text.contains(part), "{what} is told by {place}: {text}");
            }
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

#[test]
fn no_secret_of_any_kind_is_found_in_anything_that_is_said_or_written() {
    let mut vault = Vault::new();
    vault.look();
    for refused in QUOTED {
        for (cloud, path) in refused {
            let fault = Fault::quote(400).cloud(*cloud).path(*path);
            // Whoever looks is not refused.
            for method in ["POST", "PUT"] {
                vault.sandbox.add_fault(fault.clone().method(method)).unwrap();
            }
        }
        let run = vault.flow(&["up", "--yes", "-vv"]);
        let errors = run.err.split("\nerror[").skip(1);
        let quoted: Vec<_> = errors.filter(|error| error.contains("(secret)")).collect();
        assert_eq!(quoted.len(), refused.len(), "{quoted:#?}: {run:#?}");
        vault.sandbox.faults().clear();
    }
    vault.succeeds(&["up", "--yes", "--json", "-vv"]);
    vault.look();
    let again = vault.succeeds(&["plan"]);
    assert!(again.out.contains("No changes."), "{again:#?}");
    vault.plant("second");
    vault.look();
    let changed = vault.succeeds(&["plan"]);
    assert!(changed.out.contains(" to change"), "{changed:#?}");
    vault.succeeds(&["up", "--yes", "--json", "-vv"]);
    vault.look();
    let key = vault.learn_what_was_made();
    fs::remove_dir_all(vault.project.file(".fleetflow/state")).unwrap();
    vault.succeeds(&["state", "rebuild", "--yes"]);
    vault.succeeds(&["down", "--yes", "--with-data", "-vv"]);
    vault.search(&[key, vault.project.file(".env")]);
    let Vault { runtime, sandbox, .. } = vault;
    runtime.block_on(sandbox.shutdown()).unwrap();
}

/// Every place of a declaration that may hold a secret, as `places` finds it, and what stands there in the file.
const PLACES: [(&str, &str); 17] = [
    ("server.password", "IN_SERVER"),
    ("dns.record[].value[]", "IN_RECORD"),
    ("dns-record.value", "IN_RECORD"),
    ("pages.env[]", "IN_PAGES"),
    ("worker.bindings[]<secret>.value", "IN_WORKER"),
    ("worker.bindings[]<secret-key>.key", "IN_WORKER_KEY"),
    ("worker.bindings[]<var>.value", "IN_WORKER_VAR"),
    ("worker.bindings[]<json>.value", "IN_WORKER_JSON"),
    ("service-group.service[].env[]", "IN_SERVICE"),
    ("service-group.service[].command[]", "IN_COMMAND"),
    ("service-group.service[].entrypoint[]", "IN_ENTRYPOINT"),
    ("service-group.service[].build.arg[].value", "IN_BUILD"),
    ("container.env[]", "IN_SERVICE"),
    ("container.command[]", "IN_COMMAND"),
    ("container.entrypoint[]", "IN_ENTRYPOINT"),
    ("container.build.arg[].value", "IN_BUILD"),
    ("swarm-service.service.env[]", "IN_SWARM"),
];

/// Places that name something, or are those of another kind once more.
fn names_something(place: &str) -> bool {
    let field = place.rsplit('.').next().unwrap_or_default();
    let names = [
        "host",
        "managers[]",
        "switch",
        "packet_filter",
        "database",
        "id",
        "namespace",
        "certificate",
        "pipeline",
        "queue",
        "bucket",
        "store",
        "index",
        "network",
        "tunnel",
        "service",
    ];
    names.contains(&field) || place.starts_with("swarm-service.service.")
}

/// The places of `schema` that may hold a secret.
fn places(schema: &Value, place: &str, found: &mut BTreeSet<String>) {
    if schema.get("x-input").is_some() || schema["x-secret"] == true {
        found.insert(place.to_owned());
    }
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        places(below, &format!("{place}.{key}"), found);
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            places(&schema[key], &format!("{place}[]"), found);
        }
    }
    for variant in ["anyOf", "oneOf", "allOf"]
        .iter()
        .filter_map(|key| schema[*key].as_array())
        .flatten()
    {
        let tag = variant["properties"]["type"]["const"].as_str();
        let tag = tag.map_or_else(String::new, |tag| format!("<{tag}>"));
        places(variant, &format!("{place}{tag}"), found);
    }
}

#[test]
fn a_secret_is_planted_wherever_one_may_be() {
    let mut found = BTreeSet::new();
    for kind in fleetflow_core::catalog::kinds() {
        places(kind.schema(), kind.name(), &mut found);
    }
    for (place, planted) in PLACES {
        assert!(
            found.remove(place) && FILE.contains(&format!("env=\"{planted}\"")),
            "{place}: {planted}"
        );
    }
    found.retain(|place| !names_something(place));
    assert!(
        found.is_empty(),
        "these may hold secrets too, plant some: {found:#?}"
    );
}
