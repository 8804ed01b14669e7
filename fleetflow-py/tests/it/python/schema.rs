//! JSON schemas as Python's types. It writes no class; it says which ones are needed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The types of one kind.
pub(crate) struct Types<'s> {
    root: &'s Value,
    wanted: BTreeMap<String, Value>,
    written: BTreeSet<String>,
}

impl<'s> Types<'s> {
    pub(crate) fn new(root: &'s Value) -> Self {
        Self {
            root,
            wanted: BTreeMap::new(),
            written: BTreeSet::new(),
        }
    }

    /// A class that is needed and was not asked for yet.
    pub(crate) fn next_part(&mut self) -> Option<(String, Value)> {
        let (name, schema) = self.wanted.pop_first()?;
        self.written.insert(name.clone());
        Some((name, schema))
    }

    /// The type of a field, without `None`.
    pub(crate) fn of(&mut self, schema: &Value) -> String {
        union(self.alternatives(schema))
    }

    /// The schema behind a reference, and its name.
    pub(crate) fn resolve<'v>(&self, schema: &'v Value) -> (Option<String>, &'v Value)
    where
        's: 'v,
    {
        match schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            Some(name) => (Some(name.to_owned()), &self.root["$defs"][name]),
            None => (None, schema),
        }
    }

    /// The class of the elements of a list, where they are parts.
    pub(crate) fn element(&mut self, schema: &Value) -> Option<(String, Value)> {
        let items = schema.get("items")?;
        let (name, element) = self.resolve(items);
        let (name, element) = (name?, element.clone());
        if element.get("properties").is_some() {
            return Some((name, element));
        }
        let object = self.object_of(&element)?;
        Some((name, object))
    }

    fn alternatives(&mut self, schema: &Value) -> Vec<String> {
        let (name, schema) = self.resolve(schema);
        let schema = schema.clone();
        if let Some(words) = words(&schema) {
            return vec![format!("Literal[{}]", words.join(", "))];
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(several) = schema[key].as_array() {
                return several
                    .iter()
                    .flat_map(|one| self.alternative(name.as_deref(), one))
                    .collect();
            }
        }
        self.single(name.as_deref(), &schema)
    }

    /// One alternative of the union called `union`.
    fn alternative(&mut self, union: Option<&str>, schema: &Value) -> Vec<String> {
        if schema["type"] == "null" {
            return Vec::new();
        }
        if let (Some(union), Some(tag)) = (union, schema["properties"]["type"]["const"].as_str()) {
            return self.class(&format!("{}{union}", capitalised(tag)), schema);
        }
        let (_, target) = self.resolve(schema);
        let target = target.clone();
        match union {
            // The fields of something that also has a short form have no name of their own.
            Some(union) if target.get("properties").is_some() => self.class(union, &target),
            _ => self.alternatives(schema),
        }
    }

    fn single(&mut self, name: Option<&str>, schema: &Value) -> Vec<String> {
        let simple = match kind_of(schema) {
            Some("string") if schema.get("x-input").is_some() => "Text",
            Some("string") if schema.get("x-path").is_some() => "FilePath",
            Some("string") => "str",
            Some("integer") => "int",
            Some("number") => "float",
            Some("boolean") => "bool",
            Some("array") => return self.list(schema),
            Some("object") if schema.get("properties").is_some() => {
                return self.class(name.expect("an object has a name"), schema);
            }
            Some("object") => return self.map(&schema["additionalProperties"]),
            other => panic!("no Python type for {other:?} in {schema}"),
        };
        vec![simple.to_owned()]
    }

    /// A lone value stands for a list of one.
    fn list(&mut self, schema: &Value) -> Vec<String> {
        let mut alternatives = self.alternatives(&schema["items"]);
        let element = union(alternatives.clone());
        alternatives.push(format!("Sequence[{element}]"));
        if schema["uniqueItems"] == true {
            alternatives.push(format!("AbstractSet[{element}]"));
        }
        alternatives
    }

    /// Numbers among texts can only mean their text.
    fn map(&mut self, values: &Value) -> Vec<String> {
        let mut alternatives = self.alternatives(values);
        if kind_of(values) == Some("string") {
            alternatives.extend(["int".to_owned(), "bool".to_owned()]);
        }
        vec![format!("Mapping[str, {}]", union(alternatives))]
    }

    /// The class `name`, and what stands for it in short: the value of its first field, where no other is required.
    fn class(&mut self, name: &str, schema: &Value) -> Vec<String> {
        if !self.written.contains(name) {
            self.wanted.insert(name.to_owned(), schema.clone());
        }
        let mut alternatives = vec![name.to_owned()];
        let first = schema["x-arguments"][0]
            .as_str()
            .filter(|first| !first.ends_with("..."));
        if let Some(first) = first
            && schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .all(|field| field == first)
        {
            let short = schema["properties"][first].clone();
            alternatives.extend(self.alternatives(&short));
        }
        alternatives
    }

    fn object_of(&self, union: &Value) -> Option<Value> {
        let several = union["anyOf"].as_array()?;
        several
            .iter()
            .map(|one| self.resolve(one).1)
            .find(|one| one.get("properties").is_some())
            .cloned()
    }
}

/// The JSON type, without null.
pub(crate) fn kind_of(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

/// The words of an enumeration, quoted.
fn words(schema: &Value) -> Option<Vec<String>> {
    if let Some(words) = schema["enum"].as_array() {
        return Some(
            words
                .iter()
                .filter(|word| !word.is_null())
                .map(ToString::to_string)
                .collect(),
        );
    }
    let constants = schema["oneOf"].as_array()?;
    constants
        .iter()
        .map(|constant| constant["const"].as_str().map(|word| format!("{word:?}")))
        .collect()
}

fn union(alternatives: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    let different: Vec<_> = alternatives
        .into_iter()
        .filter(|one| seen.insert(one.clone()))
        .collect();
    different.join(" | ")
}

/// The name of a class: `RateLimit` for `rate-limit`.
fn capitalised(tag: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    tag.split('-').map(capital).collect()
}
