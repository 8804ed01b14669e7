//! The dialect against tables, and against a second, independent way to read it. No FleetFlow node appears here.

use proptest::prelude::*;

use super::*;
use crate::ast::{Literal, same_data};
use crate::lexer::{Kind, tokens};
use crate::source::{SourceFile, Sources};

fn file() -> FileId {
    Sources::default().add(SourceFile::new("flow.kdl".into(), ""))
}

fn read(text: &str) -> Result<Document, Vec<Diagnostic>> {
    parse(file(), text)
}

/// `line:column message` of every mistake.
fn mistakes(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("flow.kdl".into(), text));
    let found = parse(id, text).err().unwrap_or_default();
    let line = |diagnostic: Diagnostic| {
        let at = sources.location(diagnostic.span.unwrap()).unwrap();
        format!("{}:{} {}", at.line, at.column, diagnostic.message)
    };
    found.into_iter().map(line).collect()
}

/// A short form of the data: `name(argument,key=value){…}`.
fn shown(nodes: &[Node]) -> String {
    let literal = |literal: &Literal| match literal {
        Literal::Bare(text) => text.clone(),
        Literal::Quoted(text) => format!("{text:?}"),
        Literal::Integer(value) => value.to_string(),
        other => format!("{other:?}"),
    };
    let one = |node: &Node| {
        let mut parts: Vec<_> = node
            .arguments
            .iter()
            .map(|value| literal(&value.literal))
            .collect();
        parts.extend(
            node.properties
                .iter()
                .map(|p| format!("{}={}", p.name.text, literal(&p.value.literal))),
        );
        let block = node
            .children
            .as_ref()
            .map(|children| format!("{{{}}}", shown(children)));
        format!(
            "{}({}){}",
            node.name.text,
            parts.join(","),
            block.unwrap_or_default()
        )
    };
    nodes.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn bare_keywords_are_values_wherever_a_value_may_stand() {
    let cases = [
        ("a true false null", "a(Bool(true),Bool(false),Null)"),
        ("a #true #null", "a(Bool(true),Null)"),
        (
            "a x=true y = false z=  null",
            "a(x=Bool(true),y=Bool(false),z=Null)",
        ),
        ("a true;b", "a(Bool(true)) b()"),
        ("a true{b}", "a(Bool(true)){b()}"),
        ("a true // true\nb", "a(Bool(true)) b()"),
        ("a true/* true /* false */ null */ 1", "a(Bool(true),1)"),
        ("a 1 \\\n  true \\ // true\n false", "a(1,Bool(true),Bool(false))"),
        ("a /- true false", "a(Bool(false))"),
        ("a /-k=true 1", "a(1)"),
        ("a /- { b true; }", "a()"),
        ("/- b true { c false }\na", "a()"),
        (
            "a true-ish trueish x.true true.x _true true? nullable",
            "a(true-ish,trueish,x.true,true.x,_true,true?,nullable)",
        ),
        (
            "a \" true \" \"\\\" true \\\"\"",
            "a(\" true \",\"\\\" true \\\"\")",
        ),
        (
            "a #\" true \"x\" \"# ##\"# \"# true\"##",
            "a(\" true \\\"x\\\" \",\"# \\\"# true\")",
        ),
        ("a \"\"\"\n  x true\n  \"\"\"", "a(\"x true\")"),
        ("\u{FEFF}a\u{3000}true\r\nb false", "a(Bool(true)) b(Bool(false))"),
        (
            "日本 ラベル=true 真 true",
            "日本(真,Bool(true),ラベル=Bool(true))",
        ),
        ("\"true\" \"null\"=1", "true(null=1)"),
        (
            "r value=server.creo-dev-01.ip proxied=true",
            "r(value=server.creo-dev-01.ip,proxied=Bool(true))",
        ),
    ];
    for (text, expected) in cases {
        let document = read(text).unwrap_or_else(|found| panic!("{text}: {found:?}"));
        assert_eq!(shown(&document.nodes), expected, "{text}");
    }
}

#[test]
fn mistakes_are_told_once_and_at_their_place() {
    let cases: [(&str, &[&str]); 13] = [
        ("true 1", &["1:1 `true` is a keyword and cannot name a node"]),
        (
            "a true=1",
            &["1:3 `true` is a keyword and cannot name a property"],
        ),
        ("a (u8)1", &["1:4 type annotations have no meaning in flow.kdl"]),
        ("(t)a 1", &["1:2 type annotations have no meaning in flow.kdl"]),
        ("a {\n b 1", &["1:3 this block is never closed"]),
        ("a 1\n{ b 1 }", &["2:1 a block needs a name"]),
        (
            "日本 true r#\"raw\"# true",
            &["1:9 raw strings are written without the `r`"],
        ),
        (
            "a x=r\"c:\\x\" true",
            &["1:5 raw strings are written without the `r`"],
        ),
        ("a \"x\nb true", &["1:3 this text is never closed"]),
        (
            "a 1.\nb",
            &["1:3 Non-digit character found after the '.' of a float"],
        ),
        ("a =1", &["1:3 `a` is set with `=`"]),
        (
            "a }\nb true\nc =",
            &["1:3 this does not belong here", "3:3 `c` is set with `=`"],
        ),
        ("a \u{10FFF1}", &["1:3 this private-use character is reserved"]),
    ];
    for (text, expected) in cases {
        assert_eq!(mistakes(text), expected, "{text}");
    }
}

#[test]
fn nesting_is_bounded_before_the_parser_sees_it() {
    let nested = |levels: usize| format!("{}{}", "a { ".repeat(levels), "}".repeat(levels));
    assert!(read(&nested(64)).is_ok());
    assert_eq!(
        mistakes(&nested(65)),
        ["1:259 blocks are nested more than 64 deep"]
    );
    let left_out = |levels: usize| format!("{}{}", "a /- { ".repeat(levels), "}".repeat(levels));
    assert!(read(&left_out(8)).is_ok());
    assert_eq!(mistakes(&left_out(9)).len(), 1);
    assert!(read(&format!("a /* {} */", "*".repeat(1_900))).is_ok());
    assert_eq!(mistakes(&format!("a /* {} */", "*".repeat(2_100))).len(), 1);
    assert!(read(&"x 1\n".repeat(20_000)).is_ok());
}

#[test]
fn a_long_text_is_read_in_pieces_wherever_its_length_lies() {
    let lines = |name: &str| {
        let line = |number| {
            format!("    {name} \"日本-{number}\" on=true \\ // goes on\n  value=\"{number}\" /- {{ a\n}}\n")
        };
        (0..2_000).map(line).collect::<String>()
    };
    let texts = [
        lines("record"),
        format!(
            "project \"p\" null\ndns \"a\" {{\n{}}} // end\nafter 1",
            lines("record")
        ),
        format!("a {{ b {{\n{}}}\n{} }}", lines("deep"), "x 1\n"),
        format!("/- a {{\n{}}}\nb 1", lines("left-out")),
    ];
    for text in texts {
        let pieces = pieces::read(file(), &text, &tokens(&text), pieces::PIECE).expect("it can be cut");
        let whole = parse_guarded(file(), &text).unwrap();
        assert_eq!(format!("{:?}", pieces.nodes), format!("{:?}", whole.nodes));
        assert_eq!(pieces.bare_keywords, whole.bare_keywords);
    }
}

#[test]
fn every_value_knows_the_text_it_was_written_as() {
    let text = "ノード \"文\" k = true 1.5 #\"raw\"# { 子 ラ = \"b\" 0x1F }";
    let document = read(text).unwrap();
    let node = &document.nodes[0];
    let written: Vec<_> = node
        .arguments
        .iter()
        .map(|value| &text[value.span.range()])
        .collect();
    assert_eq!(written, ["\"文\"", "1.5", "#\"raw\"#"]);
    let property = &node.properties[0];
    assert_eq!(
        (
            &text[property.name.span.range()],
            &text[property.value.span.range()]
        ),
        ("k", "true")
    );
    let child = &node.children()[0];
    assert_eq!(&text[child.head().range()], "子 ラ = \"b\" 0x1F");
}

/// The second way: our own lexer finds the words, all of them at once.
fn by_lexer(text: &str) -> (Result<Vec<Node>, ()>, Vec<Range<usize>>) {
    let mut masked = text.to_owned();
    let mut words = Vec::new();
    for token in tokens(text).into_iter().filter(|token| token.kind == Kind::Word) {
        if let Some(keyword) = Keyword::written(&text[token.range.clone()]) {
            masked.replace_range(token.range.clone(), keyword.placeholder());
            words.push(token.range);
        }
    }
    let nodes = KdlDocument::parse_v2(&masked)
        .map_err(|_| ())
        .and_then(|document| tree::build(file(), text, &document).map_err(|_| ()));
    (nodes, words)
}

fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "true",
        "false",
        "null",
        "a",
        "日本",
        "x.true",
        "true-ish",
        "-",
        "+",
        ".",
        "1",
        "1.5",
        "0x1F",
        "#true",
        "#null",
        "#inf",
        " ",
        " ",
        " ",
        "  ",
        "\u{3000}",
        "\n",
        "\n",
        "\r\n",
        ";",
        "{",
        "}",
        "{",
        "}",
        "=",
        "=",
        "(",
        ")",
        "/-",
        "/- ",
        "\\\n",
        "\\ // c\n",
        "// true\n",
        "/* true */",
        "/*/* null */*/",
        "\"true\"",
        "\" \\\" true\"",
        "#\"true\"#",
        "##\"# \"# null\"##",
        "\"\"\"\n true\n \"\"\"",
        "#\"\"\"\n \"true\n \"\"\"#",
        "\"",
        "[",
        "r#\"x\"#",
        "k=true",
        "k=null",
        " true ",
        " false ",
        "\u{FEFF}",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|parts| parts.concat())
}

#[test]
fn an_annotation_of_several_lines_is_underlined_on_its_first() {
    let text = "a (\"\"\"\n t\n \"\"\")1";
    let mistakes = read(text).unwrap_err();
    let underlined: Vec<_> = mistakes
        .iter()
        .map(|mistake| &text[mistake.span.unwrap().range()])
        .collect();
    assert_eq!(underlined, ["\"\"\""]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_ways_to_read_the_dialect_agree(text in fragments()) {
        let ours = read(&text);
        let (theirs, words) = by_lexer(&text);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert!(same_data(&ours.nodes, &theirs), "{} / {}", shown(&ours.nodes), shown(&theirs));
                prop_assert_eq!(ours.bare_keywords, words);
            }
            (Err(_), Err(())) => {}
            (ours, theirs) => prop_assert!(false, "{text:?}: {ours:?} / {}", theirs.is_ok()),
        }
    }

    #[test]
    fn what_is_read_in_pieces_is_what_is_read_as_a_whole(text in fragments(), length in 1_usize..20) {
        prop_assume!(guard::check(file(), &text).is_ok());
        if let Some(pieces) = pieces::read(file(), &text, &tokens(&text), length) {
            let whole = read(&text).map_err(|_| TestCaseError::fail(format!("only pieces are read: {text:?}")))?;
            prop_assert_eq!(format!("{:?}", pieces.nodes), format!("{:?}", whole.nodes));
            prop_assert_eq!(pieces.bare_keywords, whole.bare_keywords);
        }
    }

    #[test]
    fn every_mistake_lies_inside_the_text_on_one_line(text in fragments()) {
        for diagnostic in read(&text).err().unwrap_or_default() {
            let span = diagnostic.span.unwrap();
            let underlined = text.get(span.range()).expect("a span inside the text");
            prop_assert!(!underlined.contains('\n'), "{underlined:?}");
        }
    }
}
