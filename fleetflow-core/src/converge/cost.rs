//! What a plan changes of what is paid: asks the kinds that have prices, and adds up. It changes nothing, and a price
//! list that cannot be read stands in nobody's way.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog;
use crate::clouds::Clouds;
use crate::error::Result;
use crate::model::{Address, Operations};
use crate::plan::{Action, Bill, Cost, Plan, Step};

/// The same plan, with what it changes of what is paid.
pub(super) async fn priced(clouds: &Clouds, mut plan: Plan) -> Plan {
    let mut by_kind: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| step.action != Action::Forget) {
        by_kind.entry(step.address.kind()).or_default().push(step);
    }
    let mut bills = BTreeMap::new();
    let mut failures = Vec::new();
    for (kind, steps) in by_kind {
        let operations = catalog::operations(kind);
        let Some(operations) = operations.filter(|operations| operations.is_priced()) else {
            continue;
        };
        match bills_of(clouds, operations, &steps).await {
            Ok((found, unknown)) => {
                bills.extend(found);
                failures.extend(unknown);
            }
            Err(error) => failures.push(format!("what a {kind} costs is not known: {error}")),
        }
    }
    plan.notes.extend(failures);
    plan.cost = Cost::of(bills);
    plan
}

async fn bills_of(
    clouds: &Clouds,
    operations: &dyn Operations,
    steps: &[&Step],
) -> Result<(Vec<(Address, Bill)>, Vec<String>)> {
    let before = prices(clouds, operations, steps.iter().map(|step| prior(step))).await?;
    let after = prices(clouds, operations, steps.iter().map(|step| posterior(step))).await?;
    let mut bills = Vec::new();
    let mut unknown = Vec::new();
    for ((step, before), after) in steps.iter().zip(before).zip(after) {
        let address = step.address.clone();
        if before.is_lacking || after.is_lacking {
            unknown.push(format!(
                "what {address} costs is not known: the price list lacks a part of it"
            ));
        }
        let bill = Bill {
            before: before.yen,
            after: after.yen,
        };
        bills.push((address, bill));
    }
    Ok((bills, unknown))
}

/// What something costs.
struct Price {
    yen: u64,
    /// Whether the price list lacks a part of it.
    is_lacking: bool,
}

async fn prices(
    clouds: &Clouds,
    operations: &dyn Operations,
    specs: impl Iterator<Item = Option<&Value>> + Clone,
) -> Result<Vec<Price>> {
    let asked = specs.clone().map(|spec| spec.cloned().unwrap_or_default());
    let found = operations.prices(clouds, asked.collect()).await?;
    let price = |(spec, yen): (Option<&Value>, Option<u64>)| Price {
        yen: yen.unwrap_or(0),
        is_lacking: spec.is_some() && yen.is_none(),
    };
    Ok(specs.zip(found).map(price).collect())
}

/// What there is before `step`; none where nothing is, or where it is not finished.
fn prior(step: &Step) -> Option<&Value> {
    let existing = step.existing.as_ref().filter(|_| step.action != Action::Create)?;
    Some(&*existing.spec).filter(|spec| !spec.is_null())
}

/// What there is after it.
fn posterior(step: &Step) -> Option<&Value> {
    step.desired.as_deref().filter(|spec| !spec.is_null())
}
