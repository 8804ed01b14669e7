//! Waiting for something slow: asks again and again, a little later each time, bounded, cancellable, and says for what.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Call;
use super::{Sakura, answer};
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};

/// The first pause. Real copies take minutes, so growing pauses soon reach the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The pause of official clients (API doc "What the official tools call").
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What a look brought.
pub(super) enum Look<T> {
    /// It is there.
    Ready(T),
    /// It is not yet; what users are told: `disk copy 42 %`.
    NotYet(String),
}

/// How fresh a look has to be: newer than the wait, and than most of the pause before it. Those who wait for the same
/// kind of thing share looks that are fresh enough for all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Freshness(Instant);

impl Freshness {
    /// As of now.
    pub(super) fn now() -> Self {
        Self(Instant::now())
    }

    /// Whether something that was asked for at `asked` will do.
    pub(super) fn allows(self, asked: Instant) -> bool {
        asked >= self.0
    }
}

/// Looks until it is ready, at most for `limit`.
pub(super) async fn until<T, F>(
    context: &Context,
    limit: Duration,
    mut look: impl FnMut(Freshness) -> F,
) -> Result<T>
where
    F: Future<Output = Result<Look<T>>>,
{
    let began = Instant::now();
    let mut fresh = Freshness::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let what = match look(fresh).await? {
            Look::Ready(found) => return Ok(found),
            Look::NotYet(what) => what,
        };
        if began.elapsed() >= limit {
            return Err(overdue(context, &what, limit));
        }
        context.waiting(what.clone());
        let asleep = Instant::now();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = context.cancelled.cancelled() => return Err(interrupted(context, &what)),
        }
        fresh = Freshness(asleep + pause / 2);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn overdue(context: &Context, what: &str, limit: Duration) -> Error {
    let message = format!("still waiting after {} s: {what}", limit.as_secs());
    Error::new(ErrorKind::TimedOut, message)
        .on(&context.owner.address)
        .help("look at it in the control panel; the same command again goes on from here")
}

fn interrupted(context: &Context, what: &str) -> Error {
    Error::new(ErrorKind::Cancelled, format!("stopped while waiting: {what}"))
        .on(&context.owner.address)
        .help("run the same command again: it goes on from here")
}

/// Sends `call`, which deletes something: that it is gone already is success.
pub(super) async fn gone(sakura: &Sakura, call: Call) -> Result<()> {
    match sakura.done(call).await {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

/// The same for something that others may still use for a while: what used it was just deleted.
pub(super) async fn until_released(
    sakura: &Sakura,
    context: &Context,
    call: Call,
    limit: Duration,
) -> Result<()> {
    let hinders = |error: &Error| match answer::is_one_of(error, IN_USE) {
        true => Some("something still uses it"),
        false => answer::hindrance(error),
    };
    let call = &call;
    until_let(context, limit, hinders, || gone(sakura, call.clone())).await
}

/// What `send` brings, which is sent again for as long as something that passes by itself is in its way.
pub(super) async fn until_free<T, F>(context: &Context, limit: Duration, send: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    until_let(context, limit, answer::hindrance, send).await
}

async fn until_let<T, F>(
    context: &Context,
    limit: Duration,
    hinders: impl Fn(&Error) -> Option<&'static str>,
    send: impl Fn() -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let last = Mutex::new(None);
    let (last, hinders, send) = (&last, &hinders, &send);
    let found = until(context, limit, |_| async move {
        match send().await {
            Ok(found) => Ok(Look::Ready(found)),
            Err(error) => {
                let Some(what) = hinders(&error) else {
                    return Err(error);
                };
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(Look::NotYet(what.to_owned()))
            }
        }
    });
    match found.await {
        // The cloud says why better than the clock does.
        Err(error) if error.kind() == ErrorKind::TimedOut => {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            Err(last.unwrap_or(error))
        }
        other => other,
    }
}

/// Codes for something that cannot be deleted because it is used (API doc "Errors").
const IN_USE: &[&str] = &["disconnect_b4_delete", "res_used_in_zone"];
