//! What a declaration that does not fit its schema may have been meant to be: the same one, with values that fit in the
//! places of its mistakes. What is wrong with all of these is wrong whatever stands there. It judges nothing itself.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::conform::{alternatives, fitted, kind_of, schema_at};
use super::{Path, Problem, Segment, format};
use crate::codes;

/// What stands in the place of a mistake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Instead<'t> {
    /// Nothing where nothing may stand, elsewhere the least.
    Nothing,
    /// The least that fits.
    Least,
    /// Much that fits.
    Most,
    /// This text where one may stand, elsewhere the least.
    Text(&'t str),
}

/// What stands in which place.
pub type Choice<'c> = dyn Fn(&Path) -> Instead<'c> + 'c;

/// Fields that are lacking once others are taken out, blocks that those lack in turn: deeper no schema goes.
const ROUNDS: usize = 4;

/// `declared` with other values in the places of its mistakes; none where that makes nothing that fits.
pub(super) fn supposed(schema: &Value, declared: &Value) -> Vec<Value> {
    let all = [Instead::Nothing, Instead::Least, Instead::Most].into_iter();
    let mut supposed: Vec<_> = all
        .filter_map(|instead| supposed_as(schema, declared, &|_| instead))
        .collect();
    supposed.dedup();
    supposed
}

/// The same with what `instead` says of each of these places.
pub(super) fn supposed_as(schema: &Value, declared: &Value, instead: &Choice<'_>) -> Option<Value> {
    mended(schema, declared.clone(), instead)
}

/// What `of` says of every one of `supposed`.
pub(super) fn of_all<T>(supposed: &[T], of: impl Fn(&T) -> Vec<Problem>) -> Vec<Problem> {
    let mut each = supposed.iter().map(of);
    let mut common = each.next().unwrap_or_default();
    for told in each {
        let told: BTreeSet<_> = told.iter().map(Problem::key).collect();
        common.retain(|problem| told.contains(&problem.key()));
    }
    common
}

fn mended(schema: &Value, mut value: Value, instead: &Choice<'_>) -> Option<Value> {
    for _ in 0..ROUNDS {
        let (fitting, problems) = fitted(schema, value);
        value = fitting;
        if problems.is_empty() {
            return Some(value);
        }
        for problem in &problems {
            mend(schema, &mut value, problem, instead(&problem.path))?;
        }
    }
    None
}

/// Nothing, where the place of the problem is none that something else could stand in.
fn mend(schema: &Value, value: &mut Value, problem: &Problem, instead: Instead<'_>) -> Option<()> {
    let is_missing = problem.code == Some(&codes::MISSING);
    if problem.code == Some(&codes::UNKNOWN_FIELD) {
        put(value, &problem.path, None)?;
    }
    let place = match &problem.about {
        // What a misspelt field was meant to be.
        Some(meant) if !is_missing && (instead == Instead::Nothing || meant.of(value).is_some()) => {
            return Some(());
        }
        Some(about) => about,
        None if problem.code == Some(&codes::UNKNOWN_FIELD) => return Some(()),
        None => &problem.path,
    };
    let is_element = matches!(place.segments().last(), Some(Segment::Index(_)));
    let leaves_out = instead == Instead::Nothing && !is_missing && !is_element;
    if leaves_out {
        return put(value, place, None);
    }
    // Of a variant that does not exist the schema says nothing: then the whole of it is another one.
    let (place, schema) = holders(place).find_map(|place| {
        let schema = schema_of(schema, &place, value)?;
        Some((place, schema))
    })?;
    put(value, &place, Some(fitting(schema, instead)))
}

/// `path` and the paths of what it lies in, the innermost first; the whole declaration is none.
pub(super) fn holders(path: &Path) -> impl Iterator<Item = Path> {
    let segments = path.segments();
    (1..=segments.len())
        .rev()
        .map(|end| segments[..end].iter().cloned().collect())
}

/// The schema of what stands, or should stand, at `path`.
fn schema_of<'s>(schema: &'s Value, path: &Path, value: &Value) -> Option<&'s Value> {
    let (last, before) = path.segments().split_last()?;
    let holder = schema_at(schema, &before.iter().cloned().collect(), value)?;
    match last {
        Segment::Index(_) => holder.get("items"),
        Segment::Key(key) => {
            let field = holder.get("properties").and_then(|fields| fields.get(key));
            field.or_else(|| holder.get("additionalProperties"))
        }
    }
}

fn put(value: &mut Value, path: &Path, other: Option<Value>) -> Option<()> {
    let (last, before) = path.segments().split_last()?;
    let before: Path = before.iter().cloned().collect();
    match (last, before.of_mut(value)?) {
        (Segment::Key(key), Value::Object(fields)) => match other {
            Some(other) => fields.insert(key.clone(), other),
            None => fields.remove(key),
        }
        .map_or(Some(()), |_| Some(())),
        (Segment::Index(index), Value::Array(items)) => {
            *items.get_mut(*index)? = other?;
            Some(())
        }
        _ => None,
    }
}

/// A value that fits `schema`: the least that does, or much.
fn fitting(schema: &Value, instead: Instead<'_>) -> Value {
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return one_of(words, instead).cloned().unwrap_or_default();
    }
    if let Some(alternatives) = alternatives(schema) {
        let named: Vec<_> = alternatives
            .iter()
            .filter(|one| kind_of(one) != Some("null"))
            .collect();
        return one_of(&named, instead).map_or(Value::Null, |one| fitting(one, instead));
    }
    match kind_of(schema) {
        Some("object") => fields(schema, instead).into(),
        Some("array") => elements(schema, instead).into(),
        Some("string") => text(schema, instead),
        Some("integer" | "number") => number(schema, instead).into(),
        Some("boolean") => (instead == Instead::Most).into(),
        _ => Value::Null,
    }
}

fn one_of<'a, T>(all: &'a [T], instead: Instead<'_>) -> Option<&'a T> {
    if instead == Instead::Most {
        all.last()
    } else {
        all.first()
    }
}

fn text(schema: &Value, instead: Instead<'_>) -> Value {
    let format = schema.get("x-format").and_then(Value::as_str);
    if let Instead::Text(text) = instead
        && format
            .and_then(format::check_of)
            .is_none_or(|check| check(text).is_ok())
    {
        return text.into();
    }
    let texts = format.and_then(format::examples_of).unwrap_or(["", "supposed"]);
    one_of(&texts, instead).copied().unwrap_or_default().into()
}

/// The fields that have to be there.
fn fields(schema: &Value, instead: Instead<'_>) -> Map<String, Value> {
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let field = |name: &Value| {
        let name = name.as_str()?;
        let schema = schema.get("properties")?.get(name)?;
        Some((name.to_owned(), fitting(schema, instead)))
    };
    required.filter_map(field).collect()
}

fn elements(schema: &Value, instead: Instead<'_>) -> Vec<Value> {
    let has_some = matches!(instead, Instead::Most | Instead::Text(_));
    let items = schema.get("items").filter(|_| has_some);
    items.map(|items| fitting(items, instead)).into_iter().collect()
}

fn number(schema: &Value, instead: Instead<'_>) -> Number {
    let bound = |name: &str| schema.get(name).and_then(Value::as_number).cloned();
    let (least, most) = (bound("minimum"), bound("maximum"));
    match instead {
        Instead::Most => most.or(least),
        _ => least.or(most),
    }
    .unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "x-arguments": ["name"],
            "additionalProperties": false,
            "required": ["name", "plan"],
            "properties": {
                "name": {"type": "string"},
                "plan": {"type": "object", "additionalProperties": false, "required": ["core"],
                         "properties": {"core": {"type": "integer", "minimum": 1, "maximum": 224}}},
                "mounts": {"type": "array", "items": {"type": "string", "x-format": "mount"}},
                "class": {"type": "string", "enum": ["Standard", "InfrequentAccess"]},
            },
        })
    }

    #[test]
    fn what_fits_is_supposed_to_be_itself() {
        let declared = json!({"name": "a", "plan": {"core": 1}});
        assert_eq!(supposed(&schema(), &declared), [declared]);
    }

    #[test]
    fn other_values_stand_in_the_places_of_mistakes_and_nowhere_else() {
        let declared =
            json!({"nam": "a", "plan": {"core": -1}, "class": "Standart", "mounts": ["a:/a", "b"]});
        let supposed = supposed(&schema(), &declared);
        assert_eq!(
            supposed,
            [
                json!({"name": "", "plan": {"core": 1}, "mounts": ["a:/a", "supposed:/supposed"]}),
                json!({"name": "", "plan": {"core": 1}, "class": "Standard", "mounts": ["a:/a", "supposed:/supposed"]}),
                json!({"name": "supposed", "plan": {"core": 224}, "class": "InfrequentAccess",
                       "mounts": ["a:/a", "supposed-too:/supposed-too"]}),
            ]
        );
    }

    #[test]
    fn only_what_is_said_of_all_is_said() {
        let at = |path: &str| Problem::at(Path::root().key(path), "wrong");
        let told = of_all(&[1, 2], |number| match number {
            1 => vec![at("a"), at("b")],
            _ => vec![at("b"), at("c")],
        });
        assert_eq!(told, [at("b")]);
    }
}
