//! What [`Engines`] are made of. It opens no connection.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;

use super::host_keys::PinnedForThisRun;
use super::recognition::Recognition;
use super::{
    Access, Counters, EngineTls, Engines, HostKeys, Inner, Registries, RegistryLogin, SshConfig, Translate,
};
use crate::http::Traffic;

/// What fails at its start mostly does so within this time.
const PROBATION: Duration = Duration::from_millis(1500);
/// How long the engine may take for an answer to begin: a container may take its time to stop.
const ANSWER: Duration = Duration::from_mins(15);

/// Describes [`Engines`].
#[derive(Default)]
pub struct EnginesBuilder {
    local: Option<String>,
    local_tls: Option<EngineTls>,
    identities: Vec<SecretString>,
    identity_files: Vec<PathBuf>,
    agent: Option<PathBuf>,
    host_keys: Option<Arc<dyn HostKeys>>,
    translate: Option<Translate>,
    config: Option<SshConfig>,
    traffic: Arc<Traffic>,
    probation: Option<Duration>,
    answer_within: Option<Duration>,
    registries: Registries,
}

impl EnginesBuilder {
    /// With the local engine at `address`: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` or `ssh://USER@HOST`.
    #[must_use]
    pub fn local(mut self, address: impl Into<String>) -> Self {
        self.local = Some(address.into());
        self
    }

    /// With TLS to the local engine, which is reached at a `tcp://` address.
    #[must_use]
    pub fn local_tls(mut self, tls: EngineTls) -> Self {
        self.local_tls = Some(tls);
        self
    }

    /// With a private key in OpenSSH's format, to log in to servers. Keys are tried in the order they are given.
    #[must_use]
    pub fn identity(mut self, private_key: SecretString) -> Self {
        self.identities.push(private_key);
        self
    }

    /// With a file that holds a private key; it is read when a server is connected to. One that is not there is passed
    /// over.
    #[must_use]
    pub fn identity_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.identity_files.push(path.into());
        self
    }

    /// With the socket of an SSH agent, whose keys are tried first.
    #[must_use]
    pub fn agent(mut self, socket: impl Into<PathBuf>) -> Self {
        self.agent = Some(socket.into());
        self
    }

    /// With a memory for the keys of servers. Without it, keys are believed on first sight and forgotten after the run.
    #[must_use]
    pub fn host_keys(mut self, host_keys: impl HostKeys + 'static) -> Self {
        self.host_keys = Some(Arc::new(host_keys));
        self
    }

    /// With another way to servers than their own addresses: a tunnel, or an emulation of them on this machine.
    #[must_use]
    pub fn translate(mut self, translate: Translate) -> Self {
        self.translate = Some(translate);
        self
    }

    /// With the settings of OpenSSH's client, which say which keys open a server and which hosts lead to it. Nothing is
    /// asked of them where [`translate`](Self::translate) knows another way.
    #[must_use]
    pub fn ssh_config(mut self, config: SshConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// With a counter of requests that other clients share.
    #[must_use]
    pub fn traffic(mut self, traffic: Arc<Traffic>) -> Self {
        self.traffic = traffic;
        self
    }

    /// With the time that a container without a health check has to run until it counts as working; 1.5 s without it.
    #[must_use]
    pub fn probation(mut self, time: Duration) -> Self {
        self.probation = Some(time);
        self
    }

    /// With another time that an answer may take to begin; 15 minutes without it, as containers may take theirs to stop.
    #[must_use]
    pub fn answer_within(mut self, time: Duration) -> Self {
        self.answer_within = Some(time);
        self
    }

    /// With a login for the registry at `host`, which may have a port; `docker.io` is the hub.
    #[must_use]
    pub fn registry(mut self, host: impl Into<String>, login: RegistryLogin) -> Self {
        self.registries.0.insert(host.into(), login);
        self
    }

    /// The engines.
    pub fn build(self) -> Engines {
        let host_keys = self
            .host_keys
            .unwrap_or_else(|| Arc::new(PinnedForThisRun::default()));
        let counters = Counters {
            traffic: self.traffic,
            ..Counters::default()
        };
        counters.veil.hide(self.registries.secrets());
        Engines(Arc::new(Inner {
            local: self.local,
            local_tls: self.local_tls,
            access: Arc::new(Access {
                identities: self.identities,
                identity_files: self.identity_files,
                agent: self.agent,
                host_keys,
                translate: self.translate,
                config: self.config,
                recognition: Recognition::default(),
                hops: Mutex::default(),
            }),
            counters,
            probation: self.probation.unwrap_or(PROBATION),
            answer_within: self.answer_within.unwrap_or(ANSWER),
            registries: self.registries,
            engines: Mutex::new(BTreeMap::new()),
            building: Mutex::new(BTreeMap::new()),
        }))
    }
}

impl std::fmt::Debug for EnginesBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnginesBuilder")
            .field("local", &self.local)
            .field("identity_files", &self.identity_files)
            .finish_non_exhaustive()
    }
}
