//! Host names and record names in the one form that is compared and sent: full, lower case, punycode, no trailing dot.

/// `text` as a host in that form, or what is wrong with it.
pub(crate) fn host(text: &str) -> Result<String, String> {
    let host = ascii(text)?;
    if host.starts_with('*') || host.parse::<std::net::IpAddr>().is_ok() {
        return Err(format!("`{text}` is not a host name"));
    }
    Ok(host)
}

/// The full name of the record `name` in `zone`: `@` is the zone itself, `www` is below it, and a name that ends in
/// the zone's or in a dot is full already.
pub(crate) fn record_name(name: &str, zone: &str) -> Result<String, String> {
    if name == "@" {
        return Ok(zone.to_owned());
    }
    let ascii = ascii(name)?;
    if is_within(&ascii, zone) {
        return Ok(ascii);
    }
    if name.ends_with('.') {
        return Err(format!("`{name}` is outside of the zone `{zone}`"));
    }
    let full = format!("{ascii}.{zone}");
    match full.len() {
        0..=253 => Ok(full),
        length => Err(format!(
            "`{full}` has {length} characters; a name has at most 253"
        )),
    }
}

/// The shortest way to write the full `name` in `zone`.
pub(crate) fn relative<'n>(name: &'n str, zone: &str) -> &'n str {
    if name == zone {
        return "@";
    }
    name.strip_suffix(zone)
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or(name)
}

/// Whether `name` is `zone` or below it.
pub(crate) fn is_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn ascii(text: &str) -> Result<String, String> {
    let wrong = |why: &str| Err(format!("`{text}` is not a domain name: {why}"));
    let bare = text.strip_suffix('.').unwrap_or(text);
    let Ok(ascii) = idna::domain_to_ascii(bare) else {
        return wrong("it cannot be written in punycode");
    };
    if ascii.len() > 253 {
        return wrong("it is longer than 253 characters");
    }
    let mut labels = ascii.split('.');
    let first = labels.next().is_some_and(|label| label == "*" || is_label(label));
    if !first || !labels.all(is_label) {
        return wrong("each part has 1 to 63 letters, digits, `-` and `_`");
    }
    Ok(ascii)
}

fn is_label(label: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=63).contains(&label.len()) && label.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_name_is_the_same_name() {
        for (name, full) in [
            ("@", "example.jp"),
            ("example.jp", "example.jp"),
            ("www", "www.example.jp"),
            ("WWW.Example.JP.", "www.example.jp"),
            ("*", "*.example.jp"),
            ("*.dev", "*.dev.example.jp"),
            ("_sip._tcp", "_sip._tcp.example.jp"),
            ("日本", "xn--wgv71a.example.jp"),
            ("example.org", "example.org.example.jp"),
        ] {
            assert_eq!(record_name(name, "example.jp").as_deref(), Ok(full), "{name}");
        }
        assert_eq!(relative("a.b.example.jp", "example.jp"), "a.b");
        assert_eq!(relative("example.jp", "example.jp"), "@");
        assert!(!is_within("notexample.jp", "example.jp"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "a..b", "a b", "example.org.", "w*", "a.*"] {
            assert!(record_name(name, "example.jp").is_err(), "{name}");
        }
        assert!(host("192.0.2.1").is_err());
        assert_eq!(host("Mail.Example.JP.").as_deref(), Ok("mail.example.jp"));
    }
}
