//! What a route asks of its caller, and the codes for those who do not have it (API doc §1.9). It does not read credentials.

use super::identity::{Caller, Identity, Refused};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::call::{Call, is_identifier, unroutable};
use crate::cloudflare::rows::{Rows, Token};

/// What a route asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// Nothing: the route checks an upload token itself.
    Nothing,
    /// Valid credentials of any kind.
    Credentials,
    /// The token verify routes, which have codes of their own.
    Verify,
    /// A permission about the account or zone itself; its lack is answered with 9109.
    Directory(&'static str),
    /// A permission of a product; its lack is answered with 10000.
    Product(&'static str),
}

impl Need {
    /// The caller, if the request may go on.
    pub(crate) fn admit(
        self,
        identity: Option<Identity>,
        rows: &Rows,
        path: &str,
        call: &Call,
    ) -> Result<Caller, Failure> {
        if matches!(self, Self::Nothing) {
            return Ok(Caller::Anonymous);
        }
        let caller = identity
            .unwrap_or(Err(Refused::Missing))
            .map_err(|why| self.refuse(why, path))?;
        self.check_account(rows, path, call)?;
        self.check_zone(rows, path, call)?;
        self.check_permission(rows, &caller, call)?;
        Ok(caller)
    }

    fn check_account(self, rows: &Rows, path: &str, call: &Call) -> Result<(), Failure> {
        let Some(account) = call.path_if_any("account_id") else {
            return Ok(());
        };
        if !is_identifier(account) {
            return Err(unroutable(path));
        }
        if rows.accounts.iter().any(|row| row.id == account) {
            return Ok(());
        }
        Err(self.forbidden())
    }

    fn check_zone(self, rows: &Rows, path: &str, call: &Call) -> Result<(), Failure> {
        let Some(zone) = call.path_if_any("zone_id") else {
            return Ok(());
        };
        if !is_identifier(zone) {
            return Err(unroutable(path));
        }
        if rows.zone(zone).is_some() {
            return Ok(());
        }
        match self {
            Self::Directory(_) => Err(Failure::new(404, 1001, "Invalid zone identifier")),
            _ => Err(Failure::new(404, 1003, "Invalid or missing zone id.")),
        }
    }

    fn check_permission(self, rows: &Rows, caller: &Caller, call: &Call) -> Result<(), Failure> {
        let (Self::Directory(permission) | Self::Product(permission)) = self else {
            return Ok(());
        };
        let Caller::Token(id) = caller else { return Ok(()) };
        let token = rows.token(id).ok_or_else(|| self.forbidden())?;
        let reaches = call
            .path_if_any("zone_id")
            .is_none_or(|zone| token.reaches_zone(zone));
        if reaches && token.may(permission) {
            Ok(())
        } else {
            Err(self.forbidden())
        }
    }

    fn forbidden(self) -> Failure {
        match self {
            Self::Directory(_) => Failure::new(403, 9109, "Unauthorized to access requested resource"),
            _ => Failure::new(403, 10_000, "Authentication error"),
        }
    }

    fn refuse(self, why: Refused, path: &str) -> Failure {
        match (why, self) {
            (Refused::Malformed(failure), _) => failure,
            (Refused::UnknownKey, _) => Failure::new(403, 9103, "Unknown X-Auth-Key or X-Auth-Email"),
            (Refused::Missing, Self::Verify) if path.contains("/accounts/") => {
                Failure::new(400, 1001, "Missing API Token")
            }
            (Refused::Missing, _) => Failure::new(
                400,
                9106,
                "Missing X-Auth-Key, X-Auth-Email or Authorization headers",
            ),
            (Refused::UnknownToken, Self::Verify) => Failure::new(401, 1000, "Invalid API Token"),
            (Refused::UnknownToken, Self::Product(_)) => Failure::new(401, 10_000, "Authentication error"),
            (Refused::UnknownToken, _) => Failure::new(403, 9109, "Invalid access token"),
        }
    }
}

impl Token {
    /// True if the token was given this permission; writing includes reading, as in the dashboard's "Edit".
    fn may(&self, permission: &str) -> bool {
        let Some(granted) = &self.permissions else {
            return true;
        };
        let write = permission
            .strip_suffix(" Read")
            .map(|product| format!("{product} Write"));
        granted
            .iter()
            .any(|name| name == permission || Some(name) == write.as_ref())
    }

    /// True if the token covers this zone.
    pub(crate) fn reaches_zone(&self, zone: &str) -> bool {
        self.zones
            .as_ref()
            .is_none_or(|zones| zones.iter().any(|id| id == zone))
    }
}
