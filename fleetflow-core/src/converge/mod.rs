//! The shell around the pure plan: observe the clouds, plan, apply. The only place where the parts meet.

mod apply;
mod calls;
mod concealed;
mod context;
mod cost;
mod event;
mod files;
mod journal;
mod observe;
mod permissions;
mod queue;
mod rollback;
mod rollout;
mod run;
mod session;
mod sight;
mod standing;
mod targets;
mod trace;
mod unclear;

pub use context::{Checkpoint, Context};
pub use event::{Event, Outcome, Report, Watcher};
pub use files::Uncompared;
pub use observe::Observation;
pub use run::exceeding;
pub use session::{Caller, Session};
pub use standing::{Health, Standing};

#[cfg(test)]
pub(crate) mod tests;
