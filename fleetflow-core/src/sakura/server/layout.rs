//! Which of the disks that are there is which of the declared ones, and what has to be done about each. Pure.

use super::Server;
use super::disk::Disk;
use super::wire::{Machine, Volume};
use crate::model::Owner;
use crate::sakura::{Id, mark};

/// What tells disks apart: they have no id in a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape<'s> {
    name: &'s str,
    /// GiB.
    size: u64,
    plan: Option<Id>,
}

impl<'s> Shape<'s> {
    /// Of a declared disk of the server `server`.
    pub(super) fn declared(disk: &'s Disk, server: &'s str) -> Self {
        Self {
            name: disk.name().unwrap_or(server),
            size: u64::from(disk.size()),
            plan: Some(disk.plan().id()),
        }
    }

    /// Of a disk that is there.
    pub(super) fn of(volume: &'s Volume) -> Self {
        Self {
            name: &volume.name,
            size: volume.size_mb / 1024,
            plan: volume.plan.map(|plan| plan.id),
        }
    }

    fn is_alike(self, other: Self) -> bool {
        self.size == other.size && self.plan == other.plan
    }
}

/// For each declared disk, which of those that are there it is. The first is the first: the server boots from it. Of the
/// others those that are called the same are the same, then those that are alike: they were renamed.
pub(super) fn pair(declared: &[Shape<'_>], there: &[Shape<'_>]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; declared.len()];
    let mut free: Vec<bool> = vec![true; there.len()];
    if let (Some(first), Some(free)) = (pairs.first_mut(), free.first_mut()) {
        *first = Some(0);
        *free = false;
    }
    let same: [fn(Shape<'_>, Shape<'_>) -> bool; 3] = [
        |a, b| a.name == b.name && a.is_alike(b),
        |a, b| a.name == b.name,
        |a, b| a.is_alike(b),
    ];
    for same in same {
        for (wanted, pair) in declared.iter().zip(&mut pairs).skip(1) {
            let found = (1..there.len()).find(|at| free[*at] && same(*wanted, there[*at]));
            if let (None, Some(at)) = (*pair, found) {
                *pair = Some(at);
                free[at] = false;
            }
        }
    }
    pairs
}

/// What there is of a declared disk.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// The disk itself.
    Is(Volume),
    /// A disk that does not fit: a copy of it is to take its place, which may be there already.
    Outgrown { old: Volume, copy: Option<Box<Volume>> },
    /// Nothing.
    Empty,
}

/// What there is of the disks of a server.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// One for each declared disk.
    pub(super) slots: Vec<Slot>,
    /// Plugged in, and not declared any more.
    pub(super) leaving: Vec<Volume>,
    /// Ours, and plugged in nowhere: left over by an interrupted change.
    pub(super) spare: Vec<Volume>,
    /// What is plugged in, in its order.
    pub(super) plugged: Vec<Id>,
}

impl Layout {
    /// How the disks `rows` of its zone stand to what `machine` is declared to have.
    pub(super) fn of(spec: &Server, owner: &Owner, machine: &Machine, rows: &[Volume]) -> Self {
        let plugged: Vec<_> = machine.disks.iter().map(|disk| disk.id).collect();
        let is_ours =
            |row: &&Volume| row.server.is_none() && mark::owner_in(&row.tags).as_ref() == Some(owner);
        let mut loose: Vec<_> = rows.iter().filter(is_ours).cloned().collect();
        loose.sort_by_key(|row| (!mark::is_boot(&row.tags), row.id));
        let full = |disk: &Volume| rows.iter().find(|row| row.id == disk.id).unwrap_or(disk).clone();
        let things: Vec<_> = machine.disks.iter().map(full).collect();
        // A copy stands behind its original, unless it has taken the place of it already.
        let (copies, others): (Vec<_>, Vec<_>) = loose.into_iter().partition(|row| {
            row.copied_from()
                .is_some_and(|id| is_among(id, &things, rows, owner))
        });
        let (superseded, free): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|row| things.iter().any(|thing| thing.copied_from() == Some(row.id)));
        let (dying, mut free): (Vec<_>, Vec<_>) =
            free.into_iter().partition(|row| mark::is_leaving(&row.tags));
        // What boots comes first: the original of the copy that was made to be booted from.
        let boots = |row: &Volume| {
            copies
                .iter()
                .any(|copy| mark::is_boot(&copy.tags) && copy.copied_from() == Some(row.id))
                || mark::is_boot(&row.tags)
        };
        free.sort_by_key(|row| (!boots(row), row.id));
        let all: Vec<_> = things.into_iter().chain(free).collect();
        let shapes: Vec<_> = all.iter().map(Shape::of).collect();
        let wanted: Vec<_> = spec
            .disk
            .iter()
            .map(|disk| Shape::declared(disk, &spec.name))
            .collect();
        let pairs = pair(&wanted, &shapes);
        let mut copies = copies;
        let slots = spec.disk.iter().zip(&pairs).map(|(disk, at)| match at {
            None => Slot::Empty,
            Some(at) => slot(disk, all[*at].clone(), &mut copies),
        });
        let slots = slots.collect();
        let unpaired = |at: &usize| !pairs.contains(&Some(*at)) && plugged.contains(&all[*at].id);
        Self {
            slots,
            leaving: (0..all.len())
                .filter(unpaired)
                .map(|at| all[at].clone())
                .collect(),
            spare: copies.into_iter().chain(superseded).chain(dying).collect(),
            plugged,
        }
    }

    /// Whether a disk is there that is plugged in nowhere, or has to become another one.
    pub(super) fn is_torn(&self) -> bool {
        let torn = |slot: &Slot| match slot {
            Slot::Is(disk) => !self.plugged.contains(&disk.id),
            Slot::Outgrown { .. } => true,
            Slot::Empty => false,
        };
        self.slots.iter().any(torn)
    }

    /// Whether the server has to be off for what is to be done.
    pub(super) fn needs_power_off(&self) -> bool {
        let is_empty = |slot: &Slot| matches!(slot, Slot::Empty);
        self.is_torn() || !self.leaving.is_empty() || self.slots.iter().any(is_empty)
    }

    /// Whether there is nothing to boot from.
    pub(super) fn lacks_boot(&self) -> bool {
        matches!(self.slots.first(), None | Some(Slot::Empty))
    }
}

/// Whether the disk `id` is plugged in, or ours and free.
fn is_among(id: Id, things: &[Volume], rows: &[Volume], owner: &Owner) -> bool {
    let row = rows.iter().find(|row| row.id == id);
    let is_free = |row: &Volume| row.server.is_none() && mark::owner_in(&row.tags).as_ref() == Some(owner);
    things.iter().any(|thing| thing.id == id) || row.is_some_and(is_free)
}

fn slot(disk: &Disk, there: Volume, copies: &mut Vec<Volume>) -> Slot {
    if fits(disk, &there) {
        return Slot::Is(there);
    }
    let copy = copies.iter().position(|copy| {
        copy.copied_from() == Some(there.id) && fits(disk, copy) && copy.availability != "failed"
    });
    Slot::Outgrown {
        copy: copy.map(|at| Box::new(copies.swap_remove(at))),
        old: there,
    }
}

/// Whether `there` has the size, the plan, the encryption and the key of `disk`, which no disk ever changes (API doc "Disk").
fn fits(disk: &Disk, there: &Volume) -> bool {
    there.size_mb / 1024 == u64::from(disk.size())
        && there.plan.is_none_or(|plan| plan.id == disk.plan().id())
        // Inside a server neither the algorithm nor the key is shown.
        && there
            .encryption_algorithm
            .as_deref()
            .is_none_or(|word| word == disk.encryption().word() && there.kms_key() == disk.kms_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str, size: u64) -> Shape<'_> {
        Shape {
            name,
            size,
            plan: Some(Id::new(4)),
        }
    }

    #[test]
    fn disks_are_known_by_name_then_by_being_alike_and_the_first_is_the_first() {
        let there = [shape("web", 20), shape("data", 100), shape("logs", 40)];
        let paired = |declared: &[Shape<'_>]| pair(declared, &there);
        assert_eq!(paired(&[shape("boot", 40)]), [Some(0)]);
        assert_eq!(
            paired(&[shape("web", 20), shape("logs", 80), shape("data", 100)]),
            [Some(0), Some(2), Some(1)]
        );
        assert_eq!(
            paired(&[shape("web", 20), shape("pages", 40)]),
            [Some(0), Some(2)],
            "renamed"
        );
        assert_eq!(paired(&[shape("web", 20), shape("new", 60)]), [Some(0), None]);
        assert_eq!(pair(&[shape("web", 20)], &[]), [None]);
    }
}
