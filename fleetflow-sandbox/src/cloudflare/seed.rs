//! What a fresh sandbox holds: one account, its credentials, three zones. Records and buckets are for users to make.

use jiff::Timestamp;
use thiserror::Error;

use super::call::hex_identifier;
use super::dns::Records;
use super::rows::{Account, Owner, Plan, Rows, Token, User, Zone, digest};
use super::workers;

/// The account of a fresh sandbox.
pub(crate) const ACCOUNT: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// The address of the user of a fresh sandbox.
const EMAIL: &str = "sandbox@example.com";
/// The user's legacy key.
const KEY: &str = "0123456789abcdef0123456789abcdef01234";
/// The user's token, with every permission.
pub(crate) const TOKEN: &str = "sandbox-token";
/// The account's name below workers.dev.
const SUBDOMAIN: &str = "sandbox";
/// 2024-01-01T00:00:00Z: when everything in a fresh sandbox was made.
const MADE: i64 = 1_704_067_200;

/// Why a zone could not be added.
#[derive(Debug, Error)]
pub(crate) enum AddZoneError {
    /// The name is not a domain name.
    #[error("cannot add zone `{0}`: it is not a domain name of at least two labels")]
    Name(String),
    /// The zone is there already.
    #[error("cannot add zone `{0}`: it exists already")]
    Exists(String),
    /// There is no account to add it to.
    #[error("cannot add zone `{0}`: the sandbox has no account; start it from its seed")]
    NoAccount(String),
}

impl Rows {
    /// A fresh sandbox.
    pub(crate) fn seed() -> Self {
        let made = Timestamp::from_second(MADE).unwrap_or_default();
        let mut rows = Self {
            accounts: vec![Account {
                id: ACCOUNT.to_owned(),
                name: "Sandbox".to_owned(),
                created_on: made,
            }],
            users: vec![User {
                email: EMAIL.to_owned(),
                key_digest: digest(KEY),
            }],
            tokens: vec![Token::unlimited(TOKEN)],
            ..Self::default()
        };
        rows.workers = workers::Rows::with_subdomain(SUBDOMAIN);
        for (name, plan) in [
            ("creo-memories.com", Plan::Free),
            ("example.com", Plan::Pro),
            ("example.jp", Plan::Free),
        ] {
            rows.insert(Zone::new(ACCOUNT, name, plan, made));
        }
        rows
    }

    /// Sees to it that the first account has the zone `name`. One that is there, and what cannot name a zone, changes nothing.
    pub(crate) fn have_zone(&mut self, name: &str, now: Timestamp) {
        drop(self.add_zone(name, Plan::Free, now));
    }

    /// Adds an active zone to the first account and returns its id.
    pub(super) fn add_zone(
        &mut self,
        name: &str,
        plan: Plan,
        created_on: Timestamp,
    ) -> Result<String, AddZoneError> {
        let ascii = idna::domain_to_ascii(name)
            .ok()
            .filter(|ascii| ascii.contains('.') && !ascii.split('.').any(str::is_empty))
            .ok_or_else(|| AddZoneError::Name(name.to_owned()))?;
        if self.zones.iter().any(|zone| zone.name == ascii) {
            return Err(AddZoneError::Exists(ascii));
        }
        let account = self
            .accounts
            .first()
            .ok_or_else(|| AddZoneError::NoAccount(ascii.clone()))?;
        let zone = Zone::new(&account.id, &ascii, plan, created_on);
        let id = zone.id.clone();
        self.insert(zone);
        Ok(id)
    }

    fn insert(&mut self, zone: Zone) {
        self.records.insert(zone.id.clone(), Records::default());
        self.zones.push(zone);
    }
}

impl Zone {
    fn new(account: &str, name: &str, plan: Plan, created_on: Timestamp) -> Self {
        Self {
            id: hex_identifier(&format!("zone:{name}")),
            account_id: account.to_owned(),
            name: name.to_owned(),
            plan,
            created_on,
        }
    }
}

impl Token {
    /// A user-owned token that may do everything.
    pub(super) fn unlimited(secret: &str) -> Self {
        Self {
            id: hex_identifier(&format!("token:{secret}")),
            digest: digest(secret),
            owner: Owner::User(EMAIL.to_owned()),
            permissions: None,
            zones: None,
            not_before: None,
            expires_on: None,
        }
    }
}
