//! The object-safe face of a kind, implemented once for all of them. Planner, graph, state and executor know only this.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{PoisonError, RwLock};

use futures::future::BoxFuture;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::resource::one_by_one;
use super::{
    BatchStep, Choice, Declaration, Expansion, Found, Intent, Lifecycle, OutputField, Path, Problem,
    Provider, Resource, Rollout, Scope, Verb, Wanted, conform, decode, suppose,
};
use crate::clouds::{Cloud as _, Clouds};
use crate::converge::Context;
use crate::error::{Error, Result};
use crate::model::Made;
use crate::plan::{Change, Disruption};

/// A kind of resource, without its type.
pub trait Kind: Send + Sync {
    /// Its name: `server`.
    fn name(&self) -> &'static str;
    /// Who serves it.
    fn provider(&self) -> Provider;
    /// What references may name.
    fn outputs(&self) -> &'static [OutputField];
    /// Whether a change needs a new resource.
    fn forces_replacement(&self, change: &Change) -> bool;
    /// What is lost when `changes` are made in place.
    fn loses(&self, changes: &[Change]) -> Option<&'static str>;
    /// Fields that the cloud cannot show.
    fn write_only(&self) -> &'static [&'static str];
    /// The field that names what it lives in.
    fn lives_in(&self) -> Option<&'static str>;
    /// What is lost when it is deleted.
    fn holds_data(&self) -> Option<&'static str>;
    /// Whether it is only looked up, never made or deleted.
    fn is_lookup(&self) -> bool;
    /// The JSON schema of its declaration.
    fn schema(&self) -> &'static Value;
    /// The same schema with nested types apart, under their names in `$defs`: for generators of another language's types.
    fn named_schema(&self) -> Value;
    /// Whether users declare it, or other kinds expand to it.
    fn declarable(&self) -> bool;
    /// The canonical form of a declaration, or everything that is wrong with it. The one door for all front ends.
    fn decode(&self, declared: Value) -> std::result::Result<Value, Vec<Problem>>;
    /// What a declaration that `decode` refused may have been meant to be, in canonical form.
    fn supposed(&self, declared: &Value) -> Vec<Value>;
    /// The same with `text` wherever a text that is wrong may stand; nothing where that fits nothing.
    fn supposed_as(&self, declared: &Value, instead: &Choice<'_>) -> Option<Value>;
    /// What is wrong with a canonical declaration by itself.
    fn check(&self, spec: &Value) -> Vec<Problem>;
    /// What is wrong with the declaration among the others.
    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem>;
    /// What the declaration stands for; `None` for itself.
    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>>;
    /// What users notice while `changes` are made in place, towards `spec`.
    fn disruption(&self, changes: &[Change], spec: &Value) -> Disruption;
    /// What users notice when it is deleted.
    fn deletion(&self) -> Disruption;
    /// The release that the one called `name` is a part of.
    fn rollout(&self, name: &str) -> Option<Rollout>;
    /// Outputs that may change with `changes` towards `spec`.
    fn volatile(&self, changes: &[Change], spec: &Value) -> Vec<&'static str>;
    /// How it is carried out, if this version can.
    fn operations(&self) -> Option<&dyn Operations>;
}

/// The life-cycle verbs, without types.
pub trait Operations: Send + Sync {
    /// See [`Lifecycle::observe`].
    fn observe<'a>(
        &'a self,
        clouds: &'a Clouds,
        scope: &'a Scope,
        wanted: &'a [Wanted],
    ) -> BoxFuture<'a, Result<Found>>;
    /// Carries out steps; several when they share a [`batch_key`](Lifecycle::batch_key).
    fn run<'a>(
        &'a self,
        clouds: &'a Clouds,
        steps: Vec<BatchStep>,
    ) -> BoxFuture<'a, Vec<Result<Option<Made>>>>;
    /// See [`Lifecycle::lacking`].
    fn lacking<'a>(
        &'a self,
        clouds: &'a Clouds,
        intents: Vec<Intent<'a>>,
    ) -> BoxFuture<'a, Result<Vec<Error>>>;
    /// See [`Lifecycle::prepares`].
    fn prepares(&self, changes: Option<&[Change]>) -> bool;
    /// See [`Lifecycle::prepare`].
    fn prepare<'a>(
        &'a self,
        clouds: &'a Clouds,
        context: &'a Context,
        spec: Value,
        changes: &'a [Change],
    ) -> BoxFuture<'a, Result<bool>>;
    /// See [`Lifecycle::PRICED`].
    fn is_priced(&self) -> bool;
    /// See [`Lifecycle::prices`].
    fn prices<'a>(&'a self, clouds: &'a Clouds, specs: Vec<Value>)
    -> BoxFuture<'a, Result<Vec<Option<u64>>>>;
    /// See [`Cloud::LAGS`](crate::clouds::Cloud::LAGS).
    fn lags(&self) -> bool;
    /// See [`Lifecycle::batch_key`].
    fn batch_key(&self, spec: &Value) -> Option<String>;
    /// See [`Lifecycle::completed`].
    fn completed(&self, spec: &Value, root: &std::path::Path) -> Result<Option<(Value, Vec<String>)>>;
    /// See [`Lifecycle::digests`].
    fn digests(&self, spec: &Value, root: &std::path::Path) -> Result<Map<String, Value>>;
}

/// The [`Kind`] of the resource type `R`.
pub struct Of<R> {
    operations: Option<&'static dyn Operations>,
    declarable: bool,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Of<R> {
    /// A kind that loads, checks and expands, but that this version does not carry out by itself.
    pub const fn declared() -> Self {
        Self {
            operations: None,
            declarable: true,
            resource: PhantomData,
        }
    }
}

impl<R: Lifecycle> Of<R> {
    /// A kind that users declare and that is carried out.
    pub const fn managed() -> Self {
        Self {
            operations: Some(&Verbs::<R>(PhantomData)),
            declarable: true,
            resource: PhantomData,
        }
    }

    /// A kind that other kinds expand to; users do not declare it.
    pub const fn internal() -> Self {
        Self {
            operations: Some(&Verbs::<R>(PhantomData)),
            declarable: false,
            resource: PhantomData,
        }
    }
}

impl<R: Resource> Kind for Of<R> {
    fn name(&self) -> &'static str {
        R::KIND
    }

    fn provider(&self) -> Provider {
        R::PROVIDER
    }

    fn outputs(&self) -> &'static [OutputField] {
        R::OUTPUTS
    }

    fn forces_replacement(&self, change: &Change) -> bool {
        R::forces_replacement(change)
    }

    fn loses(&self, changes: &[Change]) -> Option<&'static str> {
        R::loses(changes)
    }

    fn write_only(&self) -> &'static [&'static str] {
        R::WRITE_ONLY
    }

    fn lives_in(&self) -> Option<&'static str> {
        R::LIVES_IN
    }

    fn holds_data(&self) -> Option<&'static str> {
        R::HOLDS_DATA
    }

    fn is_lookup(&self) -> bool {
        R::LOOKUP
    }

    fn schema(&self) -> &'static Value {
        schema_of::<R>()
    }

    fn named_schema(&self) -> Value {
        let settings = SchemaSettings::draft2020_12();
        settings.into_generator().into_root_schema_for::<R>().to_value()
    }

    fn declarable(&self) -> bool {
        self.declarable
    }

    fn decode(&self, declared: Value) -> std::result::Result<Value, Vec<Problem>> {
        let conformed = conform(self.schema(), declared)?;
        let typed: R = serde_path_to_error::deserialize(conformed).map_err(|error| vec![misfit(&error)])?;
        let problems = typed.check();
        if !problems.is_empty() {
            return Err(problems);
        }
        serde_json::to_value(&typed).map_err(|error| vec![Problem::at(Path::root(), error.to_string())])
    }

    fn supposed(&self, declared: &Value) -> Vec<Value> {
        let supposed = suppose::supposed(self.schema(), declared).into_iter();
        supposed.filter_map(canonical::<R>).collect()
    }

    fn supposed_as(&self, declared: &Value, instead: &Choice<'_>) -> Option<Value> {
        suppose::supposed_as(self.schema(), declared, instead).and_then(canonical::<R>)
    }

    fn check(&self, spec: &Value) -> Vec<Problem> {
        R::deserialize(spec).map_or_else(|_| Vec::new(), |typed| typed.check())
    }

    fn check_in(&self, declared: &Declaration, around: &Expansion<'_>) -> Vec<Problem> {
        match declared.spec.decode::<R>() {
            Ok(typed) => typed.check_in(declared, around),
            Err(error) => vec![Problem::at(Path::root(), error.to_string())],
        }
    }

    fn expand(&self, declared: &Declaration, around: &Expansion<'_>) -> Option<Vec<Declaration>> {
        let typed: R = declared.spec.decode().ok()?;
        typed.expand(declared, around)
    }

    fn disruption(&self, changes: &[Change], spec: &Value) -> Disruption {
        R::disruption(changes, spec)
    }

    fn deletion(&self) -> Disruption {
        R::deletion()
    }

    fn rollout(&self, name: &str) -> Option<Rollout> {
        R::rollout(name)
    }

    fn volatile(&self, changes: &[Change], spec: &Value) -> Vec<&'static str> {
        R::volatile(changes, spec)
    }

    fn operations(&self) -> Option<&dyn Operations> {
        self.operations.map(|operations| operations as &dyn Operations)
    }
}

fn canonical<R: Resource>(fitting: Value) -> Option<Value> {
    serde_json::to_value(R::deserialize(fitting).ok()?).ok()
}

/// The schema of `R`, made once. It lives as long as the process: kinds are few and fixed.
fn schema_of<R: Resource>() -> &'static Value {
    static SCHEMAS: RwLock<BTreeMap<&'static str, &'static Value>> = RwLock::new(BTreeMap::new());
    if let Some(schema) = SCHEMAS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(R::KIND)
    {
        return schema;
    }
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<R>().to_value();
    let mut schemas = SCHEMAS.write().unwrap_or_else(PoisonError::into_inner);
    schemas
        .entry(R::KIND)
        .or_insert_with(|| Box::leak(Box::new(schema)))
}

/// A decode error as a problem at its place.
fn misfit(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    use serde_path_to_error::Segment as S;
    let path = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            S::Seq { index } => Some(super::Segment::Index(*index)),
            S::Map { key } => Some(super::Segment::Key(key.clone())),
            S::Enum { .. } | S::Unknown => None,
        })
        .collect();
    Problem::at(path, error.inner().to_string())
}

struct Verbs<R>(PhantomData<fn() -> R>);

impl<R: Lifecycle> Operations for Verbs<R> {
    fn observe<'a>(
        &'a self,
        clouds: &'a Clouds,
        scope: &'a Scope,
        wanted: &'a [Wanted],
    ) -> BoxFuture<'a, Result<Found>> {
        Box::pin(async move { R::observe(R::Cloud::of(clouds)?, scope, wanted).await })
    }

    fn run<'a>(
        &'a self,
        clouds: &'a Clouds,
        steps: Vec<BatchStep>,
    ) -> BoxFuture<'a, Vec<Result<Option<Made>>>> {
        Box::pin(async move {
            match R::Cloud::of(clouds) {
                Ok(cloud) if steps.len() > 1 => R::batch(cloud, steps).await,
                Ok(cloud) => batch_or_single::<R>(cloud, steps).await,
                Err(error) => steps.iter().map(|_| Err(error.clone())).collect(),
            }
        })
    }

    fn lacking<'a>(
        &'a self,
        clouds: &'a Clouds,
        intents: Vec<Intent<'a>>,
    ) -> BoxFuture<'a, Result<Vec<Error>>> {
        Box::pin(async move { R::lacking(R::Cloud::of(clouds)?, &intents).await })
    }

    fn prepares(&self, changes: Option<&[Change]>) -> bool {
        R::prepares(changes)
    }

    fn prepare<'a>(
        &'a self,
        clouds: &'a Clouds,
        context: &'a Context,
        spec: Value,
        changes: &'a [Change],
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let typed = decode::<R>(spec, context)?;
            R::prepare(R::Cloud::of(clouds)?, context, &typed, changes).await
        })
    }

    fn is_priced(&self) -> bool {
        R::PRICED
    }

    fn prices<'a>(
        &'a self,
        clouds: &'a Clouds,
        specs: Vec<Value>,
    ) -> BoxFuture<'a, Result<Vec<Option<u64>>>> {
        Box::pin(async move { R::prices(R::Cloud::of(clouds)?, &specs).await })
    }

    fn lags(&self) -> bool {
        R::Cloud::LAGS
    }

    fn batch_key(&self, spec: &Value) -> Option<String> {
        R::batch_key(spec)
    }

    fn completed(&self, spec: &Value, root: &std::path::Path) -> Result<Option<(Value, Vec<String>)>> {
        let Ok(typed) = R::deserialize(spec) else {
            return Ok(None);
        };
        let completed = typed.completed(root)?;
        // A resource encodes: it is plain data with texts as keys.
        Ok(completed.and_then(|(whole, notes)| Some((serde_json::to_value(whole).ok()?, notes))))
    }

    fn digests(&self, spec: &Value, root: &std::path::Path) -> Result<Map<String, Value>> {
        // A declaration with references in it decodes too: they are inputs of their fields.
        match R::deserialize(spec) {
            Ok(typed) => typed.digests(root),
            Err(_) => Ok(Map::new()),
        }
    }
}

/// A lone step goes to `batch` only where the kind batches at all.
async fn batch_or_single<R: Lifecycle>(cloud: &R::Cloud, steps: Vec<BatchStep>) -> Vec<Result<Option<Made>>> {
    let batches = steps.iter().any(|step| match &step.verb {
        Verb::Create { spec, .. } | Verb::Update { spec, .. } => R::batch_key(spec).is_some(),
        Verb::Delete { was } => R::batch_key(&was.spec).is_some(),
    });
    if batches {
        R::batch(cloud, steps).await
    } else {
        one_by_one::<R>(cloud, steps).await
    }
}
