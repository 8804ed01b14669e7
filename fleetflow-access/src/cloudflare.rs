//! Credentials of Cloudflare, found where wrangler and its SDKs look for them. Nothing is sent.
//!
//! Variables and their order as in (API doc §1.2 and "Clients against another endpoint").

use std::collections::BTreeMap;

use fleetflow_core::cloudflare::Credentials;
use fleetflow_core::model::{CloudflareSettings, Input};
use fleetflow_core::{Error, Result, codes};
use secrecy::SecretString;

use crate::surroundings::{Looked, Surroundings};

const TOKEN: [&str; 2] = ["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"];
const EMAIL: [&str; 2] = ["CLOUDFLARE_EMAIL", "CF_EMAIL"];
const KEY: [&str; 2] = ["CLOUDFLARE_API_KEY", "CF_API_KEY"];
const ACCOUNT: [&str; 2] = ["CLOUDFLARE_ACCOUNT_ID", "CF_ACCOUNT_ID"];
const BASE: [&str; 3] = [
    "CLOUDFLARE_API_BASE_URL",
    "CF_API_BASE_URL",
    "CLOUDFLARE_BASE_URL",
];

/// Who we are at Cloudflare, and where.
#[derive(Debug)]
pub struct CloudflareAccess {
    /// How we prove who we are.
    pub credentials: Credentials,
    /// The account to work in, where one is named.
    pub account: Option<String>,
    /// Another base of the API than the real one.
    pub base: Option<String>,
}

/// The credentials to use: those of the file, then those of variables.
pub fn find(
    around: &Surroundings<'_>,
    settings: Option<&CloudflareSettings>,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<CloudflareAccess> {
    let mut looked = Looked::default();
    let declared = settings.and_then(|settings| settings.api_token.as_ref());
    let token = match declared {
        Some(token) => Some(given(token, secrets)?),
        None => around.first(&TOKEN).map(|(_, token)| token.into()),
    };
    looked.at("`api-token` in `providers { cloudflare { ... } }`");
    looked.at(format!("the variables {} and {}", TOKEN[0], TOKEN[1]));
    looked.at(format!(
        "the variables {} with {} (or {} with {})",
        EMAIL[0], KEY[0], EMAIL[1], KEY[1]
    ));
    let credentials = match (token, around.first(&EMAIL), around.first(&KEY)) {
        (Some(token), ..) => Credentials::Token(token),
        (None, Some((_, email)), Some((_, key))) => Credentials::Key {
            email,
            key: key.into(),
        },
        _ => {
            let help = "make an API token at https://dash.cloudflare.com/profile/api-tokens and set CLOUDFLARE_API_TOKEN";
            return Err(looked.nothing("there is no API token for Cloudflare").help(help));
        }
    };
    Ok(CloudflareAccess {
        credentials,
        account: settings
            .and_then(|settings| settings.account_id.clone())
            .or_else(|| around.first(&ACCOUNT).map(|(_, account)| account)),
        base: around.first(&BASE).map(|(_, base)| base),
    })
}

fn given(token: &Input<String>, secrets: &BTreeMap<String, SecretString>) -> Result<SecretString> {
    let found = match token {
        Input::Value(token) => Some(token.clone().into()),
        Input::Secret(name) => secrets.get(name).cloned(),
        Input::Reference(_) | Input::Text(_) => None,
    };
    found.ok_or_else(|| {
        Error::of(
            &codes::NO_CREDENTIALS,
            "`api-token` of Cloudflare has no value before the run begins",
        )
        .help("write `api-token env=\"CLOUDFLARE_API_TOKEN\"`")
    })
}

#[cfg(test)]
mod tests {
    use fleetflow_core::ErrorKind;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn found(variables: &[(&str, &str)], settings: Option<&CloudflareSettings>) -> Result<CloudflareAccess> {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        let around = Surroundings::new(|name| variables.get(name).map(|value| (*value).to_owned()), None);
        let secrets = BTreeMap::from([("env:MINE".to_owned(), SecretString::from("mine"))]);
        find(&around, settings, &secrets)
    }

    fn shown(access: &CloudflareAccess) -> String {
        match &access.credentials {
            Credentials::Token(token) => token.expose_secret().to_owned(),
            Credentials::Key { email, key } => format!("{email} {}", key.expose_secret()),
        }
    }

    #[test]
    fn the_file_comes_before_variables_and_a_token_before_a_key() {
        let key = [("CF_EMAIL", "me@example.jp"), ("CF_API_KEY", "key")];
        assert_eq!(shown(&found(&key, None).unwrap()), "me@example.jp key");
        let both = [
            key[0],
            key[1],
            ("CF_API_TOKEN", "short"),
            ("CLOUDFLARE_API_TOKEN", "long"),
        ];
        assert_eq!(shown(&found(&both, None).unwrap()), "long");
        let settings = CloudflareSettings {
            account_id: Some("a".to_owned()),
            api_token: Some(Input::secret("env:MINE")),
        };
        let access = found(&both, Some(&settings)).unwrap();
        assert_eq!(
            (shown(&access).as_str(), access.account.as_deref()),
            ("mine", Some("a"))
        );
    }

    #[test]
    fn account_and_base_come_from_variables_too() {
        let access = found(
            &[
                ("CF_API_TOKEN", "t"),
                ("CF_ACCOUNT_ID", "a"),
                ("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/client/v4"),
            ],
            None,
        )
        .unwrap();
        assert_eq!(access.account.as_deref(), Some("a"));
        assert_eq!(access.base.as_deref(), Some("http://127.0.0.1:1/client/v4"));
    }

    #[test]
    fn an_error_names_everything_that_was_looked_at() {
        let error = found(&[("CF_EMAIL", "me@example.jp")], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        for part in [
            "api-token",
            "CLOUDFLARE_API_TOKEN",
            "CF_API_TOKEN",
            "CLOUDFLARE_API_KEY",
            "CF_EMAIL",
        ] {
            assert!(error.to_string().contains(part), "`{part}` is missing in {error}");
        }
    }
}
