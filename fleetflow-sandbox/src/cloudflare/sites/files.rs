//! Which file of a site a path gets (API doc §4.13, §5.2; cloudflare/workers-sdk: packages/pages-shared/asset-server and
//! packages/workers-shared/asset-worker): found, moved or missing. It reads no file.

use std::collections::BTreeMap;

/// How paths with and without a trailing slash are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slashes {
    Auto,
    Force,
    Drop,
    Exact,
}

/// What a path without a file gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// The nearest `404.html`.
    Page,
    /// `/index.html`, as if it had been asked for.
    Application,
}

/// What became of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This file.
    File(String),
    /// It is to be asked for under this path.
    Moved(String),
    Nothing,
}

/// The files of a site by path, and how they are looked for.
pub(super) struct Files<'a> {
    pub(super) files: &'a BTreeMap<String, String>,
    pub(super) slashes: Slashes,
    pub(super) missing: Missing,
}

impl Files<'_> {
    /// The file or the other path for a decoded path.
    pub(super) fn find(&self, path: &str) -> Found {
        let file = |name: &str| self.files.contains_key(name);
        if self.slashes == Slashes::Exact {
            return match file(path) {
                true => Found::File(path.to_owned()),
                false => Found::Nothing,
            };
        }
        let base = base(path);
        if file(path) && path.strip_suffix(".html").is_none() {
            return Found::File(path.to_owned());
        }
        let (flat, folder) = (format!("{base}.html"), format!("{base}/index.html"));
        let flat = Some(flat).filter(|name| !base.is_empty() && file(name));
        let folder = Some(folder).filter(|name| file(name));
        let Some((name, is_folder)) = choose(flat, folder, path) else {
            return match file(path) {
                true => Found::File(path.to_owned()),
                false => Found::Nothing,
            };
        };
        let proper = match self.slashes {
            Slashes::Force => format!("{base}/"),
            Slashes::Drop if !base.is_empty() => base.to_owned(),
            _ if is_folder => format!("{base}/"),
            _ => base.to_owned(),
        };
        // Another file under the shorter path keeps the page where it is.
        if proper == path || file(&proper) {
            Found::File(name)
        } else {
            Found::Moved(proper)
        }
    }

    /// What to serve for a path that has nothing, with its status.
    pub(super) fn instead(&self, path: &str) -> Option<(String, u16)> {
        match self.missing {
            Missing::Nothing => None,
            Missing::Application => self
                .files
                .contains_key("/index.html")
                .then(|| ("/index.html".to_owned(), 200)),
            Missing::Page => {
                let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
                let mut pages = folders.map(|folder| format!("{folder}/404.html"));
                let nearest = pages.rfind(|page| self.files.contains_key(page));
                nearest.map(|page| (page, 404))
            }
        }
    }
}

/// The page of a path, and whether it is the index of a folder.
fn choose(flat: Option<String>, folder: Option<String>, path: &str) -> Option<(String, bool)> {
    let index_first = path.ends_with('/') || path.ends_with("/index") || path.ends_with("/index.html");
    let (first, second) = match index_first {
        true => (folder.map(|name| (name, true)), flat.map(|name| (name, false))),
        false => (flat.map(|name| (name, false)), folder.map(|name| (name, true))),
    };
    first.or(second)
}

/// A path without what stands for a page: `/a`, `/a/`, `/a.html`, `/a/index` and `/a/index.html` are all `/a`.
fn base(path: &str) -> &str {
    let path = path.strip_suffix(".html").unwrap_or(path);
    let path = path.strip_suffix("/index").unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(slashes: Slashes, path: &str) -> Found {
        let names = [
            "/index.html",
            "/about.html",
            "/docs/index.html",
            "/a.css",
            "/docs/404.html",
            "/404.html",
        ];
        let files = names.map(|name| (name.to_owned(), String::new())).into();
        let files = Files {
            files: &files,
            slashes,
            missing: Missing::Page,
        };
        assert_eq!(files.instead("/docs/x"), Some(("/docs/404.html".to_owned(), 404)));
        assert_eq!(files.instead("/x/y"), Some(("/404.html".to_owned(), 404)));
        files.find(path)
    }

    #[test]
    fn pages_have_one_path_and_the_others_lead_to_it() {
        let file = |name: &str| Found::File(name.to_owned());
        let moved = |name: &str| Found::Moved(name.to_owned());
        for (slashes, path, expected) in [
            (Slashes::Auto, "/", file("/index.html")),
            (Slashes::Auto, "/index.html", moved("/")),
            (Slashes::Auto, "/about", file("/about.html")),
            (Slashes::Auto, "/about/", moved("/about")),
            (Slashes::Auto, "/about.html", moved("/about")),
            (Slashes::Auto, "/docs", moved("/docs/")),
            (Slashes::Auto, "/docs/", file("/docs/index.html")),
            (Slashes::Auto, "/docs/index", moved("/docs/")),
            (Slashes::Auto, "/a.css", file("/a.css")),
            (Slashes::Auto, "/none", Found::Nothing),
            (Slashes::Force, "/about", moved("/about/")),
            (Slashes::Force, "/about/", file("/about.html")),
            (Slashes::Drop, "/docs/", moved("/docs")),
            (Slashes::Drop, "/docs", file("/docs/index.html")),
            (Slashes::Drop, "/", file("/index.html")),
            (Slashes::Exact, "/about", Found::Nothing),
            (Slashes::Exact, "/about.html", file("/about.html")),
        ] {
            assert_eq!(find(slashes, path), expected, "{slashes:?} {path}");
        }
    }
}
