//! The document of `validate`: every mistake with its place.

use std::path::Path;

use fleetflow_kdl::{Diagnostics, Severity};
use schemars::JsonSchema;
use serde::Serialize;

/// What is wrong with a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ValidationDocument {
    /// `fleetflow/validation/v1`.
    pub(crate) format: &'static str,
    /// The file.
    pub(crate) file: String,
    /// Whether it can be used.
    pub(crate) valid: bool,
    /// Mistakes and warnings, in the order of the file.
    pub(crate) problems: Vec<ProblemDocument>,
}

/// One mistake.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemDocument {
    /// `error` or `warning`.
    pub(crate) severity: &'static str,
    /// The stable name of the rule.
    pub(crate) code: String,
    /// The number of the rule, for `flow explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<&'static str>,
    /// What is wrong.
    pub(crate) message: String,
    /// The file it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// The line, from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    /// The column in characters, from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl ValidationDocument {
    /// A file that can be used, perhaps with warnings.
    pub(crate) fn valid(file: &Path, warnings: Option<&Diagnostics>) -> Self {
        Self {
            valid: true,
            ..Self::new(file, warnings)
        }
    }

    /// A file that cannot be used.
    pub(crate) fn invalid(file: &Path, mistakes: &Diagnostics) -> Self {
        Self::new(file, Some(mistakes))
    }

    fn new(file: &Path, found: Option<&Diagnostics>) -> Self {
        let problems = |found: &Diagnostics| problems(found).collect();
        Self {
            format: "fleetflow/validation/v1",
            file: file.display().to_string(),
            valid: false,
            problems: found.map(problems).unwrap_or_default(),
        }
    }
}

fn problems(found: &Diagnostics) -> impl Iterator<Item = ProblemDocument> {
    found.iter().map(|diagnostic| {
        let place = found.location(diagnostic);
        let file = diagnostic.span.and_then(|span| found.sources().file(span.file));
        ProblemDocument {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code.to_owned(),
            number: diagnostic.number(),
            message: diagnostic.message.clone(),
            file: file.map(|file| file.name().to_owned()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            help: diagnostic.help.clone(),
        }
    })
}
