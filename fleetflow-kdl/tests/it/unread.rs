//! What could not be read is told, and nothing that only follows from it: values, names, whole files.

use fleetflow_kdl::{LoadOptions, MemoryFiles};

use super::Case;

const SERVER: &str = "zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"debian-12\"";

/// What is wrong with a file of `text` that may include `others`, without the advice, in the order of the files as they were read.
fn told_of(text: &str, others: &[(&str, &str)]) -> Vec<String> {
    let case = others.iter().fold(Case::new(text), |case, (path, text)| {
        case.file(&format!("shop/{path}"), text)
    });
    let mistakes = case.load().map(|_| ()).expect_err("mistakes");
    let sentence = |mistake: String| {
        let what = mistake.split_once(" (").map(|(what, _)| what.to_owned());
        what.unwrap_or(mistake)
    };
    mistakes.into_iter().map(sentence).collect()
}

const UNSET: &str = "the environment variable `UNSET` is not set";

#[test]
fn a_value_that_could_not_be_read_is_not_taken_for_one_that_is_not_there() {
    for text in [
        "service \"a\" { image env=\"UNSET\" }".to_owned(),
        "service \"a\" { image \"nginx:${env.UNSET}\" }".to_owned(),
        "service \"a\" { image \"nginx\"; health-check env=\"UNSET\" }".to_owned(),
        format!("server \"a\" {{ {SERVER} {{ encryption env=\"UNSET\"; kms-key \"113000000000\" }} }}"),
        format!("server \"a\" {{ {SERVER}; docker env=\"UNSET\" }}\nscale \"a\" {{ min 1; max 2; cpu-threshold 50; cooldown 60; metrics \"docker\" }}"),
        "r2-bucket \"uploads\" { lifecycle { rule \"old\" delete-after-days=\"${env.UNSET}\" } }".to_owned(),
        "dns \"example.jp\" { record \"www\" type=\"MX\" value=\"x.example.jp\" { priority env=\"UNSET\" } }".to_owned(),
        "providers { sakura-cloud { zone env=\"UNSET\" } }\nserver \"a\" { plan core=1 memory=1; disk size=20 os=\"debian-12\" }".to_owned(),
    ] {
        assert_eq!(told_of(&text, &[]), [UNSET], "{text}");
    }
}

#[test]
fn beside_a_value_that_could_not_be_read_all_else_is_told() {
    let text = "service-group \"g\" {
    service \"a\" { image env=\"UNSET\"; memory \"5q\" }
    service \"b\" { }
}
deploy-services \"g\"";
    assert_eq!(
        told_of(text, &[]),
        [
            UNSET,
            "`5q` is not an amount of memory, for example `512m` or `2g`",
            "`b` has nothing to run"
        ]
    );
}

/// Something is called so, or not: nobody knows.
#[test]
fn what_has_a_name_that_could_not_be_read_is_missed_by_nobody() {
    for (text, others) in [
        (
            format!("server \"${{env.UNSET}}\" {{ {SERVER} }}\ndns \"example.jp\" {{ record \"www\" type=\"A\" value=server.web.ip }}"),
            &[][..],
        ),
        (
            format!("packet-filter \"${{env.UNSET}}\" {{ }}\nserver \"a\" {{ {SERVER}; packet-filter \"web\"; depends-on \"packet-filter.x\" }}"),
            &[],
        ),
        (
            "service-group \"${env.UNSET}\" { service \"a\" image=\"nginx\" }\ndeploy-services \"web\"".to_owned(),
            &[],
        ),
        (
            format!("service-group \"${{env.UNSET}}\" {{ service \"a\" image=\"nginx\" }}\nstage \"dev\" {{ deploy-services \"web\"; server \"a\" {{ {SERVER}; deploy-services \"db\" }} }}"),
            &[],
        ),
        // The definition may be that of `web`.
        (
            format!("server \"${{env.UNSET}}\" {{ {SERVER} }}\nstage \"dev\" {{ server \"web\" {{ hostname \"a b\" }} }}"),
            &["`a b` cannot be a host name"],
        ),
        (
            "service-group \"g\" { service \"${env.UNSET}\" image=\"nginx\"; service \"b\" image=\"nginx\" { depends-on \"a\" } }\ndeploy-services \"g\"".to_owned(),
            &[],
        ),
        // Of another kind, or of a name that cannot be one, it is told.
        (
            format!("server \"${{env.UNSET}}\" {{ {SERVER} }}\nserver \"a\" {{ {SERVER}; depends-on \"switch.x\" }}"),
            &["there is no `switch.x`"],
        ),
    ] {
        let told = told_of(&text, &[]);
        assert_eq!(told[0], UNSET, "{text}");
        assert_eq!(told[1..], *others, "{text}");
    }
}

const BROKEN: &str = "stage \"dev\" {\n    server \"web\" {\n";
const NOT_CLOSED: &str = "this block is never closed";

#[test]
fn a_file_that_does_not_parse_hides_no_mistake_of_the_others() {
    let main = format!(
        "include \"broken.kdl\"
include \"dns.kdl\"
variables {{ size 20 }}
server \"a\" {{ {SERVER}; hostname \"a b\"; colour \"red\" }}
stage \"dev\" {{
    server \"a\"
    server \"b\" {{ zone \"tk9z\"; plan core=-1; disk size=\"${{var.elsewhere}}\" os=\"debian-12\" }}
    deploy-services \"web\"
}}"
    );
    let dns = "dns \"example.jp\" { record \"www\" type=\"A\" value=\"1.2.3\"; record \"x\" type=\"A\" value=server.web.ip }";
    assert_eq!(
        told_of(&main, &[("broken.kdl", BROKEN), ("dns.kdl", dns)]),
        [
            "`a b` cannot be a host name",
            "unknown field `colour`",
            "there is no zone `tk9z`",
            "-1 is out of range",
            NOT_CLOSED,
            NOT_CLOSED,
            "`1.2.3` is not an IPv4 address",
        ]
    );
}

#[test]
fn a_file_that_is_not_there_hides_no_mistake_of_the_others() {
    let missing = "cannot read shop/nowhere.kdl: entity not found";
    for (text, others) in [
        // What the file may have had: settings, stages, variables, groups, definitions, what is referred to.
        (
            "include \"nowhere.kdl\"\nserver \"a\" { hostname \"x\" }",
            &[][..],
        ),
        (
            "include \"nowhere.kdl\"\ndeploy-services \"web\"\nservice \"a\" image=\"${var.image}\"",
            &[],
        ),
        (
            "include \"nowhere.kdl\"\nservice-group \"g\" { service \"a\" { depends-on \"db\" } }\nstage \"dev\" { deploy-services \"g\" \"x\" }",
            &["`a` has nothing to run", "the group `g` has no service `db`"],
        ),
        (
            "include \"nowhere.kdl\"\nstage \"dev\" { server \"a\" { plan core=1; hostname \"x\" } }",
            &[],
        ),
        (
            "stage \"dev\" { include \"nowhere.kdl\"; scale \"web\" { min 1; max 2; cpu-threshold 50; cooldown 60 } }",
            &[],
        ),
        (
            "include \"nowhere.kdl\"\nserver \"a\" { plan core=0 }\nserver \"a\"",
            &["0 is out of range", "`server.a` is declared twice"],
        ),
    ] {
        let mut told = told_of(text, &[]);
        told.retain(|told| told != missing);
        assert_eq!(told, *others, "{text}");
    }
    assert_eq!(told_of("include \"nowhere.kdl\"", &[]), [missing]);
    // An `include` that is misspelt was not followed either.
    assert_eq!(
        told_of(
            "includ \"web.kdl\"\ndns \"example.jp\" { record \"www\" type=\"A\" value=server.web.ip }",
            &[("web.kdl", "server \"web\"")]
        ),
        ["there is no node `includ`"]
    );
}

#[test]
fn stages_are_listed_as_a_load_knows_them() {
    let stages = |text: &str| {
        let files = MemoryFiles::new()
            .with("shop/flow.kdl", text)
            .with("shop/prod.kdl", "stag \"prod\"");
        fleetflow_kdl::stages(&LoadOptions::new("shop/flow.kdl", &files)).map_err(|found| found.len())
    };
    let names = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(
        stages("stage \"dev\"\nstag \"staging\"\ninclude \"prod.kdl\""),
        names(&["dev", "staging", "prod"])
    );
    assert_eq!(stages("server \"a\" { nonsense }"), names(&["default"]));
    assert_eq!(stages("stage \"dev\"\ninclude \"nowhere.kdl\""), Err(1));
    assert_eq!(stages("stage \"dev\" {"), Err(1));
}
