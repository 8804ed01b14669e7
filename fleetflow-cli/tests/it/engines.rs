//! Real container engines with the program as it is: found as the docker command finds them, with TLS, with the logins of a
//! real registry, and the program killed in the middle of a release.

#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use serde_json::{Value, json};

use crate::support::{Project, Run};

/// The variables that name a real engine and a registry, as `scripts/docker-for-tests.sh` prints them.
pub(crate) const ENGINE: &str = "FLEETFLOW_TEST_DOCKER";
const REGISTRY: &str = "FLEETFLOW_TEST_REGISTRY";
/// `fleetflow:open sesame`, the login of the registry.
const LOGIN: &str = "ZmxlZXRmbG93Om9wZW4gc2VzYW1l";

const SHOP: &str = r#"
project "PROJECT"
PROVIDERS
service-group "shop" {
    service "web" { image "IMAGE"; command "sleep" "100000"; stop-grace-period "0s" }
    service "api" { image "IMAGE"; command "sleep" "100000"; stop-grace-period "0s"; depends-on "web"; port PORT }
    service "db" { image "BASE"; command "sleep" "100000"; stop-grace-period "0s" }
}
stage "local" { deploy-services "shop" }
"#;

/// An engine, and the docker command for it.
pub(crate) struct Engine {
    /// The command's own options.
    options: Vec<String>,
}

impl Engine {
    /// The variable's engine; none, with the reason on standard error, where there is none.
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    pub(crate) fn given() -> Option<Self> {
        let engine = std::env::var(ENGINE).ok().map(|address| Self::at(&address));
        if engine.is_none() {
            eprintln!("skipped: {ENGINE} names no container engine; scripts/docker-for-tests.sh starts one");
        }
        engine
    }

    pub(crate) fn at(address: &str) -> Self {
        Self {
            options: vec!["--host".to_owned(), address.to_owned()],
        }
    }

    pub(crate) fn docker(&self, words: &[&str]) -> String {
        let mut command = Command::new("docker");
        command.args(&self.options).args(words).stdin(Stdio::null());
        let done = command.output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// An image with a shell's commands in it, under `name`.
    pub(crate) fn image(&self, name: &str) {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
        for name in ["sleep", "sh", "cat", "echo", "false"] {
            std::os::unix::fs::symlink("busybox", bin.join(name)).unwrap();
        }
        crate::misfortunes::write_foreign(&bin.join("busybox"), &bin.join("foreign"));
        let archive = folder.path().join("all.tar");
        let mut tar = Command::new("tar");
        tar.arg("-C")
            .arg(folder.path())
            .arg("-cf")
            .arg(&archive)
            .arg("bin");
        assert!(tar.status().unwrap().success());
        self.docker(&["import", &archive.display().to_string(), name]);
    }

    /// The containers of the project with their images, sorted.
    pub(crate) fn containers(&self, project: &str) -> Vec<String> {
        let filter = format!("name={project}-");
        let text = self.docker(&[
            "ps",
            "--all",
            "--filter",
            &filter,
            "--format",
            "{{.Names}} {{.Image}} {{.State}}",
        ]);
        let mut lines: Vec<_> = text
            .lines()
            .map(|line| {
                line.trim_start_matches(&format!("{project}-local-shop-"))
                    .to_owned()
            })
            .collect();
        lines.sort();
        lines
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A project of its own name on an engine that others use too.
struct Shop {
    name: String,
    /// What `api` publishes: it is switched with a gap, and `web` without one.
    port: u16,
    project: Project,
}

impl Shop {
    fn new(name: &str) -> Self {
        let name = format!("{name}{}", std::process::id());
        Self {
            project: Project::new(""),
            port: free_port(),
            name,
        }
    }

    fn declare(&self, providers: &str, image: &str, base: &str) {
        let text = SHOP
            .replace("PROJECT", &self.name)
            .replace("PROVIDERS", providers)
            .replace("IMAGE", image)
            .replace("PORT", &self.port.to_string())
            .replace("BASE", base);
        self.project.write(&text);
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.command(words);
        command.env("PATH", self.project.home().join("bin"));
        command
    }

    fn flow(&self, words: &[&str]) -> Run {
        self.command(words).output().unwrap().into()
    }

    fn succeeds(&self, words: &[&str]) -> Run {
        self.flow(words).succeeded(words)
    }

    /// What the docker command keeps in the home folder.
    fn settings(&self, settings: &Value) {
        let folder = self.project.home().join(".docker");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.json"), settings.to_string()).unwrap();
    }
}

#[test]
fn logins_of_the_docker_command_and_of_the_file_open_a_registry() {
    let Some(engine) = Engine::given() else { return };
    let Ok(registry) = std::env::var(REGISTRY) else {
        eprintln!(
            "skipped: a private registry: {REGISTRY} names none; scripts/docker-for-tests.sh starts one"
        );
        return;
    };
    let shop = Shop::new("login");
    let image = format!("{registry}/acme/{}:1", shop.name);
    engine.image(&image);
    let auths = json!({"auths": {&registry: {"auth": LOGIN}}});
    shop.settings(&auths);
    let config = shop.project.home().join(".docker").display().to_string();
    engine.docker(&["--config", &config, "push", &image]);
    engine.docker(&["rmi", &image]);
    let host = format!("docker {{ host \"{}\" }}", std::env::var(ENGINE).unwrap());
    let providers = |docker: &str| format!("providers {{ {docker} }}");

    shop.settings(&json!({}));
    shop.declare(&providers(&host), &image, &image);
    let refused = shop.flow(&["up", "--stage", "local", "--yes"]);
    assert_eq!(refused.code, Some(4), "{refused:#?}");
    assert!(
        refused.err.contains("a private registry needs credentials"),
        "{refused:#?}"
    );
    assert!(engine.containers(&shop.name).is_empty());

    let helper = shop.project.home().join("bin/docker-credential-vault");
    fs::create_dir_all(helper.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\nread key\ntest \"$1 $key\" = 'get {registry}' || {{ echo 'credentials not found'; exit 1; }}\n\
         echo '{{\"Username\": \"fleetflow\", \"Secret\": \"open sesame\"}}'\n"
    );
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    let declared = format!(
        "docker {{ host \"{}\"; registry \"{registry}\" user=\"fleetflow\" {{ password env=\"PASSWORD\" secret=#true }}; }}",
        std::env::var(ENGINE).unwrap()
    );
    let ways = [
        ("auths", auths, &host),
        ("credsStore", json!({"credsStore": "vault"}), &host),
        ("credHelpers", json!({"credHelpers": {&registry: "vault"}}), &host),
        ("the file", json!({}), &declared),
    ];
    for (way, settings, docker) in ways {
        shop.settings(&settings);
        shop.declare(&providers(docker), &image, &image);
        let mut up = shop.command(&["up", "--stage", "local", "--yes"]);
        let run = Run::from(up.env("PASSWORD", "open sesame").output().unwrap());
        assert_eq!(run.code, Some(0), "{way}: {run:#?}");
        assert!(
            !run.err.contains("sesame") && !run.out.contains("sesame"),
            "{way}: {run:#?}"
        );
        let mut down = shop.command(&["down", "--stage", "local", "--yes"]);
        let run = Run::from(down.env("PASSWORD", "open sesame").output().unwrap());
        assert_eq!(run.code, Some(0), "{way}: {run:#?}");
        engine.docker(&["rmi", &image]);
    }
}

/// An engine of the test's own, which believes nobody but the owners of certificates.
struct Guarded {
    folder: tempfile::TempDir,
    daemon: Child,
    address: String,
}

impl Guarded {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = |name: &str| folder.path().join(name).display().to_string();
        // In a network of its own, as one without a bridge removes that of the machine's other engine. Where it is asked is
        // handed to it open, as systemd does it (sd_listen_fds).
        let activated =
            "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec unshare --net dockerd \"$@\"";
        let daemon = Command::new("sh")
            .args(["-c", activated, "sh"])
            .args([
                "--data-root",
                &place("data"),
                "--exec-root",
                &place("exec"),
                "--pidfile",
                &place("pid"),
            ])
            .args(["--bridge", "none", "--iptables=false", "--storage-driver", "vfs"])
            .args(["--host", "fd://", "--tlsverify"])
            .args([
                "--tlscacert",
                &place("ca.pem"),
                "--tlscert",
                &place("server.pem"),
                "--tlskey",
                &place("server-key.pem"),
            ])
            .stdin(OwnedFd::from(listener))
            .stdout(Stdio::null())
            .stderr(fs::File::create(place("log")).unwrap())
            .spawn()
            .unwrap();
        let guarded = Self {
            address: format!("tcp://127.0.0.1:{port}"),
            folder,
            daemon,
        };
        let began = Instant::now();
        while !guarded.engine().answers() {
            let log = fs::read_to_string(guarded.path("log")).unwrap();
            assert!(began.elapsed().as_secs() < 60, "dockerd does not answer: {log}");
            std::thread::sleep(Duration::from_millis(100));
        }
        guarded
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn engine(&self) -> Engine {
        let mut options = vec![
            "--host".to_owned(),
            self.address.clone(),
            "--tlsverify".to_owned(),
        ];
        for (option, file) in [
            ("--tlscacert", "ca.pem"),
            ("--tlscert", "cert.pem"),
            ("--tlskey", "key.pem"),
        ] {
            options.extend([option.to_owned(), self.path(file).display().to_string()]);
        }
        Engine { options }
    }

    /// Copies what a user has of it to `folder`.
    fn hand_over(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for name in ["ca.pem", "cert.pem", "key.pem"] {
            fs::copy(self.path(name), folder.join(name)).unwrap();
        }
    }
}

impl Engine {
    pub(crate) fn answers(&self) -> bool {
        let mut command = Command::new("docker");
        let asked = command
            .args(&self.options)
            .arg("version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        asked.status().unwrap().success()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let pid = self.daemon.id().to_string();
        drop(Command::new("kill").arg(pid).status());
        drop(self.daemon.wait());
    }
}

/// An authority, and what it vouches for: the engine at 127.0.0.1, and a user.
fn certificates(folder: &Path) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let usages = [
        (
            "server.pem",
            "server-key.pem",
            ExtendedKeyUsagePurpose::ServerAuth,
        ),
        ("cert.pem", "key.pem", ExtendedKeyUsagePurpose::ClientAuth),
    ];
    for (certificate, key, usage) in usages {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        let pair = KeyPair::generate().unwrap();
        let signed = params.signed_by(&pair, &authority).unwrap();
        fs::write(folder.join(certificate), signed.pem()).unwrap();
        fs::write(folder.join(key), pair.serialize_pem()).unwrap();
    }
}

#[test]
fn an_engine_behind_tls_is_found_by_its_context_and_by_variables() {
    if Engine::given().is_none() {
        return;
    }
    let guarded = Guarded::start();
    let engine = guarded.engine();
    engine.image("fleetflow-tls:1");
    let shop = Shop::new("tls");
    shop.declare("", "fleetflow-tls:1", "fleetflow-tls:1");
    shop.settings(&json!({"currentContext": "guarded"}));
    let contexts = shop.project.home().join(".docker/contexts");
    fs::create_dir_all(contexts.join("meta/0a1b")).unwrap();
    let meta = json!({"Name": "guarded", "Metadata": {}, "Endpoints": {"docker": {"Host": guarded.address}}});
    fs::write(contexts.join("meta/0a1b/meta.json"), meta.to_string()).unwrap();
    let pems = contexts.join("tls/0a1b/docker");
    guarded.hand_over(&pems);

    shop.succeeds(&["up", "--stage", "local", "--yes"]);
    assert_eq!(engine.containers(&shop.name).len(), 3);
    shop.succeeds(&["plan", "--stage", "local", "--detailed-exitcode"]);
    let named = |folder: &Path| {
        let mut plan = shop.command(&["plan", "--stage", "local", "--detailed-exitcode"]);
        plan.env("DOCKER_HOST", &guarded.address)
            .env("DOCKER_TLS_VERIFY", "1")
            .env("DOCKER_CERT_PATH", folder);
        Run::from(plan.output().unwrap())
    };
    let run = named(&pems);
    assert_eq!(run.code, Some(0), "{run:#?}");

    // Another authority, and then nobody's certificate.
    let other = tempfile::tempdir().unwrap();
    certificates(other.path());
    let run = named(other.path());
    assert!(
        run.err.contains("no TLS with the container engine at 127.0.0.1:"),
        "{run:#?}"
    );
    fs::copy(guarded.path("ca.pem"), other.path().join("ca.pem")).unwrap();
    let run = named(other.path());
    assert!(
        run.err.contains("`cert.pem` and `key.pem` were made for"),
        "{run:#?}"
    );
    shop.succeeds(&["down", "--stage", "local", "--yes"]);
    assert!(engine.containers(&shop.name).is_empty());
}

#[test]
fn a_release_goes_on_after_the_program_was_killed_in_its_midst() {
    let Some(engine) = Engine::given() else { return };
    let shop = Shop::new("killed");
    let image = |version: usize| format!("fleetflow-killed:{version}");
    for version in 1..=3 {
        engine.image(&image(version));
    }
    let providers = format!(
        "providers {{ docker {{ host \"{}\" }} }}",
        std::env::var(ENGINE).unwrap()
    );
    shop.declare(&providers, &image(1), &image(1));
    shop.succeeds(&["up", "--stage", "local", "--yes"]);
    let running = |version: usize| {
        let line = |name: &str, version: usize| format!("{name} {} running", image(version));
        vec![line("api", version), line("db", 1), line("web", version)]
    };
    assert_eq!(engine.containers(&shop.name), running(1));
    let db = engine.docker(&[
        "inspect",
        "--format",
        "{{.Id}}",
        &format!("{}-local-shop-db", shop.name),
    ]);

    // The new one proves itself beside the old one; and in place of it, when another service is switched already.
    let moments: [fn(&[String]) -> bool; 2] = [
        |lines| lines.len() > 3,
        |lines| {
            let of_api = |line: &String| line.starts_with("api") && line.contains(":3 ");
            lines.iter().any(of_api)
        },
    ];
    for (version, is_moment) in (2..).zip(moments) {
        shop.declare(&providers, &image(version), &image(1));
        let at = killed(&shop, &engine, is_moment);
        assert_ne!(at, running(version), "it died before the end");
        shop.succeeds(&["up", "--stage", "local", "--yes"]);
        assert_eq!(
            engine.containers(&shop.name),
            running(version),
            "killed at {at:?}"
        );
        shop.succeeds(&["plan", "--stage", "local", "--detailed-exitcode"]);
    }
    let same = engine.docker(&[
        "inspect",
        "--format",
        "{{.Id}}",
        &format!("{}-local-shop-db", shop.name),
    ]);
    assert_eq!(same, db, "what no release is about is not touched");
    shop.succeeds(&["down", "--stage", "local", "--yes"]);
    assert!(engine.containers(&shop.name).is_empty());
}

/// Kills `flow up` as soon as the containers are so, and answers what it left.
fn killed(shop: &Shop, engine: &Engine, is_moment: fn(&[String]) -> bool) -> Vec<String> {
    let mut up = shop
        .command(&["up", "--stage", "local", "--yes"])
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !is_moment(&engine.containers(&shop.name)) {
        assert!(
            began.elapsed().as_secs() < 30 && up.try_wait().unwrap().is_none(),
            "the moment never came"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    up.kill().unwrap();
    up.wait().unwrap();
    engine.containers(&shop.name)
}
