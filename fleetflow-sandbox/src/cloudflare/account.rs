//! Accounts and token verification (API doc §1.3, §1.4). Nothing here can be changed through the API.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, Outcome};
use super::call::{Call, Context, endpoint, hex_identifier};
use super::gate::{Caller, Need};
use super::paging::Page;
use super::policies;
use super::rows::{Account, Owner, Token};
use crate::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    let read = Need::Directory("Account Settings Read");
    Router::new()
        .route(
            "/user/tokens/verify",
            endpoint([(MethodFilter::GET, Need::Verify, verify_user)]),
        )
        .route(
            "/user",
            endpoint([(MethodFilter::GET, Need::Directory("User Details Read"), user)]),
        )
        .route(
            "/accounts",
            endpoint([(MethodFilter::GET, Need::Credentials, list)]),
        )
        .route(
            "/accounts/{account_id}",
            endpoint([(MethodFilter::GET, read, get)]),
        )
        .route(
            "/accounts/{account_id}/tokens/verify",
            endpoint([(MethodFilter::GET, Need::Verify, verify_account)]),
        )
        .route(
            "/user/tokens/{token_id}",
            endpoint([(
                MethodFilter::GET,
                Need::Directory("API Tokens Read"),
                token_of_user,
            )]),
        )
        .route(
            "/accounts/{account_id}/tokens/{token_id}",
            endpoint([(
                MethodFilter::GET,
                Need::Directory("Account API Tokens Read"),
                token_of_account,
            )]),
        )
        .route(
            "/memberships",
            endpoint([(MethodFilter::GET, Need::Credentials, memberships)]),
        )
}

/// An account-owned token answers 1000 here; clients tell the two kinds apart by exactly that.
fn verify_user(context: &mut Context<'_>, _: &Call) -> Outcome {
    let token = presented(context)?;
    match token.owner {
        Owner::User(_) => Answer::of(verified(&token)),
        Owner::Account(_) => Err(invalid_token()),
    }
}

/// The person behind the credentials. Nobody is behind a token that the account owns.
fn user(context: &mut Context<'_>, _: &Call) -> Outcome {
    let email = match context.caller.clone() {
        Caller::User(email) => Some(email),
        Caller::Token(id) => context.rows().token(&id).and_then(|token| match &token.owner {
            Owner::User(email) => Some(email.clone()),
            Owner::Account(_) => None,
        }),
        Caller::Anonymous => None,
    };
    let nobody = || Failure::new(403, 9109, "Unauthorized to access requested resource");
    let email = email.ok_or_else(nobody)?;
    Answer::of(json!({
        "id": hex_identifier(&format!("user {email}")),
        "email": email,
        "two_factor_authentication_enabled": false,
        "suspended": false,
    }))
}

fn verify_account(context: &mut Context<'_>, call: &Call) -> Outcome {
    let token = presented(context)?;
    match &token.owner {
        Owner::Account(account) if account == call.path("account_id") => Answer::of(verified(&token)),
        _ => Err(invalid_token()),
    }
}

/// A token with its policies (developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get).
fn token_of_user(context: &mut Context<'_>, call: &Call) -> Outcome {
    described(context, call, |owner| matches!(owner, Owner::User(_)))
}

fn token_of_account(context: &mut Context<'_>, call: &Call) -> Outcome {
    let account = call.path("account_id").to_owned();
    described(
        context,
        call,
        |owner| matches!(owner, Owner::Account(id) if *id == account),
    )
}

fn described(context: &mut Context<'_>, call: &Call, is_theirs: impl Fn(&Owner) -> bool) -> Outcome {
    let rows = context.rows();
    let account = rows
        .accounts
        .first()
        .map(|row| row.id.clone())
        .unwrap_or_default();
    let token = rows
        .token(call.path("token_id"))
        .filter(|token| is_theirs(&token.owner));
    match token {
        Some(token) => Answer::of(policies::describe(token, &account)),
        None => Err(Failure::new(404, 1003, "Token not found")),
    }
}

fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 20, 5..=50, || {
        Failure::new(400, 1101, "Invalid page or per_page.")
    })?;
    let wanted = call.query("name");
    let matching = context
        .rows()
        .accounts
        .iter()
        .filter(|row| wanted.is_none_or(|name| row.name == name));
    let mut accounts: Vec<Value> = matching.map(render).collect();
    if call.query("direction") == Some("desc") {
        accounts.reverse();
    }
    let (accounts, info) = page.cut(accounts);
    Answer::list(accounts, info)
}

fn get(context: &mut Context<'_>, call: &Call) -> Outcome {
    let wanted = call.path("account_id");
    let account = context
        .rows()
        .accounts
        .iter()
        .find(|row| row.id == wanted)
        .map(render);
    account.map_or_else(
        || {
            Err(Failure::new(
                403,
                9109,
                "Unauthorized to access requested resource",
            ))
        },
        Answer::of,
    )
}

/// Memberships belong to people: a token answers 10000, which clients take as "use /accounts".
fn memberships(_: &mut Context<'_>, _: &Call) -> Outcome {
    Err(Failure::new(403, 10_000, "Authentication error"))
}

fn presented(context: &mut Context<'_>) -> Result<Token, Failure> {
    let Caller::Token(id) = context.caller.clone() else {
        return Err(invalid_token());
    };
    context.rows().token(&id).cloned().ok_or_else(invalid_token)
}

fn invalid_token() -> Failure {
    Failure::new(401, 1000, "Invalid API Token")
}

fn verified(token: &Token) -> Value {
    let mut result = json!({ "id": token.id, "status": "active" });
    for (name, moment) in [("not_before", token.not_before), ("expires_on", token.expires_on)] {
        if let Some(moment) = moment {
            result[name] = json!(moment);
        }
    }
    result
}

fn render(account: &Account) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "type": "standard",
        "settings": { "enforce_twofactor": false },
        "created_on": account.created_on,
    })
}
