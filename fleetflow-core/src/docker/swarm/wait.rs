//! Looking through a manager for what is wanted, and what holds where no manager answers.

use std::collections::BTreeSet;

use serde_json::{Map, json};

use super::managers::{self, Answer};
use crate::docker::engines::{Engine, Engines};
use crate::error::Result;
use crate::model::{Found, Observed, Scope, Wanted};

/// What `ask` finds through a manager of the swarm that `wanted` names.
pub(super) async fn look<F>(
    engines: &Engines,
    scope: &Scope,
    wanted: &[Wanted],
    ask: impl FnOnce(Engine) -> F,
) -> Result<Found>
where
    F: Future<Output = Result<Found>>,
{
    let hosts = managers::of_wanted(wanted);
    let error = match managers::ask(engines, &hosts).await? {
        Answer::Manager(engine) => return ask(engine).await,
        Answer::NoSwarm => return Ok(Found::default()),
        Answer::Silence(error) => error,
    };
    let remembered: Vec<Observed> = wanted.iter().filter_map(remembered).collect();
    let goes_away = scope.declared.is_empty();
    if !remembered.is_empty() && !goes_away && !scope.bears_silence {
        return Err(error.help(
            "a swarm needs most of its managers alive: start the servers again, then run the same command",
        ));
    }
    Ok(Found {
        unreachable: match scope.bears_silence && !goes_away {
            true => remembered.iter().map(|one| one.address.clone()).collect(),
            false => BTreeSet::default(),
        },
        resources: remembered,
        notes: vec![format!(
            "no manager of the swarm answers, what it runs is not known: {error}"
        )],
        ..Found::default()
    })
}

fn remembered(wanted: &Wanted) -> Option<Observed> {
    let existing = wanted.remembered.as_ref()?;
    Some(Observed {
        outputs: existing.outputs.clone(),
        status: Map::from_iter([("state".to_owned(), json!("unreachable"))]),
        ..Observed::marked(wanted.address.clone(), existing.id.clone())
    })
}
