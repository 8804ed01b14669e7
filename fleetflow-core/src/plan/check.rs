//! What is wrong between declarations: duplicates, dangling or mistyped references, cycles. It contacts nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, order};
use crate::catalog;
use crate::codes;
use crate::model::{
    Address, Declaration, OutputRef, Parts, Path, Problem, Stack, check_in, did_you_mean, fitted, references,
    secrets,
};

/// What each declaration of `stack` stands for, or everything that is wrong between them. They are canonical; `all` has
/// those too that are not: they are declared, so a reference to one is not dangling.
pub(crate) fn check(stack: &Stack, all: &Stack) -> Result<Parts, Vec<Problem>> {
    let known = Known::of(all);
    let mut problems = duplicates(all);
    for declared in stack.declarations() {
        problems.extend(dangling(declared, &known));
        problems.extend(missing_secrets(declared, stack));
    }
    problems.extend(cycles(all));
    let found = match check_in(stack, all) {
        Ok(parts) if problems.is_empty() => return Ok(parts),
        Ok(_) => Vec::new(),
        Err(found) => found,
    };
    // What kinds say beside that, each once.
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Err(problems)
}

/// What a declaration that is not canonical refers to and waits for, and is not there. What it is for is not known.
pub(crate) fn dangling_in(declared: &Declaration, known: &Known<'_>) -> Vec<Problem> {
    // Spelled out as far as it can be: a lone value is the first of a list in the paths of every front end.
    let kind = catalog::kind(declared.address.kind());
    let spec = kind.map(|kind| fitted(kind.schema(), declared.spec.clone().into_value()).0);
    let referred = references(spec.as_ref().unwrap_or(&declared.spec))
        .into_iter()
        .filter(|(_, reference)| !known.has(&reference.address))
        .map(|(path, reference)| absent(path, &reference.address, known));
    referred
        .chain(waiting_for_nothing(declared, known))
        .map(|problem| problem.on(&declared.address))
        .collect()
}

/// What may be referred to. Made once for a stack: each declaration may be wrong.
pub(crate) struct Known<'s> {
    declared: BTreeSet<&'s Address>,
    unread: &'s BTreeSet<String>,
}

impl<'s> Known<'s> {
    pub(crate) fn of(stack: &'s Stack) -> Self {
        Self {
            declared: stack
                .declarations()
                .iter()
                .map(|declared| &declared.address)
                .collect(),
            unread: stack.unread_kinds(),
        }
    }

    fn has(&self, address: &Address) -> bool {
        self.declared.contains(address) || self.unread.contains(address.kind())
    }

    fn near(&self, address: &Address) -> Option<String> {
        let names: Vec<_> = self.declared.iter().map(ToString::to_string).collect();
        did_you_mean(&address.to_string(), names.iter().map(String::as_str)).map(str::to_owned)
    }
}

fn duplicates(stack: &Stack) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    stack
        .declarations()
        .iter()
        .filter(|declared| !seen.insert(&declared.address))
        .map(|declared| {
            let message = format!("`{}` is declared twice", declared.address);
            Problem::at(Path::root(), message)
                .code(&codes::DUPLICATE)
                .on(&declared.address)
                .help("remove or rename one of them")
        })
        .collect()
}

fn dangling(declared: &Declaration, known: &Known<'_>) -> Vec<Problem> {
    let referred = references(&declared.spec)
        .into_iter()
        .filter_map(|(path, reference)| misreference(declared, &path, &reference, known));
    referred
        .chain(waiting_for_nothing(declared, known))
        .map(|problem| problem.on(&declared.address))
        .collect()
}

fn waiting_for_nothing(declared: &Declaration, known: &Known<'_>) -> Vec<Problem> {
    let missing = declared.depends_on.iter().filter(|address| !known.has(address));
    missing
        .map(|address| absent(Path::root().key("depends_on"), address, known))
        .collect()
}

fn misreference(
    declared: &Declaration,
    path: &Path,
    reference: &OutputRef,
    known: &Known<'_>,
) -> Option<Problem> {
    if !known.has(&reference.address) {
        return Some(absent(path.clone(), &reference.address, known));
    }
    let kind = catalog::kind(reference.address.kind())?;
    let outputs = kind.outputs();
    let Some(output) = outputs.iter().find(|output| output.name == reference.output) else {
        let names: Vec<_> = outputs.iter().map(|output| output.name).collect();
        let message = format!("`{}` has no output `{}`", reference.address, reference.output);
        let help = match did_you_mean(&reference.output, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("a {} has no outputs", kind.name()),
            None => format!("it has: {}", names.join(", ")),
        };
        return Some(Problem::at(path.clone(), message).code(&codes::OUTPUT).help(help));
    };
    let wanted = wanted_type(declared, path)?;
    (wanted != "text" && wanted != output.value_type).then(|| {
        let message = format!(
            "`{reference}` is of type {}, but {wanted} is needed here",
            output.value_type
        );
        Problem::at(path.clone(), message)
            .code(&codes::OUTPUT)
            .help("refer to an output of that type, or write the value")
    })
}

/// The type that the field at `path` asks for: the schema's `x-input`. A text with references in it is always text.
fn wanted_type<'k>(declared: &Declaration, path: &Path) -> Option<&'k str> {
    let value = path.of(&declared.spec)?;
    value.get("$ref")?;
    let schema = catalog::kind(declared.address.kind())?.schema();
    crate::model::schema_at(schema, path, &declared.spec)?
        .get("x-input")?
        .as_str()
}

fn absent(path: Path, address: &Address, known: &Known<'_>) -> Problem {
    if catalog::kind(address.kind()).is_none() {
        return catalog::unknown(path, address.kind());
    }
    let problem = Problem::at(path, format!("there is no `{address}`")).code(&codes::UNDECLARED);
    match known.near(address) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("declare it in this stage, or remove the reference"),
    }
}

fn missing_secrets(declared: &Declaration, stack: &Stack) -> Vec<Problem> {
    secrets(&declared.spec)
        .into_iter()
        .filter(|(_, name)| !stack.secrets().contains_key(name))
        .map(|(path, name)| {
            Problem::at(path, format!("the secret `{name}` has no value"))
                .code(&codes::SECRET)
                .help("give it to the stack with `Stack::secret`")
                .on(&declared.address)
        })
        .collect()
}

/// Every cycle, but for those through what another one is told of.
fn cycles(stack: &Stack) -> Vec<Problem> {
    let declared = stack.declarations().iter();
    let mut graph: Graph = declared
        .map(|declared| (declared.address.clone(), needs(declared)))
        .collect();
    let mut problems = Vec::new();
    while let Err(cycle) = order(&graph) {
        problems.extend(circular(stack, &cycle));
        graph.retain(|address, _| !cycle.contains(address));
    }
    problems
}

fn circular(stack: &Stack, cycle: &[Address]) -> Option<Problem> {
    let mut names: Vec<_> = cycle.iter().map(|address| format!("`{address}`")).collect();
    names.extend(names.first().cloned());
    let first = cycle.first()?;
    let problem = Problem::at(
        reference_to(stack, first, cycle.get(1).unwrap_or(first)),
        format!("these wait for each other: {}", names.join(" -> ")),
    );
    Some(
        problem
            .code(&codes::CYCLE)
            .on(first)
            .help("remove one of the references"),
    )
}

/// Where `from` refers to `to`, to underline it.
fn reference_to(stack: &Stack, from: &Address, to: &Address) -> Path {
    let declared = stack
        .declarations()
        .iter()
        .find(|declared| declared.address == *from);
    declared
        .and_then(|declared| {
            references(&declared.spec)
                .into_iter()
                .find(|(_, found)| found.address == *to)
        })
        .map(|(path, _)| path)
        .unwrap_or_default()
}

/// Everything that `declared` comes after.
pub(crate) fn needs(declared: &Declaration) -> BTreeSet<Address> {
    let referred = references(&declared.spec)
        .into_iter()
        .map(|(_, reference)| reference.address);
    referred.chain(declared.depends_on.iter().cloned()).collect()
}

/// Every declaration by its address.
pub(crate) fn by_address(declarations: &[Declaration]) -> BTreeMap<&Address, &Declaration> {
    declarations
        .iter()
        .map(|declared| (&declared.address, declared))
        .collect()
}
