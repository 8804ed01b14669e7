//! The doorway of every request: who asks, how often, and what they may do. Products only name the permission they need.

mod identity;
mod limit;
mod need;
mod pass;

pub(super) use identity::{Caller, Identity};
pub(super) use limit::{Limits, Windows};
pub(super) use need::Need;
pub(super) use pass::pass;
