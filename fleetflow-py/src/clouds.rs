//! The clients of clouds, as objects of Python. Each is made once and shared by every run that is given it, so that they
//! keep one pace together; a forked process makes its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use fleetflow_core::cloudflare::{self, Credentials};
use fleetflow_core::model::Provider;
use fleetflow_core::{Clouds, Error, ErrorKind, Result, docker, sakura};
use futures::FutureExt as _;
use pyo3::prelude::*;
use secrecy::SecretString;

use crate::sandbox::Sandbox;

/// A client that belongs to the process that made it.
struct PerProcess<C>(Mutex<Option<(u32, C)>>);

impl<C: Clone> PerProcess<C> {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn get(&self, make: impl FnOnce() -> Result<C>) -> Result<C> {
        let process = std::process::id();
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match made.as_ref() {
            Some((owner, client)) if *owner == process => Ok(client.clone()),
            _ => make().inspect(|client| *made = Some((process, client.clone()))),
        }
    }
}

/// A client of SAKURA Cloud.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Sakura {
    token: SecretString,
    secret: SecretString,
    root: Option<String>,
    deploy_key: Option<String>,
    client: PerProcess<sakura::Sakura>,
}

#[pymethods]
impl Sakura {
    #[new]
    fn new(token: String, secret: String, root: Option<String>, deploy_key: Option<String>) -> Self {
        Self {
            token: token.into(),
            secret: secret.into(),
            root,
            deploy_key,
            client: PerProcess::new(),
        }
    }
}

impl Sakura {
    fn client(&self) -> Result<sakura::Sakura> {
        self.client.get(|| {
            let mut builder = sakura::Sakura::builder(self.token.clone(), self.secret.clone());
            if let Some(root) = &self.root {
                builder = builder.root(root);
            }
            if let Some(key) = &self.deploy_key {
                builder = builder.deploy_key(key);
            }
            builder.build()
        })
    }
}

/// A client of Cloudflare.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Cloudflare {
    credentials: Credentials,
    base: Option<String>,
    account: Option<String>,
    client: PerProcess<cloudflare::Cloudflare>,
}

#[pymethods]
impl Cloudflare {
    /// With a token alone, or with a user's email address and key.
    #[new]
    fn new(secret: String, email: Option<String>, base: Option<String>, account: Option<String>) -> Self {
        let credentials = match email {
            None => Credentials::Token(secret.into()),
            Some(email) => Credentials::Key {
                email,
                key: secret.into(),
            },
        };
        Self {
            credentials,
            base,
            account,
            client: PerProcess::new(),
        }
    }
}

impl Cloudflare {
    fn client(&self) -> Result<cloudflare::Cloudflare> {
        self.client.get(|| {
            let mut builder = cloudflare::Cloudflare::builder(self.credentials.clone());
            if let Some(base) = &self.base {
                builder = builder.base(base);
            }
            if let Some(account) = &self.account {
                builder = builder.account(account);
            }
            builder.build()
        })
    }
}

/// Container engines: the local one, and those of servers over SSH.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Engines {
    local: Option<String>,
    identities: Vec<SecretString>,
    identity_files: Vec<PathBuf>,
    agent: Option<PathBuf>,
    sandbox: Option<Py<Sandbox>>,
    client: PerProcess<docker::Engines>,
}

#[pymethods]
impl Engines {
    /// With a sandbox, servers are reached where it emulates them.
    #[new]
    fn new(
        local: Option<String>,
        identities: Vec<String>,
        identity_files: Vec<PathBuf>,
        agent: Option<PathBuf>,
        sandbox: Option<Py<Sandbox>>,
    ) -> Self {
        Self {
            local,
            identities: identities.into_iter().map(SecretString::from).collect(),
            identity_files,
            agent,
            sandbox,
            client: PerProcess::new(),
        }
    }
}

impl Engines {
    fn client(&self) -> Result<docker::Engines> {
        self.client.get(|| {
            let mut builder = docker::Engines::builder();
            if let Some(local) = &self.local {
                builder = builder.local(local);
            }
            if let Some(agent) = &self.agent {
                builder = builder.agent(agent);
            }
            for identity in &self.identities {
                builder = builder.identity(identity.clone());
            }
            for file in &self.identity_files {
                builder = builder.identity_file(file);
            }
            if let Some(sandbox) = &self.sandbox {
                builder = builder.translate(emulated(sandbox.get()));
            }
            Ok(builder.build())
        })
    }
}

/// The way to the servers of `sandbox`.
fn emulated(sandbox: &Sandbox) -> docker::Translate {
    let world = sandbox.world();
    Arc::new(move |address, port| {
        let found = world.ssh_address(address, port);
        async move { found }.boxed()
    })
}

/// The clients among what Python handed over; `missing` says why a provider has none.
pub(crate) fn clouds(
    sakura: Option<&Sakura>,
    cloudflare: Option<&Cloudflare>,
    engines: Option<&Engines>,
    missing: Vec<(String, String, String)>,
) -> Result<Clouds> {
    let mut clouds = Clouds::none();
    if let Some(sakura) = sakura {
        clouds = clouds.sakura(sakura.client()?);
    }
    if let Some(cloudflare) = cloudflare {
        clouds = clouds.cloudflare(cloudflare.client()?);
    }
    if let Some(engines) = engines {
        clouds = clouds.engines(engines.client()?);
    }
    let providers = [Provider::SakuraCloud, Provider::Cloudflare, Provider::Docker];
    for (name, message, help) in missing {
        if let Some(provider) = providers.into_iter().find(|provider| provider.name() == name) {
            clouds = clouds.without(provider, Error::new(ErrorKind::Unauthorized, message).help(help));
        }
    }
    Ok(clouds)
}
