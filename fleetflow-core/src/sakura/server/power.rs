//! The power of a server: on, off, and waiting for either. Switching is asynchronous (API doc "Power").

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::wire::Machine;
use super::work::Work;
use crate::converge::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::sakura::wait::{Freshness, Look, until};
use crate::sakura::watch::{SERVERS, row};
use crate::sakura::{Id, Sakura, answer, client};
use client::Call;

/// How long a server may take to start.
const BOOT: Duration = Duration::from_mins(15);
/// How long it may take to switch off after the power was cut.
const CUT: Duration = Duration::from_mins(5);
/// After so long without effect a request is sent again, as official clients do (API doc "What the official tools
/// call"); and a start that the cloud was to do by itself is asked for.
const AGAIN: Duration = Duration::from_secs(20);

/// How a server is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Off {
    /// The operating system is asked, and has the client's time of grace.
    Gently,
    /// The power is cut.
    Hard,
}

/// Who starts a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// We do; at the first start with user data, where the image reads some.
    Asked(Option<String>),
    /// The cloud does, as soon as the disk is ready.
    ByItself,
}

/// When something was asked for last.
#[derive(Default)]
struct Asked(Mutex<Option<Instant>>);

impl Asked {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it was never asked for, or so long ago that it has to be again.
    fn is_overdue(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| last.elapsed() >= AGAIN)
    }
}

impl Work<'_> {
    /// Starts the server and waits until it is up.
    pub(super) async fn start(&self, id: Id, start: Start) -> Result<Machine> {
        let asked = &Asked::default();
        let by_itself = start == Start::ByItself;
        let user_data = &match start {
            Start::ByItself => None,
            Start::Asked(user_data) => user_data,
        };
        if by_itself || self.ask_to_start(id, user_data.as_deref()).await?.is_none() {
            asked.now();
        }
        until(self.context, BOOT, |fresh| async move {
            let machine = seen(self.sakura, self.zone, id, fresh).await?;
            match machine {
                Some(machine) if machine.is_up() => return Ok(Look::Ready(machine)),
                None => return Err(self.gone()),
                Some(_) => {}
            }
            if asked.is_overdue() {
                match self.ask_to_start(id, user_data.as_deref()).await? {
                    None => asked.now(),
                    Some(hindrance) => return Ok(Look::NotYet(hindrance.to_owned())),
                }
            }
            Ok(Look::NotYet("booting".to_owned()))
        })
        .await
    }

    /// Asks for power. The answer is what has to pass first, where the cloud did not take it.
    async fn ask_to_start(&self, id: Id, user_data: Option<&str>) -> Result<Option<&'static str>> {
        let mut call = Call::put(self.zone, format!("server/{id}/power"), "start the server");
        if let Some(text) = user_data {
            call = call.body(json!({ "UserBootVariables": { "CloudInit": { "UserData": text } } }));
        }
        match self.sakura.done(call).await {
            Err(error) if answer::is_one_of(&error, &["conflict"]) => Ok(None),
            Err(error) => answer::hindrance(&error).map(Some).ok_or(error),
            Ok(()) => Ok(None),
        }
    }

    pub(super) fn gone(&self) -> Error {
        Error::new(ErrorKind::NotFound, "the server is gone")
            .on(&self.context.owner.address)
            .help("somebody removed it meanwhile: look at a new plan")
    }
}

/// The server with this id as it is now, if it is there.
pub(super) async fn seen(sakura: &Sakura, zone: &str, id: Id, fresh: Freshness) -> Result<Option<Machine>> {
    let rows = sakura.glance(zone, SERVERS, fresh).await?;
    row(&rows, id)
        .map(|row| client::decode(row.clone(), "Servers"))
        .transpose()
}

/// Switches the server off and waits until it is; one that is gone is off.
pub(super) async fn off(sakura: &Sakura, context: &Context, (zone, id): (&str, Id), how: Off) -> Result<()> {
    let began = Instant::now();
    let asked = &Asked::default();
    let cut = &AtomicBool::new(how == Off::Hard);
    let grace = sakura.grace;
    until(context, grace + CUT, |fresh| async move {
        let Some(machine) = seen(sakura, zone, id, fresh).await? else {
            return Ok(Look::Ready(()));
        };
        if machine.is_down() {
            return Ok(Look::Ready(()));
        }
        let is_over = began.elapsed() >= grace;
        let force = how == Off::Hard || is_over;
        // Whoever does not listen is told again at once, now in earnest; also one that never gets through with it.
        let is_news = is_over && !cut.swap(true, Ordering::Relaxed);
        if is_news || (machine.is_up() && asked.is_overdue()) {
            if let Some(hindrance) = ask_to_stop(sakura, zone, id, force).await? {
                return Ok(Look::NotYet(hindrance.to_owned()));
            }
            asked.now();
        }
        Ok(Look::NotYet(match force {
            true => "cutting the power".to_owned(),
            false => format!("shutting down; the power is cut after {} s", grace.as_secs()),
        }))
    })
    .await
}

/// Asks for the power to go. The answer is what has to pass first, where the cloud did not take it.
async fn ask_to_stop(sakura: &Sakura, zone: &str, id: Id, force: bool) -> Result<Option<&'static str>> {
    let body = if force {
        json!({ "Force": true })
    } else {
        json!({})
    };
    let call = Call::delete(zone, format!("server/{id}/power"), "switch the server off").body(body);
    match sakura.done(call).await {
        // It is off, or on its way.
        Err(error)
            if error.is_not_found() || answer::is_one_of(&error, &["conflict", "server_is_cleaning"]) =>
        {
            Ok(None)
        }
        Err(error) => answer::hindrance(&error).map(Some).ok_or(error),
        Ok(()) => Ok(None),
    }
}
