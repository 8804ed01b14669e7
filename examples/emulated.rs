//! The emulated clouds in this process, and the clients that reach them: for trying a stack out without an account.

use std::sync::Arc;
use std::time::Duration;

use fleetflow_core::cloudflare::{Cloudflare, Credentials};
use fleetflow_core::converge::{Caller, Session};
use fleetflow_core::docker::{Engines, KeyPair};
use fleetflow_core::http::HttpTransport;
use fleetflow_core::sakura::Sakura;
use fleetflow_core::state::{MemoryStore, Store};
use fleetflow_core::{Clouds, Error, ErrorKind, Result};
use fleetflow_sandbox::{Options, SakuraCredentials, Sandbox};

/// Emulated clouds with a key to the servers in them.
#[derive(Clone)]
pub struct Emulated {
    sandbox: Arc<Sandbox>,
    manners: Manners,
}

/// How emulated clouds are reached. To be shared by many of them: to make a transport takes longer than many a run.
#[derive(Clone)]
pub struct Manners {
    /// The key to servers.
    pub key: KeyPair,
    transport: HttpTransport,
    answer_within: Duration,
}

/// How long an answer may take.
const ANSWER: Duration = Duration::from_mins(2);

impl Manners {
    /// With clients that wait so long for an answer.
    pub fn answer_within(time: Duration) -> Result<Self> {
        Ok(Self {
            key: KeyPair::generate("an example")?,
            transport: HttpTransport::new("fleetflow-examples", time)?,
            answer_within: time,
        })
    }
}

impl Emulated {
    /// Starts them.
    pub async fn start() -> Result<Self> {
        Self::with(Options::default()).await
    }

    /// Starts them with `options`.
    pub async fn with(options: Options) -> Result<Self> {
        Self::reached(options, Manners::answer_within(ANSWER)?).await
    }

    /// Starts them with `options`, to be reached as `manners` say.
    pub async fn reached(options: Options, manners: Manners) -> Result<Self> {
        let sandbox = Arc::new(Sandbox::start(options).await.map_err(local)?);
        Ok(Self { sandbox, manners })
    }

    /// The emulated world itself.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Clients of everything in it.
    pub fn clouds(&self) -> Result<Clouds> {
        let transport = self.manners.transport.clone();
        let SakuraCredentials { token, secret } = SakuraCredentials::default();
        let sakura = Sakura::builder(token.into(), secret.into())
            .root(self.sandbox.sakura_root_url())
            .deploy_key(self.manners.key.public())
            // Nobody else is served here.
            .rate_limit(1000)
            .transport(transport.clone())
            .build()?;
        let cloudflare = Cloudflare::builder(Credentials::Token(Sandbox::CLOUDFLARE_TOKEN.into()))
            .base(self.sandbox.cloudflare_url())
            .account(Sandbox::CLOUDFLARE_ACCOUNT)
            .transport(transport)
            .build()?;
        let sandbox = Arc::clone(&self.sandbox);
        let engines = Engines::builder()
            .local(self.sandbox.docker_host())
            .identity(self.manners.key.private().clone())
            // What fails here fails at once.
            .probation(Duration::from_millis(50))
            .answer_within(self.manners.answer_within)
            // An emulated server has no address of its own, but a port on this machine.
            .translate(Arc::new(move |host, port| {
                let found = sandbox.ssh_address(host, port);
                let there = (host.to_owned(), port);
                Box::pin(async move {
                    let found = found.map_err(local)?;
                    Ok(found.map_or(there, |address| (address.ip().to_string(), address.port())))
                })
            }))
            .build();
        Ok(Clouds::none()
            .sakura(sakura)
            .cloudflare(cloudflare)
            .engines(engines))
    }

    /// A session with a state that is lost with the process.
    pub fn session(&self) -> Result<Session> {
        self.session_on(Arc::new(MemoryStore::new()))
    }

    /// A session with new clients, as a new process has them, and the state that `store` keeps.
    pub fn session_on(&self, store: Arc<dyn Store>) -> Result<Session> {
        let caller = Caller::new("an example", || jiff::Timestamp::now().to_string());
        // What was made is seen at once here: nothing has to be waited for after a lost answer.
        Ok(Session::sharing(self.clouds()?, store, caller).settle(Duration::ZERO))
    }
}

fn local(error: fleetflow_sandbox::Error) -> Error {
    Error::new(ErrorKind::Local, error.to_string()).source(error)
}
