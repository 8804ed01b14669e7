//! Whether the credentials may write what a run is about to write: found out before it changes anything. It reads no
//! declaration.
//!
//! What a token may do can only be read by a token that may read tokens, and the names of permission groups are "cosmetic
//! and subject to change" (developers.cloudflare.com/fundamentals/api/how-to/create-via-api): so its policies can say yes,
//! and never no. Where they say nothing, a write that changes nothing is tried: an empty change of something that cannot
//! exist. Only a refusal of that counts as a lack.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Cloudflare;
use super::call::Call;
use crate::error::{Error, ErrorKind, Result};

/// A name that neither a bucket (63 characters at most), a Worker (63) nor a project (58) can have.
const NOBODY: &str = "fleetflow-asks-whether-it-may-write-and-this-name-is-too-long-ok";
/// An id that nothing has: they are random.
const NO_ID: &str = "00000000000000000000000000000000";

/// A permission to write, by product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permission {
    Dns,
    Buckets,
    Namespaces,
    Scripts,
    Routes,
    Pages,
}

impl Permission {
    /// The name that Cloudflare gives it (developers.cloudflare.com/fundamentals/api/reference/permissions).
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS Write",
            Self::Buckets => "Workers R2 Storage Write",
            Self::Namespaces => "Workers KV Storage Write",
            Self::Scripts => "Workers Scripts Write",
            Self::Routes => "Workers Routes Write",
            Self::Pages => "Pages Write",
        }
    }
}

/// What a step needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// A permission for the account.
    Account(Permission),
    /// A permission for the zone of this name, in punycode.
    Zone(Permission, String),
    /// A permission for the zone that holds this host.
    Host(Permission, String),
}

/// A permission, and the zone that it is needed for; the account without one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    permission: Permission,
    /// Id and name.
    zone: Option<(String, String)>,
}

/// What a token says of itself, as far as it may be read (developers.cloudflare.com/api/resources/user/subresources/tokens).
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Details {
    #[serde(default)]
    policies: Vec<Policy>,
}

#[derive(Clone, Debug, Deserialize)]
struct Policy {
    effect: String,
    #[serde(default)]
    resources: Map<String, Value>,
    #[serde(default)]
    permission_groups: Vec<Group>,
}

#[derive(Clone, Debug, Deserialize)]
struct Group {
    #[serde(default)]
    name: Option<String>,
}

impl Cloudflare {
    /// The refusals of those of `needs` that the credentials surely lack. What was granted once is not asked again.
    pub(crate) async fn lacking(&self, needs: BTreeSet<Need>) -> Result<Vec<Error>> {
        let mut wanted = BTreeSet::new();
        for need in needs {
            wanted.extend(self.grant(need).await?);
        }
        let mut granted = self.granted.lock().await;
        wanted.retain(|grant| !granted.contains(grant));
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let account = self.account_id().await?;
        let details = self.details(&account).await?;
        let answers = wanted.into_iter().map(async |grant| {
            let lack = match details.allow(&grant, &account) {
                true => None,
                false => self.refusal(&grant, &account).await?,
            };
            Ok::<_, Error>((grant, lack))
        });
        let mut lacks = Vec::new();
        for (grant, lack) in try_join_all(answers).await? {
            match lack {
                Some(error) => lacks.push(error),
                None => drop(granted.insert(grant)),
            }
        }
        Ok(lacks)
    }

    /// Nothing for a zone that is not there: the step that needs it says so.
    async fn grant(&self, need: Need) -> Result<Option<Grant>> {
        let (permission, zone) = match need {
            Need::Account(permission) => {
                return Ok(Some(Grant {
                    permission,
                    zone: None,
                }));
            }
            Need::Zone(permission, name) => (permission, self.zone(&name).await),
            Need::Host(permission, host) => (permission, self.zone_of(&host).await),
        };
        match zone {
            Ok(zone) => Ok(Some(Grant {
                permission,
                zone: Some((zone.id, zone.name)),
            })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the token says of itself; nothing where there is none, or where it may not be read.
    async fn details(&self, account: &str) -> Result<Details> {
        if !self.is_token {
            return Ok(Details::default());
        }
        let path = match self.token_path(account).await {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::Unauthorized => return Ok(Details::default()),
            Err(error) => return Err(error),
        };
        let answer = self.get(path, "read what the API token may do").send::<Details>();
        match answer.await {
            Err(error) if !error.is_retryable() => Ok(Details::default()),
            answer => answer,
        }
    }

    /// The refusal of a write that changes nothing; none where it is not refused for want of a permission.
    async fn refusal(&self, grant: &Grant, account: &str) -> Result<Option<Error>> {
        match self.attempt(grant, account)?.repeatable().done().await {
            Err(error) if error.kind() == ErrorKind::Unauthorized => Ok(Some(grant.lack(error))),
            Err(error) if error.is_retryable() => Err(error),
            // That there is no such thing is what is expected.
            Ok(()) | Err(_) => Ok(None),
        }
    }

    /// An empty change, of something that cannot exist.
    fn attempt(&self, grant: &Grant, account: &str) -> Result<Call<'_>> {
        let permission = grant.permission;
        let zone = grant.zone.as_ref().map_or("", |(id, _)| id.as_str());
        let (method, path) = match permission {
            Permission::Dns => (Method::POST, format!("/zones/{zone}/dns_records/batch")),
            Permission::Routes => (Method::DELETE, format!("/zones/{zone}/workers/routes/{NO_ID}")),
            Permission::Buckets => (Method::PATCH, format!("/accounts/{account}/r2/buckets/{NOBODY}")),
            Permission::Namespaces => (
                Method::PUT,
                format!("/accounts/{account}/storage/kv/namespaces/{NO_ID}/bulk"),
            ),
            Permission::Scripts => (
                Method::PATCH,
                format!("/accounts/{account}/workers/scripts/{NOBODY}/script-settings"),
            ),
            Permission::Pages => (
                Method::PATCH,
                format!("/accounts/{account}/pages/projects/{NOBODY}"),
            ),
        };
        let operation = format!("see whether `{}` is permitted", permission.name());
        let call = self.call(method, &path, operation).needs(permission.name());
        match permission {
            Permission::Dns | Permission::Scripts | Permission::Pages => call.json(&json!({})),
            Permission::Namespaces => call.json(&json!([])),
            Permission::Routes => Ok(call),
            Permission::Buckets => Ok(call.header(
                HeaderName::from_static("cf-r2-storage-class"),
                HeaderValue::from_static("Standard"),
            )),
        }
    }
}

impl Grant {
    fn lack(&self, refusal: Error) -> Error {
        let (place, category) = match &self.zone {
            Some((_, name)) => (format!("the zone {name}"), "Zone"),
            None => ("the account".to_owned(), "Account"),
        };
        let name = self.permission.name();
        // Where the dashboard has them, and that it says Edit for Write: developers.cloudflare.com/api/tokens/create.
        refusal
            .saying(format!("the credentials lack the permission `{name}` for {place}"))
            .advising(format!(
                "add `{name}` for {place} to the API token (My Profile or Manage Account > API Tokens; {category}, Edit)"
            ))
    }
}

impl Details {
    /// Whether the policies surely grant it. One that denies anything makes nothing sure.
    fn allow(&self, grant: &Grant, account: &str) -> bool {
        let named = |policy: &Policy| {
            let mut groups = policy.permission_groups.iter();
            groups.any(|group| group.name.as_deref() == Some(grant.permission.name()))
        };
        let sure = self.policies.iter().all(|policy| policy.effect == "allow");
        sure && self
            .policies
            .iter()
            .any(|policy| named(policy) && policy.covers(grant, account))
    }
}

impl Policy {
    /// Resources are named one by one, by a star, or the zones below their account
    /// (developers.cloudflare.com/fundamentals/api/how-to/create-via-api).
    fn covers(&self, grant: &Grant, account: &str) -> bool {
        const ACCOUNT: &str = "com.cloudflare.api.account";
        let accounts = [format!("{ACCOUNT}.{account}"), format!("{ACCOUNT}.*")];
        let Some((zone, _)) = &grant.zone else {
            return has(&self.resources, &accounts);
        };
        let zones = [format!("{ACCOUNT}.zone.{zone}"), format!("{ACCOUNT}.zone.*")];
        let mut below = accounts
            .iter()
            .filter_map(|account| self.resources.get(account)?.as_object());
        has(&self.resources, &zones) || below.any(|resources| has(resources, &zones))
    }
}

fn has(resources: &Map<String, Value>, names: &[String]) -> bool {
    names
        .iter()
        .any(|name| resources.get(name).and_then(Value::as_str) == Some("*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(resources: Value, effect: &str) -> Details {
        let policy = json!({
            "id": "p", "effect": effect, "resources": resources,
            "permission_groups": [{"id": "g", "name": "DNS Write"}, {"id": "h", "name": "Pages Write"}],
        });
        serde_json::from_value(json!({"id": "t", "policies": [policy]})).unwrap()
    }

    #[test]
    fn policies_name_resources_one_by_one_by_a_star_or_below_their_account() {
        let dns = Grant {
            permission: Permission::Dns,
            zone: Some(("z1".into(), "example.jp".into())),
        };
        let pages = Grant {
            permission: Permission::Pages,
            zone: None,
        };
        let allow = |resources: Value, grant: &Grant| details(resources, "allow").allow(grant, "a1");
        for (resources, zone, account) in [
            (json!({"com.cloudflare.api.account.zone.z1": "*"}), true, false),
            (json!({"com.cloudflare.api.account.zone.z2": "*"}), false, false),
            (json!({"com.cloudflare.api.account.zone.*": "*"}), true, false),
            (json!({"com.cloudflare.api.account.a1": "*"}), false, true),
            (json!({"com.cloudflare.api.account.*": "*"}), false, true),
            (
                json!({"com.cloudflare.api.account.a1": {"com.cloudflare.api.account.zone.*": "*"}}),
                true,
                false,
            ),
            (
                json!({"com.cloudflare.api.account.a2": {"com.cloudflare.api.account.zone.*": "*"}}),
                false,
                false,
            ),
        ] {
            assert_eq!(
                (allow(resources.clone(), &dns), allow(resources.clone(), &pages)),
                (zone, account),
                "{resources}"
            );
        }
        let all = json!({"com.cloudflare.api.account.*": "*"});
        assert!(!details(all.clone(), "deny").allow(&pages, "a1"));
        let routes = Grant {
            permission: Permission::Scripts,
            zone: None,
        };
        assert!(!allow(all, &routes), "another permission");
    }

    #[test]
    fn the_name_of_nobody_is_longer_than_any_name() {
        assert_eq!(NOBODY.len(), 64);
    }
}
