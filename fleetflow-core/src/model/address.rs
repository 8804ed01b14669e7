//! Names of things: addresses, references to outputs, owner marks. Text in and out, nothing else.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of one resource inside a stage: `KIND.NAME`, for example `server.web`.
///
/// A kind has no dot; a name may have some (`dns.example.jp`).
///
/// ```
/// use fleetflow_core::Address;
///
/// let address: Address = "dns.example.jp".parse()?;
/// assert_eq!((address.kind(), address.name()), ("dns", "example.jp"));
/// # Ok::<(), fleetflow_core::model::InvalidName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    kind: String,
    name: String,
}

impl Address {
    /// The address of the resource `name` of `kind`.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// The kind: `server`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name: `web`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A reference to one of this resource's outputs.
    pub fn output(&self, output: impl Into<String>) -> OutputRef {
        OutputRef {
            address: self.clone(),
            output: output.into(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)
    }
}

impl FromStr for Address {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once('.') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(InvalidName {
                text: text.to_owned(),
                form: "KIND.NAME, for example `server.web`",
            }),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

/// A reference to an output of another resource: `KIND.NAME.OUTPUT`, for example `server.web.ip`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutputRef {
    /// The resource that has the output.
    pub address: Address,
    /// The output's name.
    pub output: String,
}

impl fmt::Display for OutputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.output)
    }
}

impl FromStr for OutputRef {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName {
            text: text.to_owned(),
            form: "KIND.NAME.OUTPUT, for example `server.web.ip`",
        };
        let (address, output) = text.rsplit_once('.').ok_or_else(invalid)?;
        if output.is_empty() {
            return Err(invalid());
        }
        Ok(address.parse::<Address>().map_err(|_| invalid())?.output(output))
    }
}

impl TryFrom<String> for OutputRef {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<OutputRef> for String {
    fn from(reference: OutputRef) -> Self {
        reference.to_string()
    }
}

/// The mark that everything we create carries, where its API has room for one: `PROJECT/STAGE/ADDRESS`.
///
/// Project and stage have no slash (see [`Stack::new`](crate::Stack::new)); the address may have some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The project's name.
    pub project: String,
    /// The stage's name.
    pub stage: String,
    /// The resource, inside the stage.
    pub address: Address,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.project, self.stage, self.address)
    }
}

impl FromStr for Owner {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName {
            text: text.to_owned(),
            form: "PROJECT/STAGE/KIND.NAME",
        };
        let mut parts = text.splitn(3, '/');
        let (Some(project), Some(stage), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let address = address.parse().map_err(|_| invalid())?;
        Ok(Self {
            project: project.to_owned(),
            stage: stage.to_owned(),
            address,
        })
    }
}

/// A text that is not a name of the wanted form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not of the form {form}")]
pub struct InvalidName {
    text: String,
    form: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_dots_and_slashes() {
        let owner: Owner = "creo/dev/dns-record.example.jp/api/A".parse().unwrap();
        assert_eq!(owner.address.name(), "example.jp/api/A");
        assert_eq!(owner.to_string(), "creo/dev/dns-record.example.jp/api/A");
        let reference: OutputRef = "dns.example.jp.zone-id".parse().unwrap();
        assert_eq!(
            (reference.address.name(), reference.output.as_str()),
            ("example.jp", "zone-id")
        );
    }

    #[test]
    fn incomplete_names_are_refused() {
        for text in ["server", "server.", ".web", ""] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        assert!("server.web".parse::<OutputRef>().is_err());
    }
}
