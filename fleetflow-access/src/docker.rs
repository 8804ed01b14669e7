//! The local container engine, found as the docker command finds it. Nothing is connected to.
//!
//! Order as documented for `docker context use`: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context; then the sockets
//! that engines on this kind of machine listen on. Certificates: `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` beside
//! `DOCKER_HOST` ("Protect the Docker daemon socket"), and `contexts/tls/ID/docker` beside `contexts/meta/ID`.

use std::fs;
use std::path::{Path, PathBuf};

use fleetflow_core::docker::EngineTls;
use fleetflow_core::{Error, Result, codes};
use serde::Deserialize;

use crate::surroundings::{Looked, Surroundings, shown};

/// An engine, and how to be believed there.
#[derive(Clone, Debug)]
pub struct LocalEngine {
    /// `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2376`, `ssh://me@box`.
    pub address: String,
    /// What it takes to speak TLS with it.
    pub tls: Option<EngineTls>,
}

/// The file with the docker command's settings.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(rename = "currentContext")]
    context: String,
}

/// A context, as `contexts/meta/*/meta.json` describes it.
#[derive(Deserialize)]
struct Context {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints", default)]
    endpoints: std::collections::BTreeMap<String, Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host", default)]
    host: String,
    #[serde(rename = "SkipTLSVerify", default)]
    believes_anyone: bool,
}

/// The engine to use; `declared` is the address that the file names.
pub fn find(around: &Surroundings<'_>, declared: Option<&str>) -> Result<LocalEngine> {
    find_under(around, declared, Path::new("/"))
}

/// The same, on a machine whose sockets are under `root`.
fn find_under(around: &Surroundings<'_>, declared: Option<&str>, root: &Path) -> Result<LocalEngine> {
    let mut looked = Looked::default();
    if let Some(address) = declared {
        return named(around, address.to_owned());
    }
    looked.at("`host` in `providers { docker { ... } }`");
    if let Some(address) = around.variable("DOCKER_HOST") {
        return named(around, address);
    }
    looked.at("the variable DOCKER_HOST");
    if let Some(engine) = by_context(around, &mut looked)? {
        return Ok(engine);
    }
    for socket in sockets(around, root) {
        if socket.exists() {
            let address = format!("unix://{}", socket.display());
            return Ok(LocalEngine { address, tls: None });
        }
        looked.at(shown(&socket, around.home));
    }
    let help = "start Docker (or OrbStack, or `podman system service`), or name its address: \
                `providers { docker { host \"unix:///var/run/docker.sock\" } }`";
    Err(looked.nothing("there is no local container engine").help(help))
}

/// The engine at an address that was named: with TLS where the variables ask for it.
fn named(around: &Surroundings<'_>, address: String) -> Result<LocalEngine> {
    let is_tcp = address.starts_with("tcp://") || address.starts_with("http://");
    let tls = match around.variable("DOCKER_TLS_VERIFY") {
        Some(_) if is_tcp => {
            let folder = around.variable("DOCKER_CERT_PATH").map(PathBuf::from);
            let folder = folder.or_else(|| settings_folder(around)).unwrap_or_default();
            Some(certificates(&folder, around.home)?)
        }
        _ => None,
    };
    Ok(LocalEngine { address, tls })
}

/// The folder with the docker command's settings.
fn settings_folder(around: &Surroundings<'_>) -> Option<PathBuf> {
    let named = around.variable("DOCKER_CONFIG").map(PathBuf::from);
    named.or_else(|| around.home.map(|home| home.join(".docker")))
}

fn by_context(around: &Surroundings<'_>, looked: &mut Looked) -> Result<Option<LocalEngine>> {
    let Some(folder) = settings_folder(around) else {
        return Ok(None);
    };
    let file = folder.join("config.json");
    let (name, said_by) = match around.variable("DOCKER_CONTEXT") {
        Some(name) => (name, "the variable DOCKER_CONTEXT".to_owned()),
        None => (settings(&file).context, shown(&file, around.home)),
    };
    looked.at(format!("the context that {said_by} names"));
    if name.is_empty() || name == "default" {
        return Ok(None);
    }
    let found = contexts(&folder)
        .into_iter()
        .find(|(_, context)| context.name == name)
        .and_then(|(id, mut context)| Some((id, context.endpoints.remove("docker")?)))
        .filter(|(_, endpoint)| !endpoint.host.is_empty());
    let Some((id, endpoint)) = found else {
        let message = format!("{said_by} names the docker context {name:?}, which does not exist");
        return Err(Error::of(&codes::BAD_CREDENTIALS, message)
            .help("`docker context ls` lists them, `docker context use` chooses one"));
    };
    if endpoint.believes_anyone {
        let message =
            format!("the docker context {name:?} believes any engine that answers (`skip-tls-verify`)");
        return Err(Error::of(&codes::BAD_CREDENTIALS, message).help(
            "give it the certificate of the engine's authority: `docker context update --docker host=...,ca=ca.pem`",
        ));
    }
    let pems = folder.join("contexts/tls").join(id).join("docker");
    let tls = pems
        .is_dir()
        .then(|| certificates(&pems, around.home))
        .transpose()?;
    Ok(Some(LocalEngine {
        address: endpoint.host,
        tls,
    }))
}

/// The certificates in `folder`, under the names that the docker command gives them.
fn certificates(folder: &Path, home: Option<&Path>) -> Result<EngineTls> {
    let authorities = pem(folder, "ca.pem", home)?.ok_or_else(|| {
        let message = format!("there is no `ca.pem` in {}", shown(folder, home));
        Error::of(&codes::BAD_CREDENTIALS, message).help(
            "put the certificate of the engine's authority there; DOCKER_CERT_PATH names another folder",
        )
    })?;
    let client = match (pem(folder, "cert.pem", home)?, pem(folder, "key.pem", home)?) {
        (Some(certificate), Some(key)) => Some((certificate, key.into())),
        (None, None) => None,
        _ => {
            let message = format!(
                "of `cert.pem` and `key.pem`, only one is in {}",
                shown(folder, home)
            );
            return Err(Error::of(&codes::BAD_CREDENTIALS, message).help("put the other one beside it"));
        }
    };
    Ok(EngineTls { authorities, client })
}

fn pem(folder: &Path, name: &str, home: Option<&Path>) -> Result<Option<String>> {
    let file = folder.join(name);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", shown(&file, home));
            Err(Error::of(&codes::BAD_CREDENTIALS, message).help("check who owns the file"))
        }
    }
}

/// A file that is missing or of another form names no context; the docker command itself only warns.
fn settings(file: &Path) -> Settings {
    fs::read_to_string(file)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// Every context, with the name of its folder.
fn contexts(folder: &Path) -> Vec<(std::ffi::OsString, Context)> {
    let Ok(folders) = fs::read_dir(folder.join("contexts/meta")) else {
        return Vec::new();
    };
    let context = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path().join("meta.json")).ok()?;
        Some((entry.file_name(), serde_json::from_str(&text).ok()?))
    };
    folders.filter_map(|entry| context(entry.ok()?)).collect()
}

/// Where engines listen: Docker, Docker Desktop, `OrbStack`, rootless Docker, Podman.
fn sockets(around: &Surroundings<'_>, root: &Path) -> Vec<PathBuf> {
    let at_home = [
        ".docker/run/docker.sock",
        ".docker/desktop/docker.sock",
        ".orbstack/run/docker.sock",
    ];
    let of_session = ["docker.sock", "podman/podman.sock"];
    let mut sockets = vec![root.join("var/run/docker.sock")];
    if let Some(home) = around.home {
        sockets.extend(at_home.iter().map(|socket| home.join(socket)));
    }
    if let Some(folder) = around.variable("XDG_RUNTIME_DIR") {
        sockets.extend(of_session.iter().map(|socket| Path::new(&folder).join(socket)));
    }
    sockets.push(root.join("run/podman/podman.sock"));
    sockets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with a home folder, both in a temporary one.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, path: &str, text: &str) {
            let file = self.0.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }

        /// The context `name`, in the folder `id`.
        fn context(&self, id: &str, name: &str, endpoint: &str) {
            let meta = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{endpoint}}}}}"#);
            self.file(&format!("home/.docker/contexts/meta/{id}/meta.json"), &meta);
        }

        fn find(&self, variables: &[(&str, &str)], declared: Option<&str>) -> Result<LocalEngine> {
            let (home, session) = (self.0.path().join("home"), self.0.path().join("session"));
            let value = |name: &str| {
                let variable = variables.iter().find(|(known, _)| *known == name);
                let value = variable.map(|(_, value)| value.replace("HOME", &home.display().to_string()));
                value.or_else(|| (name == "XDG_RUNTIME_DIR").then(|| session.display().to_string()))
            };
            find_under(&Surroundings::new(value, Some(&home)), declared, self.0.path())
        }

        fn address(&self, variables: &[(&str, &str)], declared: Option<&str>) -> String {
            let found = self.find(variables, declared).unwrap();
            assert!(found.tls.is_none(), "{found:?}");
            found.address
        }
    }

    #[test]
    fn the_file_the_variables_and_the_context_are_asked_in_this_order() {
        let machine = Machine::new();
        machine.context(
            "0a1b",
            "orbstack",
            r#"{"Host":"unix:///x.sock","SkipTLSVerify":false}"#,
        );
        machine.context("2c3d", "box", r#"{"Host":"ssh://me@box"}"#);
        machine.file(
            "home/.docker/config.json",
            r#"{"currentContext":"orbstack","auths":{}}"#,
        );
        for address in [
            "tcp://127.0.0.1:2375",
            "unix:///y.sock",
            "ssh://me@192.0.2.1:2222",
        ] {
            assert_eq!(machine.address(&[("DOCKER_HOST", address)], None), address);
        }
        let host = [("DOCKER_HOST", "tcp://127.0.0.1:2375"), ("DOCKER_CONTEXT", "box")];
        assert_eq!(machine.address(&host, Some("unix:///mine")), "unix:///mine");
        assert_eq!(machine.address(&host, None), "tcp://127.0.0.1:2375");
        assert_eq!(machine.address(&host[1..], None), "ssh://me@box");
        assert_eq!(machine.address(&[], None), "unix:///x.sock");
        machine.file("var/run/docker.sock", "");
        let default = [("DOCKER_CONTEXT", "default")];
        assert!(machine.address(&default, None).ends_with("/var/run/docker.sock"));
        let other = machine.find(&[("DOCKER_CONTEXT", "gone")], None).unwrap_err();
        assert!(other.to_string().contains("\"gone\""), "{other}");
    }

    #[test]
    fn sockets_of_every_usual_engine_are_found_in_their_order_and_told_where_there_is_none() {
        let machine = Machine::new();
        let places = [
            "run/podman/podman.sock",
            "session/podman/podman.sock",
            "session/docker.sock",
            "home/.orbstack/run/docker.sock",
            "home/.docker/desktop/docker.sock",
            "home/.docker/run/docker.sock",
            "var/run/docker.sock",
        ];
        let error = machine.find(&[], None).unwrap_err();
        let names = ["DOCKER_HOST", "providers { docker", "~/.docker/config.json"];
        let looked = places.iter().map(|place| place.trim_start_matches("home/"));
        for part in looked.chain(names) {
            assert!(error.to_string().contains(part), "`{part}` is missing in {error}");
        }
        assert!(
            error.advice().unwrap().contains("podman system service"),
            "{error:?}"
        );
        for place in places {
            machine.file(place, "");
            let found = machine.address(&[], None);
            assert!(
                found.starts_with("unix:///") && found.ends_with(place),
                "{found}, not {place}"
            );
        }
    }

    #[test]
    fn certificates_belong_to_a_context_or_are_named_by_variables() {
        let machine = Machine::new();
        machine.context(
            "0a1b",
            "safe",
            r#"{"Host":"tcp://192.0.2.1:2376","SkipTLSVerify":false}"#,
        );
        machine.context(
            "2c3d",
            "rash",
            r#"{"Host":"tcp://192.0.2.1:2376","SkipTLSVerify":true}"#,
        );
        for name in ["ca", "cert", "key"] {
            machine.file(&format!("home/.docker/contexts/tls/0a1b/docker/{name}.pem"), name);
        }
        let safe = machine.find(&[("DOCKER_CONTEXT", "safe")], None).unwrap();
        let tls = safe.tls.clone().unwrap();
        assert_eq!((tls.authorities.as_str(), tls.client.is_some()), ("ca", true));
        let rash = machine.find(&[("DOCKER_CONTEXT", "rash")], None).unwrap_err();
        assert!(rash.to_string().contains("believes any engine"), "{rash}");

        let mut variables = vec![
            ("DOCKER_HOST", "tcp://192.0.2.1:2376"),
            ("DOCKER_TLS_VERIFY", "1"),
        ];
        let none = machine.find(&variables, None).unwrap_err();
        assert!(none.to_string().contains("no `ca.pem` in ~/.docker"), "{none}");
        let authorities =
            |variables: &[(&str, &str)]| machine.find(variables, None).unwrap().tls.unwrap().authorities;
        machine.file("home/.docker/ca.pem", "own");
        assert_eq!(authorities(&variables), "own");
        machine.file("home/elsewhere/ca.pem", "other");
        variables.push(("DOCKER_CERT_PATH", "HOME/elsewhere"));
        assert_eq!(authorities(&variables), "other");
        machine.file("home/elsewhere/key.pem", "k");
        let half = machine.find(&variables, None).unwrap_err();
        assert!(half.to_string().contains("only one is in ~/elsewhere"), "{half}");
    }
}
