//! The clients of clouds, as objects of Python. Each is made once and shared by every run that is given it, so that they
//! keep one pace together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use fleetflow_access::{self as access, KnownHosts, Needs, Surroundings};
use fleetflow_core::cloudflare::{self, Credentials};
use fleetflow_core::model::Provider;
use fleetflow_core::state::{State, Store};
use fleetflow_core::{Clouds, Error, ErrorKind, Result, Stack, docker, sakura};
use futures::FutureExt as _;
use pyo3::prelude::*;
use secrecy::SecretString;

use crate::failure::raise;
use crate::runtime;
use crate::sandbox::Sandbox;

/// Clients of one cloud, by what sets them apart.
struct Clients<K, C>(Mutex<BTreeMap<K, C>>);

impl<K: Ord, C: Clone> Clients<K, C> {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    fn get(&self, key: K, make: impl FnOnce(&K) -> Result<C>) -> Result<C> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&key) {
            return Ok(client.clone());
        }
        let client = make(&key)?;
        made.insert(key, client.clone());
        Ok(client)
    }
}

/// Variables and home folder, as Python hands them over.
fn around<'a>(variables: &'a BTreeMap<String, String>, home: Option<&'a Path>) -> Surroundings<'a> {
    Surroundings::new(|name| variables.get(name).cloned(), home)
}

/// A client of SAKURA Cloud.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Sakura {
    token: SecretString,
    secret: SecretString,
    root: Option<String>,
    /// By the key that is put on servers which declare none.
    clients: Clients<Option<String>, sakura::Sakura>,
}

#[pymethods]
impl Sakura {
    #[new]
    fn new(token: String, secret: String, root: Option<String>) -> Self {
        Self {
            token: token.into(),
            secret: secret.into(),
            root,
            clients: Clients::new(),
        }
    }

    /// With the credentials found in variables or in a usacloud profile; and what is worth a warning.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "Python's values become ours")]
    fn found(
        py: Python<'_>,
        variables: BTreeMap<String, String>,
        home: Option<PathBuf>,
        profile: Option<String>,
        root: Option<String>,
    ) -> PyResult<(Self, Option<String>)> {
        let access = access::sakura::find(&around(&variables, home.as_deref()), profile.as_deref())
            .map_err(|error| raise(py, &error))?;
        let sakura = Self {
            token: access.token,
            secret: access.secret,
            root: root.or(access.root),
            clients: Clients::new(),
        };
        Ok((sakura, access.warning))
    }
}

impl Sakura {
    fn client(&self, deploy_key: Option<String>) -> Result<sakura::Sakura> {
        self.clients.get(deploy_key, |deploy_key| {
            let mut builder = sakura::Sakura::builder(self.token.clone(), self.secret.clone());
            if let Some(root) = &self.root {
                builder = builder.root(root);
            }
            if let Some(key) = deploy_key {
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
    clients: Clients<(), cloudflare::Cloudflare>,
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
            clients: Clients::new(),
        }
    }

    /// With the credentials found in variables.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "Python's values become ours")]
    fn found(
        py: Python<'_>,
        variables: BTreeMap<String, String>,
        base: Option<String>,
        account: Option<String>,
    ) -> PyResult<Self> {
        let access = access::cloudflare::find(&around(&variables, None), None, &BTreeMap::new())
            .map_err(|error| raise(py, &error))?;
        Ok(Self {
            credentials: access.credentials,
            base: base.or(access.base),
            account: account.or(access.account),
            clients: Clients::new(),
        })
    }
}

impl Cloudflare {
    fn client(&self) -> Result<cloudflare::Cloudflare> {
        self.clients.get((), |()| {
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
    local: Option<access::docker::LocalEngine>,
    /// Why there is no local one.
    no_local: Option<Error>,
    identities: Vec<SecretString>,
    identity_files: Vec<PathBuf>,
    agent: Option<PathBuf>,
    /// Whose settings of SSH count.
    home: Option<PathBuf>,
    sandbox: Option<Py<Sandbox>>,
    /// Where logins for registries are looked for.
    variables: BTreeMap<String, String>,
    /// By the folder with a stage's keys, the files that the stage names, and the registries that there are logins for.
    clients: Clients<(PathBuf, Vec<PathBuf>, Vec<String>), docker::Engines>,
}

#[pymethods]
impl Engines {
    /// The local engine is `local`, or the one that the docker command would use. With a sandbox, servers are reached
    /// where it emulates them.
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "Python's values become ours")]
    fn new(
        local: Option<String>,
        variables: BTreeMap<String, String>,
        home: Option<PathBuf>,
        identities: Vec<String>,
        identity_files: Vec<PathBuf>,
        agent: Option<PathBuf>,
        sandbox: Option<Py<Sandbox>>,
    ) -> Self {
        let found = access::docker::find(&around(&variables, home.as_deref()), local.as_deref());
        Self {
            local: found.as_ref().ok().cloned(),
            no_local: found.err(),
            identities: identities.into_iter().map(SecretString::from).collect(),
            identity_files,
            agent,
            home,
            sandbox,
            variables,
            clients: Clients::new(),
        }
    }
}

impl Engines {
    /// Whether servers are emulated, and with them all clouds.
    pub(crate) fn are_emulated(&self) -> bool {
        self.sandbox.is_some()
    }

    fn client(&self, stack: &Stack, keys: &Path) -> Result<docker::Engines> {
        let files = access::keys::named(stack);
        let logins = self.logins(stack)?;
        let hosts = logins.keys().cloned().collect();
        self.clients
            .get((keys.to_owned(), files, hosts), |(keys, files, _)| {
                let known_hosts = KnownHosts::read(&keys.join("known_hosts"))?;
                let mut builder = docker::Engines::builder().host_keys(known_hosts);
                if let Some(local) = &self.local {
                    builder = builder.local(&local.address);
                    if let Some(tls) = &local.tls {
                        builder = builder.local_tls(tls.clone());
                    }
                }
                if let Some(agent) = &self.agent {
                    builder = builder.agent(agent);
                }
                for (host, login) in logins {
                    builder = builder.registry(host, login);
                }
                for identity in &self.identities {
                    builder = builder.identity(identity.clone());
                }
                let own = keys.join(access::keys::DEPLOY_KEY);
                for file in self.identity_files.iter().chain(files).chain([&own]) {
                    builder = builder.identity_file(file);
                }
                if let Some(sandbox) = &self.sandbox {
                    builder = builder.translate(emulated(sandbox.get()));
                } else if let Some(home) = &self.home {
                    builder = builder.ssh_config(docker::SshConfig::of_home(home));
                }
                Ok(builder.build())
            })
    }
}

impl Engines {
    /// The logins for registries that `stack` declares, and those of the docker command; emulated engines ask for none.
    fn logins(&self, stack: &Stack) -> Result<BTreeMap<String, docker::RegistryLogin>> {
        if self.are_emulated() {
            return Ok(BTreeMap::new());
        }
        let settings = stack.provider_settings().docker.as_ref();
        let around = around(&self.variables, self.home.as_deref());
        let found = access::registries::find(&around, settings, stack, &State::default())?;
        for text in &found.warnings {
            warn(text).map_err(|error| Error::new(ErrorKind::Unauthorized, format!("{text} ({error})")))?;
        }
        Ok(found.logins)
    }
}

/// Tells what is worth a warning as Python tells it; an error where its filters make one of it.
fn warn(text: &str) -> PyResult<()> {
    let text = std::ffi::CString::new(text)?;
    Python::attach(|py| PyErr::warn(py, &py.get_type::<pyo3::exceptions::PyUserWarning>(), &text, 1))
}

/// The way to the servers of `sandbox`.
fn emulated(sandbox: &Sandbox) -> docker::Translate {
    let world = sandbox.world();
    Arc::new(move |address, port| {
        let found = world.ssh_address(address, port);
        async move { found }.boxed()
    })
}

/// What Python hands over to reach the clouds with.
pub(crate) struct Given<'g> {
    pub(crate) sakura: Option<&'g Sakura>,
    pub(crate) cloudflare: Option<&'g Cloudflare>,
    pub(crate) engines: Option<&'g Engines>,
    /// Why a provider has no client: its name, a message, advice.
    pub(crate) missing: Vec<(String, String, String)>,
    /// The folder with the stage's keys.
    pub(crate) keys: &'g Path,
}

/// The clients that `stack` is run with. A key is made where one is needed for a
/// change and there is none.
pub(crate) fn clouds(given: Given<'_>, stack: &Stack, store: &dyn Store, changes: bool) -> Result<Clouds> {
    let needs = Needs::of(stack, &State::default());
    let mut clouds = Clouds::none();
    if let Some(sakura) = given.sakura {
        let key = deploy_key(given.keys, stack, store, (needs.deploy_key, changes))?;
        clouds = clouds.sakura(sakura.client(key)?);
    }
    if let Some(cloudflare) = given.cloudflare {
        clouds = clouds.cloudflare(cloudflare.client()?);
    }
    if let Some(engines) = given.engines {
        match &engines.no_local {
            Some(why) if needs.local_engine => clouds = clouds.without(Provider::Docker, why.clone()),
            _ => {
                clouds = clouds.engines(engines.client(stack, given.keys)?);
            }
        }
    }
    let providers = [Provider::SakuraCloud, Provider::Cloudflare, Provider::Docker];
    for (name, message, help) in given.missing {
        if let Some(provider) = providers.into_iter().find(|provider| provider.name() == name) {
            clouds = clouds.without(provider, Error::new(ErrorKind::Unauthorized, message).help(help));
        }
    }
    Ok(clouds)
}

/// The public half of the stage's own key: of this machine, else kept with the state, else made for a change.
fn deploy_key(
    keys: &Path,
    stack: &Stack,
    store: &dyn Store,
    (needed, changes): (bool, bool),
) -> Result<Option<String>> {
    let file = keys.join(access::keys::DEPLOY_KEY);
    let search = access::keys::Search {
        file: &file,
        stack,
        needed,
        changes,
        // Python made it with the place of the state.
        make_folder: &|| Ok(()),
    };
    let found = runtime::handle()?.block_on(search.find(store))?;
    if found.is_elsewhere {
        let text = format!(
            "servers of {} / {} let in a key that this machine does not have; copy {} from the machine that made them, or \
             keep the state in a bucket with `encrypt=`, and run there once",
            stack.project(),
            stack.stage(),
            file.display()
        );
        warn(&text).map_err(|error| Error::new(ErrorKind::Local, error.to_string()))?;
    }
    Ok(found.key.map(|key| key.public))
}
