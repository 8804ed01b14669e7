//! What a stack needs to become real: clouds, a store, and what the library may not find out by itself (who, when).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clouds::Clouds;
use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Address, Declaration, did_you_mean};
use crate::plan::{DataGuard, DeletionGuard};
use crate::state::{Entry, Holder, State, Store};

use super::Watcher;

/// Who runs this, and what time it is: the library reads neither the environment nor the clock.
#[derive(Clone)]
pub struct Caller {
    /// User, machine, process and version, in words: what others see when the state is locked.
    pub who: String,
    /// The current time in RFC 3339.
    pub now: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Caller {
    /// A caller named `who`, with `now` as its clock.
    pub fn new(who: impl Into<String>, now: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            who: who.into(),
            now: Arc::new(now),
        }
    }

    pub(crate) fn holder(&self, operation: &str) -> Holder {
        Holder {
            who: self.who.clone(),
            operation: operation.to_owned(),
            since: (self.now)(),
        }
    }
}

/// Clouds and state for the runs of a stack. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    pub(crate) clouds: Clouds,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) caller: Caller,
    pub(crate) data: DataGuard,
    pub(crate) adopting: Option<(Address, String)>,
    pub(crate) deletions: DeletionGuard,
    pub(crate) parallelism: usize,
    pub(crate) settle: std::time::Duration,
    pub(crate) bears_silence: bool,
    pub(crate) accounts: BTreeMap<String, String>,
    moves: bool,
    seen: Arc<Mutex<Option<State>>>,
    pub(crate) watcher: Watcher,
    pub(crate) cancelled: tokio_util::sync::CancellationToken,
}

impl Session {
    /// A session that watches nothing, loses no data, and runs up to 16 steps at once.
    pub fn new(clouds: Clouds, store: impl Store + 'static, caller: Caller) -> Self {
        Self::sharing(clouds, Arc::new(store), caller)
    }

    /// The same, with a store that others use too.
    pub fn sharing(clouds: Clouds, store: Arc<dyn Store>, caller: Caller) -> Self {
        Self {
            clouds,
            store,
            caller,
            data: DataGuard::Refuse,
            adopting: None,
            deletions: DeletionGuard::Refuse,
            parallelism: 16,
            settle: std::time::Duration::from_secs(30),
            bears_silence: false,
            accounts: BTreeMap::new(),
            moves: false,
            seen: Arc::default(),
            watcher: Arc::new(|_| {}),
            cancelled: tokio_util::sync::CancellationToken::new(),
        }
    }

    /// Whether steps may delete what holds data.
    #[must_use]
    pub fn data(mut self, guard: DataGuard) -> Self {
        self.data = guard;
        self
    }

    /// Takes over the resource with `id` as the one declared at `address`. Plans are about nothing else then: what stands in
    /// the way of other resources is not reported. One that is looked after under another id is refused.
    #[must_use]
    pub fn adopting(mut self, address: Address, id: impl Into<String>) -> Self {
        self.adopting = Some((address, id.into()));
        self
    }

    /// The declarations with the one that takes something over, where it is to be done.
    pub(super) fn taking_over(
        &self,
        mut desired: Vec<Declaration>,
        state: &State,
    ) -> Result<Vec<Declaration>> {
        let Some((address, id)) = &self.adopting else {
            return Ok(desired);
        };
        let known = state.entry(address).and_then(Entry::id);
        // What is looked after under another id is not the one that was meant.
        if let Some(known) = known.filter(|known| *known != id.as_str()) {
            let message = format!("it is looked after already, as {known} and not as {id}");
            let error = Error::new(ErrorKind::Conflict, message).on(address);
            return Err(error.help(format!(
                "if {id} is the right one: `flow state forget {address}`, then import it"
            )));
        }
        let Some(declared) = desired.iter_mut().find(|declared| declared.address == *address) else {
            let names = desired.iter().map(|declared| declared.address.to_string());
            let names: Vec<_> = names.collect();
            let near = did_you_mean(&address.to_string(), names.iter().map(String::as_str));
            let error = Error::of(&codes::UNKNOWN_NAME, format!("nothing is declared at {address}"));
            return Err(match near {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("declare it first: what is taken over becomes as declared"),
            });
        };
        declared.adopt = Some(Some(id.clone()));
        Ok(desired)
    }

    /// Whether steps may delete more than 30 % of what is in one place: the records of a zone.
    #[must_use]
    pub fn deletions(mut self, guard: DeletionGuard) -> Self {
        self.deletions = guard;
        self
    }

    /// At most `steps` steps at once; at least one.
    #[must_use]
    pub fn parallelism(mut self, steps: usize) -> Self {
        self.parallelism = steps.max(1);
        self
    }

    /// How long a cloud may take until what was made is seen by everybody; 30 s without it.
    ///
    /// What an interrupted create may have made is looked for that long before it is made again.
    #[must_use]
    pub fn settle(mut self, time: std::time::Duration) -> Self {
        self.settle = time;
        self
    }

    /// Leaves out what lives on servers that do not answer, and goes on with everything else. Without it a server that
    /// was reached before and does not answer is an error: a plan then says all there is to do, or nothing.
    #[must_use]
    pub fn bearing_silence(mut self) -> Self {
        self.bears_silence = true;
        self
    }

    /// The account at `provider` (`sakura-cloud`, `cloudflare`) that the clouds are signed in to. What a stage was made in,
    /// it stays in: a run that is signed in to another account is refused, before it looks for anything there.
    #[must_use]
    pub fn account(mut self, provider: &str, id: impl Into<String>) -> Self {
        self.accounts.insert(provider.to_owned(), id.into());
        self
    }

    /// Goes on in another account than the stage was made in; from then on it belongs to that one.
    #[must_use]
    pub fn moving(mut self) -> Self {
        self.moves = true;
        self
    }

    /// What is written about something that was done just now.
    pub(crate) fn time(&self) -> String {
        (self.caller.now)()
    }

    /// A state that was read just now, to find out which clouds are needed: the first plan or look, if it is the first thing
    /// done, begins with it instead of reading the same again. What is carried out reads it under its lease.
    #[must_use]
    pub fn seen(self, state: State) -> Self {
        *self.sight() = Some(state);
        self
    }

    fn sight(&self) -> std::sync::MutexGuard<'_, Option<State>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is now, unless it is of what was made in another account.
    pub(crate) async fn remembered(&self) -> Result<State> {
        // What was seen before is old from now on.
        self.sight().take();
        let state = self.store.load().await?;
        self.belongs(&state)?;
        Ok(state)
    }

    /// The same for what only looks: as it was just seen, if it was.
    pub(super) async fn at_hand(&self) -> Result<State> {
        let Some(state) = self.sight().take() else {
            return self.remembered().await;
        };
        self.belongs(&state)?;
        Ok(state)
    }

    fn belongs(&self, state: &State) -> Result<()> {
        let other = self.accounts.iter().find_map(|(provider, now)| {
            let before = state.account(provider).filter(|before| *before != now.as_str())?;
            Some((provider, before, now))
        });
        let Some((provider, before, now)) = other.filter(|_| !self.moves) else {
            return Ok(());
        };
        let message = format!(
            "this stage was made in account {before} of {provider}, and these credentials are for account {now}"
        );
        Err(Error::of(&codes::OTHER_ACCOUNT, message).help(
            "use the credentials of that account (another profile or token?); if the stage is to be in the other account \
             from now on, add `--other-account`",
        ))
    }

    /// With someone who is told what happens.
    #[must_use]
    pub fn watcher(mut self, watcher: impl Fn(super::Event) + Send + Sync + 'static) -> Self {
        self.watcher = Arc::new(watcher);
        self
    }

    /// With a token that stops the run: nothing new is begun, what runs is finished.
    #[must_use]
    pub fn cancelled_by(mut self, token: tokio_util::sync::CancellationToken) -> Self {
        self.cancelled = token;
        self
    }

    /// The store of the state.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("store", &self.store.describe())
            .finish_non_exhaustive()
    }
}
