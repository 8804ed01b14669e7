//! Horizontal scale: a pure policy that decides on a count of servers, and the loop that carries decisions out.

mod count;
mod hand;
mod judge;
mod loads;
mod meter;
mod policy;
mod tick;
mod watch;

pub(crate) use count::Scaling;
pub use judge::Judgement;
pub(crate) use judge::now;
pub use policy::{Decision, Policy, Reason, Replica, Sample, decide};
pub use watch::{WatchEvent, WatchOptions};

#[cfg(test)]
mod tests;
