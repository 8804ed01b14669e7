//! The text forms of a service's fields: ports, volumes, images. Each says what is wrong in a sentence. Pure.

use super::{Mount, Port};

/// `8000`, `8080:80`, `127.0.0.1:8080:80/tcp`.
pub(crate) fn port(text: &str) -> Result<(), String> {
    text.parse::<Port>().map(drop).map_err(|error| error.to_string())
}

/// `data:/data`, `./conf:/etc/app:ro`.
pub(crate) fn mount(text: &str) -> Result<(), String> {
    text.parse::<Mount>().map(drop).map_err(|error| error.to_string())
}

/// A reference to an image: `[HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST]`, as the distribution project defines it.
pub(crate) fn image(text: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{text}` is not the name of an image: {why}"));
    let (named, digest) = text.split_once('@').map_or((text, None), |(n, d)| (n, Some(d)));
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return wrong("after `@` there must be `sha256:` and 64 hexadecimal digits");
    }
    let (repository, tag) = split_tag(named);
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return wrong("a tag has up to 128 letters, digits, `_`, `.` and `-`");
    }
    let path = without_registry(repository);
    if path.is_empty() || repository.len() > 255 {
        return wrong("it has no name");
    }
    if path.chars().any(|c| c.is_ascii_uppercase()) {
        return wrong("it must be in lower case");
    }
    if !path.split('/').all(is_component) {
        return wrong("its parts are letters, digits and single separators `.`, `_`, `-`");
    }
    Ok(())
}

/// The repository and the tag of a name without digest.
pub(crate) fn split_tag(named: &str) -> (&str, Option<&str>) {
    match named.rsplit_once(':') {
        // `host:5000/name` has a port, not a tag.
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (named, None),
    }
}

/// The first part is a registry when it has a dot or a port, or is `localhost`.
fn without_registry(repository: &str) -> &str {
    match repository.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => path,
        _ => repository,
    }
}

fn is_digest(digest: &str) -> bool {
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_tag(tag: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    !tag.is_empty() && tag.len() <= 128 && tag.chars().all(legal) && !tag.starts_with(['.', '-'])
}

fn is_component(part: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let separators = !part.contains("..") && !part.contains("___") && !part.contains("._");
    edge(part.chars().next()) && edge(part.chars().last()) && part.chars().all(legal) && separators
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_as_registries_name_them() {
        let digest = format!("qdrant/qdrant@sha256:{}", "a".repeat(64));
        for good in [
            "nginx",
            "surrealdb/surrealdb:v1.5.4",
            "localhost:5000/a/b:latest",
            "ghcr.io/x/y_z:1.0-rc1",
            &digest,
        ] {
            assert_eq!(image(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "Nginx",
            "a//b",
            "nginx:",
            "nginx:a b",
            "a@sha256:12",
            "-a",
            "ghcr.io/",
            "a:b:c",
        ] {
            assert!(image(bad).is_err(), "{bad}");
        }
    }
}
