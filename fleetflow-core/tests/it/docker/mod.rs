//! Whole stacks on container engines: the same scenarios on the emulated engine and on a real one.

mod bench;
mod calls;
mod drift;
mod gaps;
mod interrupted;
mod life;
mod looking_in;
mod machines;
mod registry;
mod releases;
mod rollouts;
mod servers;
mod swarm;
mod swarm_inside;
mod unix_socket;
mod ways;

/// A test of each name on the emulated engine, and one on a real engine where there is one.
macro_rules! on_both_engines {
    ($($scenario:ident),* $(,)?) => {
        mod emulated {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                super::$scenario(&crate::docker::bench::Bench::emulated(stringify!($scenario)).await).await;
            })*
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() {
                if let Some(bench) = crate::docker::bench::Bench::real(stringify!($scenario)).await {
                    super::$scenario(&bench).await;
                }
            })*
        }
    };
}
use on_both_engines;
