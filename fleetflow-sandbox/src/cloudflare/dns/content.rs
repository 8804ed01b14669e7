//! Contents of the types that are written as text, and of LOC. It checks the text itself, not what stands beside it.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::data::Settled;
use super::fields::{Fields, Kind};
use super::name;
use super::refusal;
use super::text;
use crate::cloudflare::answer::Failure;

/// The content as it is stored.
pub(super) fn settle(fields: &Fields) -> Result<String, Failure> {
    let sent = fields.content.trim();
    match fields.kind {
        Kind::A => address_four(sent, fields.proxied),
        Kind::Aaaa => sent
            .parse()
            .map(|address: Ipv6Addr| address.to_string())
            .map_err(|_| refusal::plain(9006, "Content for AAAA record must be a valid IPv6 address.")),
        Kind::Cname => host(sent, 9007, "Content for CNAME record is invalid."),
        Kind::Mx if sent == "." => Ok(sent.to_owned()),
        Kind::Mx => host(sent, 9008, "Content for MX record must be a hostname."),
        Kind::Ns => host(sent, 9009, "Content for NS record must be a hostname."),
        Kind::Ptr => host(sent, 9010, "Content for PTR record must be a hostname."),
        Kind::Txt => text::settle(&fields.content),
        _ if sent.is_empty() => Err(refusal::required("content")),
        _ => Ok(sent.to_owned()),
    }
}

fn address_four(sent: &str, proxied: bool) -> Result<String, Failure> {
    let address: Ipv4Addr = sent
        .parse()
        .map_err(|_| refusal::plain(9005, "Content for A record must be a valid IPv4 address."))?;
    if proxied && is_unreachable(address) {
        let message = format!("Target {address} is not allowed for a proxied record.");
        return Err(refusal::plain(9003, &message));
    }
    Ok(address.to_string())
}

/// Addresses that the proxy cannot reach. Loopback is let through: servers of the sandbox live there.
fn is_unreachable(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast()
        || address == Ipv4Addr::new(1, 1, 1, 1)
}

fn host(sent: &str, code: u32, message: &str) -> Result<String, Failure> {
    name::host(sent).ok_or_else(|| refusal::chained(code, message))
}

/// LOC: its members and its text, which is the only one with units.
pub(super) fn location(sent: &Map<String, Value>) -> Result<Settled, Failure> {
    let mut data = Map::new();
    let mut text = vec!["IN LOC".to_owned()];
    for (prefix, degrees, directions) in [("lat", 90.0, ["N", "S"]), ("long", 180.0, ["E", "W"])] {
        for (unit, limit) in [("degrees", degrees), ("minutes", 59.0), ("seconds", 59.999)] {
            let member = format!("{prefix}_{unit}");
            let required = unit == "degrees";
            text.push(number(sent, &mut data, &member, 0.0..=limit, required)?);
        }
        text.push(direction(
            sent,
            &mut data,
            &format!("{prefix}_direction"),
            directions,
        )?);
    }
    for (member, lowest) in [
        ("altitude", -100_000.0),
        ("size", 0.0),
        ("precision_horz", 0.0),
        ("precision_vert", 0.0),
    ] {
        text.push(format!(
            "{}m",
            number(sent, &mut data, member, lowest..=90_000_000.0, false)?
        ));
    }
    Ok((data, text.join(" ")))
}

fn number(
    sent: &Map<String, Value>,
    data: &mut Map<String, Value>,
    member: &str,
    allowed: std::ops::RangeInclusive<f64>,
    required: bool,
) -> Result<String, Failure> {
    let value = match sent.get(member) {
        Some(value) => value.clone(),
        None if required => return Err(refusal::required(&format!("data.{member}"))),
        None => json!(0),
    };
    let good = value.as_f64().is_some_and(|number| allowed.contains(&number));
    if !good {
        return Err(refusal::chained(9101, &format!("data.{member} is out of range.")));
    }
    let text = value.to_string();
    data.insert(member.to_owned(), value);
    Ok(text)
}

fn direction(
    sent: &Map<String, Value>,
    data: &mut Map<String, Value>,
    member: &str,
    allowed: [&str; 2],
) -> Result<String, Failure> {
    let text = sent.get(member).and_then(Value::as_str).unwrap_or_default();
    if !allowed.contains(&text) {
        return Err(refusal::chained(
            9101,
            &format!("data.{member} must be {} or {}.", allowed[0], allowed[1]),
        ));
    }
    data.insert(member.to_owned(), Value::from(text));
    Ok(text.to_owned())
}
