//! Verbs over any store that hold its lease for a moment: waiting for it, and forgetting a resource.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Event, Holder, Lease, Store};
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Address;

/// How often a lease that somebody else holds is tried.
const PAUSE: Duration = Duration::from_millis(500);

/// Takes the right to write, and waits for it up to `wait`; `told` is told once who is in the way.
///
/// A holder that shows no life for long enough is taken over on the way: its store says when.
pub async fn acquire_within(
    store: &dyn Store,
    holder: Holder,
    wait: Duration,
    mut told: impl FnMut(&Error) + Send,
) -> Result<Lease> {
    let until = Instant::now() + wait;
    let mut tell = Some(());
    loop {
        match store.acquire(holder.clone()).await {
            Err(error) if error.kind() == ErrorKind::Locked && Instant::now() < until => {
                if tell.take().is_some() {
                    told(&error);
                }
                sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Drops `address` from the state, and what lives in it: the containers of a server. All of it stays in its cloud, and is left
/// alone there until it is declared again: then it is found by its mark. Returns what was dropped.
pub async fn forget(store: &dyn Store, holder: Holder, address: &Address) -> Result<Vec<Address>> {
    let lease = store.acquire(holder).await?;
    let forgotten = async {
        let dropped = store.load().await?.household(address);
        if dropped.is_empty() {
            return Err(
                Error::of(&codes::NOT_REMEMBERED, format!("the state knows no {address}"))
                    .help("`flow state list` lists what it knows"),
            );
        }
        let events = dropped
            .iter()
            .cloned()
            .map(|address| Event::Forgotten { address, left: true });
        store.append(&lease, events.collect()).await?;
        Ok(dropped)
    };
    let forgotten = forgotten.await;
    let released = store.release(lease).await;
    forgotten.and_then(|dropped| released.map(|()| dropped))
}
