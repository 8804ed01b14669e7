//! Counts by hand, and what is known of counts: for people, beside the loop.

use super::judge::{judge, now};
use super::meter::Meter;
use super::tick::scaling_only;
use super::{Judgement, Scaling, count};
use crate::converge::{Observation, Report, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Stack, did_you_mean};
use crate::plan::Plan;
use crate::state::{Event, Lease};

impl Stack {
    /// What is known and would be decided about each scaled server, as seen from `observation`. Reads loads, changes
    /// nothing.
    pub async fn judgements(&self, observation: &Observation) -> Result<Vec<Judgement>> {
        judge(self, self.attached()?, observation, &mut Meter::default()).await
    }

    /// Sets how many replicas of `server` there are, within the declared bounds.
    ///
    /// Only replicas are made or removed, those that do not answer too; what `review` makes of the plan is carried out,
    /// or nothing when it answers with an error. Where a loop follows the load, it goes on from this count after its cooldown.
    pub async fn scale(
        &self,
        server: &str,
        count: u32,
        review: impl AsyncFnOnce(Plan) -> Result<Plan>,
    ) -> Result<Report> {
        self.check_count(server, count)?;
        let session = &self.attached()?.clone().bearing_silence();
        let lease = session.store.acquire(session.caller.holder("scale")).await?;
        let report = self.scaled(session, &lease, (server, count), review).await;
        let released = session.store.release(lease).await;
        let report = report?;
        released?;
        Ok(report)
    }

    fn check_count(&self, server: &str, count: u32) -> Result<()> {
        let address = Address::new("scale", server);
        let invalid = |message: String, help: String| {
            Err(Error::new(ErrorKind::Invalid, message).on(&address).help(help))
        };
        let scales: Vec<_> = count::scales(self).collect();
        let Some(scale) = scales.iter().find(|scale| scale.server() == server) else {
            let near = did_you_mean(server, scales.iter().map(crate::sakura::Scale::server));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "declare it: `scale \"{server}\" {{ min 1; max {} }}`",
                    count.max(1)
                ),
            };
            return invalid(format!("nothing scales the server `{server}`"), help);
        };
        let (min, max) = scale.bounds();
        if (min..=max).contains(&count) {
            return Ok(());
        }
        let message = format!("{count} is not between the declared {min} and {max}");
        invalid(
            message,
            "choose another count, or change `min` or `max`".to_owned(),
        )
    }

    async fn scaled(
        &self,
        session: &Session,
        lease: &Lease,
        (server, count): (&str, u32),
        review: impl AsyncFnOnce(Plan) -> Result<Plan>,
    ) -> Result<Report> {
        let decision = Event::Scaled {
            server: server.to_owned(),
            count,
            time: now(session)?.to_string(),
            reason: "by hand".to_owned(),
        };
        let mut state = session.remembered().await?;
        state.apply(&decision);
        let seen = self.observed_scaled(session, state, Scaling::default()).await?;
        let plan = review(scaling_only(self.plan_from(session, &seen).await?)).await?;
        session.store.append(lease, vec![decision]).await?;
        self.carry_out(&plan, &seen, session, lease).await
    }
}
