//! SSH endpoints of the emulated servers.
