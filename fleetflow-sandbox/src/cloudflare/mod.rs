//! The emulated Cloudflare API v4: rows, routes and the rules the real one enforces. What is deployed through it is served by `sites`.

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
mod policies;
mod r2;
mod rows;
mod seed;
mod sites;
mod stored_file;
mod ticket;
mod vault;
mod workers;
mod zone;

pub(crate) use control::control_router;
pub(crate) use multipart::logged as logged_form;
pub(crate) use rows::Rows;
pub(crate) use seed::{ACCOUNT, TOKEN};
pub use sites::Site;
pub(crate) use sites::{Sites, by_host, end_with_the_sandbox, list as sites};

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
