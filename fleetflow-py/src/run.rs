//! One run of a stack as a task of its own: Python starts it, waits for what it tells, and may stop it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fleetflow_access::Needs;
use fleetflow_core::converge::{Caller, Event, Session};
use fleetflow_core::model::Provider;
use fleetflow_core::plan::{DataGuard, Plan};
use fleetflow_core::{Account, Clouds, Error, ErrorKind, Result};
use pyo3::prelude::*;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::aim::Aim;
use crate::clouds::{Cloudflare, Engines, Given, Sakura, clouds};
use crate::documents;
use crate::failure::{document, raise, raise_document};
use crate::runtime;
use crate::stack::Stack;
use crate::store::Store;

/// Set when the interpreter shuts down: from then on no thread of ours calls it.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// What Python calls before it shuts down.
#[pyfunction]
pub(crate) fn leave() {
    LEAVING.store(true, Ordering::SeqCst);
}

/// A run that was begun.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Run {
    told: Arc<Told>,
    cancelled: CancellationToken,
    task: AbortHandle,
}

/// What a run told and nobody took yet.
#[derive(Default)]
struct Told {
    heap: Mutex<Heap>,
    changed: Condvar,
    wake: Notify,
}

#[derive(Default)]
struct Heap {
    events: VecDeque<String>,
    /// A document, or that of an error; taken once.
    result: Option<Result<String, Value>>,
    over: bool,
}

/// What a run does.
enum Verb {
    Plan,
    PlanDestroy,
    Converge,
    Destroy,
    Apply(Box<Plan>),
    Status,
}

impl Verb {
    fn new(name: &str, plan: Option<&str>) -> Result<Self> {
        let unreadable = |error: serde_json::Error| {
            Error::new(ErrorKind::Invalid, format!("this is no plan: {error}")).help("make a new plan")
        };
        match (name, plan) {
            ("plan", _) => Ok(Self::Plan),
            ("plan_destroy", _) => Ok(Self::PlanDestroy),
            ("converge", _) => Ok(Self::Converge),
            ("destroy", _) => Ok(Self::Destroy),
            ("apply", Some(plan)) => serde_json::from_str(plan).map(Self::Apply).map_err(unreadable),
            ("status", _) => Ok(Self::Status),
            (other, _) => Err(Error::new(
                ErrorKind::Internal,
                format!("there is no run called {other}"),
            )),
        }
    }

    fn changes(&self) -> bool {
        matches!(self, Self::Converge | Self::Destroy | Self::Apply(_))
    }

    async fn run(self, stack: fleetflow_core::Stack, aim: Aim) -> Result<String, Value> {
        let review = async |plan: Plan| stack.aim(plan, &aim.targets);
        let aimed = |plan: Result<Plan>| plan.and_then(|plan| stack.aim(plan, &aim.targets));
        let text = match self {
            Self::Plan => plan(aimed(stack.plan().await))?,
            Self::PlanDestroy => plan(aimed(stack.plan_destroy().await))?,
            Self::Converge => report(aim.patiently(|| stack.converge_reviewed(review)).await)?,
            Self::Destroy => report(aim.patiently(|| stack.destroy_reviewed(review)).await)?,
            Self::Apply(plan) => report(aim.patiently(|| stack.apply(&plan)).await)?,
            Self::Status => {
                let observation = stack.observe().await.map_err(|error| document(&error))?;
                let plan = stack.plan_of(&observation).await;
                // Why there is no plan is told beside it.
                let drift = match &plan {
                    Ok(plan) => plan.drift.clone(),
                    Err(_) => stack.drift_of(&observation).await.unwrap_or_default(),
                };
                let told = stack.with_runs(observation).await;
                let observation = told.map_err(|error| document(&error))?;
                documents::status(&observation, &plan, &drift).to_string()
            }
        };
        Ok(text)
    }
}

fn plan(plan: Result<Plan>) -> Result<String, Value> {
    let plan = plan.map_err(|error| document(&error))?;
    serde_json::to_string(&plan)
        .map_err(|error| document(&Error::new(ErrorKind::Internal, error.to_string())))
}

fn report(report: Result<fleetflow_core::converge::Report>) -> Result<String, Value> {
    let report = report.map_err(|error| document(&error))?;
    match documents::shortfall(&report) {
        Some(error) => Err(error),
        None => Ok(documents::report(&report).to_string()),
    }
}

/// Begins a run of `verb` on `stack`; `plan` is what `apply` carries out.
#[pyfunction]
#[pyo3(signature = (stack, verb, *, store, keys, who, sakura, cloudflare, engines, missing, parallelism, with_data, targets, lock_wait, other_account, plan))]
#[expect(clippy::too_many_arguments, reason = "named ones, as Python passes them")]
pub(crate) fn start(
    py: Python<'_>,
    stack: &Stack,
    verb: &str,
    store: &Store,
    keys: PathBuf,
    who: String,
    sakura: Option<&Sakura>,
    cloudflare: Option<&Cloudflare>,
    engines: Option<&Engines>,
    missing: Vec<(String, String, String)>,
    parallelism: Option<usize>,
    with_data: bool,
    targets: Vec<String>,
    lock_wait: f64,
    other_account: bool,
    plan: Option<&str>,
) -> PyResult<Run> {
    let fail = |error: Error| raise(py, &error);
    let verb = Verb::new(verb, plan).map_err(fail)?;
    if stack.is_misread() {
        return Err(fail(Error::from_problems(stack.problems())));
    }
    let given = Given {
        sakura,
        cloudflare,
        engines,
        missing,
        keys: &keys,
    };
    // The state may be far away: other threads of Python go on meanwhile.
    let changes = verb.changes();
    let clouds = py
        .detach(|| clouds(given, &stack.stack, &*store.0, changes))
        .map_err(fail)?;
    let mut session = Session::sharing(clouds.clone(), Arc::clone(&store.0), Caller::new(who, now));
    if other_account {
        session = session.moving();
    }
    if engines.is_some_and(Engines::are_emulated) {
        // Emulated clouds show at once what was done.
        session = session.settle(std::time::Duration::ZERO);
    }
    if let Some(steps) = parallelism {
        session = session.parallelism(steps);
    }
    if with_data {
        session = session.data(DataGuard::Allow);
    }
    if matches!(verb, Verb::Status) {
        // A server that does not answer is a line of the status, and no reason to show none.
        session = session.bearing_silence();
    }
    let aim = Aim::new(&targets, lock_wait).map_err(fail)?;
    Run::begin(verb, stack.stack.clone(), (clouds, session), aim).map_err(fail)
}

/// `session` for the accounts that the clouds which the stage needs are signed in to: it stays in them.
async fn signed_in(stack: &fleetflow_core::Stack, clouds: &Clouds, session: Session) -> Result<Session> {
    let state = session.store().load().await?;
    let needs = Needs::of(stack, &state);
    let accounts = clouds.accounts(|provider| needs.provider(provider)).await?;
    let pinned = |session: Session, (provider, account): (Provider, Account)| {
        session.account(provider.name(), account.id)
    };
    Ok(accounts.into_iter().fold(session.seen(state), pinned))
}

/// The current time in RFC 3339, to the millisecond.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

impl Run {
    fn begin(
        verb: Verb,
        stack: fleetflow_core::Stack,
        (clouds, session): (Clouds, Session),
        aim: Aim,
    ) -> Result<Self> {
        let told = Arc::new(Told::default());
        let cancelled = aim.cancelled.clone();
        let watcher = Arc::clone(&told);
        let session = session.cancelled_by(cancelled.clone()).watcher(move |event| {
            watcher.tell(&event);
        });
        let runtime = runtime::handle()?;
        let work = runtime.spawn(async move {
            let session = signed_in(&stack, &clouds, session).await;
            let session = session.map_err(|error| document(&error))?;
            verb.run(stack.session(session), aim).await
        });
        let task = work.abort_handle();
        let listener = Arc::clone(&told);
        runtime.spawn(async move {
            let ended = work.await;
            listener.end(ended.unwrap_or_else(|error| Err(document(&stopped(&error)))));
        });
        Ok(Self {
            told,
            cancelled,
            task,
        })
    }
}

fn stopped(error: &tokio::task::JoinError) -> Error {
    if error.is_cancelled() {
        return Error::new(ErrorKind::Cancelled, "the run was stopped")
            .help("run it again: it goes on from here");
    }
    Error::new(ErrorKind::Internal, format!("the run broke down: {error}"))
        .help("run it again: it goes on from here; and report this")
}

#[pymethods]
impl Run {
    /// The events since the last call, and whether the run is over. Waits up to `seconds` for either.
    fn poll(&self, py: Python<'_>, seconds: f64) -> (Vec<String>, bool) {
        py.detach(|| {
            self.told
                .take(Duration::try_from_secs_f64(seconds).unwrap_or_default())
        })
    }

    /// What came of it. Once only.
    fn result(&self, py: Python<'_>) -> PyResult<String> {
        let result = self.told.heap().result.take();
        match result {
            Some(Ok(document)) => Ok(document),
            Some(Err(error)) => Err(raise_document(py, &error)),
            None => Err(raise(
                py,
                &Error::new(ErrorKind::Internal, "the run has no result yet, or it was taken"),
            )),
        }
    }

    /// Begins nothing new; what runs is finished.
    fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Drops it where it is. For what changes nothing.
    fn abort(&self) {
        self.task.abort();
    }

    /// Calls `wake` from another thread whenever there is something to poll, until the run is over.
    fn on_change(&self, py: Python<'_>, wake: Py<PyAny>) -> PyResult<()> {
        let told = Arc::clone(&self.told);
        let runtime = runtime::handle().map_err(|error| raise(py, &error))?;
        let wake = Arc::new(wake);
        runtime.spawn(async move {
            loop {
                let over = told.heap().over;
                let wake = Arc::clone(&wake);
                let called = tokio::task::spawn_blocking(move || call(&wake)).await;
                if over || !called.unwrap_or(false) {
                    return;
                }
                told.wake.notified().await;
            }
        });
        Ok(())
    }
}

/// Calls back; false where nobody listens any more.
fn call(wake: &Py<PyAny>) -> bool {
    if LEAVING.load(Ordering::SeqCst) {
        return false;
    }
    // An error here is a loop that was closed: there is nobody left to be told.
    Python::try_attach(|py| wake.call0(py).is_ok()).unwrap_or(false)
}

impl Told {
    fn heap(&self) -> MutexGuard<'_, Heap> {
        self.heap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &Event) {
        self.heap().events.push_back(documents::event(event).to_string());
        self.news();
    }

    fn end(&self, result: Result<String, Value>) {
        {
            let mut heap = self.heap();
            heap.result = Some(result);
            heap.over = true;
        }
        self.news();
    }

    fn news(&self) {
        self.changed.notify_all();
        self.wake.notify_one();
    }

    fn take(&self, patience: Duration) -> (Vec<String>, bool) {
        let until = Instant::now() + patience;
        let mut heap = self.heap();
        while heap.events.is_empty() && !heap.over {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(heap, left);
            heap = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        (heap.events.drain(..).collect(), heap.over)
    }
}
