//! What is wrong with a declared Worker, as far as it can be seen without its code.

use std::collections::BTreeSet;

use super::look::{host_of, parts_of};
use super::{Binding, KeyFormat, Worker};
use crate::cloudflare::name;
use crate::model::{Path, Problem};

/// The largest variable, in bytes, and the most of them (API doc §4.3).
const LARGEST_TEXT: usize = 5 * 1024;
const MOST_VARIABLES: usize = 128;

pub(super) fn check(worker: &Worker) -> Vec<Problem> {
    let root = Path::root();
    let mut problems = Vec::new();
    if !is_script_name(&worker.name) {
        let message = format!("`{}` cannot name a Worker", worker.name);
        let help = "use up to 63 lower-case letters, digits, `-` and `_`, beginning with a letter or a digit";
        problems.push(Problem::at(root.key("name"), message).help(help));
    }
    for (index, pattern) in worker.route.iter().enumerate() {
        if let Err(message) = check_route(pattern) {
            problems.push(Problem::at(root.key("route").index(index), message));
        }
    }
    for (index, host) in worker.custom_domain.iter().enumerate() {
        if let Err(message) = name::host(host) {
            problems.push(Problem::at(root.key("custom_domain").index(index), message));
        }
    }
    for (index, schedule) in worker.cron.iter().enumerate() {
        if schedule.split_whitespace().count() != 5 {
            let problem = Problem::at(
                root.key("cron").index(index),
                format!("`{schedule}` is not a schedule"),
            );
            problems.push(problem.help("write minute, hour, day, month and weekday: `*/5 * * * *`"));
        }
    }
    problems.extend(bindings(worker));
    problems.extend(ids(worker));
    problems.extend(super::migration::check(worker));
    problems.extend(day(worker.compatibility_date.as_deref()));
    problems
}

/// A compatibility date that is no day.
pub(in crate::cloudflare) fn day(date: Option<&str>) -> Option<Problem> {
    let date = date.filter(|date| date.parse::<jiff::civil::Date>().is_err())?;
    let problem = Problem::at(
        Path::root().key("compatibility_date"),
        format!("`{date}` is not a day"),
    );
    Some(problem.help("write it like `2026-01-31`"))
}

fn is_script_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let begins = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    name.len() <= 63 && begins && name.bytes().all(legal)
}

/// `*` may stand at the beginning of the host and at the end of the path only (API doc §4.9).
fn check_route(pattern: &str) -> Result<(), String> {
    let (host, (_, path)) = (host_of(pattern), parts_of(pattern));
    name::host(host).map_err(|_| format!("`{pattern}` is not a route: `{host}` is not a host"))?;
    if path.strip_suffix('*').unwrap_or(path).contains('*') {
        return Err(format!(
            "`{pattern}` is not a route: `*` may stand at the end of the path only"
        ));
    }
    Ok(())
}

/// Names where ids are wanted: a database and a configuration of Hyperdrive are bound by the id that they were given.
fn ids(worker: &Worker) -> Vec<Problem> {
    let is_hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut problems = Vec::new();
    for (index, binding) in worker.bindings.iter().enumerate() {
        let (member, input, what, command) = match binding {
            Binding::D1 { database, .. } => ("database", database, "a D1 database", "wrangler d1 list"),
            Binding::Hyperdrive { id, .. } => (
                "id",
                id,
                "a configuration of Hyperdrive",
                "wrangler hyperdrive list",
            ),
            _ => continue,
        };
        let Some(text) = input.known() else { continue };
        let is_id = match binding {
            Binding::D1 { .. } => text.len() == 36 && is_hex(&text.replace('-', "")),
            _ => is_hex(text),
        };
        if !is_id {
            let path = Path::root().key("bindings").index(index).key(member);
            let problem = Problem::at(path, format!("`{text}` is not the id of {what}"));
            problems.push(problem.help(format!("write the id that `{command}` shows")));
        }
    }
    problems
}

fn bindings(worker: &Worker) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    let variables = worker.bindings.iter();
    let variables = variables.filter(|one| {
        matches!(
            one,
            Binding::Var { .. } | Binding::Json { .. } | Binding::Secret { .. }
        )
    });
    if variables.count() > MOST_VARIABLES {
        let message = format!("a Worker has at most {MOST_VARIABLES} variables and secrets");
        problems.push(Problem::at(Path::root().key("bindings"), message));
    }
    for (index, binding) in worker.bindings.iter().enumerate() {
        let path = Path::root().key("bindings").index(index);
        if !is_identifier(binding.name()) {
            let problem = Problem::at(
                path.key("name"),
                format!("`{}` cannot name a binding", binding.name()),
            );
            problems.push(problem.help("code reaches it as `env.NAME`: use letters, digits, `_` and `$`"));
        }
        if let Binding::Json { value, .. } = binding
            && let Some(Err(error)) = value
                .known()
                .map(|text| serde_json::from_str::<serde_json::Value>(text))
        {
            problems.push(Problem::at(
                path.key("value"),
                format!("this is not JSON: {error}"),
            ));
        }
        if let Binding::Var { value, .. } | Binding::Json { value, .. } | Binding::Secret { value, .. } =
            binding
            && value.known().is_some_and(|text| text.len() > LARGEST_TEXT)
        {
            let message = format!("a variable has at most {LARGEST_TEXT} bytes");
            problems.push(
                Problem::at(path.key("value"), message)
                    .help("put it into a KV namespace, or into a file of the code"),
            );
        }
        problems.extend(members(binding, &path));
        if !seen.insert(binding.name()) {
            let message = format!("there are two bindings called `{}`", binding.name());
            problems.push(Problem::at(path.key("name"), message).help("rename one of them"));
        }
    }
    problems
}

/// What is wrong with the members of a binding (API doc §4.3).
fn members(binding: &Binding, path: &Path) -> Option<Problem> {
    match binding {
        Binding::RateLimit { period, .. } if ![10, 60].contains(period) => {
            let problem = Problem::at(
                path.clone().key("period"),
                format!("a period has no {period} seconds"),
            );
            Some(problem.help("write 10 or 60"))
        }
        Binding::SendEmail {
            to: Some(_),
            allowed_to,
            ..
        } if !allowed_to.is_empty() => {
            let message = "e-mail goes to one address, or to some that are allowed";
            Some(Problem::at(path.clone().key("to"), message).help("leave out `to` or `allowed-to`"))
        }
        Binding::VpcNetwork { tunnel, network, .. } if tunnel.is_some() == network.is_some() => {
            let message = "a private network is reached by a tunnel or by its id";
            Some(Problem::at(path.clone(), message).help("give one of `tunnel` and `network`"))
        }
        Binding::SecretKey { usage, .. } if usage.is_empty() => {
            let message = "a key that may be used for nothing";
            Some(Problem::at(path.clone().key("usage"), message).help("say what it is for: `usage \"sign\"`"))
        }
        Binding::SecretKey {
            format: KeyFormat::Jwk,
            key,
            ..
        } if key.known().is_some_and(|key| !is_object(key)) => {
            let message = "the format `jwk` wants a JSON Web Key, which is an object of JSON";
            Some(Problem::at(path.clone().key("key"), message))
        }
        _ => None,
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

fn is_identifier(name: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.chars().all(legal)
}
