//! Which stage is loaded. It does not look into stages.

use super::outline::Outline;
use crate::diagnostic::Diagnostic;
use crate::schema::suggestion;

/// The index of the wanted stage, or of the only one.
pub(super) fn choose(outline: &Outline<'_>, wanted: Option<&str>) -> Result<usize, Box<Diagnostic>> {
    let names = outline.stage_names();
    let first = outline.stages.first().and_then(|stage| stage.span);
    let error = |message: String| Diagnostic::error("flow::stage", first, message);
    match wanted {
        Some(wanted) => names.iter().position(|name| name == wanted).ok_or_else(|| {
            let help = suggestion(wanted, names.iter().map(String::as_str));
            Box::new(
                error(format!("there is no stage `{wanted}`"))
                    .label("a stage of this file")
                    .help(help),
            )
        }),
        None if names.len() == 1 => Ok(0),
        None => {
            let error = error("this file has several stages: say which one".to_owned()).label("one of them");
            Err(Box::new(error.help(format!("stages: {}", names.join(", ")))))
        }
    }
}
