//! `_redirects` and `_headers` of a site (API doc §5.6): read from their text, matched against requests. They serve nothing.

use std::fmt::Write as _;

/// A line of `_redirects`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    pub(super) status: u16,
    pub(super) to: String,
}

/// What `_redirects` says about a path: the first fitting line that names it outright, else the first that fits by
/// placeholders.
pub(super) fn redirect(text: &str, host: &str, path: &str) -> Option<Redirect> {
    let lines = || text.lines().filter_map(line);
    let is_dynamic =
        |from: &str| from.contains(['*', ':']) && from.replacen("://", "", 1).contains(['*', ':']);
    let outright = lines().find(|(from, _, _)| !is_dynamic(from) && target(from, host, path) == Some(""));
    if let Some((_, to, status)) = outright {
        return Some(Redirect {
            status,
            to: to.to_owned(),
        });
    }
    lines()
        .filter(|(from, _, _)| is_dynamic(from))
        .find_map(|(from, to, status)| {
            let found = placeholders(from, host, path)?;
            Some(Redirect {
                status,
                to: filled(to, &found),
            })
        })
}

/// The headers that `_headers` gives to a path: names in lower case with their value, or without for those it takes away.
pub(super) fn headers(text: &str, host: &str, path: &str) -> Vec<(String, Option<String>)> {
    let mut given = Vec::new();
    let mut found: Option<Vec<(String, String)>> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if trimmed.starts_with('/') || trimmed.starts_with("https://") {
            found = placeholders(trimmed, host, path);
        } else if let Some(found) = &found {
            if let Some(name) = trimmed.strip_prefix('!') {
                given.push((name.trim().to_ascii_lowercase(), None));
            } else if let Some((name, value)) = trimmed.split_once(':') {
                let value = filled(value.trim(), found);
                given.push((name.trim().to_ascii_lowercase(), Some(value)));
            }
        }
    }
    given
}

/// True if a pattern of `_routes.json` or `run_worker_first`, whose stars stand for anything, is about a path.
pub(super) fn globbed(pattern: &str, path: &str) -> bool {
    let mut written = String::from("^");
    for (at, piece) in pattern.split('*').enumerate() {
        if at > 0 {
            written += ".*";
        }
        written += &regex::escape(piece);
    }
    written += "$";
    regex::Regex::new(&written).is_ok_and(|pattern| pattern.is_match(path))
}

fn line(text: &str) -> Option<(&str, &str, u16)> {
    let text = text.trim();
    if text.starts_with('#') {
        return None;
    }
    let mut words = text.split_whitespace();
    let (from, to) = (words.next()?, words.next()?);
    let status = words.next().map_or(Some(302), |word| word.parse().ok())?;
    [200, 301, 302, 303, 307, 308]
        .contains(&status)
        .then_some((from, to, status))
}

/// What remains of the path behind a rule without placeholders: nothing, if it names the path.
fn target<'a>(from: &str, host: &str, path: &'a str) -> Option<&'a str> {
    let (wanted_host, wanted) = located(from);
    let host_fits = wanted_host.is_none_or(|wanted| wanted == host);
    path.strip_prefix(wanted).filter(|_| host_fits)
}

fn located(rule: &str) -> (Option<&str>, &str) {
    match rule.strip_prefix("https://") {
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(host), if path.is_empty() { "/" } else { path })
        }
        None => (None, rule),
    }
}

/// What stars and `:names` of a rule stand for, if the rule is about this host and path.
fn placeholders(rule: &str, host: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (wanted_host, wanted) = located(rule);
    if wanted_host.is_some_and(|wanted| wanted != host) {
        return None;
    }
    let (mut pattern, mut names) = (String::from("^"), Vec::new());
    let mut rest = wanted;
    while let Some(at) = rest.find(['*', ':']) {
        pattern += &regex::escape(&rest[..at]);
        let after = &rest[at + 1..];
        if rest[at..].starts_with('*') {
            names.push("splat".to_owned());
            pattern += "(.*)";
            rest = after;
            continue;
        }
        let end = after
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(after.len());
        match end {
            0 => pattern.push(':'),
            _ => {
                names.push(after[..end].to_owned());
                pattern += "([^/]+)";
            }
        }
        rest = &after[end..];
    }
    let _ = write!(pattern, "{}$", regex::escape(rest));
    let found = regex::Regex::new(&pattern).ok()?.captures(path)?;
    let values =
        (1..=names.len()).map(|group| found.get(group).map_or("", |value| value.as_str()).to_owned());
    Some(names.iter().cloned().zip(values).collect())
}

fn filled(text: &str, found: &[(String, String)]) -> String {
    let mut longest_first: Vec<&(String, String)> = found.iter().collect();
    longest_first.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    longest_first
        .into_iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!(":{name}"), value)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_read_in_order_and_outright_ones_go_first() {
        let text = "# moved\n/old/* /new/:splat 301\n/old/a /b\n/user/:id /u?id=:id 308\n/bad /x 418\n";
        let found = |path| redirect(text, "h", path).map(|found| (found.status, found.to));
        assert_eq!(found("/old/a"), Some((302, "/b".to_owned())));
        assert_eq!(found("/old/x/y"), Some((301, "/new/x/y".to_owned())));
        assert_eq!(found("/user/7"), Some((308, "/u?id=7".to_owned())));
        assert_eq!((found("/user/7/x"), found("/bad")), (None, None));
    }

    #[test]
    fn headers_of_all_fitting_blocks_are_given() {
        let text = "/*\n  X-All: 1\n/a/:name\n  X-Name: :name\n  ! X-All\nhttps://other/*\n  X-Other: 1\n";
        let given = headers(text, "h", "/a/b");
        let value = |name: &str| given.iter().rfind(|(known, _)| known == name).unwrap().1.clone();
        assert_eq!(value("x-name"), Some("b".to_owned()));
        assert_eq!(value("x-all"), None);
        assert!(given.iter().all(|(name, _)| name != "x-other"));
    }

    #[test]
    fn stars_stand_for_anything() {
        assert!(globbed("/api/*", "/api/a/b") && !globbed("/api/*", "/apix") && globbed("/*", "/"));
    }
}
