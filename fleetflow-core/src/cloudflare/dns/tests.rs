//! What a declared zone accepts, what it refuses and where, and what it expands to. No cloud is asked.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::*;
use crate::Stack;
use crate::catalog;
use crate::cloudflare::R2Bucket;
use crate::model::{Declaration, expanded};

fn problems(zone: Value) -> Vec<String> {
    match catalog::kind("dns").unwrap().decode(zone) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

fn one(record: Value) -> Vec<String> {
    problems(json!({"zone": "example.jp", "record": [record]}))
}

#[test]
fn short_and_long_forms_of_a_record_are_the_same() {
    let kind = catalog::kind("dns").unwrap();
    let short = json!({"zone": "example.jp",
        "record": {"name": "api", "type": "A", "value": {"$ref": "server.web.ip"}, "proxied": true}});
    let long = json!({"zone": "example.jp",
        "record": [{"name": "api", "type": "A", "value": [{"$ref": "server.web.ip"}], "proxied": true}]});
    assert_eq!(kind.decode(short).unwrap(), kind.decode(long).unwrap());
}

#[test]
fn every_type_is_accepted_as_its_constructor_builds_it() {
    let place = Location {
        lat_degrees: 35,
        lat_minutes: 40,
        lat_seconds: 52.1,
        lat_direction: Latitude::N,
        long_degrees: 139,
        long_minutes: 46,
        long_seconds: 0.0,
        long_direction: Longitude::E,
        altitude: 40.0,
        size: 10.0,
        precision_horz: 10.0,
        precision_vert: 2.0,
    };
    let zone = Dns::builder()
        .zone("example.jp")
        .records([
            Record::a("www", Ipv4Addr::new(192, 0, 2, 1)).proxied(true),
            Record::aaaa("www", "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap()),
            Record::cname("cdn", "www.example.jp"),
            Record::mx("@", 10, "mail.example.jp"),
            Record::txt("@", "v=spf1 -all").ttl(300).comment("mail"),
            Record::ns("sub", "ns1.example.net"),
            Record::ptr("1.2", "host.example.jp"),
            Record::srv("_sip._tcp", 10, 5, 5060, "sip.example.jp"),
            Record::caa("@", CaaTag::Issue, "letsencrypt.org").flags(128),
            Record::tlsa("_443._tcp", 3, 1, 1, "ab".repeat(32)),
            Record::https("@", 1, ".").params("alpn=\"h3,h2\""),
            Record::svcb("_dns", 1, "dns.example.jp"),
            Record::sshfp("web", 4, 2, "cd".repeat(32)),
            Record::uri("_ftp._tcp", 10, 1, "ftp://ftp.example.jp/public"),
            Record::loc("tower", place),
        ])
        .build();
    let encoded = serde_json::to_value(&zone).unwrap();
    assert_eq!(catalog::kind("dns").unwrap().decode(encoded.clone()), Ok(encoded));
}

#[test]
fn wrong_values_are_told_with_their_place() {
    assert_eq!(
        one(json!({"name": "api", "type": "A", "value": ["192.0.2.1", "xxx.xxx.xxx.xxx"]})),
        ["record[0].value[1]: `xxx.xxx.xxx.xxx` is not an IPv4 address"]
    );
    assert_eq!(
        one(json!({"name": "api", "type": "AAAA", "value": "192.0.2.1"})),
        ["record[0].value[0]: `192.0.2.1` is not an IPv6 address"]
    );
    assert_eq!(
        one(json!({"name": "api", "type": "CNAME", "value": "a b"})),
        [
            "record[0].value[0]: `a b` is not a domain name: each part has 1 to 63 letters, digits, `-` and `_`"
        ]
    );
    assert_eq!(
        one(json!({"name": "api", "type": "AAA", "value": "x"})),
        ["record[0].type: \"AAA\" is not allowed here (did you mean `AAAA`?)"]
    );
}

#[test]
fn what_a_type_needs_and_what_it_does_not_have() {
    assert_eq!(
        one(json!({"name": "@", "type": "MX", "value": "mail.example.jp"})),
        ["record[0]: an MX record needs `priority`"]
    );
    assert_eq!(
        one(json!({"name": "@", "type": "A", "value": "192.0.2.1", "priority": 1, "fingerprint_type": 1})),
        [
            "record[0].fingerprint_type: `fingerprint-type` does not belong to an A record",
            "record[0].priority: `priority` does not belong to an A record"
        ]
    );
    assert_eq!(
        one(json!({"name": "@", "type": "TXT"})),
        ["record[0].value: a TXT record needs a `value`"]
    );
    assert_eq!(
        one(json!({"name": "@", "type": "TXT", "value": "x", "proxied": true, "ttl": 5})),
        [
            "record[0].ttl: 5 is not a time to live (allowed: 60 to 86400 seconds (from 30 on Enterprise), or 1 for automatic)",
            "record[0].proxied: a TXT record cannot be proxied (only A, AAAA and CNAME records can be)",
        ]
    );
    assert_eq!(
        one(json!({"name": "w", "type": "A", "value": "192.0.2.1", "proxied": true, "ttl": 300})),
        ["record[0].ttl: a proxied record has an automatic time to live (remove `ttl` or `proxied`)"]
    );
    assert!(
        one(json!({"name": "@", "type": "A", "value": "192.0.2.1", "valeu": 1}))[0].contains("unknown field")
    );
}

#[test]
fn records_that_cannot_stand_together_are_told() {
    let zone = json!({"zone": "example.jp", "record": [
        {"name": "www", "type": "A", "value": "192.0.2.1"},
        {"name": "www.example.jp.", "type": "CNAME", "value": "example.net"},
        {"name": "sub", "type": "NS", "value": "ns.example.net"},
        {"name": "sub", "type": "TXT", "value": "x"},
        {"name": "@", "type": "TXT", "value": ["x", "\"x\""]},
        {"name": "example.org.", "type": "TXT", "value": "x"},
    ]});
    assert_eq!(
        problems(zone),
        [
            "record[5].name: `example.org.` is outside of the zone `example.jp`",
            "record[4].value[1]: `example.jp` has this TXT record already (remove one of them)",
            "record[3]: `sub.example.jp` is delegated by its NS records: it cannot have a TXT record \
             (use another name for one of them)",
            "record[1]: `www.example.jp` cannot have a CNAME record beside its A record \
             (use another name for one of them)",
        ]
    );
}

#[test]
fn what_is_not_carried_out_is_told() {
    let told = problems(json!({"zone": "example.jp", "authoritative": true}));
    assert!(
        told[0].starts_with("authoritative: an authoritative zone without records"),
        "{told:?}"
    );
}

fn addresses(stack: &Stack) -> Vec<String> {
    expanded(stack)
        .unwrap()
        .iter()
        .map(|declared| declared.address.to_string())
        .collect()
}

#[test]
fn a_zone_expands_to_itself_and_a_record_for_each_value() {
    let zone = json!({"zone": "example.jp", "record": [
        {"name": "www", "type": "A", "value": ["192.0.2.1", "192.0.2.2"]},
        {"name": "WWW", "type": "A", "value": "192.0.2.3", "comment": "third"},
        {"name": "@", "type": "CAA", "tag": "issue", "value": "letsencrypt.org"},
    ]});
    let stack = Stack::new("shop", "dev").add(Declaration::new("dns.example.jp".parse().unwrap(), zone));
    let parts = expanded(&stack.canonical().unwrap()).unwrap();
    let names: Vec<_> = parts.iter().map(|part| part.address.to_string()).collect();
    assert_eq!(
        names,
        [
            "dns.example.jp",
            "dns-record.example.jp/www/A",
            "dns-record.example.jp/www/A#2",
            "dns-record.example.jp/www/A#3",
            "dns-record.example.jp/@/CAA",
        ]
    );
    assert_eq!(parts[0].spec, json!({"zone": "example.jp"}));
    assert_eq!(
        parts[3].spec,
        json!({
            "zone": "example.jp", "name": "www.example.jp", "type": "A", "value": "192.0.2.3", "ttl": 1,
            "proxied": false, "comment": "fleetflow: shop/dev/dns-record.example.jp/www/A#3 | third",
        })
    );
}

#[test]
fn an_alias_of_a_bucket_under_its_custom_domain_is_left_to_r2() {
    let alias = || Record::cname("cdn", "creo-attachments.r2.cloudflarestorage.com").proxied(true);
    let zone = || Dns::builder().zone("creo-memories.com").record(alias()).build();
    let bucket = R2Bucket::builder().name("creo-attachments");
    let with = Stack::new("creo", "dev")
        .add(zone())
        .add(bucket.clone().custom_domain("cdn.creo-memories.com").build());
    assert_eq!(
        addresses(&with),
        ["dns.creo-memories.com", "r2-bucket.creo-attachments"]
    );
    let without = Stack::new("creo", "dev").add(zone()).add(bucket.build());
    assert_eq!(addresses(&without)[1], "dns-record.creo-memories.com/cdn/CNAME");
}
