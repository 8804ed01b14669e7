//! `status`: what is there now, live, what is not well first; once, or on a screen that follows it. Changes nothing.

use std::time::{Duration, Instant};

use fleetflow_core::plan::{DataGuard, DeletionGuard};
use fleetflow_core::{Error, ErrorKind};
use futures::StreamExt as _;
use ratatui::crossterm::event::EventStream;
use tokio_util::sync::CancellationToken;

use crate::arguments::StatusArguments;
use crate::clouds::Purpose;
use crate::documents::status::StatusDocument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::runtime::{self, interruptible};
use crate::show::failure::failure;
use crate::show::header::header;
use crate::show::screen::{Screen, Wish};
use crate::show::status::status;
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &StatusArguments) -> Result<Exit, Failure> {
    if arguments.watch && (invocation.options.json || !invocation.terminal.live) {
        return Err(
            Error::new(ErrorKind::Invalid, "`--watch` needs a terminal to draw on")
                .help("leave it out, or use `flow watch --once --json` for programs")
                .into(),
        );
    }
    let site = Site::load(invocation, arguments.stage.name.as_deref())?;
    if arguments.watch {
        let watch = |cancelled| async move {
            Box::pin(watched(invocation, &site, arguments.interval, &cancelled)).await
        };
        return runtime::run(watch);
    }
    let read = |cancelled| async move {
        let workplace = opened(invocation, &site, &cancelled).await?;
        let seen = Box::pin(look(&workplace, &site, &cancelled)).await;
        workplace.close(seen).await
    };
    let document = runtime::run(read)?;
    if invocation.options.json {
        invocation.terminal.print_json(&document)?;
    } else {
        invocation.terminal.show(&status(&document))?;
    }
    let differs = arguments.detailed_exitcode && document.differs();
    Ok(if differs { Exit::Changes } else { Exit::Done })
}

async fn opened<'w>(
    invocation: &'w Invocation,
    site: &'w Site,
    cancelled: &'w CancellationToken,
) -> Result<Workplace<'w>, Failure> {
    let intent = Intent {
        operation: "status",
        purpose: Purpose::Look,
        // Nothing is carried out: what a plan would lose is no reason to show none.
        data: DataGuard::Allow,
        deletions: DeletionGuard::Allow,
        adopting: None,
        moving: false,
    };
    Ok(Workplace::open(invocation, site, cancelled, intent).await?)
}

async fn look(
    workplace: &Workplace<'_>,
    site: &Site,
    cancelled: &CancellationToken,
) -> Result<StatusDocument, Failure> {
    // A server that does not answer is a line of the status, and no reason to show none.
    let stack = site
        .loaded
        .stack
        .clone()
        .session(workplace.session.clone().bearing_silence());
    let seen = interruptible(cancelled, async {
        let observation = stack.observe().await?;
        // Why there is no plan, or no comparison, is what `flow plan` tells.
        let (pending, drift) = match stack.plan_of(&observation).await {
            Ok(plan) => (Some(plan.steps.len()), plan.drift),
            Err(_) => (None, stack.drift_of(&observation).await.unwrap_or_default()),
        };
        let observation = stack.with_runs(stack.with_loads(observation).await?).await?;
        let document = StatusDocument::new(site.names(), &observation, pending, drift);
        Ok(document.scaled(stack.judgements(&observation).await))
    });
    seen.await.map_err(|error| site.failed(error))
}

/// Looks again and again, and draws what is seen, until the user leaves.
async fn watched(
    invocation: &Invocation,
    site: &Site,
    interval: Duration,
    cancelled: &CancellationToken,
) -> Result<Exit, Failure> {
    let workplace = opened(invocation, site, cancelled).await?;
    let title = header(&site.loaded.stack, &workplace.access.accounts, site.world);
    let mut screen = Screen::new(console::strip_ansi_codes(&title).into_owned());
    // Gives the terminal back as it was, also when something panics.
    let mut terminal = ratatui::try_init().map_err(undrawn)?;
    let followed = follow(
        &mut terminal,
        &mut screen,
        &workplace,
        (site, invocation),
        interval,
    )
    .await;
    ratatui::restore();
    workplace.close(followed).await?;
    Ok(Exit::Done)
}

async fn follow(
    terminal: &mut ratatui::DefaultTerminal,
    screen: &mut Screen,
    workplace: &Workplace<'_>,
    (site, invocation): (&Site, &Invocation),
    interval: Duration,
) -> Result<(), Failure> {
    let mut keys = EventStream::new();
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    let mut seen: Option<Instant> = None;
    loop {
        let looking = look(workplace, site, workplace.cancelled);
        tokio::pin!(looking);
        let found = loop {
            terminal
                .draw(|frame| screen.draw(frame, seen.map(|seen| seen.elapsed())))
                .map_err(undrawn)?;
            tokio::select! {
                found = &mut looking => break found,
                _ = clock.tick() => {}
                key = keys.next() => if leaves(screen, key) { return Ok(()) },
                () = workplace.cancelled.cancelled() => return Ok(()),
            }
        };
        match found {
            Ok(document) => screen.show(&status(&document)),
            Err(error) => screen.fail(&failure(&error, invocation.look())),
        }
        seen = Some(Instant::now());
        let next = tokio::time::sleep(interval);
        tokio::pin!(next);
        loop {
            terminal
                .draw(|frame| screen.draw(frame, seen.map(|seen| seen.elapsed())))
                .map_err(undrawn)?;
            tokio::select! {
                () = &mut next => break,
                _ = clock.tick() => {}
                () = workplace.cancelled.cancelled() => return Ok(()),
                key = keys.next() => match key {
                    Some(Ok(key)) => match screen.wish(&key) {
                        Wish::Leave => return Ok(()),
                        Wish::Look => break,
                        Wish::Draw | Wish::Nothing => {}
                    },
                    _ => return Ok(()),
                },
            }
        }
    }
}

/// Whether the user, or the terminal, goes.
fn leaves(screen: &mut Screen, key: Option<std::io::Result<ratatui::crossterm::event::Event>>) -> bool {
    match key {
        Some(Ok(key)) => screen.wish(&key) == Wish::Leave,
        _ => true,
    }
}

fn undrawn(error: std::io::Error) -> Failure {
    Error::new(
        ErrorKind::Local,
        format!("the terminal cannot be drawn on: {error}"),
    )
    .help("leave `--watch` out")
    .into()
}
