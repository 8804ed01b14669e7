//! What a DNS record may be, alone and among others.

use serde_json::{Value, json};

use super::support::Api;

fn a(name: &str, content: &str) -> Value {
    json!({ "type": "A", "name": name, "content": content })
}

#[tokio::test]
async fn a_record_lives_through_create_read_put_patch_delete() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let sent = json!({ "type": "A", "name": "www", "content": "192.0.2.1", "ttl": 300, "comment": "owner", "tags": ["team:web"] });
    let made = api.post(&records, sent).await.ok();
    assert_eq!(made["name"], "www.example.com");
    assert_eq!(made["created_on"], "2026-05-01T00:00:00.123456Z");
    assert_eq!(
        (&made["proxiable"], &made["proxied"], &made["ttl"]),
        (&json!(true), &json!(false), &json!(300))
    );
    let one = format!("{records}/{}", made["id"].as_str().unwrap());
    assert_eq!(api.get(&one).await.ok(), made);

    api.advance(5);
    let patched = api.patch(&one, json!({ "content": "192.0.2.2" })).await.ok();
    assert_eq!(
        (&patched["comment"], &patched["ttl"]),
        (&json!("owner"), &json!(300)),
        "PATCH keeps what is not sent"
    );
    assert_eq!(patched["created_on"], made["created_on"]);
    assert_eq!(patched["modified_on"], "2026-05-01T00:00:05.123456Z");

    let put = api.put(&one, a("www.example.com", "192.0.2.3")).await.ok();
    assert_eq!(
        (&put["comment"], &put["ttl"], &put["tags"]),
        (&Value::Null, &json!(1), &json!([])),
        "PUT resets what is not sent"
    );
    assert_eq!(put["id"], made["id"]);

    assert_eq!(api.delete(&one).await.ok(), json!({ "id": made["id"] }));
    assert_eq!(api.get(&one).await.refused(), (404, 81044));
    assert_eq!(api.delete(&one).await.refused(), (404, 81044));
    assert_eq!(
        api.delete(&format!("{records}/nonsense")).await.refused(),
        (404, 7003)
    );
}

#[tokio::test]
async fn comments_and_tags_are_cleared_by_explicit_empties() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let sent = json!({ "type": "A", "name": "c", "content": "192.0.2.1", "comment": "x", "tags": ["a:b"] });
    let one = format!("{records}/{}", api.post(&records, sent).await.id());
    let cleared = api.patch(&one, json!({ "comment": "", "tags": [] })).await.ok();
    assert_eq!(
        (&cleared["comment"], &cleared["tags"]),
        (&Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn names_become_full_lower_case_and_punycode() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    for (sent, stored) in [
        ("@", "example.com"),
        ("API", "api.example.com"),
        ("deep.er.Example.COM", "deep.er.example.com"),
        ("*.wild", "*.wild.example.com"),
        ("_dmarc", "_dmarc.example.com"),
        ("日本", "xn--wgv71a.example.com"),
        ("example.org", "example.org.example.com"),
        ("dot.example.com.", "dot.example.com"),
    ] {
        assert_eq!(
            api.post(&records, a(sent, "192.0.2.9")).await.ok()["name"],
            stored,
            "{sent}"
        );
    }
    for bad in ["", "a..b", "sp ace", "x.*.y", &"l".repeat(64)] {
        assert_eq!(
            api.post(&records, a(bad, "192.0.2.9")).await.chain(),
            9000,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn contents_are_checked_by_type() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let record =
        |kind: &str, content: &str| json!({ "type": kind, "name": "x", "content": content, "priority": 1 });
    assert_eq!(
        api.post(&records, record("A", "2001:db8::1")).await.refused(),
        (400, 9005)
    );
    assert_eq!(
        api.post(&records, record("A", "192.0.2.300")).await.refused(),
        (400, 9005)
    );
    assert_eq!(
        api.post(&records, record("AAAA", "192.0.2.1")).await.refused(),
        (400, 9006)
    );
    assert_eq!(
        api.post(&records, record("CNAME", "192.0.2.1")).await.chain(),
        9007
    );
    assert_eq!(
        api.post(&records, record("CNAME", "x.example.com")).await.chain(),
        9039
    );
    assert_eq!(api.post(&records, record("MX", "10.0.0.1")).await.chain(), 9008);
    assert_eq!(api.post(&records, record("NS", "not a host")).await.chain(), 9009);
    assert_eq!(api.post(&records, record("NOPE", "x")).await.chain(), 9004);
    assert_eq!(
        api.post(&records, json!({ "type": "MX", "name": "m", "content": "a.b" }))
            .await
            .chain(),
        9101
    );
    assert_eq!(
        api.post(&records, json!({ "name": "m", "content": "a.b" }))
            .await
            .chain(),
        9101
    );
    let malformed = api
        .send(reqwest::Method::POST, &records, Some(b"{".to_vec()))
        .await;
    assert_eq!(malformed.refused(), (400, 6007));

    let long = api.post(&records, record("AAAA", "2001:0DB8:0:0::1")).await.ok();
    assert_eq!(long["content"], "2001:db8::1");
    let mail = json!({ "type": "MX", "name": "m", "content": "mail.example.com.", "priority": 10 });
    let mail = api.post(&records, mail).await.ok();
    assert_eq!(
        (&mail["content"], &mail["priority"]),
        (&json!("mail.example.com"), &json!(10))
    );
    let null = json!({ "type": "MX", "name": "n", "content": ".", "priority": 0 });
    assert_eq!(api.post(&records, null).await.ok()["content"], ".");
}

#[tokio::test]
async fn the_time_to_live_has_limits_and_is_automatic_behind_the_proxy() {
    let api = Api::start().await;
    let zone = json!({ "name": "big.example", "plan": "enterprise" });
    api.control(reqwest::Method::POST, "/zones", zone).await;
    let (small, big) = (api.records("example.com").await, api.records("big.example").await);
    let record = |ttl: Value| json!({ "type": "A", "name": "t", "content": "192.0.2.1", "ttl": ttl });
    for ttl in [json!(0), json!(59), json!(86_401), json!("300")] {
        assert_eq!(api.post(&small, record(ttl)).await.chain(), 9021);
    }
    assert_eq!(api.post(&big, record(json!(29))).await.chain(), 9021);
    assert_eq!(api.post(&big, record(json!(30))).await.ok()["ttl"], 30);
    assert_eq!(api.post(&small, record(json!(60))).await.ok()["ttl"], 60);
    let proxied = json!({ "type": "CNAME", "name": "p", "content": "a.b", "ttl": 600, "proxied": true });
    assert_eq!(api.post(&small, proxied).await.ok()["ttl"], 1);
}

#[tokio::test]
async fn only_addresses_and_aliases_can_be_proxied() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let text = json!({ "type": "TXT", "name": "t", "content": "\"x\"", "proxied": true });
    assert_eq!(api.post(&records, text).await.refused(), (400, 9004));
    let private = json!({ "type": "A", "name": "t", "content": "10.0.0.1", "proxied": true });
    let private = api.post(&records, private).await;
    assert_eq!(private.refused(), (400, 9003));
    assert_eq!(
        private.message(),
        "Target 10.0.0.1 is not allowed for a proxied record."
    );
    let text = json!({ "type": "TXT", "name": "t", "content": "\"x\"", "proxied": false });
    assert_eq!(api.post(&records, text).await.ok()["proxiable"], false);
    let wrong = json!({ "type": "A", "name": "t", "content": "192.0.2.1", "proxied": "yes" });
    assert_eq!(api.post(&records, wrong).await.chain(), 9003);
}

#[tokio::test]
async fn aliases_stand_alone_among_addresses_and_aliases() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let alias = |name: &str, content: &str| json!({ "type": "CNAME", "name": name, "content": content });
    api.post(&records, a("host", "192.0.2.1")).await.ok();
    api.post(&records, a("host", "192.0.2.2")).await.ok();
    assert_eq!(
        api.post(&records, alias("host", "a.b")).await.refused(),
        (400, 81053)
    );
    let one = api.post(&records, alias("alias", "a.b")).await.id();
    assert_eq!(
        api.post(&records, a("alias", "192.0.2.1")).await.refused(),
        (400, 81054)
    );
    assert_eq!(
        api.post(&records, alias("alias", "c.d")).await.refused(),
        (400, 81053)
    );
    let text = json!({ "type": "TXT", "name": "alias", "content": "\"x\"" });
    api.post(&records, text).await.ok();
    let changed = api
        .put(&format!("{records}/{one}"), a("alias", "192.0.2.1"))
        .await;
    assert_eq!(changed.ok()["type"], "A", "a record is not its own neighbour");
}

#[tokio::test]
async fn identical_records_are_refused_however_they_are_spelt() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let text = |content: &str| json!({ "type": "TXT", "name": "t", "content": content });
    api.post(&records, a("host", "192.0.2.1")).await.ok();
    let again = api.post(&records, a("HOST.example.com", "192.0.2.1")).await;
    assert_eq!(again.refused(), (400, 81058));
    assert_eq!(again.message(), "An identical record already exists.");
    let other = api.post(&records, a("host", "192.0.2.2")).await.id();
    let moved = api
        .patch(&format!("{records}/{other}"), json!({ "content": "192.0.2.1" }))
        .await;
    assert_eq!(moved.refused(), (400, 81058));
    api.post(&records, text("\"one\" \"two\"")).await.ok();
    assert_eq!(api.post(&records, text("onetwo")).await.refused(), (400, 81058));
}

#[tokio::test]
async fn delegations_stand_alone_and_carry_their_ds() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let ns = |name: &str| json!({ "type": "NS", "name": name, "content": "ns1.example.net" });
    let data = json!({ "key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "B5BB9D80" });
    let ds = json!({ "type": "DS", "name": "sub", "data": data });
    assert_eq!(api.post(&records, ds.clone()).await.chain(), 9059);
    let delegation = api.post(&records, ns("sub")).await.id();
    let signed = api.post(&records, ds).await;
    assert_eq!(signed.ok()["content"], "1 13 2 B5BB9D80");
    assert_eq!(
        api.post(&records, a("sub", "192.0.2.1")).await.refused(),
        (400, 81056)
    );
    assert_eq!(api.delete(&format!("{records}/{delegation}")).await.chain(), 9059);
    api.delete(&format!("{records}/{}", signed.id())).await.ok();
    api.delete(&format!("{records}/{delegation}")).await.ok();
    api.post(&records, a("sub", "192.0.2.1")).await.ok();
    assert_eq!(api.post(&records, ns("sub")).await.refused(), (400, 81055));
}

#[tokio::test]
async fn text_is_quoted_split_and_limited() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let text = |content: &str| json!({ "type": "TXT", "name": "t", "content": content });
    for bad in ["", "\"\"", "two\nlines", "\"open", "\"a\" b"] {
        assert_eq!(api.post(&records, text(bad)).await.chain(), 9051, "{bad}");
    }
    assert_eq!(
        api.post(&records, text("v=spf1 -all")).await.ok()["content"],
        "v=spf1 -all"
    );
    let quoted = r#""say \"hi\"" "again""#;
    assert_eq!(api.post(&records, text(quoted)).await.ok()["content"], quoted);
    let long = "k".repeat(300);
    let split = format!("\"{}\" \"{}\"", "k".repeat(255), "k".repeat(45));
    assert_eq!(api.post(&records, text(&long)).await.ok()["content"], split);
    assert_eq!(api.post(&records, text(&"k".repeat(4096))).await.chain(), 9015);
    for letter in ["x", "y"] {
        api.post(&records, text(&letter.repeat(3700))).await.ok();
    }
    let full = api.post(&records, text(&"z".repeat(3700))).await;
    assert_eq!(full.refused(), (400, 83011));
}

#[tokio::test]
async fn comments_and_tags_follow_the_plan() {
    let api = Api::start().await;
    let (free, pro) = (api.records("example.jp").await, api.records("example.com").await);
    let comment = |length: usize| json!({ "type": "A", "name": "c", "content": "192.0.2.1", "comment": "é".repeat(length) });
    let tags = |tag: &str| json!({ "type": "A", "name": "t", "content": "192.0.2.1", "tags": [tag] });
    let long = api.post(&free, comment(101)).await;
    assert_eq!(long.refused(), (400, 9313));
    assert_eq!(
        long.message(),
        "DNS record comment exceeds the maximum length of 100 characters."
    );
    api.post(&free, comment(100)).await.ok();
    assert_eq!(api.post(&pro, comment(501)).await.refused(), (400, 9313));
    api.post(&pro, comment(500)).await.ok();
    assert_eq!(api.post(&free, tags("a:b")).await.refused(), (400, 9300));
    assert_eq!(api.post(&pro, tags("cf-x:b")).await.refused(), (400, 9302));
    assert_eq!(
        api.post(&pro, tags("owner:web/prod")).await.ok()["tags"],
        json!(["owner:web/prod"])
    );
}

#[tokio::test]
async fn settings_need_the_right_record() {
    let api = Api::start().await;
    let (free, pro) = (api.records("example.jp").await, api.records("example.com").await);
    let alias = |settings: Value, proxied: bool| json!({ "type": "CNAME", "name": "s", "content": "a.b", "proxied": proxied, "settings": settings });
    assert_eq!(
        api.post(&free, alias(json!({ "flatten_cname": true }), false))
            .await
            .chain(),
        9105
    );
    assert_eq!(
        api.post(&pro, alias(json!({ "ipv4_only": true }), false))
            .await
            .chain(),
        9105
    );
    let flat = api
        .post(&pro, alias(json!({ "flatten_cname": true }), false))
        .await
        .ok();
    assert_eq!(flat["settings"], json!({ "flatten_cname": true }));
}

#[tokio::test]
async fn structured_types_compute_their_content() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    for (kind, data, content) in [
        (
            "CAA",
            json!({ "flags": 0, "tag": "issue", "value": "letsencrypt.org" }),
            "0 issue \"letsencrypt.org\"",
        ),
        (
            "SRV",
            json!({ "priority": 1, "weight": 2, "port": 5060, "target": "sip.example.com." }),
            "1 2 5060 sip.example.com",
        ),
        (
            "SRV",
            json!({ "priority": 0, "weight": 0, "port": 0, "target": ".", "service": "_sip" }),
            "0 0 0 .",
        ),
        (
            "HTTPS",
            json!({ "priority": 1, "target": ".", "value": "alpn=\"h3,h2\"" }),
            "1 . alpn=\"h3,h2\"",
        ),
        (
            "SVCB",
            json!({ "priority": 0, "target": "svc.example.com" }),
            "0 svc.example.com.",
        ),
        (
            "TLSA",
            json!({ "usage": 3, "selector": 1, "matching_type": 1, "certificate": "0a0b" }),
            "3 1 1 0a0b",
        ),
        (
            "SSHFP",
            json!({ "algorithm": 1, "type": 1, "fingerprint": "859b" }),
            "1 1 859b",
        ),
        (
            "NAPTR",
            json!({ "order": 30, "preference": 100, "flags": "S", "service": "SIP+D2T", "regex": "", "replacement": "_sip._tls.unit.tests." }),
            "30 100 \"S\" \"SIP+D2T\" \"\" _sip._tls.unit.tests.",
        ),
        (
            "LOC",
            json!({ "lat_degrees": 31, "lat_minutes": 58, "lat_seconds": 52.1, "lat_direction": "S", "long_degrees": 115, "long_minutes": 49, "long_seconds": 11.7, "long_direction": "E", "altitude": 20, "size": 10, "precision_horz": 10, "precision_vert": 2 }),
            "IN LOC 31 58 52.1 S 115 49 11.7 E 20m 10m 10m 2m",
        ),
    ] {
        let name = format!("_{}", kind.to_lowercase());
        let made = api
            .post(&records, json!({ "type": kind, "name": name, "data": data }))
            .await
            .ok();
        assert_eq!(made["content"], content, "{kind}");
        assert_eq!(made["type"], kind);
    }
}

#[tokio::test]
async fn structured_types_check_their_data() {
    let api = Api::start().await;
    let records = api.records("example.com").await;
    let uri =
        json!({ "type": "URI", "name": "u", "priority": 1, "data": { "weight": 2, "target": "http://x/" } });
    assert_eq!(api.post(&records, uri).await.ok()["content"], "2 \"http://x/\"");
    let bad = |data: Value| json!({ "type": "CAA", "name": "bad", "data": data });
    for data in [
        json!({ "flags": 300, "tag": "issue", "value": "x" }),
        json!({ "flags": 0, "tag": "other", "value": "x" }),
        json!({ "flags": 0, "tag": "issue" }),
    ] {
        assert_eq!(api.post(&records, bad(data)).await.chain(), 9101);
    }
    let by_content = json!({ "type": "CAA", "name": "bad", "content": "0 issue \"x\"" });
    assert_eq!(api.post(&records, by_content).await.chain(), 9101);
}
