//! Digests of the local files that a declaration names, as fields of it. Nothing is read here.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// The fields of `all` that have a digest. Every file that could not be read is told, not only the first.
pub(crate) fn digests<const N: usize>(
    all: [(&'static str, Result<Option<String>>); N],
) -> Result<Map<String, Value>> {
    let fields = all
        .into_iter()
        .map(|(field, digest)| Ok((field.to_owned(), digest?)));
    let known = each(fields)?.into_iter();
    Ok(known
        .filter_map(|(field, digest)| Some((field, digest?.into())))
        .collect())
}

/// What was read, or everything that could not be.
pub(crate) fn each<T>(read: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for one in read {
        match one {
            Ok(one) => found.push(one),
            Err(error) => errors.push(error),
        }
    }
    Error::together(errors).map_or(Ok(found), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    #[test]
    fn all_that_is_missing_is_told_with_the_number_of_each() {
        let missing = |name: &str| Err(Error::of(&codes::NO_SUCH_FILE, format!("there is no {name}")));
        let read = || Ok(Some("1f".to_owned()));
        let error = digests([("a", missing("a")), ("b", read()), ("c", missing("c"))]).unwrap_err();
        assert_eq!(error.problems().len(), 2, "{error}");
        assert_eq!(error.registered(), &codes::NO_SUCH_FILE);
        let alone = digests([("a", missing("a")), ("b", read())]).unwrap_err();
        assert_eq!((alone.message(), alone.problems().len()), ("there is no a", 0));
        let known = digests([("a", Ok(None)), ("b", read())]).unwrap();
        assert_eq!(Value::from(known), serde_json::json!({ "b": "1f" }));
    }
}
