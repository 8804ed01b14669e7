//! The zones of SAKURA Cloud and what a declaration may leave to the providers' settings. It asks nobody.

use crate::codes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Declaration, Existing, Expansion, Path, Problem, did_you_mean};

/// The zones (API doc "URL"); `tk1v` is the vendor's own test zone.
pub const ZONES: &[&str] = &["is1a", "is1b", "is1c", "tk1a", "tk1b", "tk1v"];

/// The zone of everything that exists once an account: keys, scripts. Official clients use the same.
pub(crate) const GLOBAL: &str = "is1a";

/// What is wrong with a declared zone.
pub(crate) fn check(zone: Option<&str>) -> Option<Problem> {
    let zone = zone.filter(|zone| !ZONES.contains(zone))?;
    let problem =
        Problem::at(Path::root().key("zone"), format!("there is no zone `{zone}`")).code(&codes::CHOICE);
    Some(match did_you_mean(zone, ZONES.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!("the zones are {}", ZONES.join(", "))),
    })
}

/// The zone of a resource: its own, or the one of the providers' settings.
pub(crate) fn chosen(own: Option<&str>, around: &Expansion<'_>) -> Option<String> {
    let settings = around.providers().sakura_cloud.as_ref();
    own.or_else(|| settings?.zone.as_deref()).map(str::to_owned)
}

/// The same declaration, with its zone filled in.
pub(crate) fn filled(declared: &Declaration, around: &Expansion<'_>) -> Declaration {
    let mut filled = declared.clone();
    let own = declared.spec.get("zone").and_then(serde_json::Value::as_str);
    if let (Some(zone), Some(fields)) = (chosen(own, around), filled.spec.as_object_mut()) {
        fields.insert("zone".to_owned(), zone.into());
    }
    filled
}

/// What is wrong when neither the resource nor the settings name a zone that exists.
pub(crate) fn check_chosen(own: Option<&str>, around: &Expansion<'_>) -> Option<Problem> {
    match chosen(own, around) {
        Some(zone) => check(Some(&zone)),
        None => Some(
            Problem::at(Path::root(), "it has no zone")
                .code(&codes::MISSING)
                .about(Path::root().key("zone"))
                .help("write `zone` here, or in `providers { sakura-cloud { zone ... } }`"),
        ),
    }
}

/// The zone of a resource that is carried out: expansion filled it in.
pub(crate) fn needed<'z>(zone: Option<&'z str>, context: &crate::converge::Context) -> Result<&'z str> {
    zone.ok_or_else(|| Error::new(ErrorKind::Internal, "it has no zone").on(&context.owner.address))
}

/// The zone in which a resource was found.
pub(crate) fn of_existing(was: &Existing) -> Result<&str> {
    was.output("zone")
        .or_else(|| was.spec.get("zone")?.as_str())
        .ok_or_else(|| Error::new(ErrorKind::Internal, "its zone is not known").on(&was.address))
}
