//! Plans in files: saved for later, read back for `up --plan`. Whether one still fits the world is the library's matter.

use std::fs;
use std::path::Path;

use fleetflow_access::whole::{self, Readers};
use fleetflow_core::plan::{PLAN_FORMAT, Plan};
use fleetflow_core::{Error, ErrorKind, Result};

/// Saves `plan`, readable by its owner only.
pub(crate) fn write(plan: &Plan, file: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        whole::unwritable(
            format!("the plan could not be saved to {}", file.display()),
            &error,
        )
    };
    let mut text = serde_json::to_string_pretty(plan).map_err(|error| failed(error.into()))?;
    text.push('\n');
    whole::replace(file, text.as_bytes(), Readers::Owner).map_err(failed)
}

/// The plan in `file`.
pub(crate) fn read(file: &Path) -> Result<Plan> {
    let wrong = |what: String| {
        Error::new(
            ErrorKind::Invalid,
            format!("{} holds no plan: {what}", file.display()),
        )
        .help("save one with `flow plan --out FILE`")
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if plan.format != PLAN_FORMAT {
        return Err(wrong(format!(
            "its form is {:?}, this version knows {PLAN_FORMAT:?}",
            plan.format
        )));
    }
    Ok(plan)
}
