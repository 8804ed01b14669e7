//! Container engines: the connection to them, and a folder for each kind.

/// The container engines that a run can reach. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engines {}
