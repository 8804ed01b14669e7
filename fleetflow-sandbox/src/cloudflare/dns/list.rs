//! Listing records: filters, order, pages (API doc §3.1). Reading one record is in `write`.

use super::shown::Shown;
use super::{Record, name, refusal, write};
use crate::cloudflare::answer::{Answer, Failure, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::paging::Page;

pub(super) fn list(context: &mut Context<'_>, call: &Call) -> Outcome {
    let page = Page::read(call, 100, 1..=5_000_000, || {
        refusal::plain(1101, "Invalid page or per_page.")
    })?;
    write::with_table(context, call, |table| {
        let filters = Filters::read(call, &table.zone.name);
        let mut found: Vec<&Record> = table
            .records
            .iter()
            .filter(|record| filters.let_through(record))
            .collect();
        sort(&mut found, call)?;
        let (found, info) = page.cut(found);
        Answer::list(found.into_iter().map(Shown::from).collect::<Vec<_>>(), info)
    })
}

type Filter = Box<dyn Fn(&Record) -> bool>;

/// The filters of a request. Those about tags are joined by `tag_match`, all others by `match`.
struct Filters {
    general: (Junction, Vec<Filter>),
    tags: (Junction, Vec<Filter>),
    search: Option<String>,
}

#[derive(Clone, Copy)]
enum Junction {
    All,
    Any,
}

impl Filters {
    fn read(call: &Call, zone: &str) -> Self {
        let mut general: Vec<Filter> = Vec::new();
        let mut tags: Vec<Filter> = Vec::new();
        for (key, value) in call.queries() {
            let value = value.to_lowercase();
            let (member, operator) = key.split_once('.').unwrap_or((key, "exact"));
            match member {
                "tag" => tags.push(tag_filter(operator, value)),
                "name" if operator == "exact" => general.push(exact_name(&value, zone)),
                _ => general.extend(filter(member, operator, value)),
            }
        }
        Self {
            general: (junction(call, "match", Junction::All), general),
            tags: (junction(call, "tag_match", Junction::All), tags),
            search: call.query("search").map(str::to_lowercase),
        }
    }

    fn let_through(&self, record: &Record) -> bool {
        let searched = self.search.as_ref().is_none_or(|text| {
            let fields = &record.fields;
            fields.name.contains(text)
                || fields.content.to_lowercase().contains(text)
                || fields
                    .comment
                    .as_ref()
                    .is_some_and(|comment| comment.to_lowercase().contains(text))
        });
        searched && joined(&self.general, record) && joined(&self.tags, record)
    }
}

fn joined((junction, filters): &(Junction, Vec<Filter>), record: &Record) -> bool {
    match junction {
        _ if filters.is_empty() => true,
        Junction::All => filters.iter().all(|filter| filter(record)),
        Junction::Any => filters.iter().any(|filter| filter(record)),
    }
}

fn junction(call: &Call, parameter: &str, default: Junction) -> Junction {
    match call.query(parameter) {
        Some("any") => Junction::Any,
        Some("all") => Junction::All,
        _ => default,
    }
}

fn filter(member: &str, operator: &str, value: String) -> Option<Filter> {
    let operator = operator.to_owned();
    match (member, operator.as_str()) {
        ("type", _) => Some(Box::new(move |record| {
            record.fields.kind.label().to_lowercase() == value
        })),
        ("proxied", _) => Some(Box::new(move |record| record.fields.proxied.to_string() == value)),
        ("comment", "present") => Some(Box::new(|record| record.fields.comment.is_some())),
        ("comment", "absent") => Some(Box::new(|record| record.fields.comment.is_none())),
        ("name", _) => Some(Box::new(move |record| {
            compare(&operator, &record.fields.name, &value)
        })),
        ("content", _) => Some(Box::new(move |record| {
            compare(&operator, &record.fields.content, &value)
        })),
        ("comment", _) => Some(Box::new(move |record| {
            record
                .fields
                .comment
                .as_ref()
                .is_some_and(|comment| compare(&operator, comment, &value))
        })),
        _ => None,
    }
}

/// An exact name may be sent in any of the forms in which a record's name may be sent.
fn exact_name(value: &str, zone: &str) -> Filter {
    let wanted = name::full(value, zone).unwrap_or_else(|_| value.to_owned());
    Box::new(move |record| record.fields.name == wanted)
}

/// `tag=name:value`, `tag.present=name`, `tag.contains=name:part`, ...
fn tag_filter(operator: &str, value: String) -> Filter {
    let operator = operator.to_owned();
    let (name, text) = value
        .split_once(':')
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .unzip();
    let name = name.unwrap_or(value);
    let has = move |record: &Record, test: &dyn Fn(&str) -> bool| {
        record.fields.tags.iter().any(|tag| {
            let (own, said) = tag.split_once(':').unwrap_or((tag, ""));
            own.eq_ignore_ascii_case(&name) && test(said)
        })
    };
    match operator.as_str() {
        "present" => Box::new(move |record| has(record, &|_| true)),
        "absent" => Box::new(move |record| !has(record, &|_| true)),
        _ => {
            let text = text.unwrap_or_default();
            Box::new(move |record| has(record, &|said| compare(&operator, said, &text)))
        }
    }
}

fn compare(operator: &str, said: &str, wanted: &str) -> bool {
    let said = said.to_lowercase();
    match operator {
        "exact" => said == wanted,
        "contains" => said.contains(wanted),
        "startswith" => said.starts_with(wanted),
        "endswith" => said.ends_with(wanted),
        _ => false,
    }
}

fn sort(records: &mut [&Record], call: &Call) -> Result<(), Failure> {
    match call.query("order") {
        None => {}
        Some("type") => records.sort_by_key(|record| record.fields.kind),
        Some("name") => records.sort_by(|left, right| left.fields.name.cmp(&right.fields.name)),
        Some("content") => records.sort_by(|left, right| left.fields.content.cmp(&right.fields.content)),
        Some("ttl") => records.sort_by_key(|record| record.fields.ttl),
        Some("proxied") => records.sort_by_key(|record| record.fields.proxied),
        Some(other) => return Err(refusal::plain(1101, &format!("Invalid order `{other}`."))),
    }
    if call.query("direction") == Some("desc") {
        records.reverse();
    }
    Ok(())
}
