//! What a plan changes of what is paid: asks the kinds that have prices, and adds up. It changes nothing, and a price
//! list that cannot be read stands in nobody's way.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog;
use crate::clouds::Clouds;
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
) -> crate::error::Result<(Vec<(Address, Bill)>, Vec<String>)> {
    let before = steps.iter().map(|step| prior(step)).collect();
    let before = operations.prices(clouds, before).await?;
    let after = steps.iter().map(|step| posterior(step)).collect();
    let after = operations.prices(clouds, after).await?;
    let bill = |(step, (before, after)): (&&Step, (Option<u64>, Option<u64>))| {
        let bill = Bill {
            before: before.unwrap_or(0),
            after: after.unwrap_or(0),
        };
        (step.address.clone(), bill)
    };
    let prices: Vec<_> = before.into_iter().zip(after).collect();
    let unknown = steps.iter().zip(&prices).filter_map(|(step, (before, after))| {
        let lacks = |spec: Value, price: &Option<u64>| !spec.is_null() && price.is_none();
        let address = &step.address;
        let note = format!("what {address} costs is not known: the price list lacks a part of it");
        (lacks(prior(step), before) || lacks(posterior(step), after)).then_some(note)
    });
    let unknown = unknown.collect();
    let bills = steps.iter().zip(prices).map(bill);
    Ok((bills.collect(), unknown))
}

/// What there is before `step`; null where nothing is, or where it is not finished.
fn prior(step: &Step) -> Value {
    let existing = step.existing.as_ref().filter(|_| step.action != Action::Create);
    existing.map_or(Value::Null, |existing| existing.spec.clone())
}

/// What there is after it.
fn posterior(step: &Step) -> Value {
    step.desired.clone().unwrap_or_default()
}
