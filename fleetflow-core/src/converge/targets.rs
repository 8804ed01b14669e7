//! Which steps of a plan the addresses mean that a user aims at. A zone means its records, a group what it runs as.

use std::collections::BTreeSet;

use crate::catalog;
use crate::codes;
use crate::error::{Error, Result};
use crate::model::{Address, Stack, did_you_mean};
use crate::plan::{Plan, Step};

impl Stack {
    /// Only the steps of `plan` that `targets` mean, and what these depend on; all of them where there is none. A zone
    /// means its records, a group what it runs as.
    pub fn aim(&self, plan: Plan, targets: &[Address]) -> Result<Plan> {
        if targets.is_empty() {
            return Ok(plan);
        }
        let mut wanted = BTreeSet::new();
        for target in targets {
            let meant: Vec<_> = plan.steps.iter().filter(|step| means(target, step)).collect();
            if meant.is_empty() && !is_known(target, &plan, self) {
                return Err(unknown(target, &plan, self));
            }
            wanted.extend(meant.into_iter().map(|step| step.address.clone()));
        }
        Ok(plan.targeting(&wanted))
    }
}

fn means(target: &Address, step: &Step) -> bool {
    if step.address == *target {
        return true;
    }
    let (Some(of_target), Some(of_step)) = (catalog::kind(target.kind()), catalog::kind(step.address.kind()))
    else {
        return false;
    };
    // What users do not declare themselves stands for a part of what they do.
    let is_part = !of_step.declarable() && of_target.provider() == of_step.provider();
    let names_it = step.address.name().split('/').any(|part| part == target.name());
    is_part && (names_it || step.record.depends_on.contains(target))
}

fn is_known(target: &Address, plan: &Plan, stack: &Stack) -> bool {
    let declared = stack.declarations().iter().map(|declared| &declared.address);
    let unchanged = plan.known.keys();
    declared.chain(unchanged).any(|address| address == target)
}

fn unknown(target: &Address, plan: &Plan, stack: &Stack) -> Error {
    let declared = stack.declarations().iter().map(|declared| &declared.address);
    let planned = plan.steps.iter().map(|step| &step.address);
    let names: BTreeSet<String> = declared.chain(planned).map(ToString::to_string).collect();
    let error = Error::of(&codes::UNKNOWN_NAME, format!("there is no {target} to aim at"));
    match did_you_mean(&target.to_string(), names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("there are {}", Vec::from_iter(names).join(", "))),
    }
}
