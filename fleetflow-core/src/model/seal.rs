//! Takes what is always secret (`x-secret`) out of a declaration, so that it never reaches plan, state or log, even
//! where nobody called it a secret. It knows no kind, and keeps nothing.

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::Address;
use super::conform::choose;
use super::path::Trail;
use super::value::Marker;

/// Puts markers in the place of the secret texts of the declaration of `address`, and hands the texts out by the
/// markers' names.
pub(super) fn seal(schema: &Value, address: &Address, spec: &mut Value) -> Vec<(String, SecretString)> {
    let mut sealing = Sealing {
        address,
        sealed: Vec::new(),
    };
    sealing.walk(schema, spec, &Trail::Root);
    sealing.sealed
}

struct Sealing<'a> {
    address: &'a Address,
    sealed: Vec<(String, SecretString)>,
}

impl Sealing<'_> {
    fn walk(&mut self, outer: &Value, value: &mut Value, path: &Trail<'_>) {
        let Some(schema) = choose(outer, value) else {
            return;
        };
        if [outer, schema].iter().any(|schema| schema["x-secret"] == true) {
            return self.hide(value, path);
        }
        if let Value::Array(elements) = value {
            for (index, element) in elements.iter_mut().enumerate() {
                let name = name_of(element);
                let place = name
                    .as_deref()
                    .map_or_else(|| path.index(index), |name| path.key(name));
                self.walk(&schema["items"], element, &place);
            }
        } else if schema["items"].is_object() {
            // A lone value stands for a list of one.
            self.walk(&schema["items"], value, path);
        } else if let Value::Object(fields) = value {
            self.walk_fields(schema, fields, path);
        }
    }

    fn walk_fields(&mut self, schema: &Value, fields: &mut Map<String, Value>, path: &Trail<'_>) {
        for (name, field) in fields {
            let known = schema["properties"].get(name);
            if let Some(schema) = known.or_else(|| schema.get("additionalProperties")) {
                self.walk(schema, field, &path.key(name));
            }
        }
    }

    /// What is put together keeps its references: only its literal parts are hidden.
    fn hide(&mut self, value: &mut Value, path: &Trail<'_>) {
        if let Some(Marker::Text(_)) = Marker::of(value) {
            let parts = value.as_object_mut().into_iter().flat_map(Map::values_mut);
            for (index, part) in parts.filter_map(Value::as_array_mut).flatten().enumerate() {
                self.hide(part, &path.index(index));
            }
        } else if let Value::String(text) = value {
            let name = format!("{} {}", self.address, path.path());
            self.sealed
                .push((name.clone(), SecretString::from(text.as_str())));
            *value = json!({ "$secret": name });
        }
    }
}

/// An element is called by its name where it has one, so that a neighbour's coming does not make it another secret.
fn name_of(element: &Value) -> Option<String> {
    element.get("name").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use crate::prelude::*;

    #[test]
    fn what_is_always_secret_is_hidden_without_being_called_so() {
        let worker = Worker::builder()
            .name("w")
            .source("./w")
            .binding(Binding::var("V", "seen"))
            .binding(Binding::secret("S", "planted-1"));
        let text = Input::text(["planted-2:".into(), Input::secret("own")]);
        let server = Server::builder().name("db").plan(Plan::new(2, 4));
        let stack = Stack::new("shop", "dev")
            .secret("own", "planted-3")
            .add(worker.build())
            .add(server.password(text).build());
        let specs: Vec<_> = stack
            .declarations()
            .iter()
            .map(|one| one.spec.to_string())
            .collect();
        assert!(specs[0].contains("seen"), "{specs:?}");
        assert!(!format!("{specs:?}").contains("planted"), "{specs:?}");
        let revealed = |name: &str| stack.secrets()[name].expose_secret().to_owned();
        assert_eq!(revealed("worker.w bindings.S.value"), "planted-1");
        assert_eq!(revealed("server.db password[0]"), "planted-2:");
        assert_eq!(revealed("own"), "planted-3");
    }
}
