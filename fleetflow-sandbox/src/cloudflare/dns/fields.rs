//! What a record says, apart from its id and its dates. Values here have not necessarily been checked; `settle` does that.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The members of a record that a user decides on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fields {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) content: String,
    pub(crate) data: Option<Map<String, Value>>,
    pub(crate) priority: Option<u16>,
    pub(crate) ttl: u32,
    pub(crate) proxied: bool,
    pub(crate) settings: Settings,
    pub(crate) comment: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) private_routing: bool,
}

/// Switches that are rarely set; those that are off are not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ipv4_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) ipv6_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) flatten_cname: bool,
}

/// The record types that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Kind {
    A,
    Aaaa,
    Caa,
    Cert,
    Cname,
    Dnskey,
    Ds,
    Https,
    Loc,
    Mx,
    Naptr,
    Ns,
    Openpgpkey,
    Ptr,
    Smimea,
    Srv,
    Sshfp,
    Svcb,
    Tlsa,
    Txt,
    Uri,
}

impl Fields {
    /// What a record is before anything was said about it.
    pub(crate) fn blank(kind: Kind) -> Self {
        Self {
            kind,
            name: String::new(),
            content: String::new(),
            data: None,
            priority: None,
            ttl: 1,
            proxied: false,
            settings: Settings::default(),
            comment: None,
            tags: Vec::new(),
            private_routing: false,
        }
    }

    /// Whether the record could be proxied.
    pub(crate) fn proxiable(&self) -> bool {
        self.kind.is_proxiable()
    }
}

impl Kind {
    /// Only addresses and aliases can stand behind the proxy.
    pub(crate) fn is_proxiable(self) -> bool {
        matches!(self, Self::A | Self::Aaaa | Self::Cname)
    }

    /// The name as it is written in a zone file.
    pub(crate) fn label(self) -> String {
        format!("{self:?}").to_uppercase()
    }

    /// The type with this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(Value::String(name.to_owned())).ok()
    }
}
