//! Everything the emulated Cloudflare holds, as plain data. Secrets are kept as digests only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dns::{self, Records};
use super::gate::{Limits, Windows};
use super::vault::Vault;
use super::{kv, pages, r2, workers};

/// Everything this cloud holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    /// The accounts.
    pub(super) accounts: Vec<Account>,
    /// People with a legacy key.
    pub(super) users: Vec<User>,
    /// API tokens.
    pub(super) tokens: Vec<Token>,
    /// The zones, in the order they were added.
    pub(super) zones: Vec<Zone>,
    /// The DNS records of each zone, by zone id, in the order they were made.
    pub(super) records: BTreeMap<String, Records>,
    /// R2.
    pub(super) r2: r2::Rows,
    /// Workers KV.
    pub(super) kv: kv::Rows,
    /// Workers.
    pub(super) workers: workers::Rows,
    /// Pages.
    pub(super) pages: pages::Rows,
    /// The request allowance.
    pub(super) limits: Limits,
    /// The texts of secrets. Not saved.
    #[serde(skip)]
    pub(super) vault: Vault,
    /// Requests counted so far. Not saved: another run of the program starts a new window.
    #[serde(skip)]
    pub(super) windows: Windows,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_on: Timestamp,
}

/// A person with a legacy key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) email: String,
    /// BLAKE3 of the key.
    pub(super) key_digest: String,
}

/// An API token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) id: String,
    /// BLAKE3 of the token.
    pub(super) digest: String,
    pub(super) owner: Owner,
    /// Names of permission groups; none means all of them.
    pub(super) permissions: Option<Vec<String>>,
    /// Ids of the zones it covers; none means all of them.
    pub(super) zones: Option<Vec<String>>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) expires_on: Option<Timestamp>,
}

/// Who a token belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Owner {
    /// A user, by e-mail address.
    User(String),
    /// An account, by id.
    Account(String),
}

/// A zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) account_id: String,
    /// In punycode.
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) created_on: Timestamp,
}

/// A zone's plan, which several limits follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plan {
    Free,
    Pro,
    Business,
    Enterprise,
}

impl Rows {
    /// The zone with this id.
    pub(super) fn zone(&self, id: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// The token with this id.
    pub(super) fn token(&self, id: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.id == id)
    }

    /// The texts of the secrets that `world`, as it is saved, speaks of; none where there are none.
    pub(crate) fn secrets(&self, world: &[u8]) -> Option<serde_json::Result<Vec<u8>>> {
        let texts = self.vault.spoken_of(world);
        (!texts.is_empty()).then(|| serde_json::to_vec(&texts))
    }

    /// Takes in what [`secrets`](Self::secrets) gave.
    pub(crate) fn take_secrets(&mut self, saved: &[u8]) -> serde_json::Result<()> {
        self.vault.take(serde_json::from_slice(saved)?);
        Ok(())
    }

    /// What users made, canonically: two worlds with the same things in them give the same JSON, whatever happened before.
    pub(crate) fn inventory(&self) -> Value {
        json!({
            "dns_records": dns::inventory(self),
            "r2": r2::inventory(&self.r2),
            "kv": kv::inventory(&self.kv),
            "workers": workers::inventory(&self.workers),
            "pages": pages::inventory(&self.pages),
        })
    }
}

impl Token {
    /// True while the token may be used.
    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|start| start <= now) && self.expires_on.is_none_or(|end| now < end)
    }
}

/// How a secret is remembered.
pub(super) fn digest(secret: &str) -> String {
    blake3::hash(secret.as_bytes()).to_hex().to_string()
}
