//! Who we are at Cloudflare and in which account we work: token, account id. Zones are elsewhere.

use serde::Deserialize;

use super::Cloudflare;
use super::answer::has_code;
use crate::clouds::Account;
use crate::codes;
use crate::error::{Error, Result};

const VERIFYING: &str = "verify the API token of Cloudflare";

/// What the verify routes say about a token (API doc §1.3).
#[derive(Deserialize)]
struct Token {
    id: String,
    status: String,
    expires_on: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    name: String,
}

impl Cloudflare {
    /// The account that is worked in: asks, so that wrong credentials are told before anything else happens.
    pub async fn account(&self) -> Result<Account> {
        if !self.is_token || self.token.initialized() {
            return self.seen().await;
        }
        // Both at once: each is a round trip in front of every run. What is wrong with the account is told first.
        let (account, token) = tokio::join!(self.seen(), self.token_of_user());
        let account = account?;
        self.token
            .get_or_try_init(|| self.verified(token, &account.id))
            .await?;
        Ok(account)
    }

    /// The id of the account that is worked in: the given one, or the only one that the credentials see. It is
    /// looked up at most once.
    pub(crate) async fn account_id(&self) -> Result<String> {
        match &self.account {
            Some(id) => well_formed(id).map(str::to_owned),
            None => Ok(self.seen().await?.id),
        }
    }

    async fn seen(&self) -> Result<Account> {
        self.discovered.get_or_try_init(|| self.discover()).await.cloned()
    }

    async fn discover(&self) -> Result<Account> {
        if let Some(id) = &self.account {
            well_formed(id)?;
        }
        let rows: Vec<Row> = self
            .pages("/accounts", 50, "", "look for the Cloudflare account")
            .await?;
        let row = match &self.account {
            Some(id) => rows
                .iter()
                .find(|row| row.id == *id)
                .ok_or_else(|| unseen(id, &rows))?,
            None => only(&rows)?,
        };
        Ok(Account {
            id: row.id.clone(),
            name: row.name.clone(),
        })
    }

    /// The path of the token itself, which is asked whether it is good at most once.
    pub(super) async fn token_path(&self, account: &str) -> Result<&str> {
        let verified = async || self.verified(self.token_of_user().await, account).await;
        let path = self.token.get_or_try_init(verified).await?;
        Ok(path)
    }

    async fn token_of_user(&self) -> Result<Token> {
        self.get("/user/tokens/verify", VERIFYING).send().await
    }

    /// The path of a good token, by what the user's route said of it. An account-owned one answers 1000 there (API doc
    /// §1.3).
    async fn verified(&self, asked: Result<Token>, account: &str) -> Result<String> {
        let mut base = "/user/tokens".to_owned();
        let token = match asked {
            Err(error) if has_code(&error, &[1000]) => {
                base = format!("/accounts/{account}/tokens");
                let path = format!("{base}/verify");
                self.get(&path, VERIFYING).send::<Token>().await?
            }
            asked => asked?,
        };
        token.is_active()?;
        Ok(format!("{base}/{}", token.id))
    }
}

impl Token {
    fn is_active(&self) -> Result<()> {
        if self.status == "active" {
            return Ok(());
        }
        let until = self
            .expires_on
            .as_ref()
            .map(|at| format!(" since {at}"))
            .unwrap_or_default();
        Err(Error::of(
            &codes::REFUSED_CREDENTIALS,
            format!("the API token is {}{until}", self.status),
        )
        .help("make a new token, or enable this one, at dash.cloudflare.com/profile/api-tokens"))
    }
}

/// A malformed id would be answered as an unknown route (API doc §1.4).
fn well_formed(id: &str) -> Result<&str> {
    let legal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if id.len() == 32 && id.bytes().all(legal) {
        return Ok(id);
    }
    Err(
        Error::of(&codes::ACCOUNT_ID, format!("`{id}` is not the id of a Cloudflare account"))
            .help("it has 32 digits from 0 to 9 and a to f; the dashboard shows it in the address of the account's page"),
    )
}

fn unseen(id: &str, rows: &[Row]) -> Error {
    Error::of(
        &codes::ACCOUNT,
        format!("the credentials for Cloudflare do not see the account `{id}`"),
    )
    .help(format!("they see: {}", listed(rows)))
}

fn only(rows: &[Row]) -> Result<&Row> {
    match rows {
        [only] => Ok(only),
        [] => Err(
            Error::of(&codes::ACCOUNT, "the credentials for Cloudflare see no account")
                .help("give the account's id, or a token of that account"),
        ),
        several => Err(Error::of(
            &codes::ACCOUNT_ID,
            "the credentials for Cloudflare see several accounts",
        )
        .help(format!("give the id of one as `account-id`: {}", listed(several)))),
    }
}

fn listed(rows: &[Row]) -> String {
    let names: Vec<_> = rows
        .iter()
        .map(|row| format!("{} ({})", row.id, row.name))
        .collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
