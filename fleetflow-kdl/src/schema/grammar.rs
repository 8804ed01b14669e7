//! A JSON schema, read once: a file has thousands of values of the same few fields, and each asks the same of their schemas.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Schema, snake};

/// A schema with all that it refers to.
#[derive(Debug)]
pub(crate) struct Grammar {
    places: Vec<Place>,
}

/// A part of a schema that is a schema itself.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Where `$ref`s and unions that only say "or null" lead: mostly here.
    pub(super) leads_to: usize,
    /// What a union lists, but for "or null".
    pub(super) alternatives: Option<Vec<usize>>,
    pub(super) json_type: Option<String>,
    pub(super) sort: Sort,
    /// Whether it is itself one constant, as the tag of a variant is.
    pub(super) is_constant: bool,
    /// What is said beside the structure: here, then where this leads to, then in the alternatives.
    pub(super) keywords: Keywords,
    pub(super) fields: BTreeMap<String, usize>,
    /// The real names of fields by their other names, in `snake_case`.
    pub(super) aliases: BTreeMap<String, String>,
    pub(super) positional: Vec<Positional>,
    /// Of a variant: what its field `type` says.
    pub(super) tag: Option<String>,
}

/// What a value is, where it is not one of several.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Sort {
    Scalar,
    /// Of elements with this schema, where one is given.
    List(Option<usize>),
    /// Of values with this schema.
    Map(usize),
    Object,
    #[default]
    Any,
}

/// A field that a positional argument fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Positional {
    pub(crate) name: String,
    /// Whether it takes all the rest.
    pub(crate) rest: bool,
}

/// Few, of which most are not asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Keywords(Vec<(String, Value)>);

impl Keywords {
    /// Keywords that say how a schema is put together: the places say that.
    const STRUCTURE: [&str; 8] = [
        "$ref",
        "$defs",
        "anyOf",
        "oneOf",
        "items",
        "properties",
        "additionalProperties",
        "required",
    ];

    fn of(schema: &Value) -> Self {
        let own = schema.as_object().into_iter().flatten();
        let said = own.filter(|(name, _)| !Self::STRUCTURE.contains(&name.as_str()));
        Self(said.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn extend(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            if self.get(name).is_none() {
                self.0.push((name.clone(), value.clone()));
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }
}

impl Grammar {
    pub(crate) fn new(schema: &Value) -> Self {
        let mut reading = Reading {
            root: schema,
            places: Vec::new(),
            read: BTreeMap::new(),
        };
        reading.place(schema);
        Self {
            places: reading.places,
        }
    }

    /// The schema itself.
    pub(crate) fn root(&self) -> Schema<'_> {
        Schema { grammar: self, at: 0 }
    }

    pub(super) fn place(&self, at: usize) -> &Place {
        &self.places[at]
    }
}

/// A grammar in the making.
struct Reading<'v> {
    root: &'v Value,
    places: Vec<Place>,
    /// What was read already, or is being read, by where it is: types may be nested in themselves.
    read: BTreeMap<*const Value, usize>,
}

impl<'v> Reading<'v> {
    fn place(&mut self, schema: &'v Value) -> usize {
        if let Some(at) = self.read.get(&std::ptr::from_ref(schema)) {
            return *at;
        }
        let at = self.places.len();
        self.read.insert(schema, at);
        self.places.push(Place {
            leads_to: at,
            ..Place::default()
        });
        self.places[at] = match self.next(schema) {
            Some(next) => self.leading(schema, next),
            None => self.final_place(schema, at),
        };
        at
    }

    fn next(&self, schema: &'v Value) -> Option<&'v Value> {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            return self.root.pointer(pointer.trim_start_matches('#'));
        }
        let mut listed = listed(schema)?;
        listed.next().filter(|_| listed.next().is_none())
    }

    fn leading(&mut self, schema: &'v Value, next: &'v Value) -> Place {
        let next = self.place(next);
        let next = &self.places[next];
        let mut keywords = Keywords::of(schema);
        keywords.extend(&next.keywords);
        Place {
            leads_to: next.leads_to,
            keywords,
            ..Place::default()
        }
    }

    fn final_place(&mut self, schema: &'v Value, at: usize) -> Place {
        let alternatives = listed(schema).map(|all| all.map(|one| self.place(one)).collect::<Vec<_>>());
        let mut keywords = Keywords::of(schema);
        for one in alternatives.iter().flatten() {
            keywords.extend(&self.places[*one].keywords);
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = || properties.into_iter().flatten();
        let json_type = json_type(schema);
        Place {
            leads_to: at,
            sort: self.sort(schema, json_type),
            is_constant: schema.get("const").is_some(),
            fields: properties()
                .map(|(name, field)| (name.clone(), self.place(field)))
                .collect(),
            aliases: properties()
                .flat_map(|(name, _)| self.aliases(schema, name))
                .collect(),
            positional: positional(schema),
            tag: schema
                .pointer("/properties/type/const")
                .and_then(Value::as_str)
                .map(str::to_owned),
            json_type: json_type.map(str::to_owned),
            alternatives,
            keywords,
        }
    }

    fn sort(&mut self, schema: &'v Value, json_type: Option<&str>) -> Sort {
        let is_constant = ["enum", "const", "x-input"]
            .iter()
            .any(|keyword| schema.get(keyword).is_some());
        match json_type {
            Some("array") => Sort::List(schema.get("items").map(|items| self.place(items))),
            Some("object") => match schema.get("additionalProperties") {
                Some(values) if values.is_object() && schema.get("properties").is_none() => {
                    Sort::Map(self.place(values))
                }
                _ => Sort::Object,
            },
            Some(_) => Sort::Scalar,
            None if is_constant => Sort::Scalar,
            None => Sort::Any,
        }
    }

    /// The other names of the field `name`, with it.
    fn aliases(&self, schema: &Value, name: &str) -> Vec<(String, String)> {
        let field = schema.get("properties").and_then(|fields| fields.get(name));
        let place = field.and_then(|field| self.read.get(&std::ptr::from_ref(field)));
        let said = place.and_then(|at| self.places[*at].keywords.get("x-aliases"));
        let said = said.and_then(Value::as_array).into_iter().flatten();
        said.filter_map(Value::as_str)
            .map(|alias| (snake(alias), name.to_owned()))
            .collect()
    }
}

/// What a union lists, but for "or null".
fn listed(schema: &Value) -> Option<impl Iterator<Item = &Value>> {
    let all = schema.get("anyOf").or_else(|| schema.get("oneOf"))?.as_array()?;
    let is_null = |one: &Value| one.get("type").and_then(Value::as_str) == Some("null");
    Some(all.iter().filter(move |one| !is_null(one)))
}

/// The JSON type it asks for; `["string", "null"]` asks for a string.
fn json_type(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        _ => None,
    }
}

fn positional(schema: &Value) -> Vec<Positional> {
    let names = schema
        .get("x-arguments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let one = |name: &str| Positional {
        name: name.trim_end_matches("...").to_owned(),
        rest: name.ends_with("..."),
    };
    names.filter_map(Value::as_str).map(one).collect()
}
