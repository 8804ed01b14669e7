//! The types that carry `data`: which members each has, and the content text that follows from them (API doc §3.3).

use serde_json::{Map, Value};

use super::fields::Kind;
use super::name;
use super::refusal;
use crate::cloudflare::answer::Failure;

/// Checked data and the content that follows from it.
pub(super) type Settled = (Map<String, Value>, String);

/// One member of a `data` object.
struct Member {
    name: &'static str,
    shape: Shape,
}

/// What a member may hold.
#[derive(Clone, Copy)]
enum Shape {
    /// A whole number up to a limit.
    Whole(u64),
    /// A host, stored without the trailing dot; `.` alone is kept.
    Host,
    /// A host that keeps its trailing dot.
    DottedHost,
    /// Text that content shows as it is.
    Text,
    /// Text that content shows in quotes.
    Quoted,
    /// Hexadecimal digits.
    Hex,
    /// Text that may be left out; empty then, and not shown.
    Optional,
    /// One of a few words, in quotes or not as the words say.
    Word(&'static [&'static str]),
}

/// Checks `data` for a type that has it, and computes the content. `None` for the types that are written by content.
pub(super) fn settle(kind: Kind, sent: Option<&Map<String, Value>>) -> Result<Option<Settled>, Failure> {
    if kind == Kind::Loc {
        return super::content::location(sent.ok_or_else(|| refusal::required("data"))?).map(Some);
    }
    let Some(members) = members(kind) else {
        return Ok(None);
    };
    let sent = sent.ok_or_else(|| refusal::required("data"))?;
    let mut data = Map::new();
    let mut shown = Vec::new();
    for member in members {
        let (value, text) = member.read(kind, sent)?;
        data.insert(member.name.to_owned(), value);
        shown.push(text);
    }
    shown.retain(|text| !text.is_empty());
    Ok(Some((data, shown.join(" "))))
}

impl Member {
    fn read(&self, kind: Kind, sent: &Map<String, Value>) -> Result<(Value, String), Failure> {
        let invalid = || {
            refusal::chained(
                9101,
                &format!("data.{} is invalid for a {} record.", self.name, kind.label()),
            )
        };
        let Some(value) = sent.get(self.name) else {
            return match self.shape {
                Shape::Optional => Ok((Value::from(""), String::new())),
                _ => Err(refusal::required(&format!("data.{}", self.name))),
            };
        };
        if let Shape::Whole(limit) = self.shape {
            let number = value
                .as_u64()
                .filter(|number| *number <= limit)
                .ok_or_else(invalid)?;
            return Ok((Value::from(number), number.to_string()));
        }
        let text = self
            .shape
            .settle(value.as_str().ok_or_else(invalid)?)
            .ok_or_else(invalid)?;
        let shown = if matches!(self.shape, Shape::Quoted) {
            format!("\"{text}\"")
        } else {
            text.clone()
        };
        Ok((Value::from(text), shown))
    }
}

impl Shape {
    /// The text as it is stored, if it is acceptable.
    fn settle(self, text: &str) -> Option<String> {
        let own = || text.to_owned();
        match self {
            Self::Whole(_) => None,
            Self::Host | Self::DottedHost if text == "." => Some(own()),
            Self::Host => name::host(text),
            Self::DottedHost => name::host(text).map(|host| format!("{host}.")),
            Self::Text => (!text.is_empty()).then(own),
            Self::Quoted | Self::Optional => Some(own()),
            Self::Hex => (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(own),
            Self::Word(words) => words.contains(&text).then(own),
        }
    }
}

const fn member(name: &'static str, shape: Shape) -> Member {
    Member { name, shape }
}

const U8: Shape = Shape::Whole(255);
const U16: Shape = Shape::Whole(65_535);

const CAA: [Member; 3] = [
    member("flags", U8),
    member("tag", Shape::Word(&["issue", "issuewild", "iodef"])),
    member("value", Shape::Quoted),
];
const CERT: [Member; 4] = [
    member("type", U16),
    member("key_tag", U16),
    member("algorithm", U8),
    member("certificate", Shape::Text),
];
const DNSKEY: [Member; 4] = [
    member("flags", U16),
    member("protocol", U8),
    member("algorithm", U8),
    member("public_key", Shape::Text),
];
const DS: [Member; 4] = [
    member("key_tag", U16),
    member("algorithm", U8),
    member("digest_type", U8),
    member("digest", Shape::Hex),
];
const SERVICE: [Member; 3] = [
    member("priority", U16),
    member("target", Shape::DottedHost),
    member("value", Shape::Optional),
];
const NAPTR: [Member; 6] = [
    member("order", U16),
    member("preference", U16),
    member("flags", Shape::Quoted),
    member("service", Shape::Quoted),
    member("regex", Shape::Quoted),
    member("replacement", Shape::DottedHost),
];
const CERTIFICATE: [Member; 4] = [
    member("usage", U8),
    member("selector", U8),
    member("matching_type", U8),
    member("certificate", Shape::Hex),
];
const SRV: [Member; 4] = [
    member("priority", U16),
    member("weight", U16),
    member("port", U16),
    member("target", Shape::Host),
];
const SSHFP: [Member; 3] = [
    member("algorithm", U8),
    member("type", U8),
    member("fingerprint", Shape::Hex),
];
const URI: [Member; 2] = [member("weight", U16), member("target", Shape::Quoted)];

fn members(kind: Kind) -> Option<&'static [Member]> {
    match kind {
        Kind::Caa => Some(&CAA),
        Kind::Cert => Some(&CERT),
        Kind::Dnskey => Some(&DNSKEY),
        Kind::Ds => Some(&DS),
        Kind::Https | Kind::Svcb => Some(&SERVICE),
        Kind::Naptr => Some(&NAPTR),
        Kind::Smimea | Kind::Tlsa => Some(&CERTIFICATE),
        Kind::Srv => Some(&SRV),
        Kind::Sshfp => Some(&SSHFP),
        Kind::Uri => Some(&URI),
        _ => None,
    }
}
