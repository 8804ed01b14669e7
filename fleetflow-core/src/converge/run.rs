//! The verbs of a stack: plan, apply, converge, destroy, status. Each one is observe, plan, apply in some measure.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::apply::apply;
use super::journal::Journal;
use super::observe::Observation;
use super::permissions::permitted;
use super::sight::Files;
use super::{Outcome, Report, Session};
use crate::autoscale::Scaling;
use crate::catalog;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Declaration, Kind, Problem, Scope, Stack};
use crate::plan::{Action, Drift, Inputs, Plan, plan};
use crate::state::{Event, Lease};

/// What a plan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Converge,
    Destroy,
}

impl Stack {
    /// With the clouds and the store that [`plan`](Self::plan) and [`converge`](Self::converge) use.
    #[must_use]
    pub fn session(mut self, session: Session) -> Self {
        self.session = Some(session);
        self
    }

    /// What [`converge`](Self::converge) would do. Sends no write to anything.
    pub async fn plan(&self) -> Result<Plan> {
        self.planned(Goal::Converge).await
    }

    /// What [`destroy`](Self::destroy) would do. Sends no write to anything.
    pub async fn plan_destroy(&self) -> Result<Plan> {
        self.planned(Goal::Destroy).await
    }

    /// Makes the clouds equal to what is declared. A second call changes nothing.
    ///
    /// An error of kind [`ErrorKind::Partial`] says that some steps failed: what succeeded is kept, and the next
    /// call goes on from there.
    pub async fn converge(&self) -> Result<Report> {
        self.run(Goal::Converge, "up", async |plan| Ok(plan))
            .await?
            .into_result()
    }

    /// Removes everything that was made for this stage, in reverse order.
    pub async fn destroy(&self) -> Result<Report> {
        self.run(Goal::Destroy, "down", async |plan| Ok(plan))
            .await?
            .into_result()
    }

    /// Like [`converge`](Self::converge), but carries out what `review` makes of the plan: all of it, a part of it
    /// ([`Plan::targeting`]), or nothing, when it answers with an error. The state is locked meanwhile.
    pub async fn converge_reviewed(&self, review: impl AsyncFnOnce(Plan) -> Result<Plan>) -> Result<Report> {
        let priced = async |plan| review(self.priced(plan).await?).await;
        self.run(Goal::Converge, "up", priced).await
    }

    /// Like [`destroy`](Self::destroy), but carries out what `review` makes of the plan, as
    /// [`converge_reviewed`](Self::converge_reviewed) does.
    pub async fn destroy_reviewed(&self, review: impl AsyncFnOnce(Plan) -> Result<Plan>) -> Result<Report> {
        let priced = async |plan| review(self.priced(plan).await?).await;
        self.run(Goal::Destroy, "down", priced).await
    }

    /// Carries out `plan`, which was made by [`plan`](Self::plan) or [`plan_destroy`](Self::plan_destroy).
    ///
    /// The world is read and planned again under the state's lease; a plan that would now be another one is refused.
    pub async fn apply(&self, plan: &Plan) -> Result<Report> {
        let session = self.attached()?;
        let lease = session.store.acquire(session.caller.holder("up")).await?;
        let report = self.apply_checked(plan, session, &lease).await;
        give_back(session, lease, report).await
    }

    pub(super) fn inputs<'i>(
        &'i self,
        session: &'i Session,
        observation: &'i Observation,
        fingerprints: &'i BTreeMap<String, String>,
    ) -> Inputs<'i> {
        Inputs {
            project: self.project(),
            stage: self.stage(),
            desired: &observation.desired,
            observed: &observation.found,
            state: &observation.state,
            fingerprints,
            data: session.data,
            only: session.adopting.as_ref().map(|(address, _)| address),
            deletions: session.deletions,
        }
    }

    /// What is there now of everything that is declared or remembered. A declared file that cannot be read here is no reason to
    /// see nothing: what names it is among [`Observation::uncompared`], and only a plan fails for it.
    pub async fn observe(&self) -> Result<Observation> {
        let session = self.attached()?;
        let state = session.at_hand().await?;
        self.seen_scaled(session, state, Scaling::default(), Files::Borne)
            .await
    }

    /// What [`converge`](Self::converge) would do, as seen from `observation`. Asks nobody anything.
    pub async fn plan_of(&self, observation: &Observation) -> Result<Plan> {
        self.plan_from(self.attached()?, observation).await
    }

    /// What changed since the last run, without FleetFlow, as seen from `observation`; also where no plan can be made for want
    /// of a local file. Asks nobody anything.
    ///
    /// # Errors
    ///
    /// Something could not be looked at, or what is declared contradicts what is there.
    pub async fn drift_of(&self, observation: &Observation) -> Result<Vec<Drift>> {
        let plan = self.compared(self.attached()?, observation).await?;
        Ok(plan.drift)
    }

    /// The session. Its clouds know what is secret before anything is asked of them.
    pub(crate) fn attached(&self) -> Result<&Session> {
        let session = self.session.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "the stack has no session")
                .help("give it clouds and a store with `Stack::session`")
        })?;
        session.clouds.hide(self.secrets());
        Ok(session)
    }

    async fn planned(&self, goal: Goal) -> Result<Plan> {
        let session = self.attached()?;
        let observation = self.observed(session, goal, session.at_hand().await?).await?;
        self.priced(self.plan_from(session, &observation).await?).await
    }

    async fn priced(&self, plan: Plan) -> Result<Plan> {
        Ok(super::cost::priced(&self.attached()?.clouds, plan).await)
    }

    async fn run(
        &self,
        goal: Goal,
        operation: &str,
        review: impl AsyncFnOnce(Plan) -> Result<Plan>,
    ) -> Result<Report> {
        let session = self.attached()?;
        let lease = session.store.acquire(session.caller.holder(operation)).await?;
        let report = async {
            let observation = self.observed(session, goal, session.remembered().await?).await?;
            let plan = review(self.plan_from(session, &observation).await?).await?;
            self.carry_out(&plan, &observation, session, &lease).await
        };
        let report = report.await;
        give_back(session, lease, report).await
    }

    async fn apply_checked(&self, plan: &Plan, session: &Session, lease: &Lease) -> Result<Report> {
        let removes_all = plan.steps.iter().all(|step| step.desired.is_none()) && plan.unchanged == 0;
        let goal = if removes_all && !plan.steps.is_empty() {
            Goal::Destroy
        } else {
            Goal::Converge
        };
        let observation = self.observed(session, goal, session.remembered().await?).await?;
        let current = self.plan_from(session, &observation).await?;
        let refused = |why: &str| {
            let message = format!("the world moved on since this plan was made: {why}");
            Error::of(&codes::MOVED_ON, message).help("make a new plan and look at it again")
        };
        if let Some(moved) = plan.basis.moved(&current.basis) {
            return Err(refused(moved));
        }
        let targets = plan.steps.iter().map(|step| step.address.clone()).collect();
        let comparable = if plan.steps.len() < current.steps.len() {
            current.targeting(&targets)
        } else {
            current
        };
        if comparable.steps != plan.steps {
            return Err(refused("its steps are other ones"));
        }
        self.carry_out(plan, &observation, session, lease).await
    }

    pub(crate) async fn carry_out(
        &self,
        plan: &Plan,
        seen: &Observation,
        session: &Session,
        lease: &Lease,
    ) -> Result<Report> {
        permitted(&session.clouds, plan).await?;
        let journal = Journal::new(session.store.as_ref(), lease);
        let void = Scaling::void(self, &seen.state, &(session.caller.now)());
        journal.write(void).await?;
        let looked_up = looked_up(plan);
        let is_news = looked_up != *seen.state.looked_up();
        if is_news || !plan.is_empty() || !plan.records.is_empty() {
            journal.started(&session.caller, &session.accounts).await?;
        }
        if is_news {
            journal
                .write(vec![Event::LookedUp { outputs: looked_up }])
                .await?;
        }
        let with = (session, &seen.state);
        let report = apply(self, plan, self.scope(Arc::clone(&seen.desired)), with, &journal).await?;
        if !plan.is_empty() {
            journal.finished(&session.caller, report.outcome).await?;
        }
        Ok(report)
    }

    pub(crate) async fn plan_from(&self, session: &Session, observation: &Observation) -> Result<Plan> {
        match observation.unread(session) {
            Some(error) => Err(error),
            None => self.compared(session, observation).await,
        }
    }

    /// The plan, whose steps about what is uncompared mean nothing.
    async fn compared(&self, session: &Session, observation: &Observation) -> Result<Plan> {
        if let Some(error) = observation.hindrance() {
            return Err(error);
        }
        let fingerprints = self.fingerprints(session).await?;
        let inputs = self.inputs(session, observation, &fingerprints);
        let mut plan = plan(&inputs).map_err(Error::from_problems)?;
        let silent = &observation.found.unreachable;
        plan = plan.without(silent);
        observation
            .scaling
            .shape(self, &observation.desired, silent, &mut plan);
        Ok(plan)
    }

    /// Keyed hashes: the state can tell that a secret changed, but nobody can try out values against it elsewhere.
    pub(super) async fn fingerprints(&self, session: &Session) -> Result<BTreeMap<String, String>> {
        if self.secrets().is_empty() {
            return Ok(BTreeMap::new());
        }
        let key = session.store.fingerprint_key().await?;
        let of = |value: &secrecy::SecretString| {
            blake3::keyed_hash(&key, value.expose_secret().as_bytes()).to_hex()[..16].to_owned()
        };
        Ok(self
            .secrets()
            .iter()
            .map(|(name, value)| (name.clone(), of(value)))
            .collect())
    }

    pub(super) fn scope(&self, declared: Arc<[Declaration]>) -> Scope {
        Scope {
            project: self.project().to_owned(),
            stage: self.stage().to_owned(),
            declared,
            bears_silence: false,
        }
    }
}

pub(super) async fn give_back(session: &Session, lease: Lease, report: Result<Report>) -> Result<Report> {
    let released = session.store.release(lease).await;
    let report = report?;
    match (released, report.outcome) {
        (Err(error), Outcome::Converged) => Err(error),
        _ => Ok(report),
    }
}

/// The refusal of a plan whose disruption is more than `most`.
pub fn exceeding(plan: &Plan, most: crate::plan::Level) -> Vec<Problem> {
    plan.steps
        .iter()
        .filter(|step| step.disruption.level > most)
        .map(|step| {
            let means = match step.action {
                Action::Delete => "deleting it counts as",
                _ => "the change means",
            };
            let message = format!(
                "{means} {}, more than `{}` allows",
                step.disruption.level.name(),
                most.name()
            );
            Problem::guard(&step.address, message)
                .code(&codes::DISRUPTION)
                .help("raise `--max-disruption`, or undo the change")
        })
        .collect()
}

/// The outputs of what the plan only looks up: nothing is applied that would remember them.
fn looked_up(plan: &Plan) -> BTreeMap<Address, Map<String, Value>> {
    let is_lookup = |address: &Address| catalog::kind(address.kind()).is_some_and(Kind::is_lookup);
    let known = plan.known.iter().filter(|(address, _)| is_lookup(address));
    known
        .map(|(address, outputs)| (address.clone(), outputs.clone()))
        .collect()
}
