//! Kind by field: each field of each kind is declared, comes to rest, changes alone, and comes to rest again. The kinds'
//! schemas say which fields there are: one without a row fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Bench, stack};
use crate::catalog;
use crate::cloudflare::{Dns, KvNamespace, Pages, R2Bucket, Worker};
use crate::model::{Declaration, Resource};
use crate::plan::{DataGuard, Plan, Step};

/// A field, what is declared besides the base, and what of that is changed.
struct Row {
    field: &'static str,
    before: Value,
    after: Value,
    /// Other fields that follow from it.
    also: &'static [&'static str],
}

fn row(field: &'static str, before: Value, after: Value) -> Row {
    Row {
        field,
        before,
        after,
        also: &[],
    }
}

/// A field that has no row, and the test that is about it.
type Elsewhere = (&'static str, &'static str);

/// The fields of a schema that hold no others: `cors[].max_age`.
fn leaves(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    let present = schema["anyOf"].as_array().and_then(|some| match some.as_slice() {
        [one, none] if none["type"] == "null" => Some(one),
        _ => None,
    });
    if let Some(present) = present {
        return leaves(present, path, found);
    }
    let items = &schema["items"];
    match (schema["properties"].as_object(), items["properties"].as_object()) {
        (Some(members), _) => members
            .iter()
            .for_each(|(name, member)| leaves(member, &below(name), found)),
        (None, Some(members)) => members
            .iter()
            .for_each(|(name, member)| leaves(member, &format!("{path}[].{name}"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}

/// Fails where the schema of `kind` has a field that nobody tests, or a row has a field that the schema has not.
fn all_of(kind: &str, rows: &[Row], elsewhere: &[Elsewhere]) {
    let mut fields = BTreeSet::new();
    leaves(catalog::kind(kind).unwrap().schema(), "", &mut fields);
    let tested = rows.iter().map(|row| row.field);
    let tested: BTreeSet<String> = tested
        .chain(elsewhere.iter().map(|(field, _)| *field))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = fields.difference(&tested).collect();
    let unknown: Vec<_> = tested.difference(&fields).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{kind}: fields without a row: {missing:?}; rows without a field: {unknown:?}"
    );
}

/// `base` with the members of `patch`; null takes one away.
fn merged(base: &Value, patch: &Value) -> Value {
    let (Some(members), Some(patches)) = (base.as_object(), patch.as_object()) else {
        return patch.clone();
    };
    let mut merged = members.clone();
    for (name, value) in patches {
        match (value, members.get(name)) {
            (Value::Null, _) => drop(merged.remove(name)),
            (value, Some(old)) => drop(merged.insert(name.clone(), self::merged(old, value))),
            (value, None) => drop(merged.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(merged)
}

/// A path without the places in its lists.
fn plain(path: &str) -> String {
    let digits = |c: char| c.is_ascii_digit();
    path.split('[')
        .map(|part| part.trim_start_matches(digits))
        .collect::<Vec<_>>()
        .join("[")
}

/// Fails where `step` changes anything but the row's field, of which `prefix` is not told.
fn only(step: &Step, row: &Row, prefix: &str) -> String {
    let field = row.field.strip_prefix(prefix).unwrap();
    let paths: Vec<String> = step
        .changes
        .iter()
        .map(|change| plain(&change.path.to_string()))
        .collect();
    let about = |path: &str| field.starts_with(path) || path.starts_with(field);
    let others: Vec<_> = paths
        .iter()
        .filter(|path| !about(path) && !row.also.contains(&path.as_str()))
        .collect();
    assert!(
        others.is_empty(),
        "{}: {} changes {others:?}",
        row.field,
        step.address
    );
    assert!(paths.iter().any(|path| about(path)), "{}: {paths:?}", row.field);
    paths.join(", ")
}

/// A resource a row, all of them made at once, then all of them changed at once: one step each, about one field each.
async fn hold<R: Resource>(
    bench: &Bench,
    folder: &std::path::Path,
    around: &[Declaration],
    base: impl Fn(&str) -> Value,
    rows: &[Row],
) where
    Declaration: From<R>,
{
    let name = |index: usize| format!("row-{index}");
    let spec = |index: usize, changed: bool| {
        let mut spec = merged(&base(&name(index)), &rows[index].before);
        if changed {
            spec = merged(&spec, &rows[index].after);
        }
        let typed = serde_json::from_value::<R>(spec.clone());
        Declaration::from(typed.unwrap_or_else(|error| panic!("{spec}: {error}")))
    };
    let of = |changed: bool| {
        let resources = (0..rows.len()).map(|index| spec(index, changed));
        stack(around.iter().cloned().chain(resources)).root(folder)
    };
    bench.settle(&of(false)).await;
    let plan = bench.plan(&of(true)).await;
    let steps = by_name(&plan);
    for (index, row) in rows.iter().enumerate() {
        let step = steps.get(name(index).as_str());
        let step = step.unwrap_or_else(|| panic!("{}: the plan does not see its change", row.field));
        let told = only(step, row, "");
        println!("| {} | {} | {:?} | {told} |", R::KIND, row.field, step.action);
    }
    assert_eq!(steps.len(), rows.len(), "{:?}", steps.keys());
    bench.settle(&of(true)).await;
}

fn by_name(plan: &Plan) -> BTreeMap<&str, &Step> {
    plan.steps
        .iter()
        .map(|step| (step.address.name(), step))
        .collect()
}

/// One that loses data where it is told to: a bucket under another law is another bucket.
async fn bench() -> Bench {
    let mut bench = Bench::start().await;
    bench.session = bench.session.clone().data(DataGuard::Allow);
    bench
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn of_a_bucket() {
    let rule = |member: &str, value: Value| json!({"lifecycle": {"rule": [{"id": "old", member: value}]}});
    let both = |member: &str, value: Value| json!({"lifecycle": {"rule": [{"id": "old", "delete_after_days": 9, member: value}]}});
    let cors = |member: &str, value: Value| {
        json!({"cors": [merged(
            &json!({"allowed_origins": ["https://a.jp"], "allowed_methods": ["GET"]}),
            &json!({member: value}),
        )]})
    };
    let domain =
        |host: &str, more: Value| json!({"custom_domain": [merged(&json!({"domain": host}), &more)]});
    let rows = [
        row(
            "location",
            json!({"location": "APAC"}),
            json!({"location": "WEUR"}),
        ),
        row("jurisdiction", json!({}), json!({"jurisdiction": "eu"})),
        row(
            "storage_class",
            json!({}),
            json!({"storage_class": "InfrequentAccess"}),
        ),
        row("public_dev_url", json!({}), json!({"public_dev_url": true})),
        row("force_destroy", json!({}), json!({"force_destroy": true})),
        row(
            "cors[].allowed_origins",
            cors("x", Value::Null),
            cors("allowed_origins", json!(["*"])),
        ),
        row(
            "cors[].allowed_methods",
            cors("x", Value::Null),
            cors("allowed_methods", json!(["GET", "PUT"])),
        ),
        row(
            "cors[].allowed_headers",
            cors("x", Value::Null),
            cors("allowed_headers", json!(["x-a"])),
        ),
        row(
            "cors[].expose_headers",
            cors("expose_headers", json!(["ETag"])),
            cors("x", Value::Null),
        ),
        row(
            "cors[].max_age",
            cors("max_age", json!(60)),
            cors("max_age", json!(90)),
        ),
        row(
            "custom_domain[].domain",
            domain("a.example.jp", json!({})),
            domain("b.example.jp", json!({})),
        ),
        row(
            "custom_domain[].min_tls",
            domain("c.example.jp", json!({})),
            domain("c.example.jp", json!({"min_tls": "1.2"})),
        ),
        row(
            "custom_domain[].zone",
            domain("d.sub.example.jp", json!({})),
            domain("d.sub.example.jp", json!({"zone": "example.jp"})),
        ),
        row(
            "lifecycle.rule[].id",
            rule("delete_after_days", json!(1)),
            json!({"lifecycle": {"rule": [{"id": "new", "delete_after_days": 1}]}}),
        ),
        row(
            "lifecycle.rule[].enabled",
            rule("delete_after_days", json!(9)),
            both("enabled", json!(false)),
        ),
        row(
            "lifecycle.rule[].prefix",
            rule("delete_after_days", json!(9)),
            both("prefix", json!("tmp/")),
        ),
        row(
            "lifecycle.rule[].delete_after_days",
            rule("delete_after_days", json!(1)),
            rule("delete_after_days", json!(2)),
        ),
        row(
            "lifecycle.rule[].delete_on",
            rule("delete_on", json!("2027-01-31")),
            rule("delete_on", json!("2028-01-31")),
        ),
        row(
            "lifecycle.rule[].infrequent_access_after_days",
            rule("delete_after_days", json!(9)),
            both("infrequent_access_after_days", json!(3)),
        ),
        row(
            "lifecycle.rule[].infrequent_access_on",
            rule("infrequent_access_on", json!("2027-01-31")),
            rule("infrequent_access_on", json!("2027-02-28")),
        ),
        row(
            "lifecycle.rule[].abort_uploads_after_days",
            rule("delete_after_days", json!(9)),
            both("abort_uploads_after_days", json!(3)),
        ),
    ];
    all_of(
        R2Bucket::KIND,
        &rows,
        &[("name", "somebody_elses_bucket_is_not_taken_by_its_name")],
    );
    let folder = tempfile::tempdir().unwrap();
    let bench = bench().await;
    let below = json!({"name": "sub.example.jp", "plan": "free"});
    bench.control("POST", "/zones", below).await;
    hold::<R2Bucket>(&bench, folder.path(), &[], |name| json!({"name": name}), &rows).await;
}

#[tokio::test]
async fn of_a_namespace() {
    let rows = [row("title", json!({"title": "a"}), json!({"title": "b"}))];
    all_of(
        KvNamespace::KIND,
        &rows,
        &[("name", "somebody_elses_namespace_is_not_taken_by_its_title")],
    );
    let folder = tempfile::tempdir().unwrap();
    hold::<KvNamespace>(
        &bench().await,
        folder.path(),
        &[],
        |name| json!({"name": name}),
        &rows,
    )
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn of_a_worker() {
    let durable = |more: Value| json!({"migration": [{"tag": "v1", "new_sqlite_class": ["A"]}, merged(&json!({"tag": "v2"}), &more)]});
    let made = json!({"migration": [{"tag": "v1", "new_sqlite_class": ["A"]}]});
    let with_digest = |field, before, after| Row {
        also: &["source_digest"],
        ..row(field, before, after)
    };
    let rows = [
        with_digest("source", json!({}), json!({"source": "other.js"})),
        with_digest("build", json!({"build": "true"}), json!({"build": "true again"})),
        row(
            "route",
            json!({"route": ["a.example.com/*"]}),
            json!({"route": ["b.example.com/*"]}),
        ),
        row(
            "custom_domain",
            json!({"custom_domain": ["c.example.jp"]}),
            json!({"custom_domain": ["d.example.jp"]}),
        ),
        row(
            "bindings",
            json!({}),
            json!({"bindings": [{"type": "var", "name": "A", "value": "a"}]}),
        ),
        row(
            "compatibility_date",
            json!({}),
            json!({"compatibility_date": "2026-01-31"}),
        ),
        row(
            "compatibility_flags",
            json!({}),
            json!({"compatibility_flags": ["nodejs_compat"]}),
        ),
        row(
            "cron",
            json!({"cron": ["*/5 * * * *"]}),
            json!({"cron": ["0 1 * * *"]}),
        ),
        row(
            "workers_dev",
            json!({"workers_dev": false}),
            json!({"workers_dev": true}),
        ),
        row(
            "observability.enabled",
            json!({"observability": {"enabled": true}}),
            json!({"observability": {"enabled": false}}),
        ),
        row(
            "observability.head_sampling_rate",
            json!({"observability": {"enabled": true}}),
            json!({"observability": {"head_sampling_rate": 0.5}}),
        ),
        row("force_destroy", json!({}), json!({"force_destroy": true})),
        row("migration[].tag", made.clone(), durable(json!({}))),
        row("migration[].new_sqlite_class", json!({}), made.clone()),
        row(
            "migration[].new_class",
            made.clone(),
            durable(json!({"new_class": ["B"]})),
        ),
        row(
            "migration[].renamed_class[].from",
            made.clone(),
            durable(json!({"renamed_class": [{"from": "A", "to": "B"}]})),
        ),
        row(
            "migration[].renamed_class[].to",
            made.clone(),
            durable(json!({"renamed_class": [{"from": "A", "to": "C"}]})),
        ),
        row(
            "migration[].deleted_class",
            made.clone(),
            durable(json!({"deleted_class": ["A"]})),
        ),
    ];
    all_of(
        Worker::KIND,
        &rows,
        &[
            ("name", "others_workers_and_their_addresses_are_left_alone"),
            (
                "migration[].transferred_class[].from",
                "the sandbox transfers no classes",
            ),
            (
                "migration[].transferred_class[].to",
                "the sandbox transfers no classes",
            ),
            (
                "migration[].transferred_class[].worker",
                "the sandbox transfers no classes",
            ),
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    for name in ["api.js", "other.js"] {
        let code = "export class A {} export class B {} export class C {} export default { fetch() {} }";
        std::fs::write(folder.path().join(name), code).unwrap();
    }
    let base = |name: &str| json!({"name": name, "source": "api.js"});
    hold::<Worker>(&bench().await, folder.path(), &[], base, &rows).await;
}

#[tokio::test]
async fn of_a_site() {
    let with_digest = |field, before, after| Row {
        also: &["source_digest"],
        ..row(field, before, after)
    };
    let rows = [
        with_digest("source", json!({}), json!({"source": "other"})),
        with_digest("build", json!({"build": "true"}), json!({"build": "true again"})),
        row(
            "production_branch",
            json!({}),
            json!({"production_branch": "trunk"}),
        ),
        row("branch", json!({}), json!({"branch": "next"})),
        row(
            "custom_domain",
            json!({"custom_domain": ["a.example.jp"]}),
            json!({"custom_domain": ["b.example.jp"]}),
        ),
        row(
            "env",
            json!({"env": {"A": "a", "B": "b"}}),
            json!({"env": {"A": "c", "B": null}}),
        ),
        row(
            "compatibility_date",
            json!({}),
            json!({"compatibility_date": "2026-01-31"}),
        ),
    ];
    all_of(
        Pages::KIND,
        &rows,
        &[(
            "name",
            "a_site_is_published_and_only_changed_files_are_sent_again",
        )],
    );
    let folder = tempfile::tempdir().unwrap();
    for name in ["dist", "other"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("index.html"), "page").unwrap();
    }
    let base = |name: &str| json!({"name": name, "source": "dist"});
    hold::<Pages>(&bench().await, folder.path(), &[], base, &rows).await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn of_a_record() {
    let a = json!({"type": "A", "value": ["192.0.2.1"]});
    let srv = json!({"type": "SRV", "value": ["sip.example.com"], "priority": 1, "weight": 1, "port": 1});
    let caa = json!({"type": "CAA", "value": ["ca.example"], "tag": "issue", "flags": 0});
    let tlsa =
        json!({"type": "TLSA", "value": ["ab".repeat(32)], "usage": 3, "selector": 1, "matching_type": 1});
    let sshfp = json!({"type": "SSHFP", "value": ["cd".repeat(32)], "algorithm": 4, "fingerprint_type": 2});
    let https = json!({"type": "HTTPS", "value": ["."], "priority": 1, "params": "alpn=\"h3\""});
    let place = json!({
        "lat_degrees": 35, "lat_minutes": 40, "lat_seconds": 12.5, "lat_direction": "N", "long_degrees": 139,
        "long_minutes": 45, "long_seconds": 1.0, "long_direction": "E", "altitude": 40.0, "size": 1.0,
        "precision_horz": 10_000.0, "precision_vert": 10.0,
    });
    let loc = json!({"type": "LOC", "location": place});
    let at = |member: &str, value: Value| json!({"location": {member: value}});
    let rows = [
        row("record[].value", a.clone(), json!({"value": ["192.0.2.2"]})),
        row("record[].ttl", a.clone(), json!({"ttl": 300})),
        row("record[].proxied", a.clone(), json!({"proxied": true})),
        row("record[].comment", a, json!({"comment": "a note"})),
        row("record[].priority", srv.clone(), json!({"priority": 2})),
        row("record[].weight", srv.clone(), json!({"weight": 2})),
        row("record[].port", srv, json!({"port": 2})),
        row("record[].flags", caa.clone(), json!({"flags": 128})),
        row("record[].tag", caa, json!({"tag": "issuewild"})),
        row("record[].usage", tlsa.clone(), json!({"usage": 2})),
        row("record[].selector", tlsa.clone(), json!({"selector": 0})),
        row("record[].matching_type", tlsa, json!({"matching_type": 2})),
        row("record[].algorithm", sshfp.clone(), json!({"algorithm": 3})),
        row("record[].fingerprint_type", sshfp, json!({"fingerprint_type": 1})),
        row("record[].params", https, json!({"params": "alpn=\"h2\""})),
        row(
            "record[].location.lat_degrees",
            loc.clone(),
            at("lat_degrees", json!(36)),
        ),
        row(
            "record[].location.lat_minutes",
            loc.clone(),
            at("lat_minutes", json!(41)),
        ),
        row(
            "record[].location.lat_seconds",
            loc.clone(),
            at("lat_seconds", json!(13.0)),
        ),
        row(
            "record[].location.lat_direction",
            loc.clone(),
            at("lat_direction", json!("S")),
        ),
        row(
            "record[].location.long_degrees",
            loc.clone(),
            at("long_degrees", json!(140)),
        ),
        row(
            "record[].location.long_minutes",
            loc.clone(),
            at("long_minutes", json!(46)),
        ),
        row(
            "record[].location.long_seconds",
            loc.clone(),
            at("long_seconds", json!(2.0)),
        ),
        row(
            "record[].location.long_direction",
            loc.clone(),
            at("long_direction", json!("W")),
        ),
        row(
            "record[].location.altitude",
            loc.clone(),
            at("altitude", json!(41.0)),
        ),
        row("record[].location.size", loc.clone(), at("size", json!(2.0))),
        row(
            "record[].location.precision_horz",
            loc.clone(),
            at("precision_horz", json!(20_000.0)),
        ),
        row(
            "record[].location.precision_vert",
            loc,
            at("precision_vert", json!(20.0)),
        ),
    ];
    all_of(
        Dns::KIND,
        &rows,
        &[
            ("zone", "a_zone_that_is_not_there_is_told"),
            (
                "record[].name",
                "an_alias_and_an_address_change_places_in_one_write",
            ),
            (
                "record[].type",
                "an_alias_and_an_address_change_places_in_one_write",
            ),
            (
                "authoritative",
                "an_authoritative_zone_loses_what_is_not_declared_but_never_most_of_it",
            ),
        ],
    );
    let bench = bench().await;
    let of = |changed: bool| {
        let records = rows.iter().enumerate().map(|(index, row)| {
            let name = json!({"name": format!("_{index}._tcp")});
            let record = merged(&name, &row.before);
            if changed {
                merged(&record, &row.after)
            } else {
                record
            }
        });
        let records: Vec<Value> = records.collect();
        let zone: Dns = serde_json::from_value(json!({"zone": "example.com", "record": records})).unwrap();
        stack([zone])
    };
    bench.settle(&of(false)).await;
    let plan = bench.plan(&of(true)).await;
    assert_eq!(plan.steps.len(), rows.len(), "{:#?}", plan.steps);
    for (index, row) in rows.iter().enumerate() {
        let name = format!("_{index}._tcp.example.com");
        let named = |step: &&Step| step.desired.as_ref().is_some_and(|spec| spec["name"] == *name);
        let step = plan.steps.iter().find(named).unwrap();
        let told = only(step, row, "record[].");
        println!("| dns | {} | {:?} | {told} |", row.field, step.action);
    }
    bench.settle(&of(true)).await;
}
