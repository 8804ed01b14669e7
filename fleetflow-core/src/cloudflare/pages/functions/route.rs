//! Which requests a file of functions answers: from its path, and from what it exports. Pure.

use std::cmp::Ordering;
use std::path::Path;

use serde_json::{Value, json};

/// More rules than these, or longer ones, are not taken (API doc §5.2).
const MOST_RULES: usize = 100;
const LONGEST_RULE: usize = 100;

/// A part of a path between slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// This text.
    Is(String),
    /// Any one part: `[id]`.
    One(String),
    /// Any number of parts: `[[path]]`.
    Many(String),
}

/// What answers requests to a path.
#[derive(Clone, Debug)]
pub(super) struct Route {
    path: Vec<Part>,
    /// The folder of the file.
    mount: Vec<Part>,
    method: Option<String>,
    /// The expression that is called around what is below.
    around: Option<String>,
    /// The expression that is called for the path itself.
    at: Option<String>,
}

impl Route {
    /// The routes of the file at `path` in the folder, which is the module `m<index>`.
    pub(super) fn of(path: &Path, index: usize, exports: &[String]) -> Result<Vec<Self>, String> {
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let folder = path.parent().unwrap_or(Path::new(""));
        let mount = folder
            .components()
            .map(|part| Part::of(&part.as_os_str().to_string_lossy()))
            .collect::<Result<Vec<_>, _>>()?;
        let is_around = stem == "_middleware";
        let mut full = mount.clone();
        if !is_around && stem != "index" {
            full.push(Part::of(&stem)?);
        }
        let mut routes = Vec::new();
        for name in exports {
            let Some(method) = name.strip_prefix("onRequest") else {
                continue;
            };
            let methods = ["", "Get", "Post", "Put", "Patch", "Delete", "Options", "Head"];
            if !methods.contains(&method) {
                continue;
            }
            let called = Some(format!("m{index}.{name}"));
            routes.push(Self {
                path: full.clone(),
                mount: mount.clone(),
                method: Some(method.to_uppercase()).filter(|method| !method.is_empty()),
                around: called.clone().filter(|_| is_around),
                at: called.filter(|_| !is_around),
            });
        }
        Ok(routes)
    }

    /// The route in the table that the router reads.
    pub(super) fn code(&self) -> String {
        let parts = |parts: &[Part]| Value::from(parts.iter().map(Part::code).collect::<Vec<_>>());
        format!(
            "  {{ path: {}, mount: {}, method: {}, around: [{}], at: [{}] }}",
            parts(&self.path),
            parts(&self.mount),
            json!(self.method),
            self.around.as_deref().unwrap_or_default(),
            self.at.as_deref().unwrap_or_default()
        )
    }

    /// What requests it takes, as a rule of `_routes.json`.
    fn rule(&self) -> String {
        let fixed = self.path.iter().map_while(|part| match part {
            Part::Is(text) => Some(text.as_str()),
            _ => None,
        });
        let fixed: Vec<_> = fixed.collect();
        let open = fixed.len() < self.path.len() || self.around.is_some();
        let path = format!("/{}", fixed.join("/"));
        match open {
            true => format!("{}/*", path.trim_end_matches('/')),
            false => path,
        }
    }
}

impl Part {
    fn of(text: &str) -> Result<Self, String> {
        let inside =
            |before: &str, after: &str| text.strip_prefix(before)?.strip_suffix(after).map(str::to_owned);
        let part = inside("[[", "]]")
            .map(Self::Many)
            .or_else(|| inside("[", "]").map(Self::One));
        match part {
            Some(part) => Ok(part),
            None if text.contains(['[', ']']) => Err(format!(
                "`{text}`: a parameter is a whole part of the path: `[name]` or `[[name]]`"
            )),
            None => Ok(Self::Is(text.to_owned())),
        }
    }

    fn code(&self) -> Value {
        match self {
            Self::Is(text) => json!({"is": text}),
            Self::One(name) => json!({"one": name}),
            Self::Many(name) => json!({"many": name}),
        }
    }

    fn openness(&self) -> u8 {
        match self {
            Self::Is(_) => 0,
            Self::One(_) => 1,
            Self::Many(_) => 2,
        }
    }
}

/// The routes, the more specific ones first, those of one path and method together.
pub(super) fn sorted(routes: Vec<Route>) -> Vec<Route> {
    let mut joined: Vec<Route> = Vec::new();
    for route in routes {
        match joined
            .iter_mut()
            .find(|one| one.path == route.path && one.method == route.method)
        {
            Some(one) => {
                one.around = one.around.take().or(route.around);
                one.at = one.at.take().or(route.at);
            }
            None => joined.push(route),
        }
    }
    joined.sort_by(compare);
    joined
}

fn compare(left: &Route, right: &Route) -> Ordering {
    let open = |route: &Route| route.path.iter().map(Part::openness).collect::<Vec<_>>();
    let longer = right.path.len().cmp(&left.path.len());
    let method = left.method.is_none().cmp(&right.method.is_none());
    longer
        .then(open(left).cmp(&open(right)))
        .then(method)
        .then(left.path.cmp(&right.path))
}

/// The rules of `_routes.json`, without those that another one covers.
pub(super) fn rules(routes: &[Route]) -> Vec<String> {
    let mut all: Vec<_> = routes.iter().map(Route::rule).collect();
    all.sort();
    all.dedup();
    let covers = |wide: &String, rule: &String| {
        wide != rule
            && wide
                .strip_suffix('*')
                .is_some_and(|start| rule.starts_with(start) || format!("{rule}/") == start)
    };
    let needed: Vec<_> = all
        .iter()
        .filter(|rule| !all.iter().any(|wide| covers(wide, rule)))
        .cloned()
        .collect();
    if needed.len() > MOST_RULES || needed.iter().any(|rule| rule.len() > LONGEST_RULE) {
        return vec!["/*".to_owned()];
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(files: &[(&str, &[&str])]) -> Vec<Route> {
        let of = |(index, (path, exports)): (usize, &(&str, &[&str]))| {
            let exports: Vec<_> = exports.iter().map(|&name| name.to_owned()).collect();
            Route::of(Path::new(path), index, &exports).unwrap()
        };
        sorted(files.iter().enumerate().flat_map(of).collect())
    }

    #[test]
    fn specific_paths_go_first_and_rules_cover_what_is_below() {
        let found = routes(&[
            ("index.ts", &["onRequestGet", "default"]),
            ("api/[[path]].ts", &["onRequest"]),
            ("api/users/[id].ts", &["onRequestGet", "onRequest"]),
            ("api/users/me.ts", &["onRequest"]),
            ("api/_middleware.ts", &["onRequest"]),
            ("api/index.ts", &["onRequest", "onRequestTrace"]),
        ]);
        let order: Vec<_> = found
            .iter()
            .map(|route| (route.at.as_deref(), route.around.as_deref()))
            .collect();
        assert_eq!(
            order,
            [
                (Some("m3.onRequest"), None),
                (Some("m2.onRequestGet"), None),
                (Some("m2.onRequest"), None),
                (Some("m1.onRequest"), None),
                (Some("m5.onRequest"), Some("m4.onRequest")),
                (Some("m0.onRequestGet"), None),
            ]
        );
        assert_eq!(rules(&found), ["/", "/api/*"]);
        assert_eq!(
            found[1].code(),
            "  { path: [{\"is\":\"api\"},{\"is\":\"users\"},{\"one\":\"id\"}], mount: [{\"is\":\"api\"},{\"is\":\"users\"}], \
             method: \"GET\", around: [], at: [m2.onRequestGet] }"
        );
        assert!(Route::of(Path::new("a/[id].json.ts"), 0, &[]).is_err());
        let many: Vec<_> = (0..101).map(|number| format!("p{number}.ts")).collect();
        let many: Vec<(&str, &[&str])> = many
            .iter()
            .map(|path| (path.as_str(), &["onRequest"] as &[&str]))
            .collect();
        assert_eq!(rules(&routes(&many)), ["/*"]);
    }
}
