//! FleetFlow kdl.
