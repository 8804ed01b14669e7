//! The address of the local container engine, found as the docker command finds it. Nothing is connected to.
//!
//! Order as documented for `docker context use`: `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context; then the sockets
//! that engines on this kind of machine listen on.

use std::fs;
use std::path::{Path, PathBuf};

use fleetflow_core::{Error, ErrorKind, Result};
use serde::Deserialize;

use crate::surroundings::{Looked, Surroundings, shown};

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
}

/// The address to use; `declared` is what the file says.
pub fn find(around: &Surroundings<'_>, declared: Option<&str>) -> Result<String> {
    let mut looked = Looked::default();
    if let Some(host) = declared {
        return Ok(host.to_owned());
    }
    looked.at("`host` in `providers { docker { ... } }`");
    if let Some(host) = around.variable("DOCKER_HOST") {
        return Ok(host);
    }
    looked.at("the variable DOCKER_HOST");
    if let Some(host) = by_context(around, &mut looked)? {
        return Ok(host);
    }
    for socket in sockets(around) {
        if socket.exists() {
            return Ok(format!("unix://{}", socket.display()));
        }
        looked.at(shown(&socket, around.home));
    }
    let help = "start Docker (or OrbStack, or `podman system service`), or name its address: \
                `providers { docker { host \"unix:///var/run/docker.sock\" } }`";
    Err(looked.nothing("there is no local container engine").help(help))
}

fn by_context(around: &Surroundings<'_>, looked: &mut Looked) -> Result<Option<String>> {
    let folder = match (around.variable("DOCKER_CONFIG"), around.home) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(home)) => home.join(".docker"),
        (None, None) => return Ok(None),
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
    let host = contexts(&folder)
        .into_iter()
        .find(|context| context.name == name)
        .and_then(|mut context| context.endpoints.remove("docker"))
        .map(|endpoint| endpoint.host)
        .filter(|host| !host.is_empty());
    host.map(Some).ok_or_else(|| {
        let message = format!("{said_by} names the docker context {name:?}, which does not exist");
        Error::new(ErrorKind::Unauthorized, message)
            .help("`docker context ls` lists them, `docker context use` chooses one")
    })
}

/// A file that is missing or of another form names no context; the docker command itself only warns.
fn settings(file: &Path) -> Settings {
    fs::read_to_string(file)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

fn contexts(folder: &Path) -> Vec<Context> {
    let Ok(folders) = fs::read_dir(folder.join("contexts/meta")) else {
        return Vec::new();
    };
    folders
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("meta.json")).ok())
        .filter_map(|text| serde_json::from_str(&text).ok())
        .collect()
}

/// Where engines listen: Docker, Docker Desktop, `OrbStack`, rootless Docker, Podman.
fn sockets(around: &Surroundings<'_>) -> Vec<PathBuf> {
    let at_home = [
        ".docker/run/docker.sock",
        ".docker/desktop/docker.sock",
        ".orbstack/run/docker.sock",
    ];
    let of_session = ["docker.sock", "podman/podman.sock"];
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    if let Some(home) = around.home {
        sockets.extend(at_home.iter().map(|socket| home.join(socket)));
    }
    if let Some(folder) = around.variable("XDG_RUNTIME_DIR") {
        sockets.extend(of_session.iter().map(|socket| Path::new(&folder).join(socket)));
    }
    sockets.push("/run/podman/podman.sock".into());
    sockets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)], home: &Path, declared: Option<&str>) -> Result<String> {
        let value = |name: &str| {
            let variable = variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        };
        find(&Surroundings::new(value, Some(home)), declared)
    }

    fn home_with_context() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let meta = home.path().join(".docker/contexts/meta/0a1b");
        fs::create_dir_all(&meta).unwrap();
        let context = r#"{"Name":"orbstack","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///x.sock","SkipTLSVerify":false}}}"#;
        fs::write(meta.join("meta.json"), context).unwrap();
        fs::write(
            home.path().join(".docker/config.json"),
            r#"{"currentContext":"orbstack","auths":{}}"#,
        )
        .unwrap();
        home
    }

    #[test]
    fn the_file_the_variable_and_the_context_are_asked_in_this_order() {
        let home = home_with_context();
        let host = [("DOCKER_HOST", "tcp://127.0.0.1:2375")];
        assert_eq!(
            found(&host, home.path(), Some("unix:///mine")).unwrap(),
            "unix:///mine"
        );
        assert_eq!(found(&host, home.path(), None).unwrap(), "tcp://127.0.0.1:2375");
        assert_eq!(found(&[], home.path(), None).unwrap(), "unix:///x.sock");
        let other = found(&[("DOCKER_CONTEXT", "gone")], home.path(), None).unwrap_err();
        assert!(other.to_string().contains("\"gone\""), "{other}");
    }

    #[test]
    fn sockets_of_every_usual_engine_are_looked_at() {
        let runtime = [("XDG_RUNTIME_DIR", "/run/user/7")];
        let value = |name: &str| {
            let variable = runtime.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        };
        let looked = sockets(&Surroundings::new(value, Some(Path::new("/home/me"))));
        for socket in [
            "/var/run/docker.sock",
            "/home/me/.docker/run/docker.sock",
            "/home/me/.orbstack/run/docker.sock",
            "/run/user/7/docker.sock",
            "/run/user/7/podman/podman.sock",
        ] {
            assert!(
                looked.iter().any(|path| path == Path::new(socket)),
                "{socket}: {looked:?}"
            );
        }
    }
}
