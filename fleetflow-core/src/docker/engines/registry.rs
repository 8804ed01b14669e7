//! Logins for registries of images, handed over by the caller. It reads no configuration.

use std::collections::{BTreeMap, HashMap};

use bollard::auth::DockerCredentials;
use secrecy::{ExposeSecret as _, SecretString};

/// How to log in to a registry.
#[derive(Clone, Debug)]
pub enum RegistryLogin {
    /// With a name and a password.
    Password {
        /// The name.
        user: String,
        /// The password, or an access token that stands for it.
        password: SecretString,
    },
    /// With a token that the registry gave out for a login.
    IdentityToken(SecretString),
}

/// The registry that images without one are from.
pub(super) const HUB: &str = "docker.io";

/// Logins by the registry's host and port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registries(pub(super) BTreeMap<String, RegistryLogin>);

impl Registries {
    /// The login for the registry of `image`.
    pub(crate) fn for_image(&self, image: &str) -> Option<DockerCredentials> {
        let registry = registry_of(image);
        self.0.get(registry).map(|login| login.credentials(registry))
    }

    /// What nobody may read of them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.0.values().map(|login| match login {
            RegistryLogin::Password { password: secret, .. } | RegistryLogin::IdentityToken(secret) => secret,
        })
    }

    /// What to do where the registry of `image` does not hand it out.
    pub(crate) fn advice(&self, image: &str) -> String {
        let registry = registry_of(image);
        match self.0.get(registry) {
            None => "check the image's name and tag; a private registry needs credentials, as `docker login` stores them"
                .to_owned(),
            Some(login) => format!(
                "check the image's name and tag, and the login for {registry}{}: registries tell a wrong password and a \
                 missing image in the same way",
                login.named()
            ),
        }
    }

    /// All logins, for a build that may begin with any image.
    pub(crate) fn all(&self) -> Option<HashMap<String, DockerCredentials>> {
        let all = self
            .0
            .iter()
            .map(|(registry, login)| (config_key(registry).to_owned(), login.credentials(registry)));
        (!self.0.is_empty()).then(|| all.collect())
    }
}

impl RegistryLogin {
    /// ` as USER`, where a user is known.
    fn named(&self) -> String {
        match self {
            Self::Password { user, .. } => format!(" as `{user}`"),
            Self::IdentityToken(_) => String::new(),
        }
    }

    fn credentials(&self, registry: &str) -> DockerCredentials {
        let empty = DockerCredentials {
            serveraddress: Some(config_key(registry).to_owned()),
            ..DockerCredentials::default()
        };
        match self {
            Self::Password { user, password } => DockerCredentials {
                username: Some(user.clone()),
                password: Some(password.expose_secret().to_owned()),
                ..empty
            },
            Self::IdentityToken(token) => DockerCredentials {
                identitytoken: Some(token.expose_secret().to_owned()),
                ..empty
            },
        }
    }
}

/// The host of the registry that `image` is pulled from; `docker.io` is the hub.
///
/// The first part of an image's name is a registry when it has a dot or a port, or is `localhost`.
pub fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => HUB,
    }
}

/// Engines know the hub's logins under an address of its own.
fn config_key(registry: &str) -> &str {
    match registry {
        HUB => "https://index.docker.io/v1/",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_for_one_registry_only() {
        let login = |user: &str| RegistryLogin::Password {
            user: user.to_owned(),
            password: "pw".into(),
        };
        let registries = Registries(BTreeMap::from([
            (HUB.to_owned(), login("hub")),
            ("ghcr.io".to_owned(), login("ghcr")),
            ("localhost:5000".to_owned(), login("local")),
        ]));
        let user = |image| registries.for_image(image).and_then(|found| found.username);
        assert_eq!(user("nginx:1").as_deref(), Some("hub"));
        assert_eq!(user("acme/app").as_deref(), Some("hub"));
        assert_eq!(user("ghcr.io/acme/app:1").as_deref(), Some("ghcr"));
        assert_eq!(user("localhost:5000/app").as_deref(), Some("local"));
        assert_eq!(user("quay.io/acme/app"), None);
        assert!(!format!("{registries:?}").contains("pw\""));
    }
}
