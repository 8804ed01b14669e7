//! What of the Workers is to run, and how they are reached. Running them is elsewhere.

use serde_json::{Value, json};

use super::{Assets, Rows, Script, binding};
use crate::cloudflare::rows;
use crate::cloudflare::sites::{Program, Revision, program};
use crate::cloudflare::stored_file::StoredFile;

/// The Workers with code, and which version of each is active.
pub(in crate::cloudflare) fn revisions(rows: &Rows) -> Vec<Revision> {
    let scripts = rows.scripts.iter();
    let active = scripts.filter_map(|(name, script)| Some((name, script.active()?)));
    active
        .filter(|(_, version)| !version.modules.is_empty())
        .map(|(name, version)| Revision {
            name: program::worker(name),
            revision: version.id.clone(),
        })
        .collect()
}

/// The active version of a Worker with code.
pub(in crate::cloudflare) fn program(rows: &rows::Rows, script: &str) -> Option<Program> {
    let version = rows.workers.scripts.get(script)?.active()?;
    let entry = version
        .main_module
        .clone()
        .or_else(|| version.body_part.clone())?;
    let mut bindings: Vec<Value> = version
        .bindings
        .iter()
        .map(|binding| program::revealed(binding, &rows.vault))
        .collect();
    for bound in &mut bindings {
        if binding::text(bound, "type") == "version_metadata" {
            bound["json"] = json!({ "id": version.id, "tag": version.annotations.get("workers/tag").cloned().unwrap_or_default(), "timestamp": version.created });
        }
    }
    Some(Program {
        entry,
        is_module: version.main_module.is_some(),
        modules: version.parts(),
        date: version.compatibility_date.clone(),
        flags: version.compatibility_flags.clone(),
        bindings,
        classes: rows.workers.scripts.get(script)?.classes(),
    })
}

/// The static files of a Worker.
pub(in crate::cloudflare) fn assets<'a>(rows: &'a Rows, script: &str) -> Option<&'a Assets> {
    rows.scripts.get(script)?.active()?.assets.as_ref()
}

/// A file of a Worker by its hash.
pub(in crate::cloudflare) fn file<'a>(rows: &'a Rows, hash: &str) -> Option<&'a StoredFile> {
    rows.assets.get(hash)
}

/// A Worker as those who look for addresses see it.
pub(in crate::cloudflare) struct Reached<'a> {
    pub(in crate::cloudflare) name: &'a str,
    pub(in crate::cloudflare) has_code: bool,
    pub(in crate::cloudflare) date: &'a str,
    pub(in crate::cloudflare) crons: Vec<&'a str>,
    /// Its hosts on the internet: workers.dev, then custom domains.
    pub(in crate::cloudflare) hosts: Vec<String>,
}

/// Every Worker that has an active version.
pub(in crate::cloudflare) fn reached(rows: &Rows) -> Vec<Reached<'_>> {
    rows.scripts
        .iter()
        .filter_map(|(name, script)| rows.reached(name, script))
        .collect()
}

/// The Worker that a route gives this host and path to: the most specific pattern counts, and one without a Worker
/// keeps all of them away (API doc §4.9).
pub(in crate::cloudflare) fn routed<'a>(rows: &'a Rows, host: &str, path: &str) -> Option<&'a str> {
    let fitting = rows.routes.iter().filter(|route| route.fits(host, path));
    let best = fitting.max_by_key(|route| route.weight())?;
    best.script_name()
}

impl Rows {
    fn reached<'a>(&'a self, name: &'a str, script: &'a Script) -> Option<Reached<'a>> {
        let version = script.active()?;
        let below = self.subdomain.as_ref().filter(|_| script.on_subdomain);
        let mut hosts: Vec<String> = below
            .map(|account| format!("{name}.{account}.workers.dev"))
            .into_iter()
            .collect();
        let own = self.domains.iter().filter(|domain| domain.serves(name));
        hosts.extend(own.map(|domain| domain.host().to_owned()));
        Some(Reached {
            name,
            has_code: !version.modules.is_empty(),
            date: &version.compatibility_date,
            crons: script
                .schedules
                .iter()
                .map(|schedule| schedule.cron.as_str())
                .collect(),
            hosts,
        })
    }
}
