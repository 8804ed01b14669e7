//! Declarations of which places could not be read, and nothing else is wrong: what is known of them takes part in the checks
//! of others, and in how declarations hang together. It tells nothing of these places themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::suppose::{Instead, holders, of_all};
use super::{Address, Declaration, Path, Problem, Stack};
use crate::catalog;
use crate::plan;

/// A text that nothing is called.
const NOBODY: &str = "supposed";

/// A declaration with the places that could not be read.
pub(super) struct Partial<'d> {
    pub(super) declared: &'d Declaration,
    pub(super) places: Vec<&'d Path>,
}

impl<'d> Partial<'d> {
    /// None where something else is wrong with it, or nothing.
    pub(super) fn of(declared: &'d Declaration, found: &'d [Problem]) -> Option<Self> {
        let is_partial = !found.is_empty() && found.iter().all(Problem::is_unread);
        is_partial.then(|| Self {
            declared,
            places: found.iter().map(|problem| &problem.path).collect(),
        })
    }

    /// The declaration with what `instead` says of the place of each number.
    fn with<'t>(&self, instead: impl Fn(usize) -> Instead<'t> + 't) -> Option<Declaration>
    where
        'd: 't,
    {
        let places: Vec<Path> = self.places.iter().map(|place| (*place).clone()).collect();
        // What a supposed block lacks in turn stands in its place.
        let number = move |path: &Path| places.iter().position(|place| place == path).unwrap_or(0);
        let kind = catalog::kind(self.declared.address.kind())?;
        let spec = kind.supposed_as(&self.declared.spec, &move |path| instead(number(path)))?;
        Some(Declaration {
            spec: spec.into(),
            ..self.declared.clone()
        })
    }

    /// The declaration, called nothing that is declared.
    pub(super) fn supposed(&self) -> Option<Declaration> {
        self.with(|_| Instead::Text(NOBODY))
    }

    /// The places at which a name of `names` would make `of` another one.
    pub(super) fn deciding<T: PartialEq>(
        &self,
        names: &BTreeSet<&str>,
        of: impl Fn(&Declaration) -> T,
    ) -> Vec<&'d Path> {
        let Some(usual) = self.supposed().map(|supposed| of(&supposed)) else {
            return Vec::new();
        };
        let differs = |supposed: Option<Declaration>| supposed.is_some_and(|one| of(&one) != usual);
        let any = |name: &&&str| differs(self.with(|_| Instead::Text(name)));
        let Some(name) = names.iter().find(any) else {
            return Vec::new();
        };
        let decides = |number: usize| {
            differs(self.with(move |other| Instead::Text(if other == number { name } else { NOBODY })))
        };
        let places = self.places.iter().enumerate();
        places
            .filter(|(number, _)| decides(*number))
            .map(|(_, place)| *place)
            .collect()
    }

    fn is_about(&self, problem: &Problem) -> bool {
        let place = problem.subject();
        let unread = |path: &Path| self.places.contains(&path);
        problem.address.as_ref() == Some(&self.declared.address)
            && (unread(place) || holders(place).any(|holder| unread(&holder)))
    }
}

/// What is wrong between the declarations of `stack`, whatever stands in the places of `partial`; `decoded` are those in which
/// nothing is wrong.
pub(super) fn among(stack: &Stack, decoded: &Stack, partial: &[Partial<'_>]) -> Vec<Problem> {
    if partial.is_empty() {
        return Vec::new();
    }
    let supposed: Vec<Stack> = choices(partial.iter().map(|one| one.places.len()).sum())
        .map(|choice| whole(stack, decoded, partial, choice))
        .collect();
    let mut told = of_all(&supposed, |supposed| {
        plan::check(supposed, stack).err().unwrap_or_default()
    });
    told.retain(|problem| !partial.iter().any(|one| one.is_about(problem)));
    told
}

/// The declarations in the order of `stack`: a conflict is told of the later one.
fn whole(stack: &Stack, decoded: &Stack, partial: &[Partial<'_>], choice: Choice) -> Stack {
    let decoded = decoded.declarations().iter();
    let mut known: BTreeMap<&Address, Option<Declaration>> = decoded
        .map(|declared| (&declared.address, Some(declared.clone())))
        .collect();
    let mut before = 0;
    for one in partial {
        let first = before;
        before += one.places.len();
        let supposed = || one.with(move |number| choice.of(first + number));
        known.entry(&one.declared.address).or_insert_with(supposed);
    }
    let at = |address: &Address| known.get(address)?.clone();
    let all = stack.declarations().iter();
    stack.with(Arc::new(
        all.filter_map(|declared| at(&declared.address)).collect(),
    ))
}

/// What stands in the places of a stack that could not be read.
#[derive(Clone, Copy)]
enum Choice {
    Nothing,
    /// The least or the most, by a bit of the number of the place.
    Bit {
        bit: u32,
        flipped: bool,
    },
}

impl Choice {
    fn of<'t>(self, number: usize) -> Instead<'t> {
        match self {
            Self::Nothing => Instead::Nothing,
            Self::Bit { bit, flipped } if (number >> bit & 1 == 1) == flipped => Instead::Least,
            Self::Bit { .. } => Instead::Most,
        }
    }
}

/// Choices for so many places, so that no two places hold the same in all of them: two ports that could not be read are not
/// told to be the same one.
fn choices(places: usize) -> impl Iterator<Item = Choice> {
    let bits = (usize::BITS - places.saturating_sub(1).leading_zeros()).max(1);
    let of_bits = (0..bits).flat_map(|bit| [false, true].map(|flipped| Choice::Bit { bit, flipped }));
    std::iter::once(Choice::Nothing).chain(of_bits)
}
