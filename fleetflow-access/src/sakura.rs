//! Credentials of SAKURA Cloud, found where its other tools keep them. Nothing is sent.
//!
//! Files, fields and variables as in (API doc "Local configuration"). What the command line or the file names comes
//! first, then variables, then the current profile: a variable is meant for this shell, a current profile for all.

use std::fs;
use std::path::{Path, PathBuf};

use fleetflow_core::{Error, Result, codes};
use secrecy::SecretString;
use serde::Deserialize;

use crate::surroundings::{Looked, Surroundings, shown};

const TOKEN: [&str; 2] = ["SAKURA_ACCESS_TOKEN", "SAKURACLOUD_ACCESS_TOKEN"];
const SECRET: [&str; 2] = ["SAKURA_ACCESS_TOKEN_SECRET", "SAKURACLOUD_ACCESS_TOKEN_SECRET"];
const ROOT: [&str; 2] = ["SAKURA_API_ROOT_URL", "SAKURACLOUD_API_ROOT_URL"];
const PROFILE: [&str; 3] = ["SAKURA_PROFILE", "SAKURACLOUD_PROFILE", "USACLOUD_PROFILE"];
const FOLDER: [&str; 3] = [
    "SAKURA_PROFILE_DIR",
    "SAKURACLOUD_PROFILE_DIR",
    "USACLOUD_PROFILE_DIR",
];

/// An API key, where it is good for, and where it was found.
#[derive(Debug)]
pub struct SakuraAccess {
    /// The access token.
    pub token: SecretString,
    /// Its secret.
    pub secret: SecretString,
    /// Another root of the API than the real one.
    pub root: Option<String>,
    /// In words: `the profile work`.
    pub source: String,
    /// What is worth a warning.
    pub warning: Option<String>,
}

/// The part of a profile that matters here; other keys are other tools' business.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    #[serde(rename = "AccessToken")]
    token: String,
    #[serde(rename = "AccessTokenSecret")]
    secret: SecretString,
    #[serde(rename = "APIRootURL")]
    root: String,
    #[serde(rename = "ServicePrincipalID")]
    principal: String,
}

/// The credentials to use; `profile` is the one that the command line or the file names.
pub fn find(around: &Surroundings<'_>, profile: Option<&str>) -> Result<SakuraAccess> {
    let mut looked = Looked::default();
    let found = match profile {
        Some(name) => in_profile(around, name, &mut looked)?,
        None => match in_variables(around, &mut looked)? {
            Some(found) => Some(found),
            None => in_profile(around, &current(around)?, &mut looked)?,
        },
    };
    let Some(mut found) = found else {
        let help = "make an API key in the control panel, then set SAKURA_ACCESS_TOKEN and \
                    SAKURA_ACCESS_TOKEN_SECRET, or run `usacloud config`";
        return Err(looked.nothing("there is no API key for SAKURA Cloud").help(help));
    };
    if let Some((_, root)) = around.first(&ROOT) {
        found.root = Some(root);
    }
    Ok(found)
}

fn in_variables(around: &Surroundings<'_>, looked: &mut Looked) -> Result<Option<SakuraAccess>> {
    looked.at(format!(
        "the variables {} and {} (or {} and {})",
        TOKEN[0], SECRET[0], TOKEN[1], SECRET[1]
    ));
    let half = |set: &str, unset: &str| {
        let message = format!("{set} is set, but its other half {unset} is not");
        Err(Error::of(&codes::BAD_CREDENTIALS, message).help("set both, or neither"))
    };
    match (around.first(&TOKEN), around.first(&SECRET)) {
        (Some((name, token)), Some((_, secret))) => Ok(Some(SakuraAccess {
            token: token.into(),
            secret: secret.into(),
            root: None,
            source: format!("the variable {name}"),
            warning: None,
        })),
        (Some((name, _)), None) => half(name, SECRET[usize::from(name == TOKEN[1])]),
        (None, Some((name, _))) => half(name, TOKEN[usize::from(name == SECRET[1])]),
        (None, None) => Ok(None),
    }
}

fn in_profile(around: &Surroundings<'_>, name: &str, looked: &mut Looked) -> Result<Option<SakuraAccess>> {
    if name.contains(['/', '\\', ':']) || name.starts_with('.') {
        let message = format!("`{name}` cannot be the name of a usacloud profile");
        return Err(Error::of(&codes::BAD_CREDENTIALS, message).help("`usacloud config list` lists them"));
    }
    for folder in folders(around) {
        let file = folder.join(name).join("config.json");
        looked.at(format!("the profile {name}: {}", shown(&file, around.home)));
        let Some(config) = read(&file)? else { continue };
        if !config.token.is_empty() {
            return Ok(Some(SakuraAccess {
                token: config.token.into(),
                secret: config.secret,
                root: Some(config.root).filter(|root| !root.is_empty()),
                source: format!("the profile {name}"),
                warning: too_open(&file, around.home),
            }));
        }
        if !config.principal.is_empty() {
            let message = format!("the profile {name} holds a service principal, which cannot be used here");
            return Err(Error::of(&codes::BAD_CREDENTIALS, message)
                .help("make an API key and put its AccessToken and AccessTokenSecret into a profile"));
        }
    }
    Ok(None)
}

/// The name of the profile that other tools use now.
fn current(around: &Surroundings<'_>) -> Result<String> {
    if let Some((_, name)) = around.first(&PROFILE) {
        return Ok(name);
    }
    for folder in folders(around) {
        let file = folder.join("current");
        if let Some(name) = text(&file)?.filter(|name| !name.trim().is_empty()) {
            return Ok(name.trim().to_owned());
        }
    }
    Ok("default".to_owned())
}

/// The folders that profiles may be in. Tools disagree whether the variable names the folder or its parent; both are
/// tried.
fn folders(around: &Surroundings<'_>) -> Vec<PathBuf> {
    if let Some((_, folder)) = around.first(&FOLDER) {
        let folder = PathBuf::from(folder);
        return vec![folder.join(".usacloud"), folder];
    }
    let shared = around
        .variable("XDG_CONFIG_HOME")
        .map(|folder| Path::new(&folder).join("usacloud"))
        .filter(|folder| folder.is_dir());
    let own = around.home.map(|home| home.join(".usacloud"));
    shared.into_iter().chain(own).collect()
}

fn read(file: &Path) -> Result<Option<Config>> {
    let Some(text) = text(file)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        // The error names a line and column; it does not repeat the file, which holds a secret.
        let message = format!("{} is not a usacloud profile: {error}", file.display());
        Error::of(&codes::BAD_CREDENTIALS, message).help("mend it with `usacloud config edit`")
    })
}

fn text(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::of(
            &codes::BAD_CREDENTIALS,
            format!("{} cannot be read: {error}", file.display()),
        )
        .help("check who owns the file")),
    }
}

/// A warning when others on this machine can read the secret in `file`.
fn too_open(file: &Path, home: Option<&Path>) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).ok()?.permissions().mode();
        let shown = shown(file, home);
        (mode & 0o077 != 0).then(|| {
            format!("others on this machine can read the secret in {shown}: run `chmod 600 {shown}`")
        })
    }
    #[cfg(not(unix))]
    {
        let _ = (file, home);
        None
    }
}

#[cfg(test)]
mod tests {
    use fleetflow_core::ErrorKind;
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret as _;

    use super::*;

    struct Home {
        folder: tempfile::TempDir,
        variables: BTreeMap<&'static str, String>,
    }

    impl Home {
        fn new() -> Self {
            Self {
                folder: tempfile::tempdir().unwrap(),
                variables: BTreeMap::new(),
            }
        }

        fn with(mut self, name: &'static str, value: &str) -> Self {
            self.variables.insert(name, value.to_owned());
            self
        }

        fn file(self, path: &str, text: &str) -> Self {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        fn profile(self, name: &str) -> Self {
            let config = format!(
                r#"{{"AccessToken": "token-{name}", "AccessTokenSecret": "secret-{name}", "APIRootURL": "http://127.0.0.1:1", "Zone": "is1b"}}"#
            );
            self.file(&format!(".usacloud/{name}/config.json"), &config)
        }

        fn find(&self, profile: Option<&str>) -> Result<SakuraAccess> {
            let around =
                Surroundings::new(|name| self.variables.get(name).cloned(), Some(self.folder.path()));
            find(&around, profile)
        }

        fn token(&self, profile: Option<&str>) -> String {
            self.find(profile).unwrap().token.expose_secret().to_owned()
        }
    }

    #[test]
    fn a_named_profile_beats_variables_and_they_beat_the_current_one() {
        let home = Home::new()
            .profile("default")
            .profile("work")
            .profile("other")
            .file(".usacloud/current", "work\n");
        assert_eq!(home.token(None), "token-work");
        assert_eq!(home.token(Some("other")), "token-other");
        let home = home.with("USACLOUD_PROFILE", "other");
        assert_eq!(home.token(None), "token-other");
        let home = home
            .with("SAKURACLOUD_ACCESS_TOKEN", "variable")
            .with("SAKURACLOUD_ACCESS_TOKEN_SECRET", "s");
        assert_eq!(home.token(None), "variable");
        assert_eq!(home.token(Some("work")), "token-work");
    }

    #[test]
    fn the_root_of_the_api_may_be_overridden_by_profile_and_variable() {
        let home = Home::new().profile("default");
        assert_eq!(
            home.find(None).unwrap().root.as_deref(),
            Some("http://127.0.0.1:1")
        );
        let home = home.with("SAKURA_API_ROOT_URL", "http://127.0.0.1:2");
        assert_eq!(
            home.find(None).unwrap().root.as_deref(),
            Some("http://127.0.0.1:2")
        );
    }

    #[test]
    fn the_folder_of_profiles_may_be_named_or_its_parent() {
        let elsewhere = Home::new().profile("default");
        for folder in [
            elsewhere.folder.path().to_owned(),
            elsewhere.folder.path().join(".usacloud"),
        ] {
            let home = Home::new().with("SAKURACLOUD_PROFILE_DIR", &folder.display().to_string());
            assert_eq!(home.token(None), "token-default");
        }
    }

    #[test]
    fn an_error_names_everything_that_was_looked_at() {
        let error = Home::new().find(None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        for part in [
            "SAKURA_ACCESS_TOKEN",
            "SAKURACLOUD_ACCESS_TOKEN_SECRET",
            "~/.usacloud/default/config.json",
        ] {
            assert!(error.to_string().contains(part), "`{part}` is missing in {error}");
        }
        let error = Home::new().profile("work").find(Some("wrok")).unwrap_err();
        assert!(
            error.to_string().contains("~/.usacloud/wrok/config.json"),
            "{error}"
        );
        assert!(!error.to_string().contains("SAKURA_ACCESS_TOKEN "), "{error}");
    }

    #[test]
    fn half_a_key_is_an_error_and_not_a_reason_to_look_elsewhere() {
        let home = Home::new()
            .profile("default")
            .with("SAKURACLOUD_ACCESS_TOKEN", "x");
        let error = home.find(None).unwrap_err();
        assert!(
            error.to_string().contains("SAKURACLOUD_ACCESS_TOKEN_SECRET"),
            "{error}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_profile_that_others_can_read_is_worth_a_warning() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = Home::new().profile("default");
        let file = home.folder.path().join(".usacloud/default/config.json");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            home.find(None)
                .unwrap()
                .warning
                .unwrap()
                .contains("chmod 600 ~/.usacloud")
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(home.find(None).unwrap().warning, None);
    }
}
