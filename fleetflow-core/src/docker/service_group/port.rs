//! A published port in all forms that users write: `8000`, `"8080:80"`, `"127.0.0.1:8080:80/tcp"`, or by fields.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// A port of a container, and where it is reached from outside.
///
/// ```
/// use fleetflow_core::docker::Port;
///
/// assert_eq!("8080:80".parse::<Port>()?, Port::new(8080, 80));
/// assert_eq!(Port::from(8000), Port::new(8000, 8000));
/// assert_eq!("127.0.0.1:53:53/udp".parse::<Port>()?, Port::new(53, 53).on([127, 0, 0, 1]).udp());
/// # Ok::<(), fleetflow_core::docker::InvalidPort>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Port {
    /// The address of the engine's machine that it is bound to; all of them without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<IpAddr>,
    /// The port outside; a free one is chosen at each start without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<u16>,
    /// The port inside the container.
    pub container: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// The protocol of a port.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Port {
    /// The TCP port `container`, reached as `host` on every address of the machine.
    pub const fn new(host: u16, container: u16) -> Self {
        Self {
            host_ip: None,
            host: Some(host),
            container,
            protocol: Protocol::Tcp,
        }
    }

    /// The same, bound to one address of the machine only.
    #[must_use]
    pub fn on(mut self, address: impl Into<IpAddr>) -> Self {
        self.host_ip = Some(address.into());
        self
    }

    /// The same with UDP.
    #[must_use]
    pub const fn udp(mut self) -> Self {
        self.protocol = Protocol::Udp;
        self
    }
}

impl From<u16> for Port {
    fn from(port: u16) -> Self {
        Self::new(port, port)
    }
}

impl Protocol {
    /// `tcp`, `udp`, `sctp`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host_ip {
            Some(IpAddr::V6(address)) => write!(f, "[{address}]:")?,
            Some(IpAddr::V4(address)) => write!(f, "{address}:")?,
            None => {}
        }
        if let Some(host) = self.host {
            write!(f, "{host}:")?;
        }
        write!(f, "{}/{}", self.container, self.protocol.name())
    }
}

/// A text that is not a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a port: {why}")]
pub struct InvalidPort {
    text: String,
    why: &'static str,
}

impl FromStr for Port {
    type Err = InvalidPort;

    fn from_str(text: &str) -> Result<Self, InvalidPort> {
        let wrong = |why| InvalidPort {
            text: text.to_owned(),
            why,
        };
        let (ports, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((ports, "tcp")) => (ports, Protocol::Tcp),
            Some((ports, "udp")) => (ports, Protocol::Udp),
            Some((ports, "sctp")) => (ports, Protocol::Sctp),
            Some(_) => return Err(wrong("after `/` there must be tcp, udp or sctp")),
        };
        let (outside, container) = ports
            .rsplit_once(':')
            .map_or((None, ports), |(o, c)| (Some(o), c));
        let container = number(container).map_err(wrong)?;
        let Some(outside) = outside else {
            return Ok(Self {
                protocol,
                ..Self::from(container)
            });
        };
        let (address, host) = outside
            .rsplit_once(':')
            .map_or((None, outside), |(a, h)| (Some(a), h));
        Ok(Self {
            host_ip: address.map(ip).transpose().map_err(wrong)?,
            host: (!host.is_empty())
                .then(|| number(host))
                .transpose()
                .map_err(wrong)?,
            container,
            protocol,
        })
    }
}

fn number(text: &str) -> Result<u16, &'static str> {
    if text.contains('-') {
        return Err("a range needs a `port` for each of its numbers");
    }
    match text.parse() {
        Ok(0) | Err(_) => Err("write HOST:CONTAINER or ADDRESS:HOST:CONTAINER with numbers from 1 to 65535"),
        Ok(number) => Ok(number),
    }
}

fn ip(text: &str) -> Result<IpAddr, &'static str> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse()
        .map_err(|_| "what comes before the ports must be an IP address")
}

/// What users may write.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Form {
    Number(#[schemars(range(min = 1, max = 65535))] u16),
    Text(#[schemars(extend("x-format" = "port"))] String),
    Fields(Fields),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    host_ip: Option<IpAddr>,
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    host: Option<u16>,
    #[schemars(range(min = 1, max = 65535))]
    container: u16,
    #[serde(default)]
    protocol: Protocol,
}

impl TryFrom<Form> for Port {
    type Error = InvalidPort;

    fn try_from(form: Form) -> Result<Self, InvalidPort> {
        match form {
            Form::Number(number) => Ok(Self::from(number)),
            Form::Text(text) => text.parse(),
            Form::Fields(fields) => Ok(Self {
                host_ip: fields.host_ip,
                host: fields.host,
                container: fields.container,
                protocol: fields.protocol,
            }),
        }
    }
}

impl JsonSchema for Port {
    fn schema_name() -> Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Form::json_schema(generator)
    }
}
