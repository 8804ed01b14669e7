//! What is wrong with a declared bucket, as far as it can be seen without asking R2.

use std::collections::BTreeSet;

use super::{Cors, Jurisdiction, LifecycleRule, R2Bucket};
use crate::cloudflare::name;
use crate::model::{Address, Declaration, Expansion, Path, Problem};

pub(super) fn check(bucket: &R2Bucket) -> Vec<Problem> {
    let root = Path::root();
    let mut problems = Vec::new();
    if !is_bucket_name(&bucket.name) {
        let message = format!("`{}` cannot name a bucket", bucket.name);
        let help = "use 3 to 63 lower-case letters, digits and `-`, with a letter or a digit at both ends";
        problems.push(Problem::at(root.key("name"), message).help(help));
    }
    let has_law = bucket
        .jurisdiction
        .is_some_and(|law| law != Jurisdiction::Default);
    if has_law && bucket.location.is_some() {
        let problem = Problem::at(
            root.key("location"),
            "a bucket with a jurisdiction cannot have a location",
        );
        problems.push(problem.help("remove one of them"));
    }
    for (index, rule) in bucket.cors.iter().enumerate() {
        problems.extend(cors(rule, &root.key("cors").index(index)));
    }
    problems.extend(domains(bucket));
    let rules = bucket.lifecycle.iter().flat_map(|lifecycle| &lifecycle.rule);
    let mut seen = BTreeSet::new();
    for (index, rule) in rules.enumerate() {
        let path = root.key("lifecycle").key("rule").index(index);
        problems.extend(lifecycle_rule(rule, &path));
        if !seen.insert(&rule.id) {
            problems.push(Problem::at(
                path.key("id"),
                format!("there are two rules `{}`", rule.id),
            ));
        }
    }
    problems
}

/// What refers to the URL at r2.dev of a bucket that answers nobody there.
pub(super) fn unanswered(bucket: &R2Bucket, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
    if bucket.public_dev_url == Some(true) {
        return Vec::new();
    }
    let url = declared.address.output("dev-url");
    let problem = |who: &Address| {
        let message = format!("`{who}` refers to `dev-url`, and `public-dev-url` is not on");
        Problem::at(Path::root().key("public_dev_url"), message).help(
            "write `public-dev-url #true` here, or remove the reference: nobody is answered there otherwise",
        )
    };
    around.referring(&url).map(problem).collect()
}

fn is_bucket_name(name: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let legal = name.bytes().all(|byte| simple(byte) || byte == b'-');
    (3..=63).contains(&name.len()) && legal && !name.starts_with('-') && !name.ends_with('-')
}

fn cors(rule: &Cors, path: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, empty) in [
        ("allowed_origins", rule.allowed_origins.is_empty()),
        ("allowed_methods", rule.allowed_methods.is_empty()),
    ] {
        if empty {
            problems.push(Problem::at(path.key(field), "a CORS rule needs at least one"));
        }
    }
    for (index, origin) in rule.allowed_origins.iter().enumerate() {
        if !is_origin(origin) {
            let problem = Problem::at(
                path.key("allowed_origins").index(index),
                format!("`{origin}` is not an origin"),
            );
            problems
                .push(problem.help("write scheme and host without a path: `https://app.example.jp`, or `*`"));
        }
    }
    problems
}

fn is_origin(text: &str) -> bool {
    let host = text.split_once("://").map(|(_, host)| host);
    text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains(['/', ' ', '?', '#']))
}

fn domains(bucket: &R2Bucket) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (index, custom) in bucket.custom_domain.iter().enumerate() {
        let path = Path::root().key("custom_domain").index(index);
        let host = match name::host(&custom.domain) {
            Ok(host) => host,
            Err(message) => {
                problems.push(Problem::at(path.key("domain"), message));
                continue;
            }
        };
        if let Some(zone) = &custom.zone
            && !name::host(zone).is_ok_and(|zone| name::is_within(&host, &zone))
        {
            problems.push(Problem::at(
                path.key("zone"),
                format!("`{host}` is not in the zone `{zone}`"),
            ));
        }
        if !seen.insert(host) {
            let message = format!("`{}` is there twice", custom.domain);
            problems.push(Problem::at(path.key("domain"), message).help("remove one of them"));
        }
    }
    problems
}

fn lifecycle_rule(rule: &LifecycleRule, path: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, day) in [
        ("delete_on", &rule.delete_on),
        ("infrequent_access_on", &rule.infrequent_access_on),
    ] {
        if let Some(day) = day
            && day.parse::<jiff::civil::Date>().is_err()
        {
            let problem = Problem::at(path.key(field), format!("`{day}` is not a day"));
            problems.push(problem.help("write it like `2027-01-31`"));
        }
    }
    if rule.delete_after_days.is_some() && rule.delete_on.is_some() {
        problems.push(Problem::at(
            path.key("delete_on"),
            "objects are deleted after days or on a day, not both",
        ));
    }
    if rule.infrequent_access_after_days.is_some() && rule.infrequent_access_on.is_some() {
        let message = "objects change their class after days or on a day, not both";
        problems.push(Problem::at(path.key("infrequent_access_on"), message));
    }
    if does_nothing(rule) {
        problems.push(Problem::at(path.clone(), "the rule does nothing").help("give it `delete-after-days`"));
    }
    problems
}

fn does_nothing(rule: &LifecycleRule) -> bool {
    let days = [
        rule.delete_after_days,
        rule.infrequent_access_after_days,
        rule.abort_uploads_after_days,
    ];
    days.iter().all(Option::is_none) && rule.delete_on.is_none() && rule.infrequent_access_on.is_none()
}
