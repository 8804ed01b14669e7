//! Python classes as text: one for a kind, one for a part of it.

use fleetflow_core::model::{Kind, OutputField};
use serde_json::Value;

use super::document::{docstring, field, paragraphs};
use super::schema::{Types, kind_of};

/// Parameters that every resource has besides its fields.
const FLAGS: [(&str, &str, &str, &str); 4] = [
    (
        "protect",
        "bool",
        "False",
        "Never delete or replace it: the plan fails instead.",
    ),
    (
        "retain",
        "bool",
        "False",
        "Leave it in the cloud when it is no longer declared, and on ``destroy``.",
    ),
    (
        "adopt",
        "bool | str",
        "False",
        "Take over what exists under its name, or under the id given here.",
    ),
    (
        "depends_on",
        "Resource | str | Sequence[Resource | str]",
        "()",
        "What must be there before it, without a reference.",
    ),
];

const KEYWORDS: [&str; 6] = ["class", "from", "import", "global", "in", "is"];

/// A parameter of a constructor.
struct Parameter {
    field: String,
    name: String,
    annotation: String,
    default: Option<String>,
    doc: String,
}

/// The class of a kind.
pub(crate) fn resource(kind: &dyn Kind, schema: &Value, types: &mut Types<'_>) -> String {
    let title = schema["title"].as_str().unwrap_or_default();
    let (named, others) = parameters(schema, types);
    let mut fields = documented(&named, &others);
    fields.extend(FLAGS.map(|(name, _, _, doc)| (name.to_owned(), doc.to_owned())));
    let doc = docstring(4, &paragraphs(description(schema)), &fields);
    let outputs: Vec<_> = kind
        .outputs()
        .iter()
        .map(|output| format!("{:?}", output.name))
        .collect();
    let outputs = tuple(&outputs);
    let mut text = format!(
        "class {title}(Resource):\n{doc}\n    KIND = {:?}\n    PROVIDER = {:?}\n    OUTPUTS = {outputs}\n",
        kind.name(),
        kind.provider().name(),
    );
    text.push_str(&name_of(schema));
    text.push_str(&named_fields(&named));
    text.push_str(&constructor(&named, &others, &FLAGS));
    for output in kind.outputs() {
        text.push_str(&property(output));
    }
    text.push_str(&appenders(schema, types, kind.outputs()));
    text
}

/// The class of a part.
pub(crate) fn part(name: &str, schema: &Value, types: &mut Types<'_>) -> String {
    let (named, others) = parameters(schema, types);
    let mut about = paragraphs(description(schema));
    if about.is_empty() {
        about.push(format!("A part of a declaration: {}.", name.to_lowercase()));
    }
    let doc = docstring(4, &about, &documented(&named, &others));
    let mut text = format!("class {name}(Part):\n{doc}");
    let tag = schema["properties"]["type"]["const"].as_str();
    if !named.is_empty() || tag.is_some() {
        text.push('\n');
    }
    text.extend(tag.map(|tag| format!("    _TYPE = {tag:?}\n")));
    text.push_str(&named_fields(&named));
    text.push_str(&constructor(&named, &others, &[]));
    text.push_str(&appenders(schema, types, &[]));
    text
}

fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The parameters that may be given without a name, and the others: first what is required.
fn parameters(schema: &Value, types: &mut Types<'_>) -> (Vec<Parameter>, Vec<Parameter>) {
    let order: Vec<_> = schema["x-arguments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let order: Vec<_> = order.iter().map(|name| name.trim_end_matches("...")).collect();
    let required: Vec<_> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(properties) = schema["properties"].as_object() else {
        return (Vec::new(), Vec::new());
    };
    let mut all: Vec<_> = properties
        .iter()
        .filter(|(_, field)| field.get("const").is_none())
        .map(|(name, field)| parameter(name, field, required.contains(&name.as_str()), types))
        .collect();
    let position = |name: &str| order.iter().position(|first| *first == name);
    all.sort_by_key(|one| (position(&one.field).unwrap_or(usize::MAX), one.default.is_some()));
    let named = all
        .iter()
        .take_while(|one| position(&one.field).is_some())
        .count();
    let others = all.split_off(named);
    (all, others)
}

fn parameter(name: &str, schema: &Value, required: bool, types: &mut Types<'_>) -> Parameter {
    let mut annotation = types.of(schema);
    let default = (!required).then(|| default(schema));
    if default.as_deref() == Some("None") {
        annotation.push_str(" | None");
    }
    let (_, target) = types.resolve(schema);
    Parameter {
        field: name.to_owned(),
        name: argument(name),
        annotation,
        default,
        doc: field(schema, target),
    }
}

/// The default that the schema names, where it is a plain one.
fn default(schema: &Value) -> String {
    match &schema["default"] {
        Value::String(text) => format!("{text:?}"),
        Value::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Value::Number(number) => number.to_string(),
        _ => "None".to_owned(),
    }
}

fn argument(field: &str) -> String {
    if KEYWORDS.contains(&field) {
        format!("{field}_")
    } else {
        field.to_owned()
    }
}

fn documented(named: &[Parameter], others: &[Parameter]) -> Vec<(String, String)> {
    let all = named.iter().chain(others);
    all.map(|one| (one.name.clone(), one.doc.clone())).collect()
}

/// The field that names the resource.
fn name_of(schema: &Value) -> String {
    let name = &schema["properties"]["name"];
    if name.is_null() {
        let first = schema["x-arguments"][0].as_str().unwrap_or("name");
        return format!("    _NAME = {first:?}\n");
    }
    match name["default"].as_str() {
        Some(default) => format!("    _DEFAULT_NAME = {default:?}\n"),
        None => String::new(),
    }
}

fn named_fields(named: &[Parameter]) -> String {
    if named.is_empty() {
        return String::new();
    }
    let names: Vec<_> = named.iter().map(|one| format!("{:?}", one.field)).collect();
    format!("    _NAMED = {}\n", tuple(&names))
}

fn tuple(items: &[String]) -> String {
    match items {
        [] => "()".to_owned(),
        [only] => format!("({only},)"),
        several => format!("({})", several.join(", ")),
    }
}

fn constructor(named: &[Parameter], others: &[Parameter], flags: &[(&str, &str, &str, &str)]) -> String {
    let flags_in = flags
        .iter()
        .map(|(name, annotation, default, _)| format!("        {name}: {annotation} = {default},\n"));
    let rest: String = others.iter().map(signature).chain(flags_in).collect();
    let star = if rest.is_empty() { "" } else { "        *,\n" };
    let passed = passed(named, others, flags);
    let named: String = named.iter().map(signature).collect();
    format!(
        "\n    def __init__(\n        self,\n{named}{star}{rest}    ) -> None:\n        super().__init__(\n{passed}        )\n"
    )
}

fn signature(one: &Parameter) -> String {
    let Parameter { name, annotation, .. } = one;
    match &one.default {
        Some(default) => format!("        {name}: {annotation} = {default},\n"),
        None => format!("        {name}: {annotation},\n"),
    }
}

fn passed(named: &[Parameter], others: &[Parameter], flags: &[(&str, &str, &str, &str)]) -> String {
    let fields = named.iter().chain(others).map(|one| {
        if one.field == one.name {
            format!("            {0}={0},\n", one.name)
        } else {
            format!("            **{{{:?}: {}}},\n", one.field, one.name)
        }
    });
    let flags = flags
        .iter()
        .map(|(name, ..)| format!("            {name}={name},\n"));
    fields.chain(flags).collect()
}

fn property(output: &OutputField) -> String {
    let name = output.name.replace('-', "_");
    let kind = match output.value_type {
        "ipv4" => "IPv4Address",
        _ => "str",
    };
    let doc = docstring(
        8,
        &paragraphs(&format!("{}.", output.doc.trim_end_matches('.'))),
        &[],
    );
    format!(
        "\n    @property\n    def {name}(self) -> Output[{kind}]:\n{doc}        return Output(self.address, {:?})\n",
        output.name
    )
}

/// A method for each list of parts, which adds one: `dns.record("api", type="A", ...)`.
fn appenders(schema: &Value, types: &mut Types<'_>, outputs: &[OutputField]) -> String {
    let Some(properties) = schema["properties"].as_object() else {
        return String::new();
    };
    let mut text = String::new();
    for (field, list) in properties
        .iter()
        .filter(|(_, field)| kind_of(field) == Some("array"))
    {
        let Some((class, element)) = types.element(list) else {
            continue;
        };
        assert!(
            outputs
                .iter()
                .all(|output| output.name.replace('-', "_") != *field),
            "{field} is a field with parts and an output"
        );
        text.push_str(&appender(field, &class, &element, types));
    }
    text
}

fn appender(field: &str, class: &str, element: &Value, types: &mut Types<'_>) -> String {
    let (named, others) = parameters(element, types);
    let about = format!("Adds to ``{field}``, and returns what was added.");
    let doc = docstring(8, &[about], &documented(&named, &others));
    let passed = named
        .iter()
        .chain(&others)
        .map(|one| format!("            {0}={0},\n", one.name));
    let passed: String = passed.collect();
    let rest: String = others.iter().map(signature).collect();
    let star = if rest.is_empty() { "" } else { "        *,\n" };
    let named: String = named.iter().map(signature).collect();
    format!(
        "\n    def {field}(\n        self,\n{named}{star}{rest}    ) -> {class}:\n{doc}        part = {class}(\n{passed}        )\n        \
         self._append({field:?}, part)\n        return part\n"
    )
}
