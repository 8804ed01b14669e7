//! Filters: partial strings, exact lists, lists of lists, comparisons.

use std::cmp::Ordering;

use serde_json::Value;

use super::sort::compare;
use super::{text, values};
use crate::sakura::fields::Fields;
use crate::sakura::refusal::{Outcome, refuse};

/// The rows that meet every condition.
pub(super) fn apply(rows: Vec<Value>, filter: Fields<'_>) -> Outcome<Vec<Value>> {
    let Some(members) = filter.0.as_object() else {
        return Ok(rows);
    };
    let conditions = members
        .iter()
        .map(|(key, wanted)| Condition::read(key, wanted))
        .collect::<Outcome<Vec<_>>>()?;
    let meets = |row: &Value| conditions.iter().all(|condition| condition.holds(row));
    Ok(rows.into_iter().filter(meets).collect())
}

#[derive(Debug)]
struct Condition<'a> {
    key: &'a str,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// Every word is part of some value.
    Words(Vec<String>),
    /// Of one of the inner lists, every text is a value.
    AnyOfAll(Vec<Vec<String>>),
    /// Some value stands in one of these orders to this one.
    Order(&'static [Ordering], Value),
    /// A literal boolean matches no row, in the API neither.
    Nothing,
}

impl<'a> Condition<'a> {
    fn read(key: &'a str, wanted: &Value) -> Outcome<Self> {
        let end = key
            .find(|letter: char| "<>=!~".contains(letter))
            .unwrap_or(key.len());
        let (key, operator) = key.split_at(end);
        let test = match operator {
            "" => equality(wanted)?,
            "<" => order(&[Ordering::Less], wanted)?,
            "<=" => order(&[Ordering::Less, Ordering::Equal], wanted)?,
            ">" => order(&[Ordering::Greater], wanted)?,
            ">=" => order(&[Ordering::Greater, Ordering::Equal], wanted)?,
            _ => return refuse("filter_unknown_operator"),
        };
        Ok(Self { key, test })
    }

    fn holds(&self, row: &Value) -> bool {
        let found = values(row, self.key);
        let texts = || found.iter().filter_map(|value| text(value)).collect::<Vec<_>>();
        match &self.test {
            Test::Words(words) => {
                let texts: Vec<_> = texts().iter().map(|text| text.to_lowercase()).collect();
                words
                    .iter()
                    .all(|word| texts.iter().any(|text| text.contains(word)))
            }
            Test::AnyOfAll(groups) => {
                let texts = texts();
                groups
                    .iter()
                    .any(|group| group.iter().all(|wanted| texts.contains(wanted)))
            }
            Test::Order(orders, wanted) => {
                let comparable = found.iter().filter(|value| !value.is_null());
                comparable
                    .into_iter()
                    .any(|value| orders.contains(&compare(value, wanted)))
            }
            Test::Nothing => false,
        }
    }
}

fn equality(wanted: &Value) -> Outcome<Test> {
    match wanted {
        Value::Null => refuse("filter_null_comparison"),
        Value::Object(_) => refuse("filter_bad_operator"),
        Value::Bool(_) => Ok(Test::Nothing),
        Value::String(words) => {
            let words = words.to_lowercase();
            Ok(Test::Words(words.split_whitespace().map(str::to_owned).collect()))
        }
        Value::Number(number) => Ok(Test::AnyOfAll(vec![vec![number.to_string()]])),
        Value::Array(items) => items
            .iter()
            .map(group)
            .collect::<Outcome<_>>()
            .map(Test::AnyOfAll),
    }
}

fn group(item: &Value) -> Outcome<Vec<String>> {
    let scalars = match item {
        Value::Array(items) => items.as_slice(),
        scalar => std::slice::from_ref(scalar),
    };
    scalars
        .iter()
        .map(|scalar| match scalar {
            Value::Null => refuse("filter_null_comparison"),
            // No row has this text, so that a literal boolean matches nothing.
            Value::Bool(_) => Ok("\u{0}".to_owned()),
            scalar => text(scalar).map_or_else(|| refuse("filter_bad_operator"), Ok),
        })
        .collect()
}

fn order(orders: &'static [Ordering], wanted: &Value) -> Outcome<Test> {
    match wanted {
        Value::Null => refuse("filter_null_comparison"),
        Value::Array(_) => refuse("filter_array_comparison"),
        Value::Object(_) => refuse("filter_bad_operator"),
        scalar => Ok(Test::Order(orders, scalar.clone())),
    }
}
