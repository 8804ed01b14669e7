//! An IPv4 subnet of a network, and the pools from which engines take one. It knows no network row.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// An IPv4 subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::docker) struct Subnet {
    base: u32,
    prefix: u8,
}

impl Subnet {
    /// Reads `a.b.c.d/n`.
    pub(in crate::docker) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok().filter(|prefix| (8..=30).contains(prefix))?;
        let base = u32::from(address) & mask(prefix);
        Some(Self { base, prefix })
    }

    /// The pools a default engine takes subnets from, in its order.
    pub(super) fn pools() -> impl Iterator<Item = Self> {
        let sixteens = (17..=31).map(|second| Self {
            base: u32::from(Ipv4Addr::new(172, second, 0, 0)),
            prefix: 16,
        });
        let twenties = (0..16).map(|part| Self {
            base: u32::from(Ipv4Addr::new(192, 168, part * 16, 0)),
            prefix: 20,
        });
        sixteens.chain(twenties)
    }

    /// The bits of the network part.
    pub(in crate::docker) fn prefix(self) -> u8 {
        self.prefix
    }

    /// The first address, which engines give to the gateway.
    pub(super) fn first(self) -> Ipv4Addr {
        Ipv4Addr::from(self.base + 1)
    }

    /// Addresses for containers, lowest first.
    pub(super) fn hosts(self) -> impl Iterator<Item = Ipv4Addr> {
        let last = self.base | !mask(self.prefix);
        (self.base + 1..last).map(Ipv4Addr::from)
    }

    /// True when the address is inside.
    pub(super) fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == self.base
    }

    /// True when the two share an address.
    pub(super) fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.prefix.min(other.prefix));
        self.base & mask == other.base & mask
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

impl fmt::Display for Subnet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

impl TryFrom<String> for Subnet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is not an IPv4 subnet"))
    }
}
