//! The types of DNS records and what belongs to each, as data. It checks and sends nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Who may issue certificates.
    Caa,
    /// Another name for a host.
    Cname,
    /// How to reach an HTTPS service.
    Https,
    /// A place on earth.
    Loc,
    /// A mail server.
    Mx,
    /// A delegation to a name server.
    Ns,
    /// A name for an address.
    Ptr,
    /// A service: host and port.
    Srv,
    /// The fingerprint of an SSH host key.
    Sshfp,
    /// How to reach a service.
    Svcb,
    /// A certificate of a TLS service.
    Tlsa,
    /// Text.
    Txt,
    /// A URI.
    Uri,
}

/// What a record's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueForm {
    Ipv4,
    Ipv6,
    /// A host; `@` is the zone.
    Host,
    /// A host, or `.` for none.
    HostOrNone,
    /// Any text, compared as it is.
    Text,
    /// Text that may be cut into quoted strings.
    Strings,
    Hexadecimal,
    /// No value: everything is in the details.
    Nothing,
}

/// What belongs to the records of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) value: ValueForm,
    pub(crate) required: &'static [&'static str],
    pub(crate) optional: &'static [&'static str],
}

impl RecordType {
    /// The name as it is written in a zone file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Caa => "CAA",
            Self::Cname => "CNAME",
            Self::Https => "HTTPS",
            Self::Loc => "LOC",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Sshfp => "SSHFP",
            Self::Svcb => "SVCB",
            Self::Tlsa => "TLSA",
            Self::Txt => "TXT",
            Self::Uri => "URI",
        }
    }

    /// With its article, for messages: `an MX record`.
    pub(crate) fn described(self) -> String {
        let spoken_vowel = self.name().starts_with(['A', 'H', 'M', 'N', 'S']);
        format!("{} {} record", if spoken_vowel { "an" } else { "a" }, self.name())
    }

    /// The type called `name`.
    pub(crate) fn called(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }

    /// Whether its records can stand behind Cloudflare's proxy; these are also the types that name a host's address.
    pub(crate) const fn is_proxiable(self) -> bool {
        matches!(self, Self::A | Self::Aaaa | Self::Cname)
    }

    pub(crate) const fn form(self) -> Form {
        use ValueForm as V;
        let (value, required, optional): (V, &'static [&'static str], &'static [&'static str]) = match self {
            Self::A => (V::Ipv4, &[], &[]),
            Self::Aaaa => (V::Ipv6, &[], &[]),
            Self::Cname | Self::Ns | Self::Ptr => (V::Host, &[], &[]),
            Self::Mx => (V::HostOrNone, &["priority"], &[]),
            Self::Txt => (V::Strings, &[], &[]),
            Self::Caa => (V::Text, &["tag"], &["flags"]),
            Self::Srv => (V::HostOrNone, &["priority", "weight", "port"], &[]),
            Self::Https | Self::Svcb => (V::HostOrNone, &["priority"], &["params"]),
            Self::Tlsa => (V::Hexadecimal, &["usage", "selector", "matching_type"], &[]),
            Self::Sshfp => (V::Hexadecimal, &["algorithm", "fingerprint_type"], &[]),
            Self::Uri => (V::Text, &["priority", "weight"], &[]),
            Self::Loc => (V::Nothing, &["location"], &[]),
        };
        Form {
            value,
            required,
            optional,
        }
    }
}

impl std::fmt::Display for RecordType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a CAA record speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaaTag {
    /// Who may issue certificates.
    Issue,
    /// Who may issue wildcard certificates.
    Issuewild,
    /// Where violations are reported to.
    Iodef,
}

/// What some types of records have besides their value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Details {
    /// MX, SRV, URI, HTTPS, SVCB: lower is preferred; 0 makes an HTTPS or SVCB record an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// SRV, URI: the share among records of one priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// SRV: the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// CAA: 0, or 128 for critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u8>,
    /// CAA: `issue`, `issuewild` or `iodef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<CaaTag>,
    /// TLSA: how the certificate is to be used, 0 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 255))]
    pub usage: Option<u8>,
    /// TLSA: 0 for the whole certificate, 1 for its public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<u8>,
    /// TLSA: 0 for the data itself, 1 for SHA-256, 2 for SHA-512.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching_type: Option<u8>,
    /// SSHFP: the algorithm of the key; 4 is Ed25519.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<u8>,
    /// SSHFP: 1 for SHA-1, 2 for SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_type: Option<u8>,
    /// HTTPS, SVCB: the parameters, for example `alpn="h3,h2"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
    /// LOC: the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// A place on earth (RFC 1876).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Degrees of latitude.
    #[schemars(range(max = 90))]
    pub lat_degrees: u8,
    /// Minutes of latitude.
    #[serde(default)]
    #[schemars(range(max = 59))]
    pub lat_minutes: u8,
    /// Seconds of latitude.
    #[serde(default)]
    #[schemars(range(min = 0, max = 59.999))]
    pub lat_seconds: f64,
    /// `N` or `S`.
    pub lat_direction: Latitude,
    /// Degrees of longitude.
    #[schemars(range(max = 180))]
    pub long_degrees: u8,
    /// Minutes of longitude.
    #[serde(default)]
    #[schemars(range(max = 59))]
    pub long_minutes: u8,
    /// Seconds of longitude.
    #[serde(default)]
    #[schemars(range(min = 0, max = 59.999))]
    pub long_seconds: f64,
    /// `E` or `W`.
    pub long_direction: Longitude,
    /// Metres above the reference.
    #[serde(default)]
    #[schemars(range(min = -100_000.0, max = 42_849_672.95))]
    pub altitude: f64,
    /// Diameter in metres.
    #[serde(default)]
    #[schemars(range(min = 0, max = 90_000_000))]
    pub size: f64,
    /// Horizontal precision in metres.
    #[serde(default)]
    #[schemars(range(min = 0, max = 90_000_000))]
    pub precision_horz: f64,
    /// Vertical precision in metres.
    #[serde(default)]
    #[schemars(range(min = 0, max = 90_000_000))]
    pub precision_vert: f64,
}

/// North or south.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Latitude {
    /// North.
    N,
    /// South.
    S,
}

/// East or west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Longitude {
    /// East.
    E,
    /// West.
    W,
}
