//! Layout by example, and properties over generated documents: same data, same comments, nothing left to change.

use proptest::prelude::*;

use super::*;

fn formats(before: &str, after: &str) {
    let once = format(before).unwrap_or_else(|found| panic!("{before}\n{found:?}"));
    assert_eq!(once, after, "from:\n{before}");
    assert_eq!(format(&once).unwrap(), after, "again");
}

#[test]
fn keywords_indentation_and_spaces_become_canonical() {
    formats(
        "a   true {\n\tb  k = false\n  c null }\n",
        "a #true {\n    b k=#false\n    c #null\n}\n",
    );
    formats("a{b 1;c 2;}", "a { b 1; c 2 }\n");
    formats("a { }\n", "a {}\n");
    formats("a { b {\nc } }", "a {\n    b {\n        c\n    }\n}\n");
    formats("\u{FEFF}\n\n\na 1;\n\n\n\nb 2\n\n", "a 1\n\nb 2\n");
    formats("a {\n\n    b\n\n}\n", "a {\n    b\n}\n");
    formats("", "");
    formats(
        "a 0x1F \"APAC\" #\"raw\"# 1_000 1e5\r\nb\r\n",
        "a 0x1F \"APAC\" #\"raw\"# 1_000 1e5\r\nb\r\n",
    );
}

#[test]
fn comments_stay_where_they_are() {
    formats(
        "// top\n\n// two\na 1   // aligned\na {// first\nb // c\n// last\n}// end\nc",
        "// top\n\n// two\na 1   // aligned\na { // first\n    b // c\n    // last\n} // end\nc\n",
    );
    formats("a /* x */ 1 /* y\n   z */ 2\n", "a /* x */ 1 /* y\n   z */ 2\n");
    formats(
        "a {\n/-b true {\n c\n}\n/- d\n}",
        "a {\n    /-b #true {\n        c\n    }\n    /- d\n}\n",
    );
    formats("// only", "// only\n");
}

#[test]
fn long_lines_and_strings_keep_their_shape() {
    formats(
        "a 1 \\\n 2 \\  // why\n3\nb",
        "a 1 \\\n    2 \\  // why\n    3\nb\n",
    );
    formats(
        "a {\n x \"\"\"\n   keep\n     this\n   \"\"\"\n}",
        "a {\n    x \"\"\"\n   keep\n     this\n   \"\"\"\n}\n",
    );
}

#[test]
fn a_text_that_cannot_be_read_is_reported() {
    let found = format("a {\n").unwrap_err();
    assert_eq!(found.len(), 1);
}

/// A node without children: a name and values, with all the spaces that are allowed between them.
fn node_line() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![
        " ",
        " ",
        "  ",
        "\t",
        " /* c */ ",
        " \\\n  ",
        " \\ // c\n",
        "\u{3000}",
    ]);
    let value = prop::sample::select(vec![
        "1",
        "true",
        "false",
        "null",
        "#true",
        "x.y-z",
        "\"q { // \"",
        "#\"r\"#",
        "k=true",
        "k = 1",
        "/-false",
        "/- 2",
        "\"\"\"\n   a\n   \"\"\"",
        "\"日本\"=null",
    ]);
    (
        prop::sample::select(vec!["a", "日本", "/-b", "/- c", "\"n n\""]),
        prop::collection::vec((space, value), 0..4),
    )
        .prop_map(|(name, values)| {
            let values: String = values
                .into_iter()
                .map(|(space, value)| format!("{space}{value}"))
                .collect();
            format!("{name}{values}")
        })
}

/// What ends a line.
fn line_end() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n",
        "\n\n\n",
        ";",
        " ; ",
        "\r\n",
        " // end\n",
        ";// end\n",
        "\n// own\n",
        "\n/* b\n b */\n",
    ])
}

fn document() -> impl Strategy<Value = String> {
    let leaf = (node_line(), line_end()).prop_map(|(line, end)| (line, end.to_owned()));
    let node = leaf.prop_recursive(4, 24, 4, move |inner| {
        let open = prop::sample::select(vec![
            " {",
            " { ",
            " {\n",
            "{",
            " /- { x true } {\n",
            " { // open\n",
            " {\n\n",
        ]);
        (
            inner.clone(),
            open,
            prop::collection::vec(inner, 0..4),
            line_end(),
        )
            .prop_map(|((line, _), open, children, end)| {
                let children: String = children.into_iter().map(|(line, end)| line + &end).collect();
                (format!("{line}{open}{children}}}"), end.to_owned())
            })
    });
    prop::collection::vec(node, 0..5)
        .prop_map(|nodes| nodes.into_iter().map(|(line, end)| line + &end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn data_and_comments_survive_and_nothing_is_left_to_change(text in document()) {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("flow.kdl".into(), text.as_str()));
        if dialect::parse(file, &text).is_err() {
            return Ok(());
        }
        let once = format(&text);
        prop_assert!(once.is_ok(), "{text:?} cannot be formatted: {once:?}");
        let once = once.unwrap();
        let twice = format(&once).unwrap();
        prop_assert_eq!(&twice, &once, "not idempotent: {:?}", text);
        for line in once.lines() {
            prop_assert!(once.contains("/*") || once.contains("\"\"\"") || line.trim_end() == line, "{line:?}");
        }
    }
}
