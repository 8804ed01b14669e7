//! Errors on their way to Python: a document from which the package makes an exception of the right class.

use fleetflow_core::model::Problem;
use fleetflow_core::{Error, ErrorKind};
use pyo3::prelude::*;
use serde_json::{Value, json};

/// `error` as an exception of the package.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    raise_document(py, &document(error))
}

/// The exception that `document` describes.
pub(crate) fn raise_document(py: Python<'_>, document: &Value) -> PyErr {
    let made = py
        .import("fleetflow.errors")
        .and_then(|errors| errors.getattr("from_document"))
        .and_then(|make| make.call1((document.to_string(),)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// Everything about `error`, as data.
pub(crate) fn document(error: &Error) -> Value {
    json!({
        "kind": kind(error.kind()),
        "text": text(error),
        "number": error.registered().number,
        "message": error.message(),
        "address": error.address(),
        "operation": error.operation(),
        "code": error.provider_code(),
        "request_id": error.provider_request_id(),
        "hint": error.advice(),
        "problems": error.problems().iter().map(problem).collect::<Vec<_>>(),
    })
}

/// What `str` says: each mistake with its number, or the error with its own.
fn text(error: &Error) -> String {
    let problems = error.problems();
    if problems.is_empty() {
        return format!("{}: {error}", error.registered().number);
    }
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| format!("{}: {problem}", problem.registered().number))
        .collect();
    lines.join("\n")
}

/// A mistake, as data.
pub(crate) fn problem(problem: &Problem) -> Value {
    json!({
        "address": problem.address,
        "path": problem.path.to_string(),
        "segments": problem.path,
        "message": problem.message,
        "hint": problem.help,
        "number": problem.registered().number,
        "guard": problem.guard,
    })
}

fn kind(kind: ErrorKind) -> Value {
    serde_json::to_value(kind).unwrap_or(Value::Null)
}
