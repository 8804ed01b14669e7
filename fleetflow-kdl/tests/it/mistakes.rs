//! Mistakes of one file together: each is told, and none that only follows from another one.

use super::Case;

const SERVERS: &str = "server \"a\" { plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }\n\
                       server \"b\" { plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }\n";

/// What is wrong with `text`, without the advice, in the order of the file.
fn told(text: &str) -> Vec<String> {
    let mistakes = Case::new(text).load().map(|_| ()).expect_err("mistakes");
    let sentence = |mistake: String| {
        mistake
            .split_once(" (")
            .map_or(mistake.clone(), |(what, _)| what.to_owned())
    };
    mistakes.into_iter().map(sentence).collect()
}

#[test]
fn settings_that_cannot_be_read_are_missed_by_nobody() {
    for (settings, mistakes) in [
        (
            "providers { sakura-cloud { zoen \"tk1a\" } }",
            &["unknown field `zoen`"][..],
        ),
        (
            "providers { sakura { zone \"tk1a\" } }",
            &["unknown field `sakura`"],
        ),
        (
            "providers { sakura-cloud { zone 5 } }",
            &["expected text, found the number 5"],
        ),
        (
            "providers { sakura-cloud { zone \"tk9z\" } }",
            &["there is no zone `tk9z`"],
        ),
        (
            "providers { sakura-cloud { zone env=\"NOWHERE\" } }",
            &["the environment variable `NOWHERE` is not set"],
        ),
        (
            "sakura-cloud { zone \"tk1a\" }",
            &["there is no node `sakura-cloud`"],
        ),
        (
            "provider { sakura-cloud { zone \"tk1a\" } }",
            &["there is no node `provider`"],
        ),
        (
            "provider \"sakura\" { zoen \"tk1a\" }",
            &[
                "there is no node `provider`",
                "this node takes no value of its own",
                "unknown field `zoen`",
            ],
        ),
        // Where nothing is wrong with the settings, a server that has no zone is what is wrong.
        (
            "providers { cloudflare { } }",
            &["it has no zone", "it has no zone"],
        ),
    ] {
        assert_eq!(told(&format!("{settings}\n{SERVERS}")), mistakes, "{settings}");
    }
}

#[test]
fn a_misspelt_setting_hides_no_other_mistake() {
    let text = "providers { sakura-cloud { zoen \"tk1a\" } }\n\
                server \"a\" { plan core=-1 memory=1; disk size=20 os=\"ubunt\"; zone \"tk9z\" }";
    assert_eq!(
        told(text),
        [
            "unknown field `zoen`",
            "-1 is out of range",
            "there is no operating system `ubunt`",
            "there is no zone `tk9z`",
        ]
    );
}

/// What is said of values, of several fields together, and of other declarations, also where one field does not fit its
/// type.
#[test]
fn a_value_that_does_not_fit_hides_no_other_mistake_of_its_node() {
    let text = "server \"a\" { plan core=-1 memory=1; disk size=15 os=\"ubuntu-24.04\"; disk size=20 os=\"nope\" name=\"x\"
    zone \"tk1a\"; hostname \"a b\"; deploy-services \"nope\"; packet-filter \"nope\" }
service-group \"g\" {
    service \"a\" { volume \"x\"; depends-on \"nope\" }
    service \"b\" { image \"nginx\"; memory \"5q\"; depends-on \"zz\" }
}
stage \"dev\" { server \"a\"; deploy-services \"g\" }";
    assert_eq!(
        told(text),
        [
            "-1 is out of range",
            "15 is out of range",
            "there is no operating system `nope`",
            "`a b` cannot be a host name",
            "there is no service-group `nope`",
            "there is no packet-filter `nope`",
            "`a` has nothing to run",
            "`x` cannot be mounted: write SOURCE:TARGET, for example `data:/data`",
            "the group `g` has no service `nope`",
            "`5q` is not an amount of memory, for example `512m` or `2g`",
            "the group `g` has no service `zz`",
        ]
    );
    // Neither does a field that is missing, of its node or of a part of it.
    let text = "server \"a\" { zone \"tk1a\"; disk size=20 os=\"nope\"; hostname \"a b\" }
worker \"w\" { source \"w.js\"; compatibility-date \"20\"; bindings { kv \"K\"; r2 \"B\" bucket=\"nope\" } }";
    assert_eq!(
        told(text),
        [
            "`plan` is missing",
            "there is no operating system `nope`",
            "`a b` cannot be a host name",
            "`20` is not a day",
            "`namespace` is missing",
        ]
    );
}

#[test]
fn what_a_wrong_value_would_have_said_is_not_guessed() {
    let server = "server \"a\" { zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\"";
    for (text, mistakes) in [
        // The key encrypts nothing without `encryption`: it is there, and misspelt.
        (
            format!("{server} encryption=\"aes\" kms-key=\"113000000000\" }}"),
            &["\"aes\" is not allowed here"][..],
        ),
        // Any least number is more than the most, or not: nobody knows.
        (
            format!("{server} }}\nscale \"a\" {{ min -1; max 2; cpu-threshold 50; cooldown 60 }}"),
            &["-1 is out of range"],
        ),
        (
            "server \"a\" { zoen \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }"
                .to_owned(),
            &["unknown field `zoen`"],
        ),
    ] {
        assert_eq!(told(&text), mistakes, "{text}");
    }
}

#[test]
fn cycles_are_told_beside_each_other_and_other_mistakes() {
    let server = |name: &str, after: &str, core: i32| {
        format!(
            "server \"{name}\" {{ zone \"tk1a\"; plan core={core} memory=1; disk size=20 os=\"ubuntu-24.04\"; depends-on \"server.{after}\" }}\n"
        )
    };
    let text = [
        ("a", "b", 1),
        ("b", "a", 1),
        ("c", "d", 1),
        ("d", "c", -1),
        ("e", "nope", 1),
    ]
    .map(|(name, after, core)| server(name, after, core))
    .concat();
    assert_eq!(
        told(&text),
        [
            "these wait for each other: `server.a` -> `server.b` -> `server.a`",
            "these wait for each other: `server.c` -> `server.d` -> `server.c`",
            "-1 is out of range",
            "there is no `server.nope`",
        ]
    );
}
