//! SSH endpoints of the emulated servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::Shared;

/// Where the SSH port of the server with this public address is to be found on this machine.
pub(crate) async fn endpoint(shared: &Arc<Shared>, address: Ipv4Addr) -> Option<SocketAddr> {
    let _ = (shared, address);
    None
}
