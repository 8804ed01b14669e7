//! A kind's JSON schema the way a KDL node needs it: which fields there are, which of them take arguments, what shape a
//! value has. It holds no value against the schema; core does that.

mod grammar;

use fleetflow_core::model::did_you_mean;
use serde_json::Value;

pub(crate) use grammar::{Grammar, Positional};
use grammar::{Place, Sort};

/// A place in a schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'s> {
    grammar: &'s Grammar,
    at: usize,
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

impl<'s> Schema<'s> {
    fn on(self, at: usize) -> Self {
        Self { at, ..self }
    }

    fn here(self) -> &'s Place {
        self.grammar.place(self.at)
    }

    /// Through `$ref` and through unions that only say "or null". Keywords beside those stay findable: see `keyword`.
    fn resolved(self) -> Self {
        self.on(self.here().leads_to)
    }

    /// The alternatives of a union, or the schema itself.
    pub(crate) fn alternatives(self) -> Vec<Self> {
        let schema = self.resolved();
        match &schema.here().alternatives {
            Some(all) => all
                .iter()
                .flat_map(|one| schema.on(*one).alternatives())
                .collect(),
            None => vec![schema],
        }
    }

    /// The first alternative of which `found` says something. Nothing is kept of the others: a file has many values of a union.
    fn find<T>(self, found: &dyn Fn(Self) -> Option<T>) -> Option<T> {
        let schema = self.resolved();
        match &schema.here().alternatives {
            Some(all) => all.iter().find_map(|one| schema.on(*one).find(found)),
            None => found(schema),
        }
    }

    fn any(self, is: fn(Self) -> bool) -> bool {
        self.find(&|one| is(one).then_some(())).is_some()
    }

    pub(crate) fn shape(self) -> Shape<'s> {
        let schema = self.resolved();
        let place = schema.here();
        if place.alternatives.as_ref().is_some_and(|all| !all.is_empty()) {
            return if schema.any(|one| !one.is_scalar()) {
                Shape::Union
            } else {
                Shape::Scalar
            };
        }
        match place.sort {
            Sort::List(Some(items)) => Shape::List {
                items: self.on(items),
                tagged: self.keyword("x-tagged") == Some(&Value::Bool(true)),
            },
            Sort::Map(values) => Shape::Map(self.on(values).resolved()),
            Sort::Object => Shape::Object,
            Sort::Scalar => Shape::Scalar,
            Sort::List(None) | Sort::Any => Shape::Any,
        }
    }

    /// The JSON type it asks for; `["string", "null"]` asks for a string.
    pub(crate) fn json_type(self) -> Option<&'s str> {
        self.resolved().here().json_type.as_deref()
    }

    fn is_scalar(self) -> bool {
        matches!(self.resolved().here().sort, Sort::Scalar)
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
        let of = |one: Self| {
            let listed = one
                .keyword("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            listed.chain(one.keyword("const")).filter_map(Value::as_str)
        };
        self.alternatives().into_iter().flat_map(of).collect()
    }

    /// One of our own keywords, on the field or on what it refers to, or on any scalar alternative.
    pub(crate) fn keyword(self, name: &str) -> Option<&'s Value> {
        self.here().keywords.get(name)
    }

    /// The fields that positional arguments fill, in order.
    pub(crate) fn positional(self) -> &'s [Positional] {
        &self.resolved().here().positional
    }

    /// The field called `name` in `snake_case`, or by one of its other names; with its real name.
    pub(crate) fn field(self, name: &str) -> Option<(&'s str, Self)> {
        let place = self.resolved().here();
        let real = match place.aliases.get(name) {
            Some(real) if !place.fields.contains_key(name) => real,
            _ => name,
        };
        let (name, at) = place.fields.get_key_value(real)?;
        Some((name, self.on(*at)))
    }

    /// The names of all fields but the tag.
    pub(crate) fn field_names(self) -> Vec<&'s str> {
        let fields = self.resolved().here().fields.iter();
        fields
            .filter(|(_, at)| !self.on(**at).here().is_constant)
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
        self.here().tag.as_deref()
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
                "type": {"const": "thing", "type": "string"},
                "class": {"oneOf": [{"const": "a", "type": "string"}, {"const": "b", "type": "string"}]},
            },
        });
        let grammar = Grammar::new(&root);
        let schema = grammar.root();
        let (name, plan) = schema.field("size").unwrap();
        assert_eq!(name, "plan");
        assert!(matches!(plan.shape(), Shape::Object));
        assert_eq!(
            plan.positional()[1],
            Positional {
                name: "tags".to_owned(),
                rest: true
            }
        );
        let field = |name| schema.field(name).unwrap().1;
        assert!(matches!(field("note").shape(), Shape::Scalar) && field("note").keyword("x-path").is_some());
        assert!(matches!(field("class").shape(), Shape::Scalar));
        // One of several constants is a field like any other; one constant is a tag.
        assert_eq!(schema.field_names(), ["class", "env", "note", "plan", "port"]);
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
