//! A stack as Python hands it over: read once, then checked or run.

use std::path::PathBuf;

use fleetflow_core::model::{Declaration, Path, Problem, Providers, Spec, conform};
use fleetflow_core::{Address, catalog};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::failure::problem;
use crate::loose::Reader;
use crate::secrets::Secrets;

/// A stack.
#[pyclass(frozen, module = "fleetflow._fleetflow")]
pub(crate) struct Stack {
    pub(crate) stack: fleetflow_core::Stack,
    /// What could not be read.
    misread: Vec<Problem>,
    /// What is wrong with life-cycle flags.
    misflagged: Vec<Problem>,
}

/// The kinds of resources as JSON: names, outputs, schemas.
#[pyfunction]
pub(crate) fn kinds() -> String {
    let kinds: Vec<Value> = catalog::kinds()
        .iter()
        .filter(|kind| kind.declarable())
        .map(|kind| {
            let outputs = kind.outputs().iter();
            let outputs: Vec<_> = outputs
                .map(|output| json!({"name": output.name, "type": output.value_type, "doc": output.doc}))
                .collect();
            json!({"name": kind.name(), "provider": kind.provider().name(), "outputs": outputs, "schema": kind.schema()})
        })
        .collect();
    Value::Array(kinds).to_string()
}

#[pymethods]
impl Stack {
    /// Reads declarations: kind, name, fields, flags each.
    #[new]
    fn new(
        project: String,
        stage: String,
        root: PathBuf,
        providers: &Bound<'_, PyDict>,
        declarations: Vec<(String, String, Bound<'_, PyDict>, Bound<'_, PyDict>)>,
        secrets: &Secrets,
    ) -> Self {
        let (mut misread, mut misflagged) = (Vec::new(), Vec::new());
        let mut stack = fleetflow_core::Stack::new(project, stage).root(root);
        match settings(providers) {
            Ok(providers) => stack = stack.providers(providers),
            Err(problems) => misread.extend(problems),
        }
        for (kind, name, fields, flags) in &declarations {
            let address = Address::new(kind, name);
            let (declaration, unread, wrong) = declaration(&address, fields, flags);
            misread.extend(unread.into_iter().map(|problem| problem.on(&address)));
            misflagged.extend(wrong);
            stack.push(declaration);
        }
        for (name, value) in &secrets.0 {
            stack = stack.secret(name, value.clone());
        }
        Self {
            stack,
            misread,
            misflagged,
        }
    }

    /// Everything that is wrong and can be known without a cloud, as JSON.
    fn check(&self, py: Python<'_>) -> String {
        let problems = py.detach(|| self.problems());
        problems.iter().map(problem).collect::<Value>().to_string()
    }

    /// The declarations as JSON, canonical where they are right.
    fn declarations(&self, py: Python<'_>) -> String {
        py.detach(|| {
            let declarations = self.stack.declarations().iter().map(|declared| {
                let spec = catalog::kind(declared.address.kind())
                    .and_then(|kind| kind.decode(declared.spec.clone().into_value()).ok())
                    .map_or_else(|| declared.spec.clone(), Spec::from);
                json!(Declaration {
                    spec,
                    ..declared.clone()
                })
            });
            declarations.collect::<Value>().to_string()
        })
    }
}

impl Stack {
    /// Whether something that Python said is not in the stack, so that it must not be run.
    pub(crate) fn is_misread(&self) -> bool {
        !self.misread.is_empty() || !self.misflagged.is_empty()
    }

    /// What could not be read, and what is wrong with the rest.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let unread = |problem: &Problem| {
            let same = |other: &Problem| problem.address.is_some() && other.address == problem.address;
            self.misread.iter().any(same)
        };
        let checked = self.stack.check().into_iter().filter(|problem| !unread(problem));
        let read = self.misread.iter().chain(&self.misflagged).cloned();
        read.chain(checked).collect()
    }
}

fn settings(providers: &Bound<'_, PyDict>) -> Result<Providers, Vec<Problem>> {
    let mut reader = Reader::default();
    let value = reader.read(providers.as_any());
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings
        .into_generator()
        .into_root_schema_for::<Providers>()
        .to_value();
    let conformed = conform(&schema, value)?;
    serde_json::from_value(conformed).map_err(|error| vec![Problem::at(Path::root(), error.to_string())])
}

fn declaration(
    address: &Address,
    fields: &Bound<'_, PyDict>,
    flags: &Bound<'_, PyDict>,
) -> (Declaration, Vec<Problem>, Vec<Problem>) {
    let mut reader = Reader::default();
    let spec = reader.read(fields.as_any());
    let flags = reader.read(flags.as_any());
    let (declaration, wrong) = Declaration::new(address.clone(), spec).with_flags(&flags);
    (declaration, reader.problems, wrong)
}
