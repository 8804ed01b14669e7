//! The emulated Cloudflare API v4: rows, routes and the rules the real one enforces. It runs no Worker and serves no object to the public.

use std::sync::Arc;

use axum::{Router, middleware};

use crate::Shared;

mod account;
mod answer;
mod call;
mod control;
mod dns;
mod gate;
mod kv;
mod multipart;
mod pages;
mod paging;
mod r2;
mod rows;
mod seed;
mod workers;
mod zone;

pub(crate) use control::control_router;
pub(crate) use rows::Rows;
pub(crate) use seed::{ACCOUNT, TOKEN};

/// The routes of this cloud, relative to `/client/v4`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let gate = middleware::from_fn_with_state(Arc::clone(&shared), gate::pass);
    Router::new()
        .merge(account::routes())
        .merge(zone::routes())
        .merge(dns::routes())
        .merge(r2::routes())
        .merge(kv::routes())
        .merge(workers::routes())
        .merge(pages::routes())
        .fallback(call::no_route)
        .method_not_allowed_fallback(call::wrong_method)
        .layer(gate)
        .with_state(shared)
}
