//! What a kind of resource is (pure) and how it comes about in a cloud: the two traits that every kind implements.

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Declaration, Existing, Expansion, Found, Made, Problem, Scope, Spec, Wanted};
use crate::converge::Context;
use crate::error::{Error, Result};
use crate::plan::{Change, Disruption};

/// The clouds we speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// SAKURA Cloud.
    SakuraCloud,
    /// Cloudflare.
    Cloudflare,
    /// Docker engines: the local one, and those of the servers.
    Docker,
}

impl Provider {
    /// The name that users write: `sakura-cloud`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SakuraCloud => "sakura-cloud",
            Self::Cloudflare => "cloudflare",
            Self::Docker => "docker",
        }
    }
}

/// What a resource is released together with, and where. See [`Resource::rollout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// What is released as a whole: a group of services.
    pub release: String,
    /// One of the places where it is: a server.
    pub place: String,
}

/// An output that other resources may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputField {
    /// Its name in references: `ip`.
    pub name: &'static str,
    /// The name of its type; see [`ValueType`](super::ValueType).
    pub value_type: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
}

/// What a resource is. Pure: no IO, no clock.
///
/// The implementing type is what users build (`Server::builder()...build()`) and what is stored: its serde form is
/// the public contract, in `snake_case`. Derive `Serialize`, `Deserialize` with `deny_unknown_fields`, and
/// `JsonSchema`; leave out empty optional fields when serializing. Schema keywords that front ends understand are
/// listed in [`conform`](super::conform).
pub trait Resource: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The name of the kind: `server`. No dot in it.
    const KIND: &'static str;
    /// Who serves it.
    const PROVIDER: Provider;
    /// What references may name.
    const OUTPUTS: &'static [OutputField] = &[];
    /// Fields that cannot change in place: a change makes a new one and deletes the old one.
    const REPLACE_ON: &'static [&'static str] = &[];
    /// Fields that this kind cannot read back from its cloud; the state remembers what was applied.
    const WRITE_ONLY: &'static [&'static str] = &[];
    /// The field that refers to the resource this one lives in (a container in its server), if any. When that one
    /// is deleted or replaced, this one is gone without a call.
    const LIVES_IN: Option<&'static str> = None;
    /// What is lost for good when it is deleted (`the disk`), for a kind that holds data.
    const HOLDS_DATA: Option<&'static str> = None;

    /// Whether it is only looked up, never made or deleted: a zone that must exist already.
    const LOOKUP: bool = false;

    /// The name in the address.
    fn name(&self) -> &str;

    /// What is wrong with it beyond what its types say. Every mistake, not only the first.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// What is wrong with it among the other declarations: a name that nobody declares, a setting that is missing.
    fn check_in(&self, _declared: &Declaration, _around: &Expansion<'_>) -> Vec<Problem> {
        Vec::new()
    }

    /// The resources that it stands for, when it is more than itself; `None` when it is just itself.
    fn expand(&self, _declared: &Declaration, _around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        None
    }

    /// Whether `change` cannot be made in place. Most kinds say so by the field's name in [`REPLACE_ON`](Self::REPLACE_ON).
    fn forces_replacement(change: &Change) -> bool {
        Self::REPLACE_ON.contains(&change.field())
    }

    /// What is lost for good when `changes` are made in place (`the data on a disk`); most kinds lose nothing.
    fn loses(changes: &[Change]) -> Option<&'static str> {
        let _ = changes;
        None
    }

    /// What users notice while `changes` are made in place, towards the declaration `spec`.
    fn disruption(_changes: &[Change], _spec: &Value) -> Disruption {
        Disruption::none()
    }

    /// What users notice when it is deleted and holds no data: nothing, for what serves nobody by itself.
    fn deletion() -> Disruption {
        Disruption::none()
    }

    /// The release that the one called `name` is a part of, for a kind whose changes are released.
    ///
    /// Nothing of a release is touched before all of it is [prepared](Lifecycle::prepare), and one place is changed after
    /// another.
    fn rollout(_name: &str) -> Option<Rollout> {
        None
    }

    /// The outputs that may be others after `changes` were made in place, towards the declaration `spec`.
    fn volatile(_changes: &[Change], _spec: &Value) -> Vec<&'static str> {
        Vec::new()
    }
}

/// How a resource comes about. The only code that talks to a cloud.
///
/// Every verb may be repeated: after a crash, or when an answer was lost, the next run calls it again. `observe`
/// finds what a create left behind, by its owner mark.
pub trait Lifecycle: Resource {
    /// The client that the verbs need.
    type Cloud: crate::clouds::Cloud;

    /// Everything of this kind that carries a mark of `scope`, or is in `wanted` (by id, or by name). The number of
    /// calls grows with pages, never with resources.
    fn observe(
        cloud: &Self::Cloud,
        scope: &Scope,
        wanted: &[Wanted],
    ) -> impl Future<Output = Result<Found>> + Send;

    /// Whether a step that makes it, or makes `changes` to it, has something to [prepare](Self::prepare).
    fn prepares(changes: Option<&[Change]>) -> bool {
        let _ = changes;
        false
    }

    /// Gets ready what the step will need, without touching what is there. It answers whether it could: a value of `spec`
    /// may not be known yet, and then the step does it by itself.
    fn prepare(
        cloud: &Self::Cloud,
        context: &Context,
        spec: &Self,
        changes: &[Change],
    ) -> impl Future<Output = Result<bool>> + Send {
        let _ = (cloud, context, spec, changes);
        async { Ok(false) }
    }

    /// Makes it. `partial` is what an interrupted create left behind, to be completed.
    fn create(
        cloud: &Self::Cloud,
        context: &Context,
        spec: &Self,
        partial: Option<&Existing>,
    ) -> impl Future<Output = Result<Made>> + Send;

    /// Makes `changes` to it in place. `was` is what is there.
    fn update(
        cloud: &Self::Cloud,
        context: &Context,
        was: &Existing,
        spec: &Self,
        changes: &[Change],
    ) -> impl Future<Output = Result<Made>> + Send;

    /// Removes it. That it is already gone is success.
    fn delete(
        cloud: &Self::Cloud,
        context: &Context,
        was: &Existing,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The batch that a step on this resource may share with others: steps with the same key that are ready at the
    /// same time go to [`batch`](Self::batch) together. `None`: always alone.
    fn batch_key(spec: &Value) -> Option<String> {
        let _ = spec;
        None
    }

    /// Carries out several steps in as few calls as the API allows; one answer a step, in their order.
    fn batch(
        cloud: &Self::Cloud,
        steps: Vec<BatchStep>,
    ) -> impl Future<Output = Vec<Result<Option<Made>>>> + Send {
        async move { one_by_one::<Self>(cloud, steps).await }
    }

    /// The declaration with what local files beside it say where it says nothing, and what a plan tells about that.
    /// Nothing where there are no such files. Relative paths are relative to `root`.
    fn completed(&self, root: &std::path::Path) -> Result<Option<(Self, Vec<String>)>> {
        let _ = root;
        Ok(None)
    }

    /// The refusals that `intents` would surely meet for want of a permission: asked before a run changes anything.
    /// Nothing for a cloud that does not tell beforehand.
    fn lacking(
        cloud: &Self::Cloud,
        intents: &[Intent<'_>],
    ) -> impl Future<Output = Result<Vec<Error>>> + Send {
        let _ = (cloud, intents);
        async move { Ok(Vec::new()) }
    }

    /// Whether it has a price: whether [`prices`](Self::prices) is worth asking.
    const PRICED: bool = false;

    /// What each of `specs` costs, in yen a month; `None` for one that has no price, or is null.
    fn prices(cloud: &Self::Cloud, specs: &[Value]) -> impl Future<Output = Result<Vec<Option<u64>>>> + Send {
        let _ = cloud;
        let none = vec![None; specs.len()];
        async move { Ok(none) }
    }

    /// Digests of local files that the declaration names (a build context), to be put into the declaration before
    /// planning so that a changed file is a changed field. Relative paths are relative to `root`.
    fn digests(&self, root: &std::path::Path) -> Result<Map<String, Value>> {
        let _ = root;
        Ok(Map::new())
    }
}

/// What is about to be done to a resource, as far as permissions depend on it.
#[derive(Clone, Debug)]
pub struct Intent<'p> {
    /// The declaration that is applied, or was; it may hold references.
    pub spec: &'p Spec,
    /// The fields that are changed in place; none when all of it is made or removed.
    pub changed: Option<Vec<&'p str>>,
}

impl Intent<'_> {
    /// Whether `field` is made, changed or removed.
    pub fn concerns(&self, field: &str) -> bool {
        self.changed
            .as_ref()
            .is_none_or(|changed| changed.contains(&field))
    }
}

/// One step of a batch, with everything resolved.
#[derive(Clone)]
pub struct BatchStep {
    /// Progress, owner and cancellation of this step.
    pub context: Context,
    /// What to do.
    pub verb: Verb,
}

/// What a step does to a resource.
#[derive(Clone)]
pub enum Verb {
    /// Make it; with what an interrupted create left behind.
    Create {
        /// The declaration, without references; secrets revealed.
        spec: Value,
        /// What is already there.
        partial: Option<Existing>,
    },
    /// Change it in place.
    Update {
        /// What is there.
        was: Existing,
        /// The declaration, without references; secrets revealed.
        spec: Value,
        /// The changed fields.
        changes: Vec<Change>,
    },
    /// Remove it.
    Delete {
        /// What is there.
        was: Existing,
    },
}

/// Carries out `steps` with a call each.
pub(crate) async fn one_by_one<R: Lifecycle>(
    cloud: &R::Cloud,
    steps: Vec<BatchStep>,
) -> Vec<Result<Option<Made>>> {
    let mut answers = Vec::with_capacity(steps.len());
    for step in steps {
        answers.push(single::<R>(cloud, step).await);
    }
    answers
}

async fn single<R: Lifecycle>(cloud: &R::Cloud, step: BatchStep) -> Result<Option<Made>> {
    let context = &step.context;
    match step.verb {
        Verb::Create { spec, partial } => {
            R::create(cloud, context, &decode::<R>(spec, context)?, partial.as_ref())
                .await
                .map(Some)
        }
        Verb::Update { was, spec, changes } => {
            R::update(cloud, context, &was, &decode::<R>(spec, context)?, &changes)
                .await
                .map(Some)
        }
        Verb::Delete { was } => R::delete(cloud, context, &was).await.map(|()| None),
    }
}

/// A resolved declaration as its type.
pub(crate) fn decode<R: Resource>(spec: Value, context: &Context) -> Result<R> {
    serde_json::from_value(spec).map_err(|error| {
        // The value may hold revealed secrets, which serde's messages could quote: only the place is told.
        crate::Error::new(
            crate::ErrorKind::Internal,
            format!(
                "the resolved declaration does not decode as `{}` ({:?} error)",
                R::KIND,
                error.classify()
            ),
        )
        .on(&context.owner.address)
    })
}
