//! Packet filters (API doc §5.5), with the compute API's only optimistic lock. Nothing is filtered.

use std::net::Ipv4Addr;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::about::{About, extend};
use super::answer::Answer;
use super::call::{Call, Verb};
use super::fields::Fields;
use super::find;
use super::refusal::{Outcome, refuse};
use super::route::unrouted;
use super::rows::{Rows, Zonal, in_zone, path_id, row, row_mut};
use crate::World;

/// A packet filter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PacketFilter {
    zone: String,
    pub(super) about: About,
    pub(super) rules: Vec<Rule>,
}

/// One rule. Rules are looked at from the top.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rule {
    protocol: String,
    source_network: Option<String>,
    source_port: Option<String>,
    destination_port: Option<String>,
    action: String,
    description: String,
}

impl Zonal for PacketFilter {
    fn zone(&self) -> &str {
        &self.zone
    }
}

const PROTOCOLS: [&str; 7] = ["http", "https", "tcp", "udp", "icmp", "fragment", "ip"];
const MOST_RULES: usize = 30;

/// Answers a call under `/packetfilter`.
pub(super) fn route(world: &mut World, call: &Call<'_>, tail: &[&str]) -> Outcome<Answer> {
    let id = tail
        .first()
        .map(|id| path_id(id))
        .transpose()?
        .unwrap_or_default();
    let rows = &mut world.sakura;
    match (call.method, tail) {
        (Verb::Get, []) => {
            let views = in_zone(&rows.packet_filters, call).map(|(id, filter)| view(id, filter));
            find::find("PacketFilters", views.collect(), &call.query)
        }
        (Verb::Post, []) => create(world, call),
        (Verb::Get, [_]) => Ok(Answer::read("PacketFilter", seen(rows, call, id)?)),
        (Verb::Put, [_]) => update(rows, call, id),
        (Verb::Delete, [_]) => delete(rows, call, id),
        _ => Err(unrouted(tail)),
    }
}

fn seen(rows: &Rows, call: &Call<'_>, id: u64) -> Outcome<Value> {
    Ok(view(id, row(&rows.packet_filters, call, id)?))
}

fn create(world: &mut World, call: &Call<'_>) -> Outcome<Answer> {
    let fields = call.envelope("PacketFilter")?;
    let filter = PacketFilter {
        zone: call.zone.name.to_owned(),
        about: About::create(fields, call.now)?,
        rules: read_rules(fields)?.unwrap_or_default(),
    };
    let id = world.next_id();
    world.sakura.packet_filters.insert(id, filter);
    Ok(Answer::created("PacketFilter", seen(&world.sakura, call, id)?))
}

fn update(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    let filter = row_mut(&mut rows.packet_filters, call, id)?;
    let expected = call
        .bare()
        .text("OriginalExpressionHash")?
        .filter(|hash| !hash.is_empty());
    if expected.is_some_and(|hash| hash != filter.hash()) {
        return refuse("original_hash_mismatch");
    }
    let fields = call.envelope("PacketFilter")?;
    let rules = read_rules(fields)?;
    filter.about.update(fields, call.now)?;
    if let Some(rules) = rules {
        filter.rules = rules;
    }
    Ok(Answer::changed("PacketFilter", seen(rows, call, id)?))
}

fn delete(rows: &mut Rows, call: &Call<'_>, id: u64) -> Outcome<Answer> {
    row(&rows.packet_filters, call, id)?;
    if rows
        .interfaces
        .values()
        .any(|interface| interface.packet_filter == Some(id))
    {
        return refuse("disconnect_b4_delete");
    }
    rows.packet_filters.remove(&id);
    Ok(Answer::done())
}

fn read_rules(fields: Fields<'_>) -> Outcome<Option<Vec<Rule>>> {
    let Some(items) = fields.list("Expression")? else {
        return Ok(None);
    };
    if items.len() > MOST_RULES {
        return refuse("invalid_range");
    }
    items
        .iter()
        .map(|item| Rule::read(Fields(item)))
        .collect::<Outcome<_>>()
        .map(Some)
}

impl Rule {
    fn read(fields: Fields<'_>) -> Outcome<Self> {
        let (Some(protocol), Some(action)) = (
            fields.word("Protocol", &PROTOCOLS)?,
            fields.word("Action", &["allow", "deny"])?,
        ) else {
            return refuse("missing_param");
        };
        let rule = Self {
            protocol: protocol.to_owned(),
            source_network: checked(fields, "SourceNetwork", is_network)?,
            source_port: checked(fields, "SourcePort", is_port)?,
            destination_port: checked(fields, "DestinationPort", is_port)?,
            action: action.to_owned(),
            description: fields
                .bounded_text("Description", 512)?
                .unwrap_or_default()
                .to_owned(),
        };
        let has_port = rule.source_port.is_some() || rule.destination_port.is_some();
        if has_port && !rule.has_ports() {
            return refuse("invalid_param_comb");
        }
        Ok(rule)
    }

    fn has_ports(&self) -> bool {
        matches!(self.protocol.as_str(), "tcp" | "udp")
    }

    /// Ports are left out where the protocol has none.
    fn view(&self) -> Value {
        let mut view = json!(self);
        if let (false, Some(members)) = (self.has_ports(), view.as_object_mut()) {
            members.remove("SourcePort");
            members.remove("DestinationPort");
        }
        view
    }
}

fn checked(fields: Fields<'_>, key: &str, is_valid: fn(&str) -> bool) -> Outcome<Option<String>> {
    match fields.text(key)? {
        None | Some("") => Ok(None),
        Some(text) if is_valid(text) => Ok(Some(text.to_owned())),
        Some(_) => refuse("invalid_format"),
    }
}

/// `n` or `a-b`.
fn is_port(text: &str) -> bool {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (low.parse::<u16>(), high.parse::<u16>()) {
        (Ok(low), Ok(high)) => low <= high,
        _ => false,
    }
}

/// `A.B.C.D`, with `/n` or `/mask` behind it.
fn is_network(text: &str) -> bool {
    let (address, mask) = text.split_once('/').unwrap_or((text, "32"));
    let is_mask = mask.parse::<u8>().is_ok_and(|length| length <= 32) || mask.parse::<Ipv4Addr>().is_ok();
    address.parse::<Ipv4Addr>().is_ok() && is_mask
}

impl PacketFilter {
    fn hash(&self) -> String {
        let rules = json!(self.rules).to_string();
        format!("{:x}", Md5::digest(rules.as_bytes()))
    }
}

fn view(id: u64, filter: &PacketFilter) -> Value {
    let rules: Vec<Value> = filter.rules.iter().map(Rule::view).collect();
    let mut view = filter.about.view(id);
    if let Some(members) = view.as_object_mut() {
        members.remove("Tags");
        members.remove("Icon");
        members.remove("ModifiedAt");
    }
    extend(
        view,
        json!({ "RequiredHostVersion": 0, "Expression": rules, "ExpressionHash": filter.hash(), "Notice": "" }),
    )
}

/// A filter as it stands inside an interface.
pub(super) fn brief(rows: &Rows, id: u64) -> Value {
    let Some(filter) = rows.packet_filters.get(&id) else {
        return Value::Null;
    };
    let rules: Vec<Value> = filter.rules.iter().map(Rule::view).collect();
    json!({ "ID": id, "Name": filter.about.name, "RequiredHostVersion": 0, "Expression": rules })
}
