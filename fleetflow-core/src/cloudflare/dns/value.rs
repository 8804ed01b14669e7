//! Values of records in the one form that is compared: what a user wrote and what Cloudflare answers come out the same.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::types::{RecordType, ValueForm};
use crate::cloudflare::name;

/// Longest TXT value: 4,096 bytes on the wire, of which each string of 255 takes one more.
const LONGEST_TEXT: usize = 4080;

/// `text` as the value of a record of this type in `zone`, or what is wrong with it.
pub(crate) fn canonical(record_type: RecordType, text: &str, zone: &str) -> Result<String, String> {
    let text = text.trim();
    match record_type.form().value {
        ValueForm::Ipv4 => text
            .parse::<Ipv4Addr>()
            .map(|address| address.to_string())
            .map_err(|_| format!("`{text}` is not an IPv4 address")),
        ValueForm::Ipv6 => text
            .parse::<Ipv6Addr>()
            .map(|address| address.to_string())
            .map_err(|_| format!("`{text}` is not an IPv6 address")),
        ValueForm::HostOrNone if text == "." => Ok(text.to_owned()),
        ValueForm::Host | ValueForm::HostOrNone if text == "@" => Ok(zone.to_owned()),
        ValueForm::Host | ValueForm::HostOrNone => name::host(text),
        ValueForm::Text if text.is_empty() => Err(format!("{} needs a value", record_type.described())),
        ValueForm::Text => Ok(text.to_owned()),
        ValueForm::Strings => check_text(joined(text)),
        ValueForm::Hexadecimal => hexadecimal(text),
        ValueForm::Nothing => Err(format!("{} has no value", record_type.described())),
    }
}

fn check_text(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("a TXT record needs a text".to_owned());
    }
    if text.contains(['\n', '\r']) {
        return Err("a TXT record cannot have line breaks".to_owned());
    }
    if text.len() > LONGEST_TEXT {
        return Err(format!(
            "the text has {} bytes; at most {LONGEST_TEXT} fit",
            text.len()
        ));
    }
    Ok(text)
}

fn hexadecimal(text: &str) -> Result<String, String> {
    let digits: String = text.split_whitespace().collect::<String>().to_ascii_lowercase();
    let whole = !digits.is_empty() && digits.len().is_multiple_of(2);
    if whole && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits)
    } else {
        Err(format!("`{text}` is not a row of hexadecimal digits"))
    }
}

/// The text that a TXT content stands for: quoted strings are joined, anything else is itself (API doc §3.5).
pub(crate) fn joined(content: &str) -> String {
    quoted_strings(content).map_or_else(|| content.to_owned(), |parts| parts.concat())
}

/// A text as the content of a TXT record: quoted strings of at most 255 bytes.
pub(crate) fn quoted(text: &str) -> String {
    let mut strings = vec![String::new()];
    for character in text.chars() {
        let full = |string: &String| string.len() + character.len_utf8() > 255;
        if strings.last().is_some_and(full) {
            strings.push(String::new());
        }
        if let Some(string) = strings.last_mut() {
            string.push(character);
        }
    }
    let quote = |string: String| format!("\"{}\"", string.replace('\\', "\\\\").replace('"', "\\\""));
    strings.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// The strings of a content that consists of quoted strings and nothing else.
fn quoted_strings(content: &str) -> Option<Vec<String>> {
    let mut strings = Vec::new();
    let mut rest = content.trim();
    while !rest.is_empty() {
        let (string, after) = first_string(rest)?;
        strings.push(string);
        rest = after.trim_start();
    }
    (!strings.is_empty()).then_some(strings)
}

fn first_string(text: &str) -> Option<(String, &str)> {
    let mut string = String::new();
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some((string, characters.as_str())),
            '\\' => string.push(characters.next()?),
            other => string.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_being_cut_and_quoted() {
        let long = format!("{}\"{}\\{}", "a".repeat(254), "日本".repeat(100), "z".repeat(300));
        for text in [
            "v=spf1 -all",
            "a \"quoted\" word",
            "back\\slash",
            "\"",
            long.as_str(),
        ] {
            let content = quoted(text);
            assert_eq!(joined(&content), text);
            for string in quoted_strings(&content).unwrap() {
                assert!(string.len() <= 255);
            }
        }
        assert_eq!(joined("\"one\" \"two\""), "onetwo");
        assert_eq!(joined("say \"hi\""), "say \"hi\"");
        assert_eq!(joined("\"open"), "\"open");
    }

    #[test]
    fn equal_values_have_one_form() {
        let of = |record_type, text| canonical(record_type, text, "example.jp").unwrap();
        assert_eq!(of(RecordType::Cname, "Mail.Example.JP."), "mail.example.jp");
        assert_eq!(of(RecordType::Cname, "@"), "example.jp");
        assert_eq!(of(RecordType::Aaaa, "2001:DB8:0:0::1"), "2001:db8::1");
        assert_eq!(of(RecordType::Mx, "."), ".");
        assert_eq!(of(RecordType::Sshfp, "AB cd"), "abcd");
        assert!(canonical(RecordType::A, "xxx.xxx.xxx.xxx", "example.jp").is_err());
        assert!(canonical(RecordType::Cname, "192.0.2.1", "example.jp").is_err());
    }
}
