//! Whether the credentials may do what a plan is about to do: asked of each kind before anything is changed. It changes
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use crate::catalog;
use crate::clouds::Clouds;
use crate::codes;
use crate::error::{Error, Result};
use crate::model::Intent;
use crate::plan::{Action, Plan, Step};

/// Refuses `plan` when credentials lack a permission that one of its steps needs: all of them at once, each by its name.
pub(super) async fn permitted(clouds: &Clouds, plan: &Plan) -> Result<()> {
    let mut by_kind: BTreeMap<&str, Vec<Intent<'_>>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| calls(step)) {
        by_kind
            .entry(step.address.kind())
            .or_default()
            .extend(intents(step));
    }
    let asked = by_kind.into_iter().filter_map(|(kind, intents)| {
        let operations = catalog::operations(kind)?;
        Some(operations.lacking(clouds, intents))
    });
    let lacks: Vec<Error> = try_join_all(asked).await?.into_iter().flatten().collect();
    match lacks.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        several => Err(together(several)),
    }
}

/// Whether the cloud is called about it at all.
fn calls(step: &Step) -> bool {
    match step.action {
        Action::Forget => false,
        Action::Adopt => !step.changes.is_empty(),
        Action::Delete => step.gone_with.is_none(),
        Action::Create | Action::Update | Action::Replace => true,
    }
}

/// What is there now and what shall be: a field that goes needs a permission as well as one that comes.
fn intents(step: &Step) -> impl Iterator<Item = Intent<'_>> {
    let in_place = matches!(step.action, Action::Update | Action::Adopt);
    let changed = in_place.then(|| {
        let fields = step.changes.iter().map(crate::plan::Change::field);
        fields.collect::<Vec<_>>()
    });
    let before = step.existing.as_ref().map(|existing| &existing.spec);
    let specs = [before, step.desired.as_ref()].into_iter().flatten();
    specs.filter(|spec| !spec.is_null()).map(move |spec| Intent {
        spec,
        changed: changed.clone(),
    })
}

/// All of `lacks` as one error: each permission with its place on a line of its own, and what to do about each.
fn together(lacks: &[Error]) -> Error {
    let said: BTreeSet<&str> = lacks.iter().map(Error::message).collect();
    let lines: Vec<String> = said.iter().map(|text| format!("\n  {text}")).collect();
    let message = format!(
        "permissions are missing, and nothing was changed:{}",
        lines.concat()
    );
    let error = Error::of(&codes::PERMISSION, message);
    let names: BTreeSet<&String> = lacks.iter().flat_map(Error::missing_permissions).collect();
    let error = names.into_iter().fold(error, Error::lacking);
    let advice: BTreeSet<&str> = lacks.iter().filter_map(Error::advice).collect();
    let advice: Vec<&str> = advice.into_iter().collect();
    error.help(advice.join("\n"))
}
