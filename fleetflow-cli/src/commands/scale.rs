//! `scale`: sets the count of a server's replicas by hand. Everything else stays as it is.

use std::time::Instant;

use fleetflow_core::converge::Report;
use fleetflow_core::plan::{DataGuard, DeletionGuard, Plan};
use fleetflow_core::{Error, Result};
use tokio_util::sync::CancellationToken;

use crate::arguments::ScaleArguments;
use crate::clouds::Purpose;
use crate::documents::event::Happened;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::lock::Patience;
use crate::progress::{self, Form, Progress};
use crate::question::{Approval, Care, Question, ask};
use crate::runtime;
use crate::show::header::subject;
use crate::show::plan::{self as show, Detail, dependents};
use crate::show::report;
use crate::site::Site;
use crate::workplace::{Intent, Workplace};

pub(super) fn run(invocation: &Invocation, arguments: &ScaleArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, None)?;
    let approval = Approval {
        yes: arguments.yes,
        confirmed: arguments.confirm_stage.as_deref(),
    };
    let care = site.care();
    let approved = approval.suffices(invocation.terminal, care, site.names().1)?;
    runtime::run(|cancelled| async move {
        let intent = Intent {
            operation: "scale",
            purpose: Purpose::Change,
            data: DataGuard::Refuse,
            deletions: DeletionGuard::Refuse,
            adopting: None,
            moving: false,
        };
        let workplace = Workplace::open(invocation, &site, &cancelled, intent).await?;
        let scaling = Scaling {
            workplace: &workplace,
            cancelled: &cancelled,
            approval: (!approved).then_some((approval, care)),
        };
        let result = scaling.run(arguments).await;
        workplace.close(result).await
    })
}

/// A change of a count on its way.
struct Scaling<'s> {
    workplace: &'s Workplace<'s>,
    cancelled: &'s CancellationToken,
    /// What is still to be asked.
    approval: Option<(Approval<'s>, Care)>,
}

impl Scaling<'_> {
    async fn run(&self, arguments: &ScaleArguments) -> Result<Exit, Failure> {
        let invocation = self.workplace.invocation;
        let mut patience = Patience::new(invocation.options.lock_wait);
        loop {
            let began = Instant::now();
            let (report, progress) = self.attempt(arguments).await;
            if let Some(progress) = progress {
                progress.finish();
            }
            match report {
                Ok(report) => return Ok(self.tell(&report, began)?),
                Err(error) => self.bear(&mut patience, error).await?,
            }
        }
    }

    async fn bear(&self, patience: &mut Patience, error: Error) -> Result<(), Failure> {
        let terminal = self.workplace.invocation.terminal;
        let borne = patience.bear(error, terminal, self.cancelled).await;
        borne.map_err(|error| self.workplace.site.failed(error))
    }

    async fn attempt(&self, arguments: &ScaleArguments) -> (Result<Report>, Option<Progress>) {
        let mut progress = None;
        let review = async |plan| {
            let plan = self.review(plan).await?;
            progress = self.begin(&plan);
            Ok(plan)
        };
        let report = self
            .workplace
            .stack
            .scale(&arguments.server, arguments.count, review)
            .await;
        (report, progress)
    }

    /// Shows the plan, and asks. The state stays locked meanwhile: what is agreed to is what is carried out.
    async fn review(&self, plan: Plan) -> Result<Plan> {
        let invocation = self.workplace.invocation;
        if invocation.options.json {
            progress::tell(invocation.terminal, (&plan).into());
        } else if plan.is_empty() {
            invocation.terminal.show("No changes. There are as many.\n")?;
        } else {
            let text = show::plan(&plan, &dependents(&plan), Detail::Lines);
            invocation.terminal.show(&text)?;
        }
        if let (Some((approval, care)), false) = (&self.approval, plan.is_empty()) {
            let stack = &self.workplace.site.loaded.stack;
            let question = Question {
                verb: "scale",
                stage: stack.stage(),
                subject: subject(stack),
                care: *care,
            };
            ask(invocation.terminal, self.cancelled, approval, &question).await?;
        }
        Ok(plan)
    }

    fn begin(&self, plan: &Plan) -> Option<Progress> {
        if plan.is_empty() {
            return None;
        }
        let invocation = self.workplace.invocation;
        let form = if invocation.options.json {
            Form::Json
        } else {
            Form::Text
        };
        let progress = Progress::start(form, invocation.terminal, self.cancelled.clone());
        self.workplace.watch(&progress);
        Some(progress)
    }

    fn tell(&self, report: &Report, began: Instant) -> Result<Exit> {
        let invocation = self.workplace.invocation;
        let (terminal, elapsed) = (invocation.terminal, began.elapsed());
        if invocation.options.json {
            progress::tell(terminal, Happened::finished(report, elapsed));
        } else if !(report.done.is_empty() && report.failed.is_empty()) {
            terminal.show(&report::summary(report, "Scaled", elapsed))?;
            terminal.alert(&report::failures(report, &invocation.edge.command_line()));
        }
        Ok(report.outcome.into())
    }
}
