//! One look of the loop: observe, decide, write the decision down, plan, carry out. All of it under one lease.

use std::collections::BTreeSet;

use tracing::Instrument as _;

use super::judge::{judge, now};
use super::meter::Meter;
use super::watch::{WatchEvent, WatchOptions};
use super::{Judgement, Scaling};
use crate::converge::{Observation, Outcome, Session};
use crate::error::Result;
use crate::model::{Address, Stack};
use crate::plan::{Plan, Step};
use crate::state::{Event, Lease};

/// What is kept from look to look: only what saves calls.
pub(super) struct Ticker<'t> {
    stack: &'t Stack,
    session: &'t Session,
    options: &'t WatchOptions,
    told: &'t (dyn Fn(WatchEvent) + Send + Sync),
    meter: Meter,
}

impl<'t> Ticker<'t> {
    pub(super) fn new(
        stack: &'t Stack,
        session: &'t Session,
        options: &'t WatchOptions,
        told: &'t (dyn Fn(WatchEvent) + Send + Sync),
    ) -> Self {
        Self {
            stack,
            session,
            options,
            told,
            meter: Meter::default(),
        }
    }

    pub(super) async fn tick(&mut self) -> Result<()> {
        let span = tracing::info_span!(
            "look",
            project = self.stack.project(),
            stage = self.stack.stage(),
            otel.status_code = tracing::field::Empty,
            otel.status_description = tracing::field::Empty,
        );
        let result = self.looked().instrument(span.clone()).await;
        if let Err(error) = &result {
            span.record("otel.status_code", "error")
                .record("otel.status_description", error.to_string());
        }
        result
    }

    async fn looked(&mut self) -> Result<()> {
        let holder = self.session.caller.holder("watch");
        let lease = self.session.store.acquire(holder).await?;
        let result = self.leased(&lease).await;
        let released = self.session.store.release(lease).await;
        result.and(released)
    }

    async fn leased(&mut self, lease: &Lease) -> Result<()> {
        let state = self.session.remembered().await?;
        let mut seen = self.observed(state, BTreeSet::new()).await?;
        let judgements = judge(self.stack, self.session, &seen, &mut self.meter)
            .instrument(tracing::info_span!("decide"))
            .await?;
        for judgement in &judgements {
            (self.told)(WatchEvent::Decided(judgement.clone()));
        }
        let decided = self.decided(&judgements)?;
        let absent: BTreeSet<String> = judgements
            .iter()
            .filter_map(|judgement| judgement.decision.replace.clone())
            .collect();
        if !decided.is_empty() {
            self.session.store.append(lease, decided.clone()).await?;
            decided.iter().for_each(|event| seen.state.apply(event));
        }
        if !absent.is_empty() {
            let without = self.observed(seen.state, absent).await?;
            self.act(&without, lease).await?;
            let state = self.session.remembered().await?;
            seen = self.observed(state, BTreeSet::new()).await?;
        } else if !decided.is_empty() {
            seen = self.observed(seen.state, BTreeSet::new()).await?;
        }
        self.act(&seen, lease).await
    }

    async fn observed(&self, state: crate::state::State, absent: BTreeSet<String>) -> Result<Observation> {
        let scaling = Scaling {
            absent,
            ..Scaling::default()
        };
        self.stack
            .observed_scaled(self.session, state, scaling)
            .instrument(tracing::info_span!("observe"))
            .await
    }

    /// What is written down of decisions that change a count.
    fn decided(&self, judgements: &[Judgement]) -> Result<Vec<Event>> {
        let time = now(self.session)?.to_string();
        let changes = judgements
            .iter()
            .filter(|judgement| judgement.decision.count != judgement.current);
        let events = changes.map(|judgement| Event::Scaled {
            server: judgement.server.clone(),
            count: judgement.decision.count,
            time: time.clone(),
            reason: judgement.decision.reason.to_string(),
        });
        Ok(events.collect())
    }

    async fn act(&self, seen: &Observation, lease: &Lease) -> Result<()> {
        let mut plan = self.stack.plan_from(self.session, seen).await?;
        if !self.options.repairs {
            plan = scaling_only(plan);
        }
        (self.told)(WatchEvent::Looked(plan.clone()));
        let report = self
            .stack
            .carry_out(&plan, seen, self.session, lease)
            .instrument(tracing::info_span!("apply", steps = plan.steps.len()))
            .await?;
        if !plan.is_empty() {
            let failed = report.failed.iter();
            (self.told)(WatchEvent::Acted {
                done: report.done.len(),
                failed: failed
                    .map(|(address, error)| (address.clone(), error.to_string()))
                    .collect(),
            });
        }
        match report.outcome {
            Outcome::Converged => Ok(()),
            Outcome::Failed | Outcome::Interrupted => report.into_result().map(drop),
        }
    }
}

/// Only the steps that make or remove further replicas, and what belongs to them.
pub(super) fn scaling_only(plan: Plan) -> Plan {
    let is_replica = |step: &&Step| step.record.replica_of.is_some();
    let replicas: BTreeSet<Address> = plan
        .steps
        .iter()
        .filter(is_replica)
        .map(|step| step.address.clone())
        .collect();
    let belongs = |step: &&Step| {
        let homes = step.record.lives_in.iter().chain(&step.record.depends_on);
        is_replica(step) || homes.into_iter().any(|home| replicas.contains(home))
    };
    let targets = plan
        .steps
        .iter()
        .filter(belongs)
        .map(|step| step.address.clone())
        .collect();
    plan.targeting(&targets)
}
