//! What the program says about itself: its version, and with `-v` what it was built from. Nothing is looked up.

use std::ffi::OsString;
use std::fmt::Write as _;

/// One line, or several with what `build.rs` recorded.
pub(crate) fn text(program: &str, detailed: bool) -> String {
    let mut text = format!("{program} {}\n", env!("CARGO_PKG_VERSION"));
    if !detailed {
        return text;
    }
    let unrecorded = "not recorded: this is not a release build from a repository";
    let facts = [
        ("commit", option_env!("FLEETFLOW_COMMIT").unwrap_or(unrecorded)),
        ("date", option_env!("FLEETFLOW_DATE").unwrap_or(unrecorded)),
        (
            "target",
            option_env!("FLEETFLOW_TARGET").unwrap_or("not recorded"),
        ),
        (
            "compiler",
            option_env!("FLEETFLOW_RUSTC").unwrap_or("not recorded"),
        ),
    ];
    for (name, value) in facts {
        // A text grows without fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}

/// Whether `-v` stands beside `--version`, which ends the reading of the command line before options are known.
pub(crate) fn wants_details(words: &[OsString]) -> bool {
    words.iter().filter_map(|word| word.to_str()).any(|word| {
        let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        word == "--verbose" || letters.is_some_and(|letters| letters.contains('v'))
    })
}
