//! Which rows of a list are ours, and which stand where one of ours is wanted. Pure.

use serde_json::Value;

use crate::model::{Address, Found, Made, Observed, Owner, Ownership, Scope, Wanted};

use super::Id;

/// What tells whose a row is.
#[derive(Clone, Debug)]
pub(super) struct Card {
    /// Its id.
    pub(super) id: Id,
    /// Its name, which others may have too (API doc "Pitfalls").
    pub(super) name: String,
    /// Who is named by its mark.
    pub(super) owner: Option<Owner>,
    /// The id that it had before a change of plan.
    pub(super) previous: Option<String>,
}

/// A row that is ours, or stands where one of ours is wanted.
#[derive(Clone, Debug)]
pub(super) struct Chosen<'w, R> {
    /// The row.
    pub(super) row: R,
    /// The address it has, or would have.
    pub(super) address: Address,
    /// Whose it is.
    pub(super) ownership: Ownership,
    /// Who looks for it.
    pub(super) wanted: Option<&'w Wanted>,
}

impl<R> Chosen<'_, R> {
    /// The row as the planner sees it: with what the cloud says of it, its id and its outputs.
    pub(super) fn shown(self, live: Value, made: Made) -> Observed {
        Observed {
            ownership: self.ownership,
            outputs: made.outputs,
            ..Observed::marked(self.address, made.id).showing(live)
        }
    }
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Search<'w> {
    /// The kind.
    pub(super) kind: &'static str,
    /// Whose resources.
    pub(super) scope: &'w Scope,
    /// The resources.
    pub(super) wanted: &'w [Wanted],
    /// The zone that the rows are in; `None` where there is one list for all zones.
    pub(super) zone: Option<&'w str>,
}

impl<'w> Search<'w> {
    /// Chooses one row an address: marks come before remembered ids, and those before names. The rest is counted.
    pub(super) fn choose<R>(
        self,
        rows: impl IntoIterator<Item = R>,
        card: impl Fn(&R) -> Card,
    ) -> (Vec<Chosen<'w, R>>, Found) {
        let mut found = Found::default();
        let mut ranked = Vec::new();
        for row in rows {
            let card = card(&row);
            match self.identify(&card) {
                Some((rank, address, ownership, wanted)) => {
                    let chosen = Chosen {
                        row,
                        address,
                        ownership,
                        wanted,
                    };
                    ranked.push((rank, card.id, chosen));
                }
                None => found.foreign += 1,
            }
        }
        ranked.sort_by_key(|(rank, id, _)| (*rank, *id));
        let mut ids: Vec<Id> = Vec::new();
        let mut all: Vec<Chosen<'w, R>> = Vec::new();
        for (_, id, chosen) in ranked {
            match all.iter().position(|first| first.address == chosen.address) {
                None => {
                    all.push(chosen);
                    ids.push(id);
                }
                Some(first) if chosen.ownership == Ownership::Marked => found.notes.push(format!(
                    "{} is {}; {id} carries its mark as well and is left alone",
                    chosen.address, ids[first]
                )),
                Some(_) => found.foreign += 1,
            }
        }
        (all, found)
    }

    /// What the chosen rows look like to the planner, and how many were not chosen.
    pub(super) fn found<R>(
        self,
        rows: impl IntoIterator<Item = R>,
        card: impl Fn(&R) -> Card,
        observed: impl Fn(Chosen<'w, R>) -> Observed,
    ) -> Found {
        let (chosen, mut found) = self.choose(rows, card);
        found.resources = chosen.into_iter().map(observed).collect();
        found
    }

    fn identify(self, card: &Card) -> Option<(u8, Address, Ownership, Option<&'w Wanted>)> {
        let id = card.id.to_string();
        let remembers =
            |wanted: &Wanted, id: &str| wanted.remembered.as_ref().is_some_and(|was| was.id == id);
        let ours = card.owner.as_ref().filter(|owner| {
            owner.project == self.scope.project
                && owner.stage == self.scope.stage
                && owner.address.kind() == self.kind
        });
        if let Some(owner) = ours {
            let wanted = self.wanted.iter().find(|wanted| wanted.address == owner.address);
            // Nobody declares or remembers what it was: who is told to take over this id gives it another name.
            let named = || {
                self.wanted
                    .iter()
                    .find(|other| other.adopt_id.as_ref() == Some(&id))
            };
            if let (None, Some(named)) = (wanted, named()) {
                let ownership = Ownership::Foreign(Some(owner.to_string()));
                return Some((2, named.address.clone(), ownership, Some(named)));
            }
            let rank = u8::from(wanted.is_some_and(|wanted| !remembers(wanted, &id)));
            return Some((rank, owner.address.clone(), Ownership::Marked, wanted));
        }
        let previous = card.previous.as_deref();
        let by_id = |wanted: &&Wanted| {
            remembers(wanted, &id)
                || wanted.adopt_id.as_ref() == Some(&id)
                || previous.is_some_and(|previous| remembers(wanted, previous))
        };
        let by_name = |wanted: &&Wanted| wanted.address.name() == card.name && self.is_here(wanted);
        let (rank, wanted) = match self.wanted.iter().find(by_id) {
            Some(wanted) => (2, wanted),
            None => (3, self.wanted.iter().find(by_name)?),
        };
        // Who has the previous id of ours in a tag is ours under a new id (API doc "Plan change").
        let is_renumbered = previous.is_some_and(|previous| remembers(wanted, previous));
        let ownership = if is_renumbered {
            Ownership::Marked
        } else {
            Ownership::Foreign(card.owner.as_ref().map(ToString::to_string))
        };
        Some((rank, wanted.address.clone(), ownership, Some(wanted)))
    }

    fn is_here(self, wanted: &Wanted) -> bool {
        let declared = wanted.spec.get("zone").and_then(serde_json::Value::as_str);
        self.zone.is_none() || declared == self.zone
    }
}
