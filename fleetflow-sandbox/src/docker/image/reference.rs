//! Names of images: registry, repository, tag and digest. It looks nothing up.

use std::fmt;

use crate::docker::answer::Failure;

const HUB: &str = "docker.io";
const DEFAULT_TAG: &str = "latest";

/// A parsed reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::docker) struct Reference {
    pub(super) registry: String,
    /// `library/nginx`
    pub(super) repository: String,
    pub(super) tag: Option<String>,
    /// `sha256:...`
    pub(super) digest: Option<String>,
}

impl Reference {
    /// Reads a reference as engines do; without tag and digest it means `latest`.
    pub(in crate::docker) fn parse(text: &str) -> Result<Self, Failure> {
        let mut reference = Self::bare(text)?;
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some(DEFAULT_TAG.to_owned());
        }
        Ok(reference)
    }

    /// Reads a reference and adds no default tag.
    pub(in crate::docker) fn bare(text: &str) -> Result<Self, Failure> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let is_valid = tag.is_none_or(is_tag) && digest.is_none_or(is_digest) && !name.is_empty();
        let (registry, repository) = split(name);
        if !is_valid || !repository.split('/').all(is_component) {
            return Err(invalid(name));
        }
        let (tag, digest) = (tag.map(str::to_owned), digest.map(str::to_owned));
        Ok(Self {
            registry,
            repository,
            tag,
            digest,
        })
    }

    /// The repository as people write it: `nginx`, `ghcr.io/acme/app`.
    pub(super) fn familiar_name(&self) -> String {
        if self.registry != HUB {
            return format!("{}/{}", self.registry, self.repository);
        }
        let short = self.repository.strip_prefix("library/");
        short
            .filter(|short| !short.contains('/'))
            .unwrap_or(&self.repository)
            .to_owned()
    }

    /// Repository and tag as people write them.
    pub(in crate::docker) fn familiar_tag(&self) -> Option<String> {
        self.tag
            .as_ref()
            .map(|tag| format!("{}:{tag}", self.familiar_name()))
    }

    /// True for Docker Hub.
    pub(super) fn is_on_hub(&self) -> bool {
        self.registry == HUB
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.familiar_name())?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        self.digest
            .as_ref()
            .map_or(Ok(()), |digest| write!(formatter, "@{digest}"))
    }
}

/// The first part is a registry when it looks like a host.
fn split(name: &str) -> (String, String) {
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    match name.split_once('/') {
        Some(("index.docker.io", rest)) => split(rest),
        Some((host, rest)) if host != HUB && is_host(host) => (host.to_owned(), rest.to_owned()),
        Some((host, rest)) if host == HUB => (HUB.to_owned(), in_library(rest)),
        _ => (HUB.to_owned(), in_library(name)),
    }
}

fn in_library(repository: &str) -> String {
    if repository.contains('/') {
        repository.to_owned()
    } else {
        format!("library/{repository}")
    }
}

fn is_component(part: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    part.starts_with(plain)
        && part.ends_with(plain)
        && part
            .chars()
            .all(|letter| plain(letter) || matches!(letter, '.' | '_' | '-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    (1..=128).contains(&tag.len())
        && tag.starts_with(word)
        && tag
            .chars()
            .all(|letter| word(letter) || matches!(letter, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    let hex = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
    digest
        .strip_prefix("sha256:")
        .is_some_and(|digits| digits.len() == 64 && digits.chars().all(hex))
}

fn invalid(name: &str) -> Failure {
    if name.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Failure::bad("invalid reference format: repository name must be lowercase");
    }
    Failure::bad("invalid reference format")
}
