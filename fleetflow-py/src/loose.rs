//! Python objects as the loose values that a kind's `decode` takes. It judges no value; it says which objects have no
//! counterpart at all, and where they are.

use fleetflow_core::model::{Path, Problem};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple};
use serde_json::{Map, Value, json};

/// Around a reference or a secret inside a text: characters that Unicode keeps for a program's own use.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// No declaration is deeper; a list that contains itself is.
const DEEPEST: usize = 64;

/// Reads values, and gathers what cannot be read.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    /// `object` as a value; null where it has no counterpart.
    pub(crate) fn read(&mut self, object: &Bound<'_, PyAny>) -> Value {
        self.value(object, &Path::root())
    }

    fn value(&mut self, object: &Bound<'_, PyAny>, path: &Path) -> Value {
        if path.segments().len() > DEEPEST {
            return self.refuse(path, "this is nested too deeply", "is something part of itself?");
        }
        if object.is_none() {
            Value::Null
        } else if let Ok(flag) = object.cast::<PyBool>() {
            Value::Bool(flag.is_true())
        } else if let Ok(text) = object.cast::<PyString>() {
            self.text(text, path)
        } else if let Ok(number) = object.cast::<PyInt>() {
            self.integer(number, path)
        } else if let Ok(number) = object.cast::<PyFloat>() {
            self.float(number.value(), path)
        } else if let Ok(map) = object.cast::<PyDict>() {
            self.map(map, path)
        } else {
            self.further(object, path)
        }
    }

    fn further(&mut self, object: &Bound<'_, PyAny>, path: &Path) -> Value {
        if let Ok(list) = object.cast::<PyList>() {
            self.items(list.iter(), path)
        } else if let Ok(tuple) = object.cast::<PyTuple>() {
            self.items(tuple.iter(), path)
        } else if object.is_instance_of::<PySet>() || object.is_instance_of::<PyFrozenSet>() {
            self.set(object, path)
        } else {
            self.converted(object, path)
        }
    }

    /// What says itself what it stands for: our own classes, paths, addresses of the internet.
    fn converted(&mut self, object: &Bound<'_, PyAny>, path: &Path) -> Value {
        for method in ["__fleetflow__", "__fspath__"] {
            match object.call_method0(method) {
                Ok(stands_for) => return self.value(&stands_for, path),
                Err(error) if error.is_instance_of::<pyo3::exceptions::PyAttributeError>(object.py()) => {}
                Err(error) => return self.refuse(path, &error.to_string(), "this object could not be read"),
            }
        }
        let kind = object.get_type();
        let (module, name) = (kind.module(), kind.name());
        let module = module.map(|module| module.to_string()).unwrap_or_default();
        if module == "ipaddress"
            && let Ok(text) = object.str()
        {
            return self.text(&text, path);
        }
        let name = name.map(|name| name.to_string()).unwrap_or_default();
        let message = format!("a Python object of type `{name}` cannot stand in a declaration");
        self.refuse(
            path,
            &message,
            "use text, numbers, lists, dicts, or the classes of fleetflow",
        )
    }

    fn map(&mut self, map: &Bound<'_, PyDict>, path: &Path) -> Value {
        let mut fields = Map::new();
        for (key, value) in map.iter() {
            let Ok(name) = key
                .cast::<PyString>()
                .map(|name| name.to_string_lossy().into_owned())
            else {
                self.refuse(path, &format!("the key {key} is no text"), "use text for keys");
                continue;
            };
            if name.contains([OPEN, CLOSE]) {
                self.refuse(
                    path,
                    "a key cannot be an output or a secret",
                    "use a text that is known now",
                );
                continue;
            }
            let value = self.value(&value, &path.key(name.as_str()));
            fields.insert(name, value);
        }
        Value::Object(fields)
    }

    fn items<'py>(&mut self, items: impl Iterator<Item = Bound<'py, PyAny>>, path: &Path) -> Value {
        items
            .enumerate()
            .map(|(index, item)| self.value(&item, &path.index(index)))
            .collect()
    }

    /// A set has no order of its own: sorted, the same set is always the same value.
    fn set(&mut self, set: &Bound<'_, PyAny>, path: &Path) -> Value {
        let Ok(items) = set.try_iter() else {
            return self.refuse(path, "this set cannot be read", "use a list");
        };
        let mut values: Vec<_> = items.flatten().map(|item| self.value(&item, path)).collect();
        values.sort_by_key(ToString::to_string);
        Value::Array(values)
    }

    fn integer(&mut self, number: &Bound<'_, PyInt>, path: &Path) -> Value {
        if let Ok(number) = number.extract::<i64>() {
            return number.into();
        }
        match number.extract::<u64>() {
            Ok(number) => number.into(),
            Err(_) => self.refuse(
                path,
                &format!("the number {number} is too large"),
                "use a smaller one",
            ),
        }
    }

    fn float(&mut self, number: f64, path: &Path) -> Value {
        serde_json::Number::from_f64(number).map_or_else(
            || self.refuse(path, &format!("{number} is no number"), "use a finite number"),
            Value::Number,
        )
    }

    fn text(&mut self, text: &Bound<'_, PyString>, path: &Path) -> Value {
        match text.to_cow() {
            Ok(text) if text.contains([OPEN, CLOSE]) => self.marked(&text, path),
            Ok(text) => Value::String(text.into_owned()),
            Err(_) => self.refuse(
                path,
                "this text has characters that do not exist",
                "remove lone surrogates",
            ),
        }
    }

    /// A text with outputs or secrets in it, as an f-string leaves it.
    fn marked(&mut self, text: &str, path: &Path) -> Value {
        match parts(text) {
            Some(mut parts) if parts.len() == 1 => parts.remove(0),
            Some(parts) => json!({ "$text": parts }),
            None => self.refuse(
                path,
                "an output or a secret in this text was cut or changed",
                "put it into an f-string as a whole: it is known only after the run",
            ),
        }
    }

    fn refuse(&mut self, path: &Path, message: &str, help: &str) -> Value {
        self.problems.push(Problem::at(path.clone(), message).help(help));
        Value::Null
    }
}

/// The literals, references and secrets of `text`; nothing where a mark is broken.
fn parts(text: &str) -> Option<Vec<Value>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        literal(&rest[..start], &mut parts)?;
        let inside = &rest[start + OPEN.len_utf8()..];
        let end = inside.find(CLOSE)?;
        parts.push(mark(&inside[..end])?);
        rest = &inside[end + CLOSE.len_utf8()..];
    }
    literal(rest, &mut parts)?;
    Some(parts)
}

fn literal(text: &str, parts: &mut Vec<Value>) -> Option<()> {
    if text.contains([OPEN, CLOSE]) {
        return None;
    }
    if !text.is_empty() {
        parts.push(text.into());
    }
    Some(())
}

fn mark(text: &str) -> Option<Value> {
    match text.split_once(' ')? {
        ("output", reference) => Some(json!({ "$ref": reference })),
        ("secret", name) => Some(json!({ "$secret": name })),
        _ => None,
    }
}
