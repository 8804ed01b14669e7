//! FleetFlow core.
