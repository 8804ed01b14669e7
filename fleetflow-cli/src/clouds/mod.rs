//! The clients of a stage's clouds, real or emulated: credentials are found and tried before anything else happens.

mod deploy_key;
mod emulated;
mod served;

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use fleetflow_access::{KnownHosts, Needs, Surroundings, cloudflare, docker, keys, registries, sakura};
use fleetflow_core::cloudflare::Cloudflare;
use fleetflow_core::docker::{Engines, SshConfig, Translate};
use fleetflow_core::http::{HttpTransport, Traffic};
use fleetflow_core::model::{DockerSettings, Provider};
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::State;
use fleetflow_core::{Account, Clouds, Error, Result};

pub(crate) use emulated::{Emulated, leave};

use crate::invocation::Invocation;
use crate::site::Site;

/// Requests a second to emulated clouds, which have no others to serve.
const EMULATED_RATE: usize = 1000;

/// Whose the clouds are that a command works on, for headers and prompts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) sakura: Option<Account>,
    pub(crate) cloudflare: Option<Account>,
}

/// Whether a command may change anything: then a missing deploy key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Look,
    Change,
}

/// Clients that were let in.
pub(crate) struct Access {
    pub(crate) clouds: Clouds,
    pub(crate) accounts: Accounts,
    pub(crate) traffic: Arc<Traffic>,
    /// How long it takes until everybody sees what was done, where that is known: emulated clouds say so.
    pub(crate) settling: Option<Duration>,
}

/// Finds the credentials of every cloud that the stage needs, and tries them.
pub(crate) async fn connect(
    invocation: &Invocation,
    site: &Site,
    state: &State,
    emulated: Option<&Emulated>,
    purpose: Purpose,
) -> Result<Access> {
    let needs = Needs::of(&site.loaded.stack, state);
    let traffic = Arc::new(Traffic::default());
    let known_hosts = KnownHosts::read(&site.place.known_hosts())?;
    let connecting = Connecting {
        invocation,
        site,
        needs: &needs,
        state,
        emulated,
        traffic: &traffic,
        transport: OnceCell::new(),
    };
    let key = deploy_key::find(invocation, site, &needs, purpose).await?;
    let sakura = connecting.sakura(key.map(|key| key.public));
    let cloudflare = connecting.cloudflare();
    let engines = connecting.engines(&known_hosts);
    // What is wrong with one cloud is no reason to say nothing of the others.
    let roots = [root(&sakura), root(&cloudflare)];
    let clouds = with(Clouds::none(), sakura, Provider::SakuraCloud, Clouds::sakura);
    let clouds = with(clouds, cloudflare, Provider::Cloudflare, Clouds::cloudflare);
    let accounts = sign_in(&clouds).await;
    let errors = [accounts.as_ref().err(), engines.as_ref().err()];
    if let Some(error) = Error::together(errors.into_iter().flatten().cloned().collect()) {
        return Err(error);
    }
    let (accounts, engines) = (accounts?, engines?);
    let settling = match emulated {
        // What they made is seen by everybody at once.
        Some(_) => Some(Duration::ZERO),
        None => {
            let roots = roots.into_iter().flatten().collect();
            served::settling(invocation, || connecting.transport(), roots).await?
        }
    };
    Ok(Access {
        clouds: clouds.engines(engines),
        accounts,
        traffic,
        settling,
    })
}

/// The engines alone, for what signs in to no cloud.
pub(crate) fn engines(
    invocation: &Invocation,
    site: &Site,
    state: &State,
    emulated: Option<&Emulated>,
) -> Result<Engines> {
    let connecting = Connecting {
        invocation,
        site,
        needs: &Needs::of(&site.loaded.stack, state),
        state,
        emulated,
        traffic: &Arc::default(),
        transport: OnceCell::new(),
    };
    connecting.engines(&KnownHosts::read(&site.place.known_hosts())?)
}

/// The way to emulated servers of another process, where the environment names one.
pub(crate) fn served(invocation: &Invocation) -> Result<Option<Translate>> {
    served::translate(invocation, served::transport)
}

impl Accounts {
    /// Each account with the name of its provider.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &Account)> {
        let named = [("sakura-cloud", &self.sakura), ("cloudflare", &self.cloudflare)];
        named
            .into_iter()
            .filter_map(|(provider, account)| Some((provider, account.as_ref()?)))
    }
}

/// A client, where one is needed, and where its API is said to be.
type Client<C> = Result<Option<(C, Option<String>)>>;

fn root<C>(found: &Client<C>) -> Option<Option<String>> {
    let (_, root) = found.as_ref().ok()?.as_ref()?;
    Some(root.clone())
}

/// `clouds` with the client of `provider` that was found, or without it.
fn with<C>(clouds: Clouds, found: Client<C>, provider: Provider, add: fn(Clouds, C) -> Clouds) -> Clouds {
    match found {
        Ok(Some((client, _))) => add(clouds, client),
        Ok(None) => clouds,
        Err(why) => clouds.without(provider, why),
    }
}

async fn sign_in(clouds: &Clouds) -> Result<Accounts> {
    let mut known = Box::pin(clouds.accounts(|_| true)).await?;
    Ok(Accounts {
        sakura: known.remove(&Provider::SakuraCloud),
        cloudflare: known.remove(&Provider::Cloudflare),
    })
}

/// What the clients are made from.
struct Connecting<'c> {
    invocation: &'c Invocation,
    site: &'c Site,
    needs: &'c Needs,
    state: &'c State,
    emulated: Option<&'c Emulated>,
    traffic: &'c Arc<Traffic>,
    transport: OnceCell<HttpTransport>,
}

impl Connecting<'_> {
    /// What all clients share: to make it, the certificates of this machine are read.
    fn transport(&self) -> Result<HttpTransport> {
        if let Some(made) = self.transport.get() {
            return Ok(made.clone());
        }
        let made = served::transport()?;
        Ok(self.transport.get_or_init(|| made).clone())
    }

    fn sakura(&self, deploy_key: Option<String>) -> Client<Sakura> {
        if !self.needs.provider(Provider::SakuraCloud) {
            return Ok(None);
        }
        let around = self.surroundings();
        let access = sakura::find(&around, self.profile())?;
        if let Some(warning) = &access.warning {
            self.invocation.terminal.alert(&format!("warning: {warning}\n"));
        }
        tracing::debug!(source = %access.source, "credentials of SAKURA Cloud");
        let mut builder = Sakura::builder(access.token, access.secret)
            .sharing(&self.transport()?)
            .key_source(access.source)
            .traffic(Arc::clone(self.traffic));
        if self.emulated.is_some() {
            builder = builder.rate_limit(EMULATED_RATE);
        }
        if let Some(root) = &access.root {
            builder = builder.root(root);
        }
        if let Some(key) = deploy_key {
            builder = builder.deploy_key(key);
        }
        Ok(Some((builder.build()?, access.root)))
    }

    fn cloudflare(&self) -> Client<Cloudflare> {
        if !self.needs.provider(Provider::Cloudflare) {
            return Ok(None);
        }
        let stack = &self.site.loaded.stack;
        let settings = stack.provider_settings().cloudflare.as_ref();
        let settings = settings.filter(|_| self.emulated.is_none());
        let access = cloudflare::find(&self.surroundings(), settings, stack.secrets())?;
        let mut builder = Cloudflare::builder(access.credentials)
            .sharing(&self.transport()?)
            .traffic(Arc::clone(self.traffic));
        if let Some(account) = access.account {
            builder = builder.account(account);
        }
        if let Some(base) = &access.base {
            builder = builder.base(base);
        }
        Ok(Some((builder.build()?, access.base)))
    }

    fn engines(&self, known_hosts: &KnownHosts) -> Result<Engines> {
        let mut builder = Engines::builder()
            .traffic(Arc::clone(self.traffic))
            .host_keys(known_hosts.clone());
        for file in keys::named(&self.site.loaded.stack) {
            builder = builder.identity_file(file);
        }
        builder = builder.identity_file(self.site.place.deploy_key());
        let translate = match self.emulated {
            Some(emulated) => Some(emulated.translate()),
            None => served::translate(self.invocation, || self.transport())?,
        };
        if let Some(translate) = translate {
            builder = builder.translate(translate);
        } else {
            if let Some(agent) = self.invocation.edge.variable("SSH_AUTH_SOCK") {
                builder = builder.agent(agent);
            }
            if let Some(home) = &self.invocation.edge.home {
                builder = builder.ssh_config(SshConfig::of_home(home));
            }
        }
        let registries = registries::find(
            &self.surroundings(),
            self.docker_settings(),
            &self.site.loaded.stack,
            self.state,
        )?;
        for warning in &registries.warnings {
            self.invocation.terminal.alert(&format!("warning: {warning}\n"));
        }
        for (host, login) in registries.logins {
            builder = builder.registry(host, login);
        }
        if self.needs.local_engine {
            let engine = self.local_engine()?;
            builder = builder.local(engine.address);
            if let Some(tls) = engine.tls {
                builder = builder.local_tls(tls);
            }
        }
        let engines = builder.build();
        for (address, entry) in self.state.entries() {
            if let Some(id) = entry.id() {
                engines.recognise(address, id, entry.existing_outputs());
            }
        }
        Ok(engines)
    }

    fn local_engine(&self) -> Result<docker::LocalEngine> {
        let declared = self.docker_settings().and_then(|docker| docker.host.as_deref());
        docker::find(&self.surroundings(), declared)
    }

    /// What the file says of engines and registries; emulated ones ask nobody for a name.
    fn docker_settings(&self) -> Option<&DockerSettings> {
        let settings = self.site.loaded.stack.provider_settings().docker.as_ref();
        settings.filter(|_| self.emulated.is_none())
    }

    /// The profile that the command line or the file names; emulated clouds have none.
    fn profile(&self) -> Option<&str> {
        let settings = self.site.loaded.stack.provider_settings().sakura_cloud.as_ref();
        let option = self.invocation.options.profile.as_deref();
        option
            .or_else(|| settings.and_then(|sakura| sakura.profile.as_deref()))
            .filter(|_| self.emulated.is_none())
    }

    /// Where credentials are looked for: with emulated clouds nowhere but there, so that no real one is ever used.
    fn surroundings(&self) -> Surroundings<'_> {
        if let Some(emulated) = self.emulated {
            let variables = emulated.variables();
            return Surroundings::new(move |name| variables.get(name).cloned(), None);
        }
        let loaded = &self.site.loaded;
        let home = self.invocation.edge.home.as_deref();
        Surroundings::new(move |name| loaded.variable(name).map(str::to_owned), home)
    }
}
