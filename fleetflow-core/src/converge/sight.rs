//! What a run looks at: everything that is declared, in the counts that are decided, and everything that is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Session;
use super::files::{Additions, complete};
use super::observe::{Observation, observe};
use super::run::Goal;
use crate::autoscale::Scaling;
use crate::error::{Error, Result};
use crate::model::{Address, Declaration, Observed, Scope, Stack, expand};
use crate::state::State;
use crate::veil::uncovered;

/// What becomes of a look where a file that is declared cannot be read here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// It fails at once: what comes after it needs them.
    Needed,
    /// It says so, and goes on.
    Borne,
}

impl Stack {
    pub(super) async fn observed(&self, session: &Session, goal: Goal, state: State) -> Result<Observation> {
        match goal {
            Goal::Converge => self.observed_scaled(session, state, Scaling::default()).await,
            Goal::Destroy => self.observed_to_remove(session, state).await,
        }
    }

    /// What is there of all that is remembered, and of what is declared and nobody remembers: a lost state hides
    /// nothing that carries our mark. What the file protects or retains is not looked for on that ground.
    async fn observed_to_remove(&self, session: &Session, state: State) -> Result<Observation> {
        let stack = self.canonical().map_err(Error::from_problems)?;
        let scaling = Scaling::default().decided(&state);
        let mut declared = expand(&stack, &scaling.counts, &scaling.absent).map_err(Error::from_problems)?;
        let kept: BTreeSet<_> = declared
            .iter()
            .filter(|one| (one.protect || one.retain) && state.entry(&one.address).is_none())
            .map(|one| one.address.clone())
            .collect();
        declared.retain(|one| state.entry(&one.address).is_none() && !kept.contains(&one.address));
        let mut found = observe(
            session,
            &self.scope(Arc::default()),
            &declared,
            (&state, self.secrets()),
        )
        .await?;
        found.resources.retain(|seen| !kept.contains(&seen.address));
        Ok(Observation {
            desired: Arc::default(),
            found,
            state,
            uncompared: Vec::new(),
            scaling,
        })
    }

    /// What is there of everything that is declared, in the counts that are decided, without what `scaling` leaves out.
    pub(crate) async fn observed_scaled(
        &self,
        session: &Session,
        state: State,
        scaling: Scaling,
    ) -> Result<Observation> {
        self.seen_scaled(session, state, scaling, Files::Needed).await
    }

    pub(super) async fn seen_scaled(
        &self,
        session: &Session,
        state: State,
        scaling: Scaling,
        files: Files,
    ) -> Result<Observation> {
        let scaling = scaling.decided(&state);
        let desired = self.desired(&scaling, files)?;
        let observation = self.looked(session, desired, state, scaling).await?;
        match Scaling::recovered(self, &observation) {
            None => Ok(observation),
            Some(scaling) => {
                let desired = self.desired(&scaling, files)?;
                self.looked(session, desired, observation.state, scaling).await
            }
        }
    }

    async fn looked(
        &self,
        session: &Session,
        (desired, added): (Vec<Declaration>, Additions),
        mut state: State,
        scaling: Scaling,
    ) -> Result<Observation> {
        let desired: Arc<[Declaration]> = session.taking_over(desired, &state)?.into();
        state.share(&desired);
        let scope = Scope {
            bears_silence: session.bears_silence,
            ..self.scope(Arc::clone(&desired))
        };
        let mut found = observe(session, &scope, &desired, (&state, self.secrets())).await?;
        found.notes.extend(added.notes);
        Ok(Observation {
            desired,
            found,
            state,
            uncompared: added.uncompared,
            scaling,
        })
    }

    /// What is declared, expanded, with digests of local files; and what local files added to it.
    fn desired(&self, scaling: &Scaling, files: Files) -> Result<(Vec<Declaration>, Additions)> {
        let mut stack = self.canonical().map_err(Error::from_problems)?;
        let mut added = complete(&mut stack);
        added.notes.extend(uncovered(self.secrets()));
        let mut expanded = expand(&stack, &scaling.counts, &scaling.absent).map_err(Error::from_problems)?;
        for declared in &mut expanded {
            added.digest(self, declared);
        }
        match added.uncompared.first() {
            Some(one) if files == Files::Needed => Err(one.error.clone()),
            _ => Ok((expanded, added)),
        }
    }
}

impl Observation {
    /// What was found at `address`.
    pub fn at(&self, address: &Address) -> Option<&Observed> {
        self.found
            .resources
            .iter()
            .find(|found| found.address == *address)
    }
}
