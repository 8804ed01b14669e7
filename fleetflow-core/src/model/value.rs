//! Values that may not be known yet: inputs, outputs, secrets, and the one walk over encoded values that finds and
//! resolves them. Encoded, each is an object with a single `$` key; nothing else in a declaration looks like that.

use std::marker::PhantomData;
use std::net::Ipv4Addr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::path::Trail;
use super::{Address, OutputRef, Path};

const REFERENCE: &str = "$ref";
const TEXT: &str = "$text";
const SECRET: &str = "$secret";
const UNKNOWN: &str = "$unknown";
const MISTAKEN: &str = "$mistaken";

/// A type that an output can have and an input can ask for.
pub trait ValueType: 'static {
    /// Its name in schemas and messages.
    const NAME: &'static str;
}

impl ValueType for String {
    const NAME: &'static str = "text";
}
impl ValueType for Ipv4Addr {
    const NAME: &'static str = "ipv4";
}

/// An output of a resource, known when the resource exists: what `server.ip()` returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output<T> {
    reference: OutputRef,
    value: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// The output `name` of the resource at `address`.
    pub fn new(address: &Address, name: &str) -> Self {
        Self {
            reference: address.output(name),
            value: PhantomData,
        }
    }

    /// What it refers to.
    pub fn reference(&self) -> &OutputRef {
        &self.reference
    }
}

/// A field's value: a literal, an [`Output`] of another resource, a text with outputs in it, or a secret.
///
/// ```
/// use fleetflow_core::{Address, model::{Input, Output}};
///
/// let ip: Output<std::net::Ipv4Addr> = Output::new(&Address::new("server", "web"), "ip");
/// let host: Input<String> = ip.clone().into();
/// let url = Input::text(["http://".into(), ip.into(), "/health".into()]);
/// assert_eq!(serde_json::to_value(&host)?, serde_json::json!({"$ref": "server.web.ip"}));
/// assert_eq!(serde_json::to_value(&url)?["$text"][0], "http://");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<T> {
    /// A value known now.
    Value(T),
    /// An output of another resource.
    Reference(OutputRef),
    /// A text put together from literals, references and secrets.
    Text(Vec<Input<String>>),
    /// A secret of the stack, by its name there. The value itself is never part of a declaration.
    Secret(String),
}

impl Input<String> {
    /// A text put together from parts.
    pub fn text(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Text(parts.into_iter().collect())
    }

    /// The secret that the stack holds under `name`; see [`Stack::secret`](crate::Stack::secret).
    pub fn secret(name: impl Into<String>) -> Self {
        Self::Secret(name.into())
    }
}

impl<T> Input<T> {
    /// The value, where it is known now.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}

impl<T> From<T> for Input<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Output<T>> for Input<T> {
    fn from(output: Output<T>) -> Self {
        Self::Reference(output.reference)
    }
}

impl From<Output<Ipv4Addr>> for Input<String> {
    fn from(output: Output<Ipv4Addr>) -> Self {
        Self::Reference(output.reference)
    }
}

impl From<&str> for Input<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl From<Input<Ipv4Addr>> for Input<String> {
    fn from(input: Input<Ipv4Addr>) -> Self {
        match input {
            Input::Value(address) => Self::Value(address.to_string()),
            Input::Reference(reference) => Self::Reference(reference),
            Input::Text(parts) => Self::Text(parts),
            Input::Secret(name) => Self::Secret(name),
        }
    }
}

impl<T: Serialize> Serialize for Input<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::Reference(reference) => json!({ REFERENCE: reference }).serialize(serializer),
            Self::Text(parts) => serializer.collect_map([(TEXT, parts)]),
            Self::Secret(name) => json!({ SECRET: name }).serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match Marker::of(&value) {
            Some(Marker::Reference(text)) => text.parse().map(Self::Reference).map_err(D::Error::custom),
            Some(Marker::Secret(name)) => Ok(Self::Secret(name.to_owned())),
            Some(Marker::Text(parts)) => Vec::deserialize(Value::Array(parts.clone()))
                .map(Self::Text)
                .map_err(D::Error::custom),
            Some(Marker::Unknown(reference)) => {
                Err(D::Error::custom(format!("`{reference}` is not known yet")))
            }
            Some(Marker::Mistaken) => Err(D::Error::custom(UNREAD)),
            None => T::deserialize(value).map(Self::Value).map_err(D::Error::custom),
        }
    }
}

impl<T: JsonSchema + ValueType> JsonSchema for Input<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Input_{}", T::NAME).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-input".to_owned(), T::NAME.into());
        schema
    }
}

/// An encoded value that is not a literal.
pub(crate) enum Marker<'v> {
    Reference(&'v str),
    Text(&'v Vec<Value>),
    Secret(&'v str),
    Unknown(&'v str),
    Mistaken,
}

impl<'v> Marker<'v> {
    /// Whether it stands for what could not be read, all of it or a part of a text.
    pub(super) fn is_mistaken(&self) -> bool {
        match self {
            Self::Mistaken => true,
            Self::Text(parts) => parts.iter().any(is_mistaken),
            _ => false,
        }
    }

    /// What `value` stands for, if it is not a literal.
    pub(crate) fn of(value: &'v Value) -> Option<Self> {
        let object = value.as_object()?;
        let (key, inner) = object.iter().next().filter(|_| object.len() == 1)?;
        match (key.as_str(), inner) {
            (REFERENCE, Value::String(text)) => Some(Self::Reference(text)),
            (TEXT, Value::Array(parts)) => Some(Self::Text(parts)),
            (SECRET, Value::String(name)) => Some(Self::Secret(name)),
            (UNKNOWN, Value::String(text)) => Some(Self::Unknown(text)),
            (MISTAKEN, Value::Bool(true)) => Some(Self::Mistaken),
            _ => None,
        }
    }
}

/// What is wrong with a place that [`mistaken`] marks.
pub(super) const UNREAD: &str = "what stands here could not be read";

/// What a front end writes in the place of a value that it could not read, and has told of: the environment variable is not
/// set, the number is too large. A declaration with one is refused at that very place, which is a mistake that the front end
/// leaves out; and nothing is told that only follows from it, as would be of a value that is not there.
///
/// ```
/// use fleetflow_core::model::{Declaration, mistaken};
/// use fleetflow_core::Stack;
/// use serde_json::json;
///
/// let stack = |image| {
///     let group = json!({"name": "g", "service": [{"name": "a", "image": image}]});
///     Stack::new("shop", "dev").add(Declaration::new("service-group.g".parse().unwrap(), group))
/// };
/// let told = |image| stack(image).check().iter().map(|problem| problem.path.to_string()).collect::<Vec<_>>();
/// assert_eq!(told(mistaken()), ["service[0].image"]);
/// // Nothing to run: that follows from there being none.
/// assert_eq!(told(json!(null)), ["service[0]"]);
/// ```
pub fn mistaken() -> Value {
    json!({ MISTAKEN: true })
}

/// Whether `value` could not be read, or is a text of which a part could not be.
pub fn is_mistaken(value: &Value) -> bool {
    Marker::of(value).is_some_and(|marker| marker.is_mistaken())
}

/// The encoded form of a value that will be known after the run.
pub(crate) fn unknown(reference: &str) -> Value {
    json!({ UNKNOWN: reference })
}

/// Whether `value` is, or contains, something that will be known only after the run.
pub fn has_unknown(value: &Value) -> bool {
    match Marker::of(value) {
        Some(Marker::Unknown(_)) => true,
        Some(Marker::Text(parts)) => parts.iter().any(has_unknown),
        Some(_) => false,
        None => children(value).any(has_unknown),
    }
}

/// Every reference in an encoded declaration, with its place.
pub fn references(value: &Value) -> Vec<(Path, OutputRef)> {
    let mut found = Vec::new();
    visit(value, &Trail::Root, &mut |path, marker| {
        if let Marker::Reference(text) = marker
            && let Ok(reference) = text.parse()
        {
            found.push((path.path(), reference));
        }
    });
    found
}

/// The names of every secret in an encoded declaration, with their places.
pub fn secrets(value: &Value) -> Vec<(Path, String)> {
    let mut found = Vec::new();
    visit(value, &Trail::Root, &mut |path, marker| {
        if let Marker::Secret(name) = marker {
            found.push((path.path(), (*name).to_owned()));
        }
    });
    found
}

/// Whether [`resolve`] would leave `value` as it is.
pub(super) fn is_resolved(value: &Value) -> bool {
    match Marker::of(value) {
        Some(Marker::Reference(_) | Marker::Text(_)) => false,
        Some(_) => true,
        None => children(value).all(is_resolved),
    }
}

/// Replaces references by what `lookup` knows, and texts whose parts are all literal by the joined text.
/// What `lookup` does not know becomes unknown. Secrets stay.
pub fn resolve(value: &Value, lookup: &dyn Fn(&OutputRef) -> Option<Value>) -> Value {
    match Marker::of(value) {
        Some(Marker::Reference(text)) => text
            .parse()
            .ok()
            .and_then(|reference| lookup(&reference))
            .unwrap_or_else(|| unknown(text)),
        Some(Marker::Text(parts)) => join(parts.iter().map(|part| resolve(part, lookup)).collect()),
        Some(_) => value.clone(),
        None => map_children(value, &|child| resolve(child, lookup)),
    }
}

/// Replaces secrets by what `reveal` answers. The result must not be stored or printed.
pub(crate) fn reveal(value: &Value, lookup: &dyn Fn(&str) -> Option<Value>) -> Value {
    match Marker::of(value) {
        Some(Marker::Secret(name)) => lookup(name).unwrap_or_else(|| value.clone()),
        Some(Marker::Text(parts)) => join(parts.iter().map(|part| reveal(part, lookup)).collect()),
        Some(_) => value.clone(),
        None => map_children(value, &|child| reveal(child, lookup)),
    }
}

fn join(parts: Vec<Value>) -> Value {
    if let Some(unknown) = parts
        .iter()
        .find(|part| matches!(Marker::of(part), Some(Marker::Unknown(_))))
    {
        return unknown.clone();
    }
    if parts.iter().any(|part| Marker::of(part).is_some()) {
        return json!({ TEXT: parts });
    }
    Value::String(parts.iter().map(plain_text).collect())
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn visit(value: &Value, path: &Trail<'_>, found: &mut dyn FnMut(&Trail<'_>, &Marker<'_>)) {
    if let Some(marker) = Marker::of(value) {
        found(path, &marker);
        if let Marker::Text(parts) = marker {
            parts.iter().for_each(|part| visit(part, path, found));
        }
        return;
    }
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| visit(item, &path.index(index), found));
        }
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, field)| visit(field, &path.key(key), found)),
        _ => {}
    }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn map_children(value: &Value, change: &dyn Fn(&Value) -> Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(change).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (key.clone(), change(field)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_joined_when_all_of_it_is_known() {
        let url = json!({"url": {"$text": ["postgres://", {"$ref": "server.db.ip"}, ":5432"]}});
        let known = resolve(&url, &|_| Some(json!("192.0.2.1")));
        assert_eq!(known, json!({"url": "postgres://192.0.2.1:5432"}));
        let open = resolve(&url, &|_| None);
        assert_eq!(open, json!({"url": {"$unknown": "server.db.ip"}}));
        assert!(has_unknown(&open));
    }

    #[test]
    fn the_walk_finds_references_inside_texts_with_the_field_as_place() {
        let spec = json!({"env": {"DB": {"$text": [{"$ref": "server.db.ip"}, {"$secret": "env:PW"}]}}});
        let path = Path::root().key("env").key("DB");
        assert_eq!(
            references(&spec),
            vec![(path.clone(), "server.db.ip".parse().unwrap())]
        );
        assert_eq!(secrets(&spec), vec![(path, "env:PW".to_owned())]);
    }

    #[test]
    fn inputs_survive_encoding() {
        let inputs = vec![
            Input::from("plain"),
            Input::Reference("server.web.ip".parse().unwrap()),
            Input::text(["a".into(), Input::secret("pw")]),
        ];
        let encoded = serde_json::to_value(&inputs).unwrap();
        assert_eq!(
            serde_json::from_value::<Vec<Input<String>>>(encoded).unwrap(),
            inputs
        );
    }
}
