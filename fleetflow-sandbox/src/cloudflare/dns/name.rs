//! Record names: what clients send to the full name in punycode that is stored (API doc §3.6). It knows no record types.

use super::refusal;
use crate::cloudflare::answer::Failure;

/// The full name for `sent` in `zone`: full names stay, `@` is the zone, anything else is a name below the zone.
pub(super) fn full(sent: &str, zone: &str) -> Result<String, Failure> {
    let sent = sent.trim_end_matches('.');
    if sent == "@" {
        return Ok(zone.to_owned());
    }
    let ascii = punycode(sent)?;
    let name = if in_zone(&ascii, zone) {
        ascii
    } else {
        format!("{ascii}.{zone}")
    };
    if is_record_name(&name) {
        Ok(name)
    } else {
        Err(refusal::name())
    }
}

/// True if `name` is the zone or below it.
pub(crate) fn in_zone(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A host that a record may point at: trailing dot taken off, in punycode, case kept. Addresses are not hosts.
pub(super) fn host(sent: &str) -> Option<String> {
    let trimmed = sent.strip_suffix('.').unwrap_or(sent);
    let host = if trimmed.is_ascii() {
        trimmed.to_owned()
    } else {
        punycode(trimmed).ok()?
    };
    let good = is_record_name(&host) && host.parse::<std::net::IpAddr>().is_err();
    good.then_some(host)
}

fn punycode(name: &str) -> Result<String, Failure> {
    idna::domain_to_ascii(name).map_err(|_| refusal::name())
}

fn is_record_name(name: &str) -> bool {
    let mut labels = name.split('.');
    let first = labels.next().is_some_and(|label| label == "*" || is_label(label));
    first && labels.all(is_label) && name.len() <= 253
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.bytes().all(allowed)
}
