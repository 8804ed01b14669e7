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

/// Drops `address` from the state. The resource stays in its cloud, and is found again there by its mark.
pub async fn forget(store: &dyn Store, holder: Holder, address: &Address) -> Result<()> {
    let lease = store.acquire(holder).await?;
    let forgotten = async {
        if store.load().await?.entry(address).is_none() {
            return Err(
                Error::of(&codes::NOT_REMEMBERED, format!("the state knows no {address}"))
                    .help("`flow state list` lists what it knows"),
            );
        }
        let event = Event::Forgotten {
            address: address.clone(),
        };
        store.append(&lease, vec![event]).await
    };
    let forgotten = forgotten.await;
    let released = store.release(lease).await;
    forgotten.and(released)
}
