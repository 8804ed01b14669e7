//! How a sandbox is to be started. Everything has a default that suits a test.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Clock, Timings};

/// How a sandbox is to be started.
///
/// ```
/// use fleetflow_sandbox::{Options, Timings};
///
/// let options = Options { timings: Timings::INSTANT, ..Options::default() };
/// assert_eq!(options.port, 0);
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// The port of the HTTP APIs on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The port of the emulated local Docker Engine on 127.0.0.1; 0 takes any free one.
    pub docker_port: u16,
    /// The emulated world's time.
    pub clock: Clock,
    /// How long slow operations take.
    pub timings: Timings,
    /// A delay added to every request, in real time, whatever the clock is.
    pub latency: Duration,
    /// Where the world is kept. It is loaded from there if it exists and saved before any change is answered.
    pub world: Option<PathBuf>,
    /// A Docker Engine that runs somewhere, named as in `DOCKER_HOST`, for all servers to reach through SSH instead of
    /// an emulated engine each. Two servers see the same containers then.
    pub real_engine: Option<String>,
    /// Docker Engines that run somewhere, by the public address of the server whose engine each is: for swarms of real
    /// engines, which have to reach each other at these addresses.
    pub real_engines: BTreeMap<Ipv4Addr, String>,
    /// The program of workerd, to run what is deployed to the emulated Cloudflare. Without it everything works but code
    /// of Workers and functions of sites. It is started once somebody asks for a site with code.
    pub workerd: Option<PathBuf>,
    /// The API key of the emulated SAKURA Cloud.
    pub sakura: SakuraCredentials,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            docker_port: 0,
            clock: Clock::Wall,
            timings: Timings::default(),
            latency: Duration::ZERO,
            world: None,
            real_engine: None,
            real_engines: BTreeMap::new(),
            workerd: None,
            sakura: SakuraCredentials::default(),
        }
    }
}

/// The API key that the emulated SAKURA Cloud accepts. A dummy: it opens nothing outside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SakuraCredentials {
    /// The access token.
    pub token: String,
    /// The access token's secret.
    pub secret: String,
}

impl Default for SakuraCredentials {
    fn default() -> Self {
        Self {
            token: "sandbox".to_owned(),
            secret: "sandbox".to_owned(),
        }
    }
}
