//! Logins for registries of images: those that the file declares, and those that `docker login` stored, in its settings
//! or with its credential helpers. Nothing is contacted; a helper is a program of this machine.
//!
//! What the settings may say is documented under `docker login` ("Credential stores", "Credential helpers"); what a helper
//! reads and writes in the README of docker/docker-credential-helpers ("Development").

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetflow_core::docker::{RegistryLogin, registry_of};
use fleetflow_core::model::{DockerSettings, Input};
use fleetflow_core::state::State;
use fleetflow_core::{Error, Result, Stack, codes};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::surroundings::Surroundings;

/// How long a helper may take: it may ask the user to unlock a keychain.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
/// What the docker command calls the hub.
const HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");
/// The user that a helper names where the secret is a token of the registry.
const TOKEN_USER: &str = "<token>";

/// Logins by the registry's host, and what stood in the way of others.
#[derive(Debug, Default)]
pub struct Registries {
    /// The logins.
    pub logins: BTreeMap<String, RegistryLogin>,
    /// What is worth telling: a helper that is missing or failed. Images of that registry may be public.
    pub warnings: Vec<String>,
}

/// The settings of the docker command, as far as they are about registries.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Settings {
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    /// `user:password` in base64.
    auth: String,
    identitytoken: String,
}

/// What a helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: String,
}

/// The logins for the registries that `stack` pulls from. What the file declares comes before what `docker login` stored.
pub fn find(
    around: &Surroundings<'_>,
    declared: Option<&DockerSettings>,
    stack: &Stack,
    state: &State,
) -> Result<Registries> {
    let mut found = Registries::default();
    for registry in declared.into_iter().flat_map(|settings| &settings.registry) {
        let login = RegistryLogin::Password {
            user: registry.user.clone(),
            password: given(&registry.password, &registry.host, stack)?,
        };
        found.logins.insert(host_of(&registry.host).to_owned(), login);
    }
    let settings = settings(around);
    for host in wanted(stack, state, &settings) {
        if found.logins.contains_key(&host) {
            continue;
        }
        match settings.login(around, &host) {
            Ok(login) => found.logins.extend(login.map(|login| (host, login))),
            Err(why) => found
                .warnings
                .push(format!("no login for images of {host}: {why}")),
        }
    }
    Ok(found)
}

/// The registries of all images; where something is built, it may begin with any image.
fn wanted(stack: &Stack, state: &State, settings: &Settings) -> BTreeSet<String> {
    let declared = stack
        .declarations()
        .iter()
        .filter(|one| one.address.kind() == "service-group");
    let services = declared.flat_map(|group| group.spec["service"].as_array().into_iter().flatten());
    let remembered = state
        .entries()
        .filter(|(address, _)| address.kind() == "container");
    let all: Vec<&Value> = services
        .chain(remembered.map(|(_, entry)| &*entry.spec))
        .collect();
    let images = all.iter().filter_map(|spec| spec["image"].as_str());
    let mut hosts: BTreeSet<String> = images.map(|image| registry_of(image).to_owned()).collect();
    if all
        .iter()
        .any(|spec| spec["build"].is_object() || spec["build"].is_string())
    {
        let known = settings.auths.keys().chain(settings.cred_helpers.keys());
        hosts.extend(known.map(|key| host_of(key).to_owned()));
    }
    hosts
}

impl Settings {
    /// The login for `host`: from the helper that is for it alone, from the one for all, or written down.
    fn login(&self, around: &Surroundings<'_>, host: &str) -> Result<Option<RegistryLogin>, String> {
        let of_host = |key: &&String| host_of(key) == host;
        let helper = self.cred_helpers.keys().find(of_host);
        let helper = helper.map(|key| (&self.cred_helpers[key], key.clone()));
        let stored = self.auths.keys().find(of_host);
        let store = self.creds_store.as_ref().filter(|name| !name.is_empty());
        let key = || stored.cloned().unwrap_or_else(|| key_of(host).to_owned());
        if let Some((helper, key)) = helper.or_else(|| store.map(|store| (store, key()))) {
            return ask(around, helper, &key);
        }
        stored.map_or(Ok(None), |key| self.auths[key].login(key))
    }
}

impl Auth {
    fn login(&self, key: &str) -> Result<Option<RegistryLogin>, String> {
        if !self.identitytoken.is_empty() {
            return Ok(Some(RegistryLogin::IdentityToken(
                self.identitytoken.as_str().into(),
            )));
        }
        if self.auth.is_empty() {
            return Ok(None);
        }
        let text = STANDARD
            .decode(self.auth.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(|text| text.split_once(':')) {
            // An older docker command filled the password up with zeros.
            Some((user, password)) => Ok(Some(password_login(user, password.trim_end_matches('\0')))),
            None => Err(format!(
                "`auth` of {key:?} in the docker command's config.json is not a name and a password"
            )),
        }
    }
}

fn password_login(user: &str, password: &str) -> RegistryLogin {
    RegistryLogin::Password {
        user: user.to_owned(),
        password: password.into(),
    }
}

/// Asks the helper `name` for the login of the registry that it knows as `key`.
fn ask(around: &Surroundings<'_>, name: &str, key: &str) -> Result<Option<RegistryLogin>, String> {
    let program = format!("docker-credential-{name}");
    let path = around.variable("PATH").unwrap_or_default();
    let mut places = path
        .split(if cfg!(windows) { ';' } else { ':' })
        .map(|folder| PathBuf::from(folder).join(&program));
    let file = places.find(|file| file.is_file()).ok_or_else(|| {
        format!("the docker command's config.json names the helper {program}, which is in no folder of PATH")
    })?;
    let (success, output) =
        run(Command::new(&file), key).map_err(|error| format!("{program} failed: {error}"))?;
    if !success {
        let said = output.trim();
        // The word of every helper for this: `credentials.NewErrCredentialsNotFound`.
        let unknown = said.contains("credentials not found");
        return if unknown {
            Ok(None)
        } else {
            Err(format!("{program} says: {said}"))
        };
    }
    let answer: Answer = serde_json::from_str(&output)
        .map_err(|_| format!("{program} answers in a form that is not known"))?;
    Ok(Some(match answer.username.as_str() {
        TOKEN_USER => RegistryLogin::IdentityToken(answer.secret.into()),
        user => password_login(user, &answer.secret),
    }))
}

/// Runs a helper's `get`; whether it succeeded, and what it wrote.
fn run(mut helper: Command, key: &str) -> std::io::Result<(bool, String)> {
    let piped = helper
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = piped.spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read says why in its own words.
        drop(input.write_all(key.as_bytes()));
    }
    let end = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() > end => {
                child.kill()?;
                child.wait()?;
                return Err(std::io::Error::other(format!(
                    "it did not answer within {} s",
                    PATIENCE.as_secs()
                )));
            }
            None => std::thread::sleep(PAUSE),
        }
    };
    let mut output = String::new();
    if let Some(mut written) = child.stdout.take() {
        written.read_to_string(&mut output)?;
    }
    Ok((status.success(), output))
}

/// A file that is missing or of another form has no logins; the docker command itself only warns.
fn settings(around: &Surroundings<'_>) -> Settings {
    let folder = around.variable("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| around.home.map(|home| home.join(".docker")));
    folder
        .and_then(|folder| fs::read_to_string(folder.join("config.json")).ok())
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

/// The host that a key of the settings is about: `https://index.docker.io/v1/` is the hub.
fn host_of(key: &str) -> &str {
    let bare = key.trim_start_matches("https://").trim_start_matches("http://");
    match bare.split('/').next().unwrap_or_default() {
        "index.docker.io" | "docker.io" | "registry-1.docker.io" => HUB.0,
        host => host,
    }
}

fn key_of(host: &str) -> &str {
    if host == HUB.0 { HUB.1 } else { host }
}

fn given(password: &Input<String>, host: &str, stack: &Stack) -> Result<SecretString> {
    let found = match password {
        Input::Value(password) => Some(password.clone().into()),
        Input::Secret(name) => stack.secrets().get(name).cloned(),
        Input::Reference(_) | Input::Text(_) => None,
    };
    found.ok_or_else(|| {
        let message = format!("the password of the registry {host} has no value before the run begins");
        Error::of(&codes::REGISTRY_LOGIN, message).help(format!(
            "write `registry \"{host}\" user=\"...\" {{ password env=\"REGISTRY_PASSWORD\" secret=#true }}`"
        ))
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use fleetflow_core::model::RegistrySettings;
    use fleetflow_core::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    /// A home with `config`, and helpers as scripts in its folder `bin`.
    fn home(config: &str, helpers: &[(&str, &str)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for folder in [".docker", "bin"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        fs::write(home.path().join(".docker/config.json"), config).unwrap();
        for (name, script) in helpers {
            let file = home.path().join("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn found(home: &Path, settings: Option<&DockerSettings>, images: &[&str]) -> Registries {
        let services = images.iter().enumerate().map(|(number, image)| {
            Service::builder()
                .name(format!("s{number}"))
                .image(*image)
                .build()
        });
        let group = ServiceGroup::builder()
            .name("g")
            .services(services.collect::<Vec<_>>())
            .build();
        let stack = Stack::new("p", "s").add(group).secret("env:TOKEN", "declared");
        let path = home.join("bin").display().to_string();
        let around = Surroundings::new(move |name| (name == "PATH").then(|| path.clone()), Some(home));
        find(&around, settings, &stack, &State::default()).unwrap()
    }

    fn shown(found: &Registries) -> Vec<String> {
        let logins = found.logins.iter().map(|(host, login)| match login {
            RegistryLogin::Password { user, password } => {
                format!("{host} {user}:{}", password.expose_secret())
            }
            RegistryLogin::IdentityToken(token) => format!("{host} token {}", token.expose_secret()),
        });
        logins.collect()
    }

    #[test]
    fn what_docker_login_stored_is_found_for_the_images_of_the_stack() {
        // `me:secret`, and the hub under its own name.
        let config = r#"{"auths": {"ghcr.io": {"auth": "bWU6c2VjcmV0"}, "https://index.docker.io/v1/":
            {"identitytoken": "T"}, "quay.io": {"auth": "bWU6c2VjcmV0"}, "localhost:5000": {"auth": "bWU6c2VjcmV0"}}}"#;
        let home = home(config, &[]);
        let all = found(home.path(), None, &["ghcr.io/a/b:1", "nginx", "localhost:5000/x"]);
        let logins = [
            "docker.io token T",
            "ghcr.io me:secret",
            "localhost:5000 me:secret",
        ];
        assert_eq!(
            (shown(&all), all.warnings),
            (logins.map(str::to_owned).to_vec(), Vec::new())
        );
    }

    #[test]
    fn helpers_are_asked_the_one_of_the_registry_first() {
        let store = r#"read key; test "$1" = get || exit 1
            case "$key" in
            ghcr.io) echo '{"ServerURL":"ghcr.io","Username":"me","Secret":"from store"}';;
            *) echo "credentials not found in native keychain"; exit 1;; esac"#;
        let own =
            r#"read key; echo "{\"ServerURL\":\"$key\",\"Username\":\"<token>\",\"Secret\":\"for $key\"}""#;
        let broken = "echo 'the vault is locked'; exit 1";
        let config = r#"{"credsStore": "store", "auths": {"ghcr.io": {}},
            "credHelpers": {"gcr.io": "own", "broken.example": "broken", "none.example": "nowhere"}}"#;
        let helpers = ["store", "own", "broken"].map(|name| format!("docker-credential-{name}"));
        let home = home(
            config,
            &[(&helpers[0], store), (&helpers[1], own), (&helpers[2], broken)],
        );
        let images = [
            "ghcr.io/a",
            "gcr.io/b",
            "quay.io/public",
            "broken.example/c",
            "none.example/d",
        ];
        let all = found(home.path(), None, &images);
        assert_eq!(shown(&all), ["gcr.io token for gcr.io", "ghcr.io me:from store"]);
        let [broken, none] = all.warnings.as_slice() else {
            panic!("{:?}", all.warnings)
        };
        assert!(broken.contains("the vault is locked"), "{broken}");
        assert!(none.contains("docker-credential-nowhere"), "{none}");
    }

    #[test]
    fn what_the_file_declares_comes_first_and_may_be_a_secret() {
        let home = home(r#"{"auths": {"ghcr.io": {"auth": "bWU6c2VjcmV0"}}}"#, &[]);
        let settings = DockerSettings {
            registry: vec![RegistrySettings {
                host: "ghcr.io".to_owned(),
                user: "ci".to_owned(),
                password: Input::secret("env:TOKEN"),
            }],
            ..DockerSettings::default()
        };
        let all = found(home.path(), Some(&settings), &["ghcr.io/a/b:1"]);
        assert_eq!(shown(&all), ["ghcr.io ci:declared"]);
        assert!(!format!("{all:?}").contains("declared"));
    }
}
