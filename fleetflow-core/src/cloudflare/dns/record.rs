//! One declared record, with a constructor for each type so that a wrong value does not compile.

use std::net::{Ipv4Addr, Ipv6Addr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::types::{CaaTag, Details, Location, RecordType};
use crate::model::Input;

/// Records of one name and type in a zone. Several values are several records.
///
/// ```
/// use fleetflow_core::cloudflare::dns::Record;
///
/// let mail = Record::mx("@", 10, "mail.example.jp").ttl(300).comment("mail");
/// assert_eq!(serde_json::to_value(&mail)?["value"], serde_json::json!(["mail.example.jp"]));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("x-arguments" = ["name"], "additionalProperties" = false))]
pub struct Record {
    /// `@` for the zone itself, a name below it (`www`, `*.dev`), or a full name.
    pub name: String,
    /// The type: `A`, `AAAA`, `CNAME`, `MX`, `TXT`, ...
    #[serde(rename = "type")]
    pub record_type: RecordType,
    /// The values: an address, a host, a text. Each one is a record. A LOC record has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-aliases" = ["target"]))]
    pub value: Vec<Input<String>>,
    /// Seconds that resolvers keep it: 60 to 86400 (from 30 on Enterprise), or 1 for automatic, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    /// Whether traffic goes through Cloudflare; only for A, AAAA and CNAME.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxied: Option<bool>,
    /// A note beside the record. FleetFlow's owner mark stands there too, and both share 100 characters on a free zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What some types have besides their value.
    #[serde(flatten)]
    pub details: Details,
}

impl Record {
    /// An A record: an IPv4 address, or a server's.
    pub fn a(name: impl Into<String>, address: impl Into<Input<Ipv4Addr>>) -> Self {
        let address: Input<Ipv4Addr> = address.into();
        Self::new(name, RecordType::A, address)
    }

    /// An AAAA record: an IPv6 address.
    pub fn aaaa(name: impl Into<String>, address: impl Into<Input<Ipv6Addr>>) -> Self {
        let value = match address.into() {
            Input::Value(address) => Input::Value(address.to_string()),
            Input::Reference(reference) => Input::Reference(reference),
            Input::Text(parts) => Input::Text(parts),
            Input::Secret(name) => Input::Secret(name),
        };
        Self::new(name, RecordType::Aaaa, value)
    }

    /// A CNAME record: another name for `host`.
    pub fn cname(name: impl Into<String>, host: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Cname, host)
    }

    /// An MX record: a mail server; lower priorities are tried first.
    pub fn mx(name: impl Into<String>, priority: u16, host: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Mx, host).with(|details| details.priority = Some(priority))
    }

    /// A TXT record. Texts longer than 255 bytes are split where they are sent.
    pub fn txt(name: impl Into<String>, text: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Txt, text)
    }

    /// An NS record: `name` is delegated to the name server `host`.
    pub fn ns(name: impl Into<String>, host: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Ns, host)
    }

    /// A PTR record.
    pub fn ptr(name: impl Into<String>, host: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Ptr, host)
    }

    /// An SRV record: `name` is `_service._protocol`.
    pub fn srv(
        name: impl Into<String>,
        priority: u16,
        weight: u16,
        port: u16,
        host: impl Into<Input<String>>,
    ) -> Self {
        Self::new(name, RecordType::Srv, host).with(|details| {
            details.priority = Some(priority);
            details.weight = Some(weight);
            details.port = Some(port);
        })
    }

    /// A CAA record.
    pub fn caa(name: impl Into<String>, tag: CaaTag, value: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Caa, value).with(|details| details.tag = Some(tag))
    }

    /// A TLSA record: `name` is `_port._protocol`; the certificate, or its digest, is in hexadecimal digits.
    pub fn tlsa(
        name: impl Into<String>,
        usage: u8,
        selector: u8,
        matching_type: u8,
        certificate: impl Into<Input<String>>,
    ) -> Self {
        Self::new(name, RecordType::Tlsa, certificate).with(|details| {
            details.usage = Some(usage);
            details.selector = Some(selector);
            details.matching_type = Some(matching_type);
        })
    }

    /// An HTTPS record; `.` as the target is the name itself.
    pub fn https(name: impl Into<String>, priority: u16, target: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Https, target).with(|details| details.priority = Some(priority))
    }

    /// An SVCB record; `.` as the target is the name itself.
    pub fn svcb(name: impl Into<String>, priority: u16, target: impl Into<Input<String>>) -> Self {
        Self::new(name, RecordType::Svcb, target).with(|details| details.priority = Some(priority))
    }

    /// An SSHFP record; the fingerprint is in hexadecimal digits.
    pub fn sshfp(
        name: impl Into<String>,
        algorithm: u8,
        fingerprint_type: u8,
        fingerprint: impl Into<Input<String>>,
    ) -> Self {
        Self::new(name, RecordType::Sshfp, fingerprint).with(|details| {
            details.algorithm = Some(algorithm);
            details.fingerprint_type = Some(fingerprint_type);
        })
    }

    /// A URI record.
    pub fn uri(
        name: impl Into<String>,
        priority: u16,
        weight: u16,
        target: impl Into<Input<String>>,
    ) -> Self {
        Self::new(name, RecordType::Uri, target).with(|details| {
            details.priority = Some(priority);
            details.weight = Some(weight);
        })
    }

    /// A LOC record.
    pub fn loc(name: impl Into<String>, place: Location) -> Self {
        let record = Self {
            value: Vec::new(),
            ..Self::new(name, RecordType::Loc, "")
        };
        record.with(|details| details.location = Some(place))
    }

    /// Kept by resolvers for `seconds`.
    #[must_use]
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = Some(seconds);
        self
    }

    /// Behind Cloudflare's proxy, or not.
    #[must_use]
    pub fn proxied(mut self, proxied: bool) -> Self {
        self.proxied = Some(proxied);
        self
    }

    /// With a note.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// With the parameters of an HTTPS or SVCB record.
    #[must_use]
    pub fn params(self, params: impl Into<String>) -> Self {
        self.with(|details| details.params = Some(params.into()))
    }

    /// With the flags of a CAA record.
    #[must_use]
    pub fn flags(self, flags: u8) -> Self {
        self.with(|details| details.flags = Some(flags))
    }

    fn new(name: impl Into<String>, record_type: RecordType, value: impl Into<Input<String>>) -> Self {
        Self {
            name: name.into(),
            record_type,
            value: vec![value.into()],
            ttl: None,
            proxied: None,
            comment: None,
            details: Details::default(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(&mut self.details);
        self
    }
}
