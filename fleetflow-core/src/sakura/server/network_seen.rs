//! The interfaces of a server as they are, under the declaration's names. It changes nothing.

use serde_json::{Map, Value, json};

use super::Server;
use super::wire::{Interface, Machine};

/// What `machine` has, in the form of the declaration `form`: only by that is known which interface is that of
/// `switch`. What cannot be read back, the prefixes and the gateway, is as it was `applied` where the address is.
pub(super) fn seen(machine: &Machine, form: Option<&Server>, applied: Option<&Server>) -> Map<String, Value> {
    let first = machine.interface(0);
    let internet = form.is_none_or(|server| server.internet);
    // A first interface that is plugged in nowhere is what the declaration says: it is plugged in again.
    let is_private = first
        .and_then(|first| first.switch.as_ref())
        .map(|plugged| !plugged.is_internet());
    let is_private = is_private.unwrap_or(!internet);
    let has_switch = form.is_none_or(|server| server.switch.is_some() || server.nic.is_empty());
    let leading = usize::from(!is_private) + usize::from(has_switch);
    let rest = machine.interfaces.iter().enumerate().skip(leading);
    let nics: Vec<_> = rest
        .map(|(number, interface)| nic(interface.as_ref(), number, applied))
        .collect();
    let second = machine.interface(1).filter(|_| has_switch);
    let filter = first
        .filter(|_| !is_private)
        .and_then(|first| first.packet_filter);
    let known = json!({
        "internet": is_private.then_some(false),
        "packet_filter": filter.map(|filter| filter.id.to_string()),
        "switch": second.and_then(|it| it.switch.as_ref()).map(|switch| switch.id.to_string()),
        "nic": (!nics.is_empty()).then_some(nics),
    });
    known.as_object().cloned().unwrap_or_default()
}

fn nic(interface: Option<&Interface>, number: usize, applied: Option<&Server>) -> Value {
    let Some(interface) = interface else {
        return Value::Null;
    };
    let at = applied.and_then(|server| number.checked_sub(server.leading()));
    let known = at.and_then(|at| applied?.nic.get(at));
    let known = known.filter(|nic| nic.address().map(|net| net.addr()) == interface.user_ip_address);
    let label = interface.user_ip_address.map(|address| address.to_string());
    let members = [
        (
            "switch",
            interface.switch.as_ref().map(|switch| switch.id.to_string()),
        ),
        ("ip", known.and_then(|nic| nic.ip.clone()).or(label)),
        (
            "gateway",
            known
                .and_then(|nic| nic.gateway)
                .map(|gateway| gateway.to_string()),
        ),
        (
            "packet_filter",
            interface.packet_filter.map(|filter| filter.id.to_string()),
        ),
    ];
    let members = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Value::Object(members.collect())
}
