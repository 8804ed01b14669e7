//! FleetFlow CLI.
