//! `up` and `down`: read, plan, show, ask, carry out, tell what came of it. The work itself is the library's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fleetflow_core::converge::Report;
use fleetflow_core::plan::Plan;
use fleetflow_core::{Address, Error, ErrorKind, Result, codes};
use tokio_util::sync::CancellationToken;

use super::import;
use super::plan::{data_guard, deletion_guard, detail, scoped};
use crate::arguments::ChangeArguments;
use crate::clouds::Purpose;
use crate::documents::event::Happened;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lock::{Patience, probe};
use crate::progress::{self, Form, Progress};
use crate::question::{Approval, Care, Question, ask};
use crate::runtime::{self, interruptible};
use crate::saved;
use crate::show::header::subject;
use crate::show::plan::{self as show, dependents};
use crate::show::report;
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

/// What to know after a rollback.
const STILL_DECLARED: &str = "The file still declares what was rolled back: `flow plan` shows how it differs, and the next \
                              `flow up` brings it about again. Change the file first.\n";

/// What is to come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal<'g> {
    /// Everything as declared.
    Converge,
    /// Nothing of it.
    Remove,
    /// One resource that exists already is looked after from now on.
    Import,
    /// What a service-group was before its last release.
    RollBack(&'g str),
}

impl Goal<'_> {
    fn command(self) -> &'static str {
        match self {
            Self::Converge => "up",
            Self::Remove => "down",
            Self::Import => "import",
            Self::RollBack(_) => "rollback",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Converge => "converge",
            Self::Remove => "remove",
            Self::Import => "take this over into",
            Self::RollBack(_) => "roll this back in",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Converge => "Converged",
            Self::Remove => "Removed",
            Self::Import => "Imported",
            Self::RollBack(_) => "Rolled back",
        }
    }
}

pub(super) fn run(
    invocation: &Invocation,
    goal: Goal<'_>,
    arguments: &ChangeArguments,
    adopting: Option<(Address, String)>,
) -> Result<Exit, Failure> {
    let result = started(invocation, goal, arguments, adopting);
    if let (true, Err(failure)) = (invocation.options.json, &result) {
        let error = failure.into();
        progress::tell(invocation.terminal, Happened::Error { error });
    }
    result
}

fn started(
    invocation: &Invocation,
    goal: Goal<'_>,
    arguments: &ChangeArguments,
    adopting: Option<(Address, String)>,
) -> Result<Exit, Failure> {
    let site = Site::load(invocation, arguments.stage.name.as_deref())?;
    let approval = Approval {
        yes: arguments.yes,
        confirmed: arguments.confirm_stage.as_deref(),
    };
    let care = site.care();
    let approved = approval.suffices(invocation.terminal, care, site.names().1)?;
    runtime::run(|cancelled| async move {
        let intent = Intent {
            operation: goal.command(),
            purpose: Purpose::Change,
            data: data_guard(invocation, &arguments.scope),
            deletions: deletion_guard(&arguments.scope),
            adopting,
            moving: arguments.scope.other_account,
        };
        let workplace = Workplace::open(invocation, &site, &cancelled, intent.clone()).await?;
        let change = Change {
            workplace: &workplace,
            goal,
            arguments,
            approval,
            care,
            adopting: intent.adopting.clone(),
            began: Instant::now(),
            running: Running::default(),
        };
        let result = change.result(approved).await;
        workplace.close(result).await
    })
}

/// A change on its way.
struct Change<'c> {
    workplace: &'c Workplace<'c>,
    goal: Goal<'c>,
    arguments: &'c ChangeArguments,
    approval: Approval<'c>,
    care: Care,
    adopting: Option<(Address, String)>,
    began: Instant,
    running: Running,
}

/// What is shown while it is carried out.
#[derive(Default)]
struct Running {
    begun: AtomicBool,
    progress: Mutex<Option<(Progress, Instant)>>,
}

impl Running {
    /// Stops showing; how long it took.
    fn finish(&self) -> Duration {
        let progress = self
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        progress.map_or(Duration::ZERO, |(progress, since)| {
            progress.finish();
            since.elapsed()
        })
    }
}

impl Change<'_> {
    async fn result(&self, approved: bool) -> Result<Exit, Failure> {
        let report = match (&self.arguments.plan, approved) {
            (Some(file), _) => {
                let plan = saved::read(&self.workplace.invocation.edge.folder.join(file))?;
                self.check_saved(&plan)?;
                self.approved_first(plan, approved).await
            }
            (None, true) => self.at_once().await,
            (None, false) => self.planned_first().await,
        };
        let elapsed = self.running.finish();
        let report = report.map_err(|error| self.workplace.site.failed(error))?;
        self.tell(&report, elapsed)?;
        Ok(report.outcome.into())
    }

    /// Under one lock: read, plan, carry out.
    async fn at_once(&self) -> Result<Report> {
        let stack = &self.workplace.stack;
        let attempt = || async {
            let review = async |plan| {
                let plan = self.review(plan)?;
                self.begin(&plan);
                Ok(plan)
            };
            match self.goal {
                Goal::Converge | Goal::Import => stack.converge_reviewed(review).await,
                Goal::Remove => stack.destroy_reviewed(review).await,
                Goal::RollBack(group) => stack.roll_back(group, review).await,
            }
        };
        self.patiently(attempt).await
    }

    /// Reads and plans without holding others up, asks, and then carries the plan out if the world is still the same.
    async fn planned_first(&self) -> Result<Report> {
        let Workplace { invocation, site, .. } = self.workplace;
        self.patiently(|| async { probe(&site.store(), &invocation.edge, self.goal.command()).await })
            .await?;
        let plan = match self.goal {
            Goal::Converge | Goal::Import => {
                interruptible(self.workplace.cancelled, self.workplace.stack.plan()).await?
            }
            Goal::Remove => {
                interruptible(self.workplace.cancelled, self.workplace.stack.plan_destroy()).await?
            }
            Goal::RollBack(group) => {
                interruptible(
                    self.workplace.cancelled,
                    self.workplace.stack.plan_rollback(group),
                )
                .await?
            }
        };
        self.approved_first(plan, false).await
    }

    async fn approved_first(&self, plan: Plan, approved: bool) -> Result<Report> {
        let plan = self.review(plan)?;
        if !approved && !plan.is_empty() {
            self.ask().await?;
        }
        self.begin(&plan);
        self.patiently(|| self.apply(&plan)).await
    }

    /// Carries out what was agreed to, if the world is still the same.
    async fn apply(&self, plan: &Plan) -> Result<Report> {
        let stack = &self.workplace.stack;
        let Goal::RollBack(group) = self.goal else {
            return stack.apply(plan).await;
        };
        let unmoved = async |current: Plan| match plan.basis.moved(&current.basis) {
            None => Ok(current),
            Some(moved) => {
                let message = format!("the world moved on since this plan was made: {moved}");
                Err(Error::of(&codes::MOVED_ON, message).help("run the same command again"))
            }
        };
        stack.roll_back(group, unmoved).await
    }

    /// A plan of another stage is of no use here.
    fn check_saved(&self, plan: &Plan) -> Result<()> {
        let (project, stage) = self.workplace.site.names();
        if (plan.project.as_str(), plan.stage.as_str()) == (project, stage) {
            return Ok(());
        }
        let message = format!(
            "the saved plan is for {} / {}, this is {project} / {stage}",
            plan.project, plan.stage
        );
        Err(Error::new(ErrorKind::Invalid, message).help("name its stage, or make a new plan"))
    }

    /// The part of the plan that was asked for, shown.
    fn review(&self, plan: Plan) -> Result<Plan> {
        let plan = scoped(plan, &self.workplace.stack, &self.arguments.scope)?;
        if let Some((address, id)) = &self.adopting {
            import::only_taken_over(&plan, address, id)?;
        }
        if self.goal == Goal::Remove {
            self.show(&show::removal(&plan))?;
        } else {
            self.show(&plan)?;
        }
        Ok(plan)
    }

    fn show(&self, plan: &Plan) -> Result<()> {
        let invocation = self.workplace.invocation;
        if invocation.options.json {
            progress::tell(invocation.terminal, plan.into());
            return Ok(());
        }
        if plan.is_empty() && plan.drift.is_empty() {
            invocation.terminal.say(&show::notes(plan));
            return invocation.terminal.show(&self.nothing(plan));
        }
        let text = show::plan(plan, &dependents(plan), detail(self.arguments.detail));
        let reading = match self.arguments.plan {
            Some(_) => String::new(),
            None => show::reading(self.workplace.requests(), self.began.elapsed()),
        };
        invocation.terminal.show(&(text + &reading))
    }

    fn nothing(&self, plan: &Plan) -> String {
        match self.goal {
            Goal::Converge => show::nothing(plan),
            Goal::Import | Goal::RollBack(_) => "It is looked after already.\n".to_owned(),
            Goal::Remove => show::nothing_left(plan),
        }
    }

    async fn ask(&self) -> Result<()> {
        let stack = &self.workplace.site.loaded.stack;
        let places = self.workplace.places();
        let subject = match places.as_str() {
            "" => subject(stack),
            places => format!("{} on {places}", subject(stack)),
        };
        let question = Question {
            verb: self.goal.verb(),
            stage: stack.stage(),
            subject,
            care: self.care,
        };
        let terminal = self.workplace.invocation.terminal;
        ask(terminal, self.workplace.cancelled, &self.approval, &question).await
    }

    /// From here on, a Ctrl-C lets running steps finish.
    fn begin(&self, plan: &Plan) {
        self.running.begun.store(true, Ordering::Relaxed);
        if plan.is_empty() {
            return;
        }
        let invocation = self.workplace.invocation;
        let form = if invocation.options.json {
            Form::Json
        } else {
            Form::Text
        };
        let progress = Progress::start(form, invocation.terminal, self.workplace.cancelled.clone());
        self.workplace.watch(&progress);
        let mut slot = self
            .running
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some((progress, Instant::now()));
    }

    /// Tries until the state is no longer locked, as long as `--lock-wait` allows. What has not begun to change anything
    /// is left at once by a Ctrl-C.
    async fn patiently<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let Workplace {
            invocation,
            cancelled,
            ..
        } = self.workplace;
        let mut patience = Patience::new(invocation.options.lock_wait);
        loop {
            let error = match self.leavable(cancelled, attempt()).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            patience.bear(error, invocation.terminal, cancelled).await?;
        }
    }

    async fn leavable<T>(
        &self,
        cancelled: &CancellationToken,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => return result,
            () = cancelled.cancelled() => {}
        }
        if self.running.begun.load(Ordering::Relaxed) {
            work.await
        } else {
            interruptible(cancelled, std::future::pending()).await
        }
    }

    fn tell(&self, report: &Report, elapsed: Duration) -> Result<()> {
        let invocation = self.workplace.invocation;
        let terminal = invocation.terminal;
        if invocation.options.json {
            progress::tell(terminal, Happened::finished(report, elapsed));
            return Ok(());
        }
        let steps = report.done.len() + report.failed.len() + report.skipped.len();
        if steps == 0 {
            return Ok(());
        }
        terminal.show(&report::summary(report, self.goal.done(), elapsed))?;
        if Exit::from(report.outcome) == Exit::Done {
            let outputs = match self.goal {
                Goal::Converge | Goal::Import => report::outputs(&report.outputs),
                Goal::Remove => String::new(),
                Goal::RollBack(_) => STILL_DECLARED.to_owned(),
            };
            return terminal.show(&outputs);
        }
        terminal.alert(&report::failures(report, &invocation.edge.command_line()));
        Ok(())
    }
}
