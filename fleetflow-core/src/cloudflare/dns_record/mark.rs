//! The owner mark in a record's comment. Comments hold 100 characters on a free zone: what does not fit is shortened.

use crate::model::{Address, Owner};

const PREFIX: &str = "fleetflow: ";
const SEPARATOR: &str = " | ";
/// What fits on every plan (API doc §3.2): one limit for all, so that a changed plan changes no mark.
const SHORT_COMMENT: usize = 100;

/// Whose a record is, as its comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) project: String,
    pub(crate) stage: String,
    pub(crate) which: Which,
}

/// Which resource of the stage it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Address(Address),
    /// The address did not fit: its digest.
    Digest(String),
}

/// The comment of a record: the mark, then the user's note. With a digest in place of the address where the address
/// and the note do not both fit in 100 characters.
pub(crate) fn comment(owner: &Owner, note: Option<&str>) -> String {
    let tail = note.map(|note| format!("{SEPARATOR}{note}")).unwrap_or_default();
    let full = format!("{PREFIX}{owner}{tail}");
    if full.chars().count() <= SHORT_COMMENT {
        return full;
    }
    format!(
        "{PREFIX}{}/{}/~{}{tail}",
        owner.project,
        owner.stage,
        digest(&owner.address)
    )
}

/// The mark in `comment`, if it has one.
pub(crate) fn of(comment: &str) -> Option<Mark> {
    let text = comment.strip_prefix(PREFIX)?;
    let text = text.split_once(SEPARATOR).map_or(text, |(mark, _)| mark);
    let mut parts = text.splitn(3, '/');
    let (project, stage, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let which = match rest.strip_prefix('~') {
        Some(digest) => Which::Digest(digest.to_owned()),
        None => Which::Address(rest.parse().ok()?),
    };
    Some(Mark {
        project: project.to_owned(),
        stage: stage.to_owned(),
        which,
    })
}

/// Twelve hexadecimal digits that stand for `address`.
pub(crate) fn digest(address: &Address) -> String {
    blake3::hash(address.to_string().as_bytes()).to_hex()[..12].to_owned()
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.which {
            Which::Address(address) => write!(f, "{}/{}/{address}", self.project, self.stage),
            Which::Digest(digest) => write!(f, "{}/{}/~{digest}", self.project, self.stage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str) -> Owner {
        Owner {
            project: "creo".into(),
            stage: "dev".into(),
            address: Address::new("dns-record", name),
        }
    }

    #[test]
    fn a_mark_survives_with_and_without_a_note() {
        for note in [None, Some("for the api | old")] {
            let owner = owner("example.jp/api/A#2");
            let mark = of(&comment(&owner, note)).unwrap();
            assert_eq!(mark.to_string(), owner.to_string());
            assert_eq!(mark.which, Which::Address(owner.address));
        }
    }

    #[test]
    fn what_does_not_fit_is_a_digest() {
        let owner = owner(&format!("example.jp/{}/TXT", "a".repeat(63)));
        let text = comment(&owner, None);
        assert!(text.chars().count() <= 100, "{text}");
        assert_eq!(of(&text).unwrap().which, Which::Digest(digest(&owner.address)));
        let noted = comment(&owner, Some("a note"));
        assert!(noted.ends_with(" | a note"));
    }

    #[test]
    fn other_comments_are_no_marks() {
        for text in [
            "",
            "mail",
            "fleetflow: ",
            "fleetflow: creo/dev/x",
            "managed by fleetflow: a/b/c.d",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
