//! A running sandbox: its addresses, and what a test may look at and change. The APIs themselves are elsewhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::frame::frame;
use crate::{
    Clock, Cloud, Error, Fault, Faults, InvalidFault, Options, RequestLog, Shared, Site, World, cloudflare,
    control, docker, sakura, serve,
};

/// Emulated clouds on loopback. Dropping it stops them; [`Sandbox::shutdown`] also waits until they have stopped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fleetflow_sandbox::Error> {
/// use fleetflow_sandbox::{Options, Sandbox};
///
/// let sandbox = Sandbox::start(Options::default()).await?;
/// assert!(sandbox.cloudflare_url().ends_with("/client/v4"));
/// sandbox.shutdown().await
/// # }
/// ```
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    docker: SocketAddr,
}

impl Sandbox {
    /// The account of the emulated Cloudflare.
    pub const CLOUDFLARE_ACCOUNT: &str = cloudflare::ACCOUNT;
    /// The token of the emulated Cloudflare that may do everything.
    pub const CLOUDFLARE_TOKEN: &str = cloudflare::TOKEN;

    /// Starts the emulated clouds on the current Tokio runtime.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let (port, docker_port) = (options.port, options.docker_port);
        let shared = Shared::open(options)?;
        let (listener, address) = bind(port).await?;
        let (docker_listener, docker) = bind(docker_port).await?;
        shared.sites.listens_on(address.port());
        cloudflare::end_with_the_sandbox(&shared);
        serve::listen(listener, clouds(&shared), &shared);
        let engine = frame(
            docker::engine_router(Arc::clone(&shared), docker::LOCAL.to_owned()),
            Arc::clone(&shared),
            Cloud::Docker,
            None,
        );
        serve::listen(docker_listener, engine, &shared);
        Ok(Self {
            shared,
            address,
            docker,
        })
    }

    /// The root of the emulated SAKURA Cloud: zones, then `/api/cloud/1.1`, follow it.
    pub fn sakura_root_url(&self) -> String {
        format!("http://{}/sakura", self.address)
    }

    /// The base of the emulated Cloudflare API.
    pub fn cloudflare_url(&self) -> String {
        format!("http://{}/client/v4", self.address)
    }

    /// The emulated local Docker Engine, in the form of `DOCKER_HOST`.
    pub fn docker_host(&self) -> String {
        format!("tcp://{}", self.docker)
    }

    /// Serves the emulated local Docker Engine on a Unix socket as well, until the sandbox stops.
    #[cfg(unix)]
    pub fn listen_on_unix(&self, path: &std::path::Path) -> Result<(), Error> {
        let engine = docker::engine_router(Arc::clone(&self.shared), docker::LOCAL.to_owned());
        let engine = frame(engine, Arc::clone(&self.shared), Cloud::Docker, None);
        docker::serve_unix(&self.shared, path, engine).map_err(|source| Error::Listen {
            address: path.display().to_string(),
            source,
        })
    }

    /// The base of the sandbox's own requests.
    pub fn control_url(&self) -> String {
        format!("http://{}/_sandbox", self.address)
    }

    /// Where to reach a server of the emulated world from this machine: the port on 127.0.0.1 that stands for port `port`
    /// of the server with this public address, which is 22 for SSH. Nothing if there is no such server.
    ///
    /// To be called within a Tokio runtime. Other processes ask `GET /_sandbox/ssh?address=A&port=22`.
    pub fn ssh_address(&self, address: &str, port: u16) -> Result<Option<SocketAddr>, Error> {
        self.shared.ssh_address(address, port)
    }

    /// What is deployed to the emulated Cloudflare and has an address here: Workers, sites, open buckets.
    ///
    /// Other processes ask `GET /_sandbox/cloudflare/sites`.
    pub fn sites(&self) -> Vec<Site> {
        cloudflare::sites(&self.shared)
    }

    /// The folder with the configuration and the code that workerd runs, while it runs.
    pub fn workerd_folder(&self) -> Option<std::path::PathBuf> {
        self.shared.sites.folder()
    }

    /// Tells when something was changed by a request.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.shared.changes.subscribe()
    }

    /// What Workers log from now on, line by line; what workerd complains about is among it.
    pub fn worker_output(&self) -> tokio::sync::broadcast::Receiver<String> {
        self.shared.sites.listen()
    }

    /// Delays every request by so much from now on, in real time.
    pub fn set_latency(&self, latency: std::time::Duration) {
        self.shared.set_latency(latency);
    }

    /// Variables that point other people's clients at this sandbox.
    ///
    /// Both spellings of SAKURA Cloud's are there, because clients prefer the shorter one and would otherwise use
    /// real credentials that happen to be set.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let sakura = &self.shared.sakura;
        let (root, cloudflare) = (self.sakura_root_url(), self.cloudflare_url());
        let mut variables = vec![
            // FleetFlow itself asks there for the SSH ports of emulated servers.
            ("FLEETFLOW_SANDBOX", format!("http://{}", self.address)),
            ("SAKURA_API_ROOT_URL", root.clone()),
            ("SAKURA_ACCESS_TOKEN", sakura.token.clone()),
            ("SAKURA_ACCESS_TOKEN_SECRET", sakura.secret.clone()),
            ("SAKURACLOUD_API_ROOT_URL", root),
            ("SAKURACLOUD_ACCESS_TOKEN", sakura.token.clone()),
            ("SAKURACLOUD_ACCESS_TOKEN_SECRET", sakura.secret.clone()),
            ("CLOUDFLARE_API_BASE_URL", cloudflare.clone()),
            ("CLOUDFLARE_BASE_URL", cloudflare),
            ("CLOUDFLARE_API_TOKEN", cloudflare::TOKEN.to_owned()),
            ("CLOUDFLARE_ACCOUNT_ID", cloudflare::ACCOUNT.to_owned()),
        ];
        variables.push(("DOCKER_HOST", self.docker_host()));
        variables
    }

    /// Sees to it that the emulated account has the zone `name`, as somebody adds one in the dashboard. One that is there stays as
    /// it is.
    pub fn have_zone(&self, name: &str) {
        let now = self.shared.clock.now();
        self.shared.world().cloudflare.have_zone(name, now);
    }

    /// A copy of the world.
    pub fn world(&self) -> World {
        self.shared.world().clone()
    }

    /// What users made, canonically: two worlds with the same things in them give the same JSON.
    pub fn inventory(&self) -> Value {
        self.shared.world().inventory()
    }

    /// What was asked so far.
    pub fn log(&self) -> RequestLog {
        self.shared.log.snapshot()
    }

    /// How many requests are being carried out now. What a dead client has sent may still take effect until none is.
    pub fn under_way(&self) -> u64 {
        self.shared.under_way.number()
    }

    /// Forgets what was asked so far.
    pub fn clear_log(&self) -> Result<(), Error> {
        self.shared.log.clear().map_err(|source| Error::WorldFile {
            action: "clear the request log of",
            path: "requests.jsonl".into(),
            source,
        })
    }

    /// The rules about requests that go wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Adds a rule about requests that go wrong.
    pub fn add_fault(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.shared.add_fault(fault)
    }

    /// The emulated world's time.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// What the routers share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Lets running requests finish, saves the world and closes everything.
    pub async fn shutdown(self) -> Result<(), Error> {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.shared.save()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.shared.close();
    }
}

async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), Error> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let failed = |source| Error::Listen {
        address: wanted.to_string(),
        source,
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Everything on the sandbox's main port.
fn clouds(shared: &Arc<Shared>) -> Router {
    let sakura = Router::new()
        .nest("/sakura", sakura::router(Arc::clone(shared)))
        .nest("/cloud/zone", sakura::router(Arc::clone(shared)));
    let cloudflare = Router::new().nest("/client/v4", cloudflare::router(Arc::clone(shared)));
    let clouds = control::router(shared)
        .merge(frame(sakura, Arc::clone(shared), Cloud::Sakura, None))
        .merge(frame(cloudflare, Arc::clone(shared), Cloud::Cloudflare, None));
    // Fallbacks see no layer of routes, so that the hosts of sites are looked at around all of them.
    clouds
        .fallback(|| async { http::StatusCode::NOT_FOUND })
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(shared),
            cloudflare::by_host,
        ))
}
