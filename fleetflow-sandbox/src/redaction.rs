//! Takes secrets out of what the request log keeps. It works on names, so it errs on the side of hiding too much.

use serde_json::Value;

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "(redacted)";

/// The same JSON without its secrets.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let is_secret_binding = members
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.starts_with("secret"));
            for (key, member) in members.iter_mut() {
                redact_member(key, member, is_secret_binding);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// A query string without its secrets: SAKURA Cloud's is one JSON object, the others' are pairs.
pub(crate) fn redact_query(query: &str) -> String {
    if let Ok(mut json) = serde_json::from_str::<Value>(query) {
        redact(&mut json);
        return json.to_string();
    }
    query.split('&').map(redact_pair).collect::<Vec<_>>().join("&")
}

fn redact_pair(pair: &str) -> String {
    match pair.split_once('=') {
        // What images are built with: any of them may be a token.
        Some((key, _)) if is_secret(key) || key == "buildargs" => format!("{key}={REDACTED}"),
        _ => pair.to_owned(),
    }
}

fn redact_member(key: &str, member: &mut Value, is_secret_binding: SecretBinding) {
    if member.is_null() || member.is_boolean() {
        return;
    }
    if is_secret(key) || (is_secret_binding && matches!(key, "text" | "value" | "key_base64" | "key_jwk")) {
        *member = REDACTED.into();
        return;
    }
    match key {
        "Env" | "env" => redact_environment(member),
        // Values of start-up scripts' variables: any of them may be a password.
        "Variables" => redact_values(member),
        _ => redact(member),
    }
}

/// True inside an object that says of itself that it is a secret, as Cloudflare's bindings do.
type SecretBinding = bool;

/// What names have in them under which clouds take secrets.
const PARTS: [&str; 9] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "userdata",
    "privatekey",
    "authorization",
    "apikey",
    "credential",
];

/// Names that have it and take none.
const PLAIN: [&str; 4] = ["secretname", "tokenid", "nextpagetoken", "disablepwauth"];

/// True for names under which clouds take secrets.
fn is_secret(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let key = key.to_ascii_lowercase();
    !PLAIN.contains(&key.as_str()) && PARTS.iter().any(|part| key.contains(part))
}

/// `NAME=value` lists, as containers take them: the names are worth keeping.
fn redact_environment(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact_assignment),
        other => redact_values(other),
    }
}

fn redact_assignment(item: &mut Value) {
    if let Some((name, _)) = item.as_str().and_then(|text| text.split_once('=')) {
        *item = format!("{name}={REDACTED}").into();
    }
}

fn redact_values(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| *member = REDACTED.into()),
        other => *other = REDACTED.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_go_and_names_stay() {
        let mut body = json!({
            "Config": {"Password": "hunter2", "HostName": "web", "Notes": [{"ID": 1, "Variables": {"db": "hunter2"}}]},
            "UserBootVariables": {"CloudInit": {"UserData": "hunter2"}},
            "bindings": [{"type": "secret_text", "name": "KEY", "text": "hunter2"}, {"type": "plain_text", "text": "shown"},
                {"type": "secret_key", "key_base64": "hunter2", "key_jwk": {"k": "hunter2"}, "format": "raw"}],
            "Env": ["DB=hunter2", "FLAG"],
            "env_vars": {"A": {"type": "secret_text", "value": "hunter2"}},
            "DisablePWAuth": true,
        });
        redact(&mut body);
        let text = body.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(body["Config"]["HostName"], "web");
        assert_eq!(body["bindings"][0]["name"], "KEY");
        assert_eq!(body["bindings"][1]["text"], "shown");
        assert_eq!(body["Env"], json!(["DB=(redacted)", "FLAG"]));
        assert_eq!(body["DisablePWAuth"], true);
    }

    #[test]
    fn queries_are_redacted_too() {
        assert_eq!(
            redact_query("name=web&token=hunter2"),
            "name=web&token=(redacted)"
        );
        assert_eq!(
            redact_query(r#"{"Password":"hunter2"}"#),
            r#"{"Password":"(redacted)"}"#
        );
    }
}
