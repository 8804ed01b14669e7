//! Connections to container engines: the local one, and those of servers through SSH.

/// The container engines that a run can reach. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engines {}
