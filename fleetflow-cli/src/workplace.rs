//! A stage with its clouds: signed in, with a session, ready to be read and changed. What is done there is elsewhere.

use std::sync::{Arc, OnceLock};

use fleetflow_core::converge::{Event, Session};
use fleetflow_core::plan::{DataGuard, DeletionGuard};
use fleetflow_core::state::{Holder, Store as _};
use fleetflow_core::{Address, Result, Stack};
use tokio_util::sync::CancellationToken;

use crate::clouds::{self, Access, Emulated, Purpose};
use crate::edge;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lock::Patience;
use crate::place::sandbox_folder;
use crate::progress::Progress;
use crate::runtime::interruptible;
use crate::show::header::{World, header, places};
use crate::site::Site;
use crate::telemetry::Measures;

/// What a command is about to do.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    /// The command's name, for those who find the state locked.
    pub(crate) operation: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) data: DataGuard,
    pub(crate) deletions: DeletionGuard,
    /// What is taken over, and the id it has in its cloud.
    pub(crate) adopting: Option<(Address, String)>,
    /// Whether the stage may go on in another account than it was made in.
    pub(crate) moving: bool,
}

/// A stage, its clouds, and a session with them.
pub(crate) struct Workplace<'w> {
    pub(crate) invocation: &'w Invocation,
    pub(crate) site: &'w Site,
    pub(crate) cancelled: &'w CancellationToken,
    /// The stack, attached to the session.
    pub(crate) stack: Stack,
    pub(crate) session: Session,
    pub(crate) access: Access,
    emulated: Option<Emulated>,
    display: Arc<Display>,
}

impl<'w> Workplace<'w> {
    /// Signs in to the clouds of `site`, and says where that is.
    pub(crate) async fn open(
        invocation: &'w Invocation,
        site: &'w Site,
        cancelled: &'w CancellationToken,
        intent: Intent,
    ) -> Result<Self> {
        interruptible(cancelled, Self::opened(invocation, site, cancelled, intent)).await
    }

    async fn opened(
        invocation: &'w Invocation,
        site: &'w Site,
        cancelled: &'w CancellationToken,
        intent: Intent,
    ) -> Result<Self> {
        if intent.purpose == Purpose::Change || !site.loaded.stack.secrets().is_empty() {
            site.place.make()?;
        }
        let emulated = match site.world {
            World::Sandbox => Some(emulated(invocation, site, cancelled, intent.operation).await?),
            World::Real => None,
        };
        let state = site.store().load().await?;
        let access = clouds::connect(invocation, site, &state, emulated.as_ref(), intent.purpose).await?;
        invocation.terminal.say(&format!(
            "{}\n",
            header(&site.loaded.stack, &access.accounts, site.world)
        ));
        let display = Arc::new(Display::new());
        let watcher = Arc::clone(&display);
        let mut session = Session::new(access.clouds.clone(), site.store(), invocation.edge.caller())
            .data(intent.data)
            .deletions(intent.deletions)
            .seen(state)
            .watcher(move |event| {
                if let Some(show) = watcher.get() {
                    show(event);
                }
            })
            .cancelled_by(cancelled.clone());
        for (provider, account) in access.accounts.all() {
            session = session.account(provider, &account.id);
        }
        if intent.moving {
            session = session.moving();
        }
        if let Some(time) = access.settling {
            session = session.settle(time);
        }
        if let Some((address, id)) = intent.adopting {
            session = session.adopting(address, id);
        }
        if let Some(parallelism) = invocation.options.parallelism {
            session = session.parallelism(parallelism);
        }
        Ok(Self {
            invocation,
            site,
            cancelled,
            stack: site.loaded.stack.clone().session(session.clone()),
            session,
            access,
            emulated,
            display,
        })
    }

    /// Accounts and zones, in words.
    pub(crate) fn places(&self) -> String {
        places(&self.site.loaded.stack, &self.access.accounts, self.site.world)
    }

    /// How many requests were sent so far.
    pub(crate) fn requests(&self) -> u64 {
        self.access.traffic.reads() + self.access.traffic.writes()
    }

    /// From now on, `progress` shows what happens while `plan` is carried out.
    pub(crate) fn watch(&self, progress: &Progress) {
        // Only one plan is carried out in a workplace.
        drop(self.display.set(Box::new(progress.watcher())));
    }

    /// From now on, `progress` shows what happens while plans are carried out, one after another, and `measures` measure
    /// it.
    pub(crate) fn watch_all(&self, progress: &Progress, measures: &Arc<Measures>) {
        let (shown, measures) = (progress.watcher(), Arc::clone(measures));
        drop(self.display.set(Box::new(move |event| {
            measures.step(&event);
            shown(event);
        })));
    }

    /// Leaves, with what came out; emulated clouds are stopped and saved.
    pub(crate) async fn close<T>(self, result: Result<T, Failure>) -> Result<T, Failure> {
        clouds::leave(self.emulated, result).await
    }
}

/// The emulated clouds; those of another process are waited for as long as `--lock-wait` allows.
pub(crate) async fn emulated(
    invocation: &Invocation,
    site: &Site,
    cancelled: &CancellationToken,
    operation: &str,
) -> Result<Emulated> {
    site.place.make()?;
    let folder = sandbox_folder(&site.project);
    let mut patience = Patience::new(invocation.options.lock_wait);
    loop {
        let holder = Holder {
            who: invocation.edge.caller().who,
            operation: operation.to_owned(),
            since: edge::now(),
        };
        match Emulated::start(&folder, holder).await {
            Ok(emulated) => {
                emulated.have_zones(&site.loaded.stack);
                return Ok(emulated);
            }
            Err(error) => patience.bear(error, invocation.terminal, cancelled).await?,
        }
    }
}

/// Who shows what happens, once something is carried out.
type Display = OnceLock<Box<dyn Fn(Event) + Send + Sync>>;
