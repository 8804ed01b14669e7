//! Public addresses of the shared segment: taken from the networks that documents use, so that none is anybody's.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::interface::Link;
use super::refusal::{Outcome, refuse};
use super::rows::Rows;

/// The networks, in the order they are used.
const NETWORKS: [[u8; 3]; 3] = [[203, 0, 113], [198, 51, 100], [192, 0, 2]];

/// The lowest address that no interface has, in any zone. The first of each network is its gateway.
pub(super) fn lowest_free(rows: &Rows) -> Outcome<Ipv4Addr> {
    let taken: BTreeSet<Ipv4Addr> = rows
        .interfaces
        .values()
        .filter_map(|interface| match interface.link {
            Link::Shared(address) => Some(address),
            _ => None,
        })
        .collect();
    NETWORKS
        .iter()
        .flat_map(|[a, b, c]| (2..=254).map(|d| Ipv4Addr::new(*a, *b, *c, d)))
        .find(|address| !taken.contains(address))
        .map_or_else(|| refuse("run_out_of_ipaddress"), Ok)
}

/// The shared segment as it stands inside an interface.
pub(super) fn shared_switch_view(address: Ipv4Addr) -> Value {
    let [a, b, c, _] = address.octets();
    let gateway = Ipv4Addr::new(a, b, c, 1);
    json!({
        "ID": 112_000_000_000_u64 + u64::from(a),
        "Name": "スイッチ",
        "Scope": "shared",
        "Subnet": {
            "ID": null,
            "NetworkAddress": Ipv4Addr::new(a, b, c, 0),
            "NetworkMaskLen": 24,
            "DefaultRoute": gateway,
            "Internet": { "BandWidthMbps": 100 },
        },
        "UserSubnet": { "DefaultRoute": gateway, "NetworkMaskLen": 24 },
    })
}
