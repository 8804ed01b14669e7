//! What a token may do, in the form in which the API tells it
//! (developers.cloudflare.com/fundamentals/api/how-to/create-via-api). It grants nothing.

use serde_json::{Map, Value, json};

use super::call::hex_identifier;
use super::rows::Token;

/// The permissions that the emulation knows: what they are for (a zone, the account, the user), and their names
/// (developers.cloudflare.com/fundamentals/api/reference/permissions).
const GROUPS: &[(Scope, &[&str])] = &[
    (
        Scope::Zone,
        &[
            "Zone Read",
            "DNS Read",
            "DNS Write",
            "Workers Routes Read",
            "Workers Routes Write",
        ],
    ),
    (
        Scope::Account,
        &[
            "Account Settings Read",
            "Account API Tokens Read",
            "Workers R2 Storage Read",
            "Workers R2 Storage Write",
            "Workers KV Storage Read",
            "Workers KV Storage Write",
            "Workers Scripts Read",
            "Workers Scripts Write",
            "Pages Read",
            "Pages Write",
        ],
    ),
    (Scope::User, &["API Tokens Read", "User Details Read"]),
];

#[derive(Clone, Copy)]
enum Scope {
    Zone,
    Account,
    User,
}

/// The token as the API shows it: its value is never shown again.
pub(super) fn describe(token: &Token, account: &str) -> Value {
    let policies: Vec<Value> = GROUPS
        .iter()
        .filter_map(|(scope, names)| policy(token, account, *scope, names))
        .collect();
    json!({
        "id": token.id,
        "name": token.id,
        "status": "active",
        "policies": policies,
    })
}

fn policy(token: &Token, account: &str, scope: Scope, names: &[&str]) -> Option<Value> {
    let granted = |name: &&&str| {
        let given = token.permissions.as_ref();
        given.is_none_or(|given| given.iter().any(|one| one == **name))
    };
    let groups: Vec<Value> = names
        .iter()
        .filter(granted)
        .map(|name| json!({"id": hex_identifier(&format!("permission:{name}")), "name": name}))
        .collect();
    (!groups.is_empty()).then(|| {
        json!({
            "id": hex_identifier(&format!("policy:{}:{}", token.id, names[0])),
            "effect": "allow",
            "resources": resources(token, account, scope),
            "permission_groups": groups,
        })
    })
}

fn resources(token: &Token, account: &str, scope: Scope) -> Value {
    let zones = token.zones.as_ref();
    match (scope, zones) {
        (Scope::Zone, Some(zones)) => {
            let named = zones
                .iter()
                .map(|zone| (format!("com.cloudflare.api.account.zone.{zone}"), json!("*")));
            Value::Object(named.collect())
        }
        (Scope::Zone, None) => {
            let all = json!({"com.cloudflare.api.account.zone.*": "*"});
            Value::Object(Map::from_iter([(
                format!("com.cloudflare.api.account.{account}"),
                all,
            )]))
        }
        (Scope::Account, _) => Value::Object(Map::from_iter([(
            format!("com.cloudflare.api.account.{account}"),
            json!("*"),
        )])),
        (Scope::User, _) => json!({"com.cloudflare.api.user.*": "*"}),
    }
}
