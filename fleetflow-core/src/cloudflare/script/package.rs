//! What a package says about its files in its `package.json`, as Node.js and bundlers read it. It looks at no file of
//! code.

use std::path::Path;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The conditions under which files for Workers are exported (API doc §6.1). `default` always holds.
const CONDITIONS: &[&str] = &["workerd", "worker", "browser", "import", "default"];

/// A value whose members keep their order, because the first condition that holds decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Ordered {
    /// Null, or something that has no meaning here.
    #[default]
    Nothing,
    /// `false`: a file that is empty in browsers.
    Empty,
    Text(String),
    List(Vec<Ordered>),
    Map(Vec<(String, Ordered)>),
}

/// A `package.json`.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Package {
    name: Ordered,
    main: Ordered,
    module: Ordered,
    browser: Ordered,
    exports: Option<Ordered>,
    imports: Ordered,
}

impl Package {
    /// The package in `folder`, if there is one.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, String> {
        let file = folder.join("package.json");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        let read = serde_json::from_str(text.trim_start_matches('\u{feff}'));
        read.map(Some)
            .map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Its name.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.text()
    }

    /// Whether it says itself what it exports: then nothing else can be imported.
    pub(super) fn has_exports(&self) -> bool {
        self.exports
            .as_ref()
            .is_some_and(|exports| *exports != Ordered::Nothing)
    }

    /// The file that `path` means to those who import the package: `.` or `./lib/x`.
    pub(super) fn exported(&self, path: &str) -> Option<String> {
        let exports = self.exports.as_ref()?;
        match exports {
            Ordered::Map(members) if members.iter().any(|(name, _)| name.starts_with('.')) => {
                matched(members, path)
            }
            whole if path == "." => whole.chosen(""),
            _ => None,
        }
    }

    /// What `specifier`, which begins with `#`, means inside of the package.
    pub(super) fn imported(&self, specifier: &str) -> Option<String> {
        match &self.imports {
            Ordered::Map(members) => matched(members, specifier),
            _ => None,
        }
    }

    /// Where it begins, for packages that do not say what they export: most wanted first.
    pub(super) fn mains(&self) -> impl Iterator<Item = &str> {
        [&self.browser, &self.module, &self.main]
            .into_iter()
            .filter_map(Ordered::text)
    }

    /// What stands for `path` outside of Node.js: nothing where it is not spoken of.
    pub(super) fn replaced(&self, path: &str) -> Option<&Ordered> {
        let Ordered::Map(members) = &self.browser else {
            return None;
        };
        let bare = |name: &str| name.trim_end_matches(".js").trim_start_matches("./").to_owned();
        // `./x` and `./x.js` are the same file; `x` is a package.
        let same = |name: &str| {
            name == path || (path.starts_with("./") && name.starts_with("./") && bare(name) == bare(path))
        };
        members.iter().find(|(name, _)| same(name)).map(|(_, to)| to)
    }
}

impl Ordered {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The first file whose conditions hold, with `rest` in the place of its star.
    fn chosen(&self, rest: &str) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.replace('*', rest)),
            Self::List(items) => items.iter().find_map(|item| item.chosen(rest)),
            Self::Map(members) => {
                let holding = members
                    .iter()
                    .filter(|(name, _)| CONDITIONS.contains(&name.as_str()));
                // A condition that holds and says null forbids what comes later.
                for (_, target) in holding {
                    if *target == Self::Nothing {
                        return None;
                    }
                    if let Some(file) = target.chosen(rest) {
                        return Some(file);
                    }
                }
                None
            }
            Self::Nothing | Self::Empty => None,
        }
    }
}

/// The member for `path`: its own one, or the one with a star that says most of it.
fn matched(members: &[(String, Ordered)], path: &str) -> Option<String> {
    if let Some((_, target)) = members
        .iter()
        .find(|(name, _)| name == path && !name.contains('*'))
    {
        return target.chosen("");
    }
    let fits = |(name, target): &'_ &(String, Ordered)| -> Option<(usize, String, Ordered)> {
        let (before, after) = name.split_once('*')?;
        let rest = path.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), rest.to_owned(), target.clone()))
    };
    let best = members
        .iter()
        .filter_map(|member| fits(&member))
        .max_by_key(|(length, ..)| *length)?;
    best.2.chosen(&best.1)
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Ordered, E> {
        Ok(Ordered::Nothing)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Ordered, E> {
        Ok(if value { Ordered::Nothing } else { Ordered::Empty })
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Ordered, E> {
        Ok(Ordered::Nothing)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Ordered, E> {
        Ok(Ordered::Nothing)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Ordered, E> {
        Ok(Ordered::Nothing)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Ordered, E> {
        Ok(Ordered::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Ordered::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Ordered, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Ordered::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_condition_that_holds_decides() {
        let package: Package = serde_json::from_str(
            r##"{"name": "p", "version": 1, "exports": {
                ".": {"node": "./node.js", "import": {"types": "./x.d.ts", "default": "./first.js"}, "workerd": "./second.js"},
                "./lib/*": "./dist/*.js", "./lib/own/*": ["./own/*.mjs"], "./lib/closed/*": null, "./plain": "./plain.cjs"},
              "imports": {"#in/*": {"browser": "./in/*.js"}},
              "browser": {"fs": false, "./a.js": "./b.js"}}"##,
        )
        .unwrap();
        for (path, file) in [
            (".", Some("./first.js")),
            ("./lib/a/b", Some("./dist/a/b.js")),
            ("./lib/own/a", Some("./own/a.mjs")),
            ("./lib/closed/a", None),
            ("./plain", Some("./plain.cjs")),
            ("./other", None),
        ] {
            assert_eq!(package.exported(path).as_deref(), file, "{path}");
        }
        assert_eq!(package.imported("#in/x").as_deref(), Some("./in/x.js"));
        assert_eq!(package.replaced("fs"), Some(&Ordered::Empty));
        assert_eq!(package.replaced("./a"), Some(&Ordered::Text("./b.js".into())));
        assert_eq!(package.replaced("a"), None);
    }
}
