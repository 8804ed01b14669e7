//! The verb that brings back what ran before, and what stands in the way of any plan. What a rollback does is the plan's.

use super::run::{Goal, give_back};
use super::{Observation, Report, Session};
use crate::error::{Error, Result};
use crate::model::{Address, Spec, Stack, Unreached};
use crate::plan::{Plan, goes_with_its_home, rollback};

impl Stack {
    /// What [`roll_back`](Self::roll_back) would do. Sends no write to anything.
    pub async fn plan_rollback(&self, group: &str) -> Result<Plan> {
        let session = self.attached()?;
        let observation = self
            .observed(session, Goal::Converge, session.at_hand().await?)
            .await?;
        self.rollback_from(session, &observation, group).await
    }

    /// Brings back the generation before of what the last release of the service-group `group` changed. Each container
    /// has to prove itself, as in any release; where one fails, the one that runs now comes back.
    ///
    /// It is carried out as `review` makes of the plan. The declaration stays what it is: afterwards a plan shows how it
    /// differs, and [`converge`](Self::converge) brings it about again. A second call goes forward again.
    pub async fn roll_back(
        &self,
        group: &str,
        review: impl AsyncFnOnce(Plan) -> Result<Plan>,
    ) -> Result<Report> {
        let session = self.attached()?;
        let lease = session.store.acquire(session.caller.holder("rollback")).await?;
        let report = async {
            let observation = self
                .observed(session, Goal::Converge, session.remembered().await?)
                .await?;
            let plan = review(self.rollback_from(session, &observation, group).await?).await?;
            self.carry_out(&plan, &observation, session, &lease).await
        };
        let report = report.await;
        give_back(session, lease, report).await
    }

    async fn rollback_from(&self, session: &Session, observation: &Observation, group: &str) -> Result<Plan> {
        let fingerprints = self.fingerprints(session).await?;
        let digest = |address: &Address, spec: &mut Spec| self.digest(address, spec);
        rollback(&self.inputs(session, observation, &fingerprints), group, &digest)
    }
}

impl Observation {
    /// Why no plan can be made: something that is to stay, or to be changed, could not be looked at. What goes with a
    /// server that is to go is no hindrance.
    pub(super) fn hindrance(&self) -> Option<Error> {
        let needed = |one: &&Unreached| !goes_with_its_home(&self.desired, &self.state, &one.address);
        let mut needed = self.found.unreached.iter().filter(needed);
        let first = needed.next()?;
        let others = needed.count();
        let error = first.error.clone().on(&first.address);
        Some(match others {
            0 => error,
            _ => {
                let message = format!("{} ({others} more cannot be looked at)", error.message());
                error.saying(message)
            }
        })
    }
}
