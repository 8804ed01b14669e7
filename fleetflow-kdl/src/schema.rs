//! Reads a kind's JSON schema the way a KDL node needs it: which fields there are, which of them take arguments, what
//! shape a value has. It holds no value against the schema; core does that.

use fleetflow_core::model::did_you_mean;
use serde_json::Value;

/// A place in a schema document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'s> {
    root: &'s Value,
    here: &'s Value,
}

/// What a value looks like in KDL.
#[derive(Clone, Debug)]
pub(crate) enum Shape<'s> {
    /// One argument.
    Scalar,
    /// Elements, one for each argument or node.
    List { items: Schema<'s>, tagged: bool },
    /// A block of keys.
    Map(Schema<'s>),
    /// A node with fields.
    Object,
    /// One of several shapes.
    Union,
    /// Nothing is known about it.
    Any,
}

/// A field that a positional argument fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Positional<'s> {
    pub(crate) name: &'s str,
    /// Whether it takes all the rest.
    pub(crate) rest: bool,
}

impl<'s> Schema<'s> {
    pub(crate) fn new(root: &'s Value) -> Self {
        Self { root, here: root }
    }

    fn at(self, here: &'s Value) -> Self {
        Self { here, ..self }.resolved()
    }

    /// Through `$ref` and through unions that only say "or null". Keywords beside those stay findable: see `keyword`.
    fn resolved(self) -> Self {
        let mut schema = self;
        // A chain of references is as long as types are nested in wrappers; a cycle of them would be no schema.
        for _ in 0..16 {
            match schema.step() {
                Some(next) => schema = Self { here: next, ..schema },
                None => break,
            }
        }
        schema
    }

    fn step(self) -> Option<&'s Value> {
        if let Some(pointer) = self.here.get("$ref").and_then(Value::as_str) {
            return self.root.pointer(pointer.trim_start_matches('#'));
        }
        let mut listed = self.listed()?;
        listed.next().filter(|_| listed.next().is_none())
    }

    /// What a union lists, but for "or null".
    fn listed(self) -> Option<impl Iterator<Item = &'s Value>> {
        let all = self
            .here
            .get("anyOf")
            .or_else(|| self.here.get("oneOf"))?
            .as_array()?;
        let is_null = |one: &Value| one.get("type").and_then(Value::as_str) == Some("null");
        Some(all.iter().filter(move |one| !is_null(one)))
    }

    /// The alternatives of a union, or the schema itself.
    pub(crate) fn alternatives(self) -> Vec<Self> {
        let schema = self.resolved();
        match schema.listed() {
            Some(all) => all
                .flat_map(|one| Self { here: one, ..schema }.alternatives())
                .collect(),
            None => vec![schema],
        }
    }

    /// The first alternative of which `found` says something. Nothing is kept of the others: a file has many values of a union.
    fn find<T>(self, found: &dyn Fn(Self) -> Option<T>) -> Option<T> {
        let schema = self.resolved();
        match schema.listed() {
            Some(mut all) => all.find_map(|one| Self { here: one, ..schema }.find(found)),
            None => found(schema),
        }
    }

    fn any(self, is: fn(Self) -> bool) -> bool {
        self.find(&|one| is(one).then_some(())).is_some()
    }

    pub(crate) fn shape(self) -> Shape<'s> {
        let schema = self.resolved();
        if schema.listed().is_some_and(|mut all| all.next().is_some()) {
            return if schema.any(|one| !one.is_scalar()) {
                Shape::Union
            } else {
                Shape::Scalar
            };
        }
        match schema.json_type() {
            Some("array") => schema.list(self),
            Some("object") => schema.object(),
            Some(_) => Shape::Scalar,
            None if schema.is_scalar() => Shape::Scalar,
            None => Shape::Any,
        }
    }

    fn list(self, field: Self) -> Shape<'s> {
        let tagged = field
            .keyword("x-tagged")
            .and_then(Value::as_bool)
            .unwrap_or(false);
        match self.here.get("items") {
            Some(items) => Shape::List {
                items: Self { here: items, ..self },
                tagged,
            },
            None => Shape::Any,
        }
    }

    fn object(self) -> Shape<'s> {
        match self.here.get("additionalProperties") {
            Some(values) if values.is_object() && self.here.get("properties").is_none() => {
                Shape::Map(self.at(values))
            }
            _ => Shape::Object,
        }
    }

    /// The JSON type it asks for; `["string", "null"]` asks for a string.
    pub(crate) fn json_type(self) -> Option<&'s str> {
        match self.resolved().here.get("type")? {
            Value::String(name) => Some(name),
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .find(|name| *name != "null"),
            _ => None,
        }
    }

    fn is_scalar(self) -> bool {
        match self.json_type() {
            Some(name) => !matches!(name, "object" | "array"),
            None => ["enum", "const", "x-input"]
                .iter()
                .any(|keyword| self.here.get(keyword).is_some()),
        }
    }

    /// Whether an argument alone can be the value.
    pub(crate) fn accepts_scalar(self) -> bool {
        self.any(Self::is_scalar)
    }

    pub(crate) fn accepts_type(self, name: &str) -> bool {
        self.find(&|one| (one.json_type() == Some(name)).then_some(()))
            .is_some()
    }

    /// The words that an enumeration allows.
    pub(crate) fn words(self) -> Vec<&'s str> {
        let text = |value: &'s Value| value.as_str();
        let of = |one: Self| {
            let listed = one
                .here
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let one = one.here.get("const").into_iter();
            listed.chain(one).filter_map(text)
        };
        self.alternatives().into_iter().flat_map(of).collect()
    }

    /// One of our own keywords, on the field or on what it refers to, or on any scalar alternative.
    pub(crate) fn keyword(self, name: &str) -> Option<&'s Value> {
        if let Some(found) = self.here.get(name) {
            return Some(found);
        }
        if let Some(next) = self.step() {
            return Self { here: next, ..self }.keyword(name);
        }
        let mut alternatives = self.listed()?;
        alternatives.find_map(|one| Self { here: one, ..self }.keyword(name))
    }

    /// The fields that positional arguments fill, in order.
    pub(crate) fn positional(self) -> Vec<Positional<'s>> {
        let names = self
            .resolved()
            .here
            .get("x-arguments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let one = |name: &'s str| Positional {
            name: name.trim_end_matches("..."),
            rest: name.ends_with("..."),
        };
        names.filter_map(Value::as_str).map(one).collect()
    }

    /// The field called `name` in `snake_case`, or by one of its other names; with its real name.
    pub(crate) fn field(self, name: &str) -> Option<(&'s str, Self)> {
        let schema = self.resolved();
        let fields = schema.here.get("properties")?.as_object()?;
        let (name, here) = fields.get_key_value(name).or_else(|| {
            fields.iter().find(|(_, field)| {
                Self {
                    here: field,
                    ..schema
                }
                .is_called(name)
            })
        })?;
        Some((name, Self { here, ..schema }))
    }

    fn is_called(self, name: &str) -> bool {
        let aliases = self
            .keyword("x-aliases")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        aliases
            .filter_map(Value::as_str)
            .any(|alias| snake(alias) == name)
    }

    /// The names of all fields but the tag.
    pub(crate) fn field_names(self) -> Vec<&'s str> {
        let fields = self
            .resolved()
            .here
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        fields
            .filter(|(_, field)| field.get("const").is_none())
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The variant of a tagged union whose `type` is `name` in either spelling; with the tag as the schema spells it.
    pub(crate) fn variant(self, name: &str) -> Option<(&'s str, Self)> {
        let name = snake(name);
        self.find(&|one| one.tag().filter(|tag| snake(tag) == name).map(|tag| (tag, one)))
    }

    /// The variant whose `type` is exactly `name`.
    pub(crate) fn tagged(self, name: &str) -> Option<Self> {
        self.find(&|one| (one.tag() == Some(name)).then_some(one))
    }

    pub(crate) fn has_variants(self) -> bool {
        self.any(|one| one.tag().is_some())
    }

    /// The tags of all variants.
    pub(crate) fn tags(self) -> Vec<&'s str> {
        self.alternatives().into_iter().filter_map(Self::tag).collect()
    }

    fn tag(self) -> Option<&'s str> {
        self.here.get("properties")?.get("type")?.get("const")?.as_str()
    }
}

/// `allowed-origins` is `allowed_origins` in schemas.
pub(crate) fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// `allowed_origins` is `allowed-origins` in KDL.
pub(crate) fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

/// "did you mean `x`?", or the list of what is known.
pub(crate) fn suggestion<'c>(word: &str, known: impl IntoIterator<Item = &'c str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shapes_are_seen_through_references_and_options() {
        let root = json!({
            "$defs": {"plan": {"type": "object", "properties": {"core": {"type": "integer"}}, "x-arguments": ["core", "tags..."]}},
            "type": "object",
            "properties": {
                "plan": {"anyOf": [{"$ref": "#/$defs/plan"}, {"type": "null"}], "x-aliases": ["size"]},
                "note": {"type": ["string", "null"], "x-path": true},
                "env": {"type": "object", "additionalProperties": {"type": "string", "x-input": "text"}},
                "port": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"$ref": "#/$defs/plan"}]}},
                "class": {"oneOf": [{"const": "a", "type": "string"}, {"const": "b", "type": "string"}]},
            },
        });
        let schema = Schema::new(&root);
        let (name, plan) = schema.field("size").unwrap();
        assert_eq!(name, "plan");
        assert!(matches!(plan.shape(), Shape::Object));
        assert_eq!(
            plan.positional()[1],
            Positional {
                name: "tags",
                rest: true
            }
        );
        let field = |name| schema.field(name).unwrap().1;
        assert!(matches!(field("note").shape(), Shape::Scalar) && field("note").keyword("x-path").is_some());
        assert!(matches!(field("class").shape(), Shape::Scalar));
        let Shape::Map(values) = field("env").shape() else {
            panic!("a map")
        };
        assert!(values.keyword("x-input").is_some());
        let Shape::List { items, tagged: false } = field("port").shape() else {
            panic!("a list")
        };
        assert!(
            items.accepts_scalar()
                && matches!(items.shape(), Shape::Union)
                && items.alternatives().len() == 3
        );
    }
}
