//! Stacks of `flow.kdl`, for Python to change further. The language itself is in fleetflow-kdl.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fleetflow_core::model::Problem;
use fleetflow_core::{Error, ErrorKind};
use fleetflow_kdl::{Diagnostic, Diagnostics, FolderFiles, LoadOptions, Severity};
use pyo3::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::failure::{raise, raise_document};
use crate::secrets::Secrets;

/// A stage of a file.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Loaded {
    loaded: fleetflow_kdl::Loaded,
}

/// Loads a stage of the file at `path`. Everything that is wrong is in the exception.
#[pyfunction]
pub(crate) fn load(
    py: Python<'_>,
    path: PathBuf,
    stage: Option<String>,
    variables: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    home: Option<PathBuf>,
) -> PyResult<Loaded> {
    let loaded = py.detach(|| {
        let mut options = LoadOptions::new(path, &FolderFiles).environment(environment);
        if let Some(stage) = stage {
            options = options.stage(stage);
        }
        for (name, value) in variables {
            options = options.variable(name, value);
        }
        if let Some(home) = home {
            options = options.home(home);
        }
        fleetflow_kdl::load(&options)
    });
    match loaded {
        Ok(loaded) => Ok(Loaded { loaded }),
        Err(diagnostics) => Err(raise_document(py, &mistakes(&diagnostics))),
    }
}

#[pymethods]
impl Loaded {
    /// Project, stage, root, providers, declarations, state: as JSON.
    fn document(&self) -> String {
        let stack = &self.loaded.stack;
        json!({
            "project": stack.project(),
            "stage": stack.stage(),
            "root": stack.root_folder(),
            "providers": stack.provider_settings(),
            "declarations": stack.declarations(),
            "stages": self.loaded.stages,
            "state": self.loaded.state.location,
            "endpoint": self.loaded.state.endpoint,
            "encrypted": self.loaded.state.encrypt.is_some(),
            "warnings": self.loaded.warnings.as_ref().map(rendered).unwrap_or_default(),
        })
        .to_string()
    }

    /// The values of the secrets that the file names.
    fn secrets(&self) -> Secrets {
        Secrets(self.loaded.stack.secrets().clone())
    }

    /// Where in the file each of `problems` is: JSON in, JSON with a place or null each out.
    fn locate(&self, py: Python<'_>, problems: &str) -> PyResult<String> {
        let problems: Vec<Problem> = serde_json::from_str(problems)
            .map_err(|error| raise(py, &Error::new(ErrorKind::Internal, error.to_string())))?;
        let places = problems.iter().map(|problem| {
            let located = self.loaded.locate(std::slice::from_ref(problem))?;
            let diagnostic = located.iter().next()?;
            Some(place_of(&located, diagnostic))
        });
        Ok(places.collect::<Value>().to_string())
    }
}

impl Loaded {
    /// The key that the file wants its state encrypted with.
    pub(crate) fn encryption(&self) -> Option<SecretString> {
        self.loaded.state.encrypt.clone()
    }
}

/// An error about a file, as data.
fn mistakes(diagnostics: &Diagnostics) -> Value {
    let errors: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| {
            let problem = diagnostic.problem.as_ref();
            json!({
                "address": problem.and_then(|problem| problem.address.as_ref()),
                "path": problem.map(|problem| problem.path.to_string()).unwrap_or_default(),
                "segments": problem.map(|problem| problem.path.clone()).unwrap_or_default(),
                "message": problem.map_or(&diagnostic.message, |problem| &problem.message),
                "hint": diagnostic.help,
                "number": diagnostic.number(),
                "guard": false,
                "place": place_of(diagnostics, diagnostic),
            })
        })
        .collect();
    let lines = rendered(diagnostics);
    let numbers: BTreeSet<_> = errors
        .iter()
        .filter_map(|error| error["number"].as_str())
        .collect();
    let number = match numbers.first() {
        Some(only) if numbers.len() == 1 => only,
        _ => ErrorKind::Invalid.code().number,
    };
    json!({
        "kind": "invalid",
        "number": number,
        "text": lines.join("\n"),
        "message": lines.join("\n"),
        "problems": errors,
    })
}

/// A line for each diagnostic: `flow.kdl:4:10: FF0112: message (help)`.
fn rendered(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let place = place_of(diagnostics, diagnostic);
            let at = match place["file"].as_str() {
                Some(file) => format!("{file}:{}:{}: ", place["line"], place["column"]),
                None => String::new(),
            };
            let help = diagnostic.help.as_ref().map(|help| format!(" ({help})"));
            let number = diagnostic.number().map(|number| format!("{number}: "));
            format!(
                "{at}{}{}{}",
                number.unwrap_or_default(),
                diagnostic.message,
                help.unwrap_or_default()
            )
        })
        .collect()
}

fn place_of(diagnostics: &Diagnostics, diagnostic: &Diagnostic) -> Value {
    let span = diagnostic.span;
    let file = span.and_then(|span| diagnostics.sources().file(span.file));
    match (file, diagnostics.location(diagnostic)) {
        (Some(file), Some(location)) => {
            json!({"file": file.path(), "line": location.line, "column": location.column})
        }
        _ => Value::Null,
    }
}
