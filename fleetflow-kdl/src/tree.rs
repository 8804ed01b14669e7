//! Values with places: what a node means, and where each part of it was written. It knows no schema.

use fleetflow_core::model::mistaken;
use serde_json::{Map, Value};

use crate::source::Span;

/// A value and the text that says it. The span of a map is the name of its node, that of anything else its value.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) span: Span,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar(Value),
    List(Vec<Tree>),
    Map(Vec<Field>),
    /// A value whose mistake is already reported. It is there, so that it is not reported as missing as well.
    Broken,
    /// A text of which a part is such a mistake: what else it says is in it.
    Partial(Value),
    /// A value that may stand where nobody could read it: in the definition of a file that does not parse.
    Elsewhere,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    /// Whether the schema knows it.
    pub(crate) known: bool,
    pub(crate) tree: Tree,
}

impl Tree {
    pub(crate) fn scalar(span: Span, value: impl Into<Value>) -> Self {
        Self {
            span,
            content: Content::Scalar(value.into()),
        }
    }

    pub(crate) fn broken(span: Span) -> Self {
        Self {
            span,
            content: Content::Broken,
        }
    }

    pub(crate) fn elsewhere(span: Span) -> Self {
        Self {
            span,
            content: Content::Elsewhere,
        }
    }

    pub(crate) fn map(span: Span, fields: Vec<Field>) -> Self {
        Self {
            span,
            content: Content::Map(fields),
        }
    }

    pub(crate) fn fields(&self) -> &[Field] {
        match &self.content {
            Content::Map(fields) => fields,
            _ => &[],
        }
    }

    pub(crate) fn field(&self, key: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.key == key)
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Field> {
        let Content::Map(fields) = &mut self.content else {
            return None;
        };
        let at = fields.iter().position(|field| field.key == key)?;
        Some(fields.remove(at))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, or of a lone value, with their places.
    pub(crate) fn texts(&self) -> Vec<(&str, Span)> {
        match &self.content {
            Content::List(items) => items.iter().flat_map(Self::texts).collect(),
            _ => self.text().map(|text| (text, self.span)).into_iter().collect(),
        }
    }

    /// Whether a mistake in it is already reported.
    pub(crate) fn has_broken(&self) -> bool {
        match &self.content {
            Content::Scalar(_) => false,
            Content::List(items) => items.iter().any(Self::has_broken),
            Content::Map(fields) => fields.iter().any(|field| field.tree.has_broken()),
            Content::Broken | Content::Partial(_) | Content::Elsewhere => true,
        }
    }

    /// Where the mistakes that are already reported are.
    pub(crate) fn broken_places(&self) -> Vec<Span> {
        match &self.content {
            Content::List(items) => items.iter().flat_map(Self::broken_places).collect(),
            Content::Map(fields) => fields
                .iter()
                .flat_map(|field| field.tree.broken_places())
                .collect(),
            Content::Broken | Content::Partial(_) => vec![self.span],
            Content::Scalar(_) | Content::Elsewhere => Vec::new(),
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    /// The plain value. A field set to `#null` is a field left out; one whose mistake is told is not.
    pub(crate) fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) | Content::Partial(value) => value.clone(),
            Content::List(items) => items.iter().map(Self::value).collect(),
            Content::Broken | Content::Elsewhere => mistaken(),
            Content::Map(fields) => {
                let set = fields
                    .iter()
                    .filter(|field| !(field.known && field.tree.is_null()));
                set.map(|field| (field.key.clone(), field.tree.value()))
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }

    /// This tree with `other` on top: maps field by field, all else anew. A list is said as a whole: of what is in it, and in
    /// which order, a stage can only say all.
    pub(crate) fn overridden(self, other: Self) -> Self {
        let content = match (self.content, other.content) {
            (Content::Map(ours), Content::Map(theirs)) => Content::Map(merge_fields(ours, theirs)),
            (_, content) => content,
        };
        Self {
            span: other.span,
            content,
        }
    }
}

fn merge_fields(mut ours: Vec<Field>, theirs: Vec<Field>) -> Vec<Field> {
    for theirs in theirs {
        match ours.iter_mut().find(|ours| ours.key == theirs.key) {
            Some(field) => {
                let tree = std::mem::replace(&mut field.tree, Tree::broken(theirs.key_span));
                *field = Field {
                    tree: tree.overridden(theirs.tree),
                    ..theirs
                };
            }
            None => ours.push(theirs),
        }
    }
    ours
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use fleetflow_core::model::Path;

    use super::*;
    use crate::source::{FileId, SourceFile, Sources};
    use crate::written::Written;

    fn file() -> FileId {
        Sources::default().add(SourceFile::new("flow.kdl".into(), ""))
    }

    fn at(start: usize) -> Span {
        Span::new(file(), start..start + 1)
    }

    fn field(key: &str, start: usize, tree: Tree) -> Field {
        Field {
            key: key.into(),
            key_span: at(start),
            known: key != "colour",
            tree,
        }
    }

    fn service(name: &str, start: usize, more: Vec<Field>) -> Tree {
        let mut fields = vec![field("name", start, Tree::scalar(at(start), name))];
        fields.extend(more);
        Tree::map(at(start), fields)
    }

    fn group(items: Vec<Tree>) -> Tree {
        let list = Tree {
            span: at(1),
            content: Content::List(items),
        };
        Tree::map(at(0), vec![field("services", 1, list)])
    }

    #[test]
    fn the_longest_written_prefix_of_a_path_is_its_place() {
        let tree = group(vec![service(
            "a",
            10,
            vec![field("colour", 12, Tree::scalar(at(13), 1))],
        )]);
        let services = Path::root().key("services");
        let item = services.index(0);
        let written = Written::of(&tree);
        let start = |path: &Path| written.locate(path).span.start;
        assert_eq!(start(&Path::root().key("missing")), 0);
        assert_eq!(start(&item.key("name")), 10);
        assert_eq!(start(&item.key("image").key("tag")), 10);
        assert_eq!(
            (
                start(&item.key("colour")),
                written.locate(&item.key("colour")).unknown
            ),
            (12, true)
        );
        assert_eq!(start(&services.index(7)), 1);
    }

    #[test]
    fn an_override_goes_field_by_field_says_lists_anew_and_keeps_places() {
        let number = |key: &str, start| field(key, start, Tree::scalar(at(start), start));
        let plan = |start, fields| field("plan", start, Tree::map(at(start), fields));
        let services = |items| group(items).take("services").unwrap();
        let ours = Tree::map(
            at(0),
            vec![
                plan(10, vec![number("core", 11), number("memory", 12)]),
                services(vec![service("a", 13, vec![]), service("b", 14, vec![])]),
            ],
        );
        let theirs = Tree::map(
            at(30),
            vec![
                plan(31, vec![number("core", 32)]),
                services(vec![service("a", 33, vec![number("port", 34)])]),
            ],
        );
        let merged = ours.overridden(theirs);
        assert_eq!(
            merged.value(),
            json!({"plan": {"core": 32, "memory": 12}, "services": [{"name": "a", "port": 34}]})
        );
        let written = Written::of(&merged);
        let plan = Path::root().key("plan");
        assert_eq!(written.locate(&plan.key("core")).span.start, 32);
        assert_eq!(written.locate(&plan.key("memory")).span.start, 12);
    }

    #[test]
    fn null_leaves_a_field_out() {
        let tree = Tree::map(
            at(0),
            vec![
                field("note", 1, Tree::scalar(at(1), Value::Null)),
                field("colour", 2, Tree::scalar(at(2), Value::Null)),
            ],
        );
        assert_eq!(tree.value(), json!({"colour": null}));
    }
}
