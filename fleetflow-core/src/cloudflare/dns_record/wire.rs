//! A record as the API writes and reads it (API doc §3.2, §3.3), and as it is declared. It sends nothing.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::DnsRecord;
use super::mark;
use crate::cloudflare::dns::value::{canonical, joined, quoted};
use crate::cloudflare::dns::{Details, Location, RecordType};
use crate::cloudflare::name;
use crate::model::Input;

/// A record in an answer. Members differ between years of the API: read what is there.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    name: String,
    #[serde(rename = "type")]
    record_type: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    priority: Value,
    #[serde(default)]
    ttl: Option<u32>,
    #[serde(default)]
    proxied: Option<bool>,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(default)]
    meta: Value,
}

impl Row {
    /// The full name, in the one form that is compared.
    pub(super) fn full_name(&self) -> String {
        let lower = self.name.trim_end_matches('.').to_lowercase();
        idna::domain_to_ascii(&lower).unwrap_or(lower)
    }

    /// The type, where it is one that can be declared.
    pub(super) fn known_type(&self) -> Option<RecordType> {
        RecordType::called(&self.record_type)
    }

    /// Whether traffic to it goes through Cloudflare.
    pub(super) fn is_proxied(&self) -> bool {
        self.proxied == Some(true)
    }

    /// A name for a record that has no address of its own: its name, type and id.
    pub(super) fn label(&self, zone: &str) -> String {
        let full = self.full_name();
        format!(
            "{zone}/{}/{}@{}",
            name::relative(&full, zone),
            self.record_type,
            self.id
        )
    }

    /// The product of Cloudflare that keeps this record for itself, if one does (API doc §3.8).
    pub(super) fn managed_by(&self) -> Option<String> {
        if let Some(bucket) = self.meta["r2_bucket"].as_str() {
            return Some(format!("the custom domain of the R2 bucket {bucket}"));
        }
        // What a host of a route leads to by custom looks the same (API doc §4.9); products leave no mark of ours.
        let bare = self.is_proxied() && self.comment.as_deref().and_then(mark::of).is_none();
        let content = self.content.as_str().unwrap_or_default();
        let shadow = match self.record_type.as_str() {
            "CNAME" => bare && content == "public.r2.dev",
            "AAAA" => bare && content == "100::",
            _ => false,
        };
        let read_only = self.meta["read_only"].as_bool() == Some(true);
        (read_only || shadow || !self.meta["origin_worker_id"].is_null()).then(|| {
            match self.record_type.as_str() {
                "AAAA" => "the custom domain of a Worker".to_owned(),
                _ => "a product of Cloudflare, which keeps it read-only".to_owned(),
            }
        })
    }

    /// As it would be declared in `zone`; none for a type that cannot be declared.
    pub(super) fn record(&self, zone: &str) -> Option<DnsRecord> {
        let record_type = self.known_type()?;
        let (value, details) = self.parts(record_type);
        let value = value.map(|text| canonical(record_type, &text, zone).unwrap_or(text));
        Some(DnsRecord {
            zone: zone.to_owned(),
            name: self.full_name(),
            record_type,
            value: value.map(Input::Value),
            ttl: self.ttl.unwrap_or(1),
            proxied: self.proxied.unwrap_or(false),
            comment: self.comment.clone().unwrap_or_default(),
            details,
        })
    }

    /// The value and what belongs to the type. The content of structured types is derived from `data`.
    fn parts(&self, record_type: RecordType) -> (Option<String>, Details) {
        use RecordType as T;
        let content = || self.content.as_str().map(str::to_owned);
        let (value, details) = match record_type {
            T::A | T::Aaaa | T::Cname | T::Ns | T::Ptr | T::Txt => (content(), Details::default()),
            T::Mx => (content(), self.ranked()),
            T::Caa => (
                self.text("value"),
                Details {
                    flags: self.number("flags"),
                    tag: serde_json::from_value(self.data["tag"].clone()).ok(),
                    ..Details::default()
                },
            ),
            T::Srv => (
                self.target(),
                Details {
                    priority: self.number("priority"),
                    weight: self.number("weight"),
                    port: self.number("port"),
                    ..Details::default()
                },
            ),
            T::Https | T::Svcb => (
                self.target(),
                Details {
                    priority: self.number("priority"),
                    params: self.text("value").filter(|params| !params.is_empty()),
                    ..Details::default()
                },
            ),
            T::Tlsa | T::Sshfp => self.digest(record_type),
            T::Uri => (
                self.text("target"),
                Details {
                    weight: self.number("weight"),
                    ..self.ranked()
                },
            ),
            T::Loc => (
                None,
                Details {
                    location: serde_json::from_value::<Location>(self.data.clone()).ok(),
                    ..Details::default()
                },
            ),
        };
        (value, details)
    }

    fn digest(&self, record_type: RecordType) -> (Option<String>, Details) {
        if record_type == RecordType::Tlsa {
            let details = Details {
                usage: self.number("usage"),
                selector: self.number("selector"),
                matching_type: self.number("matching_type"),
                ..Details::default()
            };
            return (self.text("certificate"), details);
        }
        let details = Details {
            algorithm: self.number("algorithm"),
            fingerprint_type: self.number("type"),
            ..Details::default()
        };
        (self.text("fingerprint"), details)
    }

    /// The priority that stands beside the content.
    fn ranked(&self) -> Details {
        Details {
            priority: self.priority.as_u64().and_then(|number| number.try_into().ok()),
            ..Details::default()
        }
    }

    fn number<N: TryFrom<u64>>(&self, name: &str) -> Option<N> {
        self.data[name].as_u64().and_then(|number| number.try_into().ok())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.data[name].as_str().map(str::to_owned)
    }

    /// A null target has been seen as `false` (API doc §3.3); some answers end targets with a dot.
    fn target(&self) -> Option<String> {
        match &self.data["target"] {
            Value::Bool(false) => Some(".".to_owned()),
            Value::String(host) if host != "." => Some(host.trim_end_matches('.').to_owned()),
            other => other.as_str().map(str::to_owned),
        }
    }
}

/// The whole record as it is sent. Members that are not declared (tags, settings) are left out, and so are left alone.
pub(super) fn body(record: &DnsRecord) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    put("type", json!(record.record_type));
    put("name", json!(record.name));
    put("ttl", json!(record.ttl));
    put("comment", json!(record.comment));
    if record.record_type.is_proxiable() {
        put("proxied", json!(record.proxied));
    }
    if matches!(record.record_type, RecordType::Mx | RecordType::Uri) {
        put("priority", json!(record.details.priority));
    }
    match data(record) {
        Some(data) => put("data", data),
        None => put("content", json!(content(record))),
    }
    Value::Object(body)
}

/// A text is always sent in quoted strings, so that it comes back the same (API doc §3.5).
fn content(record: &DnsRecord) -> String {
    let value = sent_value(record);
    match record.record_type {
        RecordType::Txt => quoted(&joined(&value)),
        _ => value,
    }
}

/// References were resolved meanwhile: what they brought is sent in the same form as what is written.
fn sent_value(record: &DnsRecord) -> String {
    let text = record
        .value
        .as_ref()
        .and_then(Input::known)
        .cloned()
        .unwrap_or_default();
    canonical(record.record_type, &text, &record.zone).unwrap_or(text)
}

fn data(record: &DnsRecord) -> Option<Value> {
    use RecordType as T;
    let details = &record.details;
    let value = sent_value(record);
    Some(match record.record_type {
        T::A | T::Aaaa | T::Cname | T::Ns | T::Ptr | T::Txt | T::Mx => return None,
        T::Caa => json!({"flags": details.flags.unwrap_or(0), "tag": details.tag, "value": value}),
        T::Srv => json!({
            "priority": details.priority, "weight": details.weight, "port": details.port, "target": value,
        }),
        T::Https | T::Svcb => json!({
            "priority": details.priority, "target": value, "value": details.params.as_deref().unwrap_or_default(),
        }),
        T::Tlsa => json!({
            "usage": details.usage, "selector": details.selector, "matching_type": details.matching_type,
            "certificate": value,
        }),
        T::Sshfp => json!({
            "algorithm": details.algorithm, "type": details.fingerprint_type, "fingerprint": value,
        }),
        T::Uri => json!({"weight": details.weight, "target": value}),
        T::Loc => json!(details.location),
    })
}

/// What tells records of one name apart: two that are the same in this cannot stand beside each other.
pub(super) fn identity(record: &DnsRecord) -> String {
    let details = serde_json::to_string(&record.details).unwrap_or_default();
    format!(
        "{} {} {} {details}",
        record.record_type,
        record.name,
        sent_value(record)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as it is declared, and answers about it from several years and clients of the API (API doc §3.2 to §3.6).
    fn answers() -> Vec<(Value, Vec<Value>)> {
        vec![
            (
                json!({"name": "_sip._tcp.example.com", "type": "SRV", "value": ".", "priority": 0, "weight": 0, "port": 0}),
                vec![
                    json!({"data": {"priority": 0, "weight": 0, "port": 0, "target": "."}}),
                    json!({"data": {"priority": 0, "weight": 0, "port": 0, "target": false}, "content": "0 0 0 ."}),
                    json!({"data": {"priority": 0, "weight": 0, "port": 0, "target": ".", "service": "_sip", "proto": "_tcp", "name": "example.com"}}),
                ],
            ),
            (
                json!({"name": "www.example.com", "type": "HTTPS", "value": "www.unit.tests", "priority": 1, "params": "alpn=\"h3\""}),
                vec![
                    json!({"data": {"priority": 1, "target": "www.unit.tests.", "value": "alpn=\"h3\""}, "content": "1 www.unit.tests. alpn=\"h3\""}),
                    json!({"data": {"priority": 1, "target": "WWW.unit.tests", "value": "alpn=\"h3\""}}),
                ],
            ),
            (
                json!({"name": "www.example.com", "type": "CNAME", "value": "target.example.net"}),
                vec![
                    json!({"name": "WWW.Example.com.", "content": "Target.example.net."}),
                    json!({"content": "target.example.net", "comment": null, "tags": [], "zone_id": "z", "locked": false}),
                ],
            ),
            (
                json!({"name": "xn--wgv71a.example.com", "type": "TXT", "value": "one long text"}),
                vec![
                    json!({"name": "日本.example.com", "content": "one long text"}),
                    json!({"content": "\"one \" \"long text\""}),
                ],
            ),
        ]
    }

    #[test]
    fn one_record_has_many_faces() {
        for (declared, faces) in answers() {
            let whole = |patch: &Value| {
                let mut whole = declared.clone();
                for (member, value) in patch.as_object().unwrap() {
                    whole[member] = value.clone();
                }
                whole
            };
            let wanted = whole(&json!({"zone": "example.com", "ttl": 1, "proxied": false, "comment": ""}));
            for face in faces {
                let mut row = json!({"id": "i", "name": declared["name"], "type": declared["type"]});
                for (member, value) in face.as_object().unwrap() {
                    row[member] = value.clone();
                }
                let row: Row = serde_json::from_value(row).unwrap();
                let read = serde_json::to_value(row.record("example.com").unwrap()).unwrap();
                assert_eq!(read, wanted, "{face}");
            }
        }
    }
}
