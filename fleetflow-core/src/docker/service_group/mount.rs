//! What is mounted into a container, in the forms that users write: `"data:/data"`, `"./conf:/etc/app:ro"`, or by fields.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// Something that is mounted into a container.
///
/// ```
/// use fleetflow_core::docker::Mount;
///
/// assert_eq!("data:/data".parse::<Mount>()?, Mount::volume("data", "/data"));
/// assert_eq!("./conf:/etc/app:ro".parse::<Mount>()?, Mount::folder("./conf", "/etc/app").read_only());
/// # Ok::<(), fleetflow_core::docker::InvalidMount>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Form")]
pub struct Mount {
    /// What is mounted: a path that begins with `/` or `.`, or the name of a volume.
    pub source: String,
    /// Where it appears in the container.
    pub target: String,
    /// Whether the container may not write to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

/// What the source of a [`Mount`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'m> {
    /// A volume of the group, by its name there.
    Volume(&'m str),
    /// A path on the engine's machine.
    Absolute(&'m str),
    /// A path beside the declaration.
    Relative(&'m str),
}

impl Mount {
    /// The volume `name` of the group, at `target`.
    pub fn volume(name: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            source: name.into(),
            target: target.into(),
            read_only: false,
        }
    }

    /// The file or folder at `path`, at `target`. A relative path begins with `./` or `../`.
    pub fn folder(path: impl Into<String>, target: impl Into<String>) -> Self {
        let path = path.into();
        let source = if path.starts_with(['/', '.']) {
            path
        } else {
            format!("./{path}")
        };
        Self::volume(source, target)
    }

    /// The same, not to be written to.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// What the source is.
    pub fn kind(&self) -> Source<'_> {
        match self.source.chars().next() {
            Some('/') => Source::Absolute(&self.source),
            Some('.') => Source::Relative(&self.source),
            _ => Source::Volume(&self.source),
        }
    }
}

/// A text that is not a mount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot be mounted: {why}")]
pub struct InvalidMount {
    text: String,
    why: &'static str,
}

impl FromStr for Mount {
    type Err = InvalidMount;

    fn from_str(text: &str) -> Result<Self, InvalidMount> {
        let wrong = |why| InvalidMount {
            text: text.to_owned(),
            why,
        };
        let mut parts = text.split(':');
        let (source, target, mode) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let Some(target) = target else {
            return Err(wrong("write SOURCE:TARGET, for example `data:/data`"));
        };
        let read_only = match mode {
            None | Some("rw") => false,
            Some("ro") => true,
            Some(_) => return Err(wrong("after the second `:` there must be ro or rw")),
        };
        let mount = Self {
            source: source.to_owned(),
            target: target.to_owned(),
            read_only,
        };
        match (mount.misfit(), parts.next()) {
            (Some(why), _) => Err(wrong(why)),
            (None, Some(_)) => Err(wrong("it has more than three parts")),
            (None, None) => Ok(mount),
        }
    }
}

impl Mount {
    fn misfit(&self) -> Option<&'static str> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if !self.target.starts_with('/') {
            return Some("the target must be an absolute path of the container");
        }
        match self.kind() {
            Source::Volume("") => Some("it has no source; a volume needs a name"),
            Source::Volume(name) if name.starts_with('~') => {
                Some("`~` means another folder on each machine; write the path out")
            }
            Source::Volume(name) if !name.chars().all(legal) => {
                Some("a volume's name has letters, digits, `_`, `.` and `-`; a path begins with `./` or `/`")
            }
            _ => None,
        }
    }
}

/// What users may write.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Form {
    Text(#[schemars(extend("x-format" = "mount"))] String),
    Fields(Fields),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Fields {
    source: String,
    target: String,
    #[serde(default)]
    read_only: bool,
}

impl TryFrom<Form> for Mount {
    type Error = InvalidMount;

    fn try_from(form: Form) -> Result<Self, InvalidMount> {
        let fields = match form {
            Form::Text(text) => return text.parse(),
            Form::Fields(fields) => fields,
        };
        let mount = Self {
            source: fields.source,
            target: fields.target,
            read_only: fields.read_only,
        };
        match mount.misfit() {
            Some(why) => Err(InvalidMount {
                text: mount.source,
                why,
            }),
            None => Ok(mount),
        }
    }
}

impl JsonSchema for Mount {
    fn schema_name() -> Cow<'static, str> {
        "Mount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Form::json_schema(generator)
    }
}
