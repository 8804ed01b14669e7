//! Splits a command line into words, as a POSIX shell does, without expanding anything.

/// The words of `line`.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => word
                .get_or_insert_default()
                .push_str(&quoted(&mut letters, '\'', line)?),
            '"' => word
                .get_or_insert_default()
                .push_str(&quoted(&mut letters, '"', line)?),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The text up to the closing `mark`; inside double quotes a backslash takes the next letter as it is.
fn quoted(letters: &mut std::str::Chars<'_>, mark: char, line: &str) -> Result<String, String> {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            end if end == mark => return Ok(text),
            '\\' if mark == '"' => text.extend(letters.next()),
            other => text.push(other),
        }
    }
    Err(format!("`{line}` has a quotation mark that is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(split("  npm  run 'a b' ").unwrap(), ["npm", "run", "a b"]);
        assert_eq!(
            split(r#"sh -c "echo \"hi\" there" x\ y '' "#).unwrap(),
            ["sh", "-c", "echo \"hi\" there", "x y", ""]
        );
        assert!(split("echo 'a").is_err());
    }
}
