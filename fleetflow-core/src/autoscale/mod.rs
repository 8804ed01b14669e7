//! Horizontal scale: a pure policy that decides on a count of servers, and the loop that carries decisions out.

mod count;
mod policy;

pub(crate) use count::Scaling;
pub use policy::{Decision, Policy, Reason, Replica, Sample, decide};
