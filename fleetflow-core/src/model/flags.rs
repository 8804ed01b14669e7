//! What every resource may say beside its own fields: provider, protect, retain, adopt, depends-on. Read here for every front end.

use serde_json::{Value, json};

use super::{Address, Declaration, Path, Problem, conform};

/// The schema of the life-cycle flags, which are the same for every kind. Which providers there are is not its matter.
pub fn flags() -> Value {
    json!({
        "provider": {"type": "string"},
        "protect": {"type": "boolean"},
        "retain": {"type": "boolean"},
        "adopt": {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
        "depends_on": {"type": "array", "items": {"type": "string"}},
    })
}

impl Declaration {
    /// The same with the life-cycle flags that a front end read, and everything that is wrong with those. A flag that is
    /// wrong is never taken for one that was not given.
    ///
    /// ```
    /// use fleetflow_core::model::Declaration;
    /// use serde_json::json;
    ///
    /// let bucket = || Declaration::new("r2-bucket.uploads".parse().unwrap(), json!({"name": "uploads"}));
    /// let (declared, problems) = bucket().with_flags(&json!({"protect": true, "depends_on": ["server.web"]}));
    /// assert!(declared.protect && problems.is_empty());
    /// let (_, problems) = bucket().with_flags(&json!({"protect": "yes", "depends_on": ["server"]}));
    /// assert_eq!(problems.len(), 2);
    /// ```
    #[must_use]
    pub fn with_flags(mut self, given: &Value) -> (Self, Vec<Problem>) {
        let schema = json!({"type": "object", "properties": flags()});
        let mut problems = conform(&schema, given.clone()).err().unwrap_or_default();
        self.protect = given["protect"] == true;
        self.retain = given["retain"] == true;
        self.adopt = match &given["adopt"] {
            Value::Bool(true) => Some(None),
            Value::String(id) => Some(Some(id.clone())),
            _ => None,
        };
        for (index, text) in given["depends_on"].as_array().into_iter().flatten().enumerate() {
            match text.as_str().map(str::parse::<Address>) {
                Some(Ok(address)) => drop(self.depends_on.insert(address)),
                Some(Err(error)) => {
                    let path = Path::root().key("depends_on").index(index);
                    problems.push(Problem::at(path, error.to_string()));
                }
                // Not a text: told by the schema.
                None => {}
            }
        }
        let problems = problems
            .into_iter()
            .map(|problem| problem.on(&self.address))
            .collect();
        (self, problems)
    }
}
