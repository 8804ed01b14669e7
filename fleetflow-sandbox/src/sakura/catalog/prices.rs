//! The price list. Its form is the real one; its figures are the sandbox's own and no quotation.

use serde_json::{Value, json};

use super::{Zone, disk_plans, licences, server_plans};

/// The service classes of a zone with their prices.
pub(in crate::sakura) fn prices(zone: &Zone) -> Vec<Value> {
    let mut rows = Vec::new();
    for plan in server_plans() {
        let monthly = plan.cpu * 900 + plan.memory_gb * 700;
        rows.push((plan.service_class(), monthly));
    }
    for plan in disk_plans() {
        for size in plan.sizes_gb() {
            rows.push((plan.service_class(size * 1024), size * 20));
        }
    }
    rows.push(("cloud/switch/default".to_owned(), 2000));
    rows.extend(licences().map(|class| (class.to_owned(), 3000)));
    let numbered = (50_001_u64..).zip(rows);
    numbered
        .map(|(id, (path, monthly))| row(zone, id, &path, monthly))
        .collect()
}

fn row(zone: &Zone, id: u64, path: &str, monthly: u64) -> Value {
    let name = path.trim_start_matches("cloud/");
    json!({
        "ServiceClassID": id,
        "ServiceClassName": name,
        "ServiceClassPath": path,
        "DisplayName": name,
        "IsPublic": true,
        "Price": {
            "Base": 0,
            "Hourly": monthly.div_ceil(200),
            "Daily": monthly.div_ceil(20),
            "Monthly": monthly,
            "Zone": zone.name,
        },
    })
}
