//! The owner mark as SAKURA Cloud's objects carry it: a tag, or the end of the description where an object has no tags.
//! Text in and out, nothing else.

use std::collections::BTreeSet;

use crate::model::{Owner, Path, Problem};

/// The tag of a disk that was made to be booted from in place of another one.
pub(crate) const BOOT: &str = "fleetflow-boot";
/// The tag of a disk that is to be deleted.
pub(crate) const LEAVING: &str = "fleetflow-leaving";

/// How many tags an object can have (API doc "Limits").
const MOST_TAGS: usize = 10;
/// The longest description (API doc "Limits").
const LONGEST_DESCRIPTION: usize = 512;
/// The characters that a mark in a description needs at most: two names, an address of the longest name, brackets.
pub(crate) const RESERVED: usize = 256;
const PREFIX: &str = "fleetflow=";
/// Written by us and by the official tools when a change of plan gives a server another id.
const PREVIOUS: &str = "@previous-id=";

/// The tag that says whose an object is: `fleetflow=creo/dev/server.web`.
///
/// Neither the length nor the characters of a tag are documented (API doc "Limits"); slashes, dots and `=` occur in
/// tags of the vendor.
pub(crate) fn tag(owner: &Owner) -> String {
    format!("{PREFIX}{owner}")
}

/// The tag that says which id a server had before.
pub(crate) fn previous(id: super::Id) -> String {
    format!("{PREVIOUS}{id}")
}

/// Whose an object with `tags` is.
pub(crate) fn owner_in(tags: &[String]) -> Option<Owner> {
    tags.iter().find_map(|tag| tag.strip_prefix(PREFIX)?.parse().ok())
}

/// The tags that users declared, among those that an object has.
pub(crate) fn declared(tags: &[String]) -> BTreeSet<String> {
    tags.iter().filter(|tag| !is_ours(tag)).cloned().collect()
}

/// The tags that an object gets: the declared ones, the mark, and `previous` where there is still room.
pub(crate) fn tags(declared: &BTreeSet<String>, owner: &Owner, previous: Option<String>) -> Vec<String> {
    let room = declared.len() + 1 < MOST_TAGS;
    let marks = std::iter::once(tag(owner)).chain(previous.filter(|_| room));
    declared.iter().cloned().chain(marks).collect()
}

/// Whether the disk with these tags was made to be booted from.
pub(crate) fn is_boot(tags: &[String]) -> bool {
    tags.iter().any(|tag| tag == BOOT)
}

/// Whether the disk with these tags is to be deleted: that was decided, and an interrupted run did not come so far.
pub(crate) fn is_leaving(tags: &[String]) -> bool {
    tags.iter().any(|tag| tag == LEAVING)
}

/// The `@previous-id` tag among `tags`.
pub(crate) fn previous_in(tags: &[String]) -> Option<String> {
    tags.iter().find(|tag| tag.starts_with(PREVIOUS)).cloned()
}

/// The description with the mark at its end, for objects without tags.
pub(crate) fn describe(description: &str, owner: &Owner) -> String {
    let mark = format!("[{}]", tag(owner));
    if description.is_empty() {
        mark
    } else {
        format!("{description} {mark}")
    }
}

/// The declared description, and whose the object is.
pub(crate) fn described(description: &str) -> (&str, Option<Owner>) {
    let marked = description
        .strip_suffix(']')
        .and_then(|rest| rest.rsplit_once('['));
    let owner = marked.and_then(|(text, mark)| Some((text, mark.strip_prefix(PREFIX)?.parse().ok()?)));
    match owner {
        Some((text, owner)) => (text.trim_end(), Some(owner)),
        None => (description, None),
    }
}

/// What is wrong with declared tags.
pub(crate) fn check_tags(tags: &BTreeSet<String>) -> Vec<Problem> {
    let path = Path::root().key("tags");
    let mut problems: Vec<_> = tags
        .iter()
        .enumerate()
        .filter(|(_, tag)| is_ours(tag) || tag.is_empty())
        .map(|(index, tag)| {
            Problem::at(path.index(index), format!("`{tag}` cannot be a tag of yours"))
                .help("tags of this form are written by FleetFlow")
        })
        .collect();
    if tags.len() >= MOST_TAGS {
        let message = format!("{} tags are too many", tags.len());
        let help = format!("{} are possible, beside FleetFlow's own", MOST_TAGS - 1);
        problems.push(Problem::at(path, message).help(help));
    }
    problems
}

/// What is wrong with a declared description, of which `reserved` characters are needed for the mark.
pub(crate) fn check_description(description: Option<&str>, reserved: usize) -> Option<Problem> {
    let length = description?.chars().count();
    (length + reserved > LONGEST_DESCRIPTION).then(|| {
        let message = format!("{length} characters are too many for a description");
        let help = format!("at most {} are possible", LONGEST_DESCRIPTION - reserved);
        Problem::at(Path::root().key("description"), message).help(help)
    })
}

fn is_ours(tag: &str) -> bool {
    tag.starts_with(PREFIX) || tag.starts_with(PREVIOUS) || [BOOT, LEAVING].contains(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        "creo/dev/server.web".parse().unwrap()
    }

    #[test]
    fn the_mark_is_found_again_and_hidden_from_users() {
        let mine = BTreeSet::from(["a".to_owned()]);
        let all = tags(&mine, &owner(), Some(previous(super::super::Id::new(7))));
        assert_eq!(all, ["a", "fleetflow=creo/dev/server.web", "@previous-id=7"]);
        assert_eq!(owner_in(&all), Some(owner()));
        assert_eq!(declared(&all), mine);
    }

    #[test]
    fn the_previous_id_is_left_out_when_there_is_no_room() {
        let mine: BTreeSet<_> = (0..9).map(|n| n.to_string()).collect();
        assert!(check_tags(&mine).is_empty());
        let all = tags(&mine, &owner(), Some("@previous-id=7".to_owned()));
        assert_eq!(all.len(), 10);
        assert_eq!(owner_in(&all), Some(owner()));
    }

    #[test]
    fn a_description_keeps_its_text_beside_the_mark() {
        for text in ["", "the key of CI", "with [brackets]"] {
            let whole = describe(text, &owner());
            assert_eq!(described(&whole), (text, Some(owner())), "{whole}");
        }
        assert_eq!(described("not ours [x]"), ("not ours [x]", None));
    }
}
