//! What is known of a declaration of which something could not be read takes part in everything else.

use fleetflow_kdl::{LoadOptions, MemoryFiles, check, load};

use super::Case;

const UNSET: &str = "the environment variable `UNSET` is not set";
const UNCLOSED: &str = "`${` is not closed";
const SERVER: &str = "zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"debian-12\"";

fn told_of(text: &str) -> Vec<String> {
    let mistakes = Case::new(text).load().map(|_| ()).expect_err("mistakes");
    let sentence = |mistake: String| match mistake.split_once(" (") {
        Some((what, _)) => what.to_owned(),
        None => mistake,
    };
    mistakes.into_iter().map(sentence).collect()
}

#[test]
fn a_text_with_a_broken_part_hides_no_reference_in_its_rest() {
    let nope = "there is no `server.nope`";
    for (value, wanted) in [
        (
            "${server.nope.ip} ${var.}",
            &[nope, "there is no variable ``"][..],
        ),
        ("${ } ${server.nope.ip}", &[nope, "`${}` means nothing"]),
        ("${server.nope.ip} ${env.UNSET}", &[nope, UNSET]),
        ("${env.UNSET}", &[UNSET]),
        ("${server.nope.ip} ${oops", &[nope, UNCLOSED]),
        ("${oops ${server.nope.ip} ${env.UNSET}", &[nope, UNCLOSED, UNSET]),
    ] {
        let direct = format!("service \"a\" {{ image \"nginx\"; env {{ A \"{value}\" }} }}");
        assert_eq!(told_of(&direct), wanted, "{value}");
        let variable = format!(
            "service \"a\" {{ image \"nginx\"; env {{ A \"http://${{var.url}}\" }} }}\nvariables {{ url \"{value}\" }}"
        );
        let mut told = told_of(&variable);
        // A variable is looked at where it stands, and where it is used.
        told.dedup();
        assert_eq!(told, wanted, "{value} in a variable");
    }
}

#[test]
fn a_declaration_with_an_unset_variable_takes_part_in_the_checks_of_others() {
    let service = |name: &str, more: &str| format!("service \"{name}\" {{ image \"nginx\"; {more} }}\n");
    let port = "port host=8080 container=80";
    let unset = "env { A env=\"UNSET\" }";
    let taken = |text: &str| {
        let told = told_of(text);
        told.iter().filter(|told| told.contains("8080")).count()
    };
    let with = |first: &str, second: &str| [service("a", first), service("b", second)].concat();
    let both = format!("{port}; {unset}");
    for text in [with(port, &both), with(&both, port), with(&both, &both)] {
        assert_eq!(taken(&text), 1, "{text}");
    }
    // Two ports that are not known are not the same one, and one that is not known is not a known one.
    let unknown = "port host=\"${env.UNSET}\" container=80";
    for text in [with(unknown, unknown), with(unknown, port), with(port, unknown)] {
        let mut told = told_of(&text);
        told.dedup();
        assert_eq!(told, [UNSET], "{text}");
    }
}

/// What is probably not meant, where all stages are checked.
fn warned_of(text: &str) -> Vec<String> {
    let files = MemoryFiles::new().with("shop/flow.kdl", text);
    let warnings = check(&LoadOptions::new("shop/flow.kdl", &files))
        .expect("a readable file")
        .warnings;
    let warnings = warnings.iter().flat_map(fleetflow_kdl::Diagnostics::iter);
    warnings.map(|warning| warning.message.clone()).collect()
}

#[test]
fn a_group_that_an_unset_variable_may_bring_in_is_not_told_to_be_unused() {
    let groups = |more: &str| {
        format!(
            "service-group \"g\" {{ service \"s\" image=\"nginx\" }}\nserver \"x\" {{ {SERVER} }}\nstage \"dev\" {{ {more} }}"
        )
    };
    for more in [
        "server \"x\"; deploy-services env=\"UNSET\"",
        "server \"x\" { deploy-services \"${env.UNSET}\" }",
    ] {
        assert_eq!(warned_of(&groups(more)), [UNSET], "{more}");
    }
    // It brings in no server.
    let told = warned_of(&groups("deploy-services env=\"UNSET\""));
    assert_eq!(told, ["no stage uses `server \"x\"`", UNSET]);
}

/// The needs of a stage of which only a picture is made, or what that lacks.
fn drawn(text: &str) -> Result<Vec<String>, Vec<String>> {
    let files = MemoryFiles::new().with("shop/flow.kdl", text);
    let loaded = load(&LoadOptions::new("shop/flow.kdl", &files).only_drawn());
    let loaded = loaded.map_err(|found| found.iter().map(|one| one.message.clone()).collect::<Vec<_>>())?;
    let relations = loaded.stack.relations().expect("what needs what");
    let needs = relations.iter().flat_map(|one| {
        let needs = one.needs.iter();
        needs.map(|need| format!("{} {need}", one.declared.address))
    });
    Ok(needs.collect())
}

#[test]
fn a_picture_needs_the_variables_that_decide_what_needs_what_and_no_other() {
    let text = format!(
        "providers {{ sakura-cloud {{ zone env=\"UNSET\" }}; cloudflare {{ account-id env=\"UNSET\" }} }}
state \"s3://b/x\" endpoint=\"https://s3.test\" {{ encrypt env=\"UNSET\" }}
variables {{ unused env=\"UNSET\" }}
service-group \"g\" {{ service \"s\" {{ image env=\"UNSET\"; env {{ A \"${{server.db.ip}}:${{env.UNSET}}\" }} }} }}
stage \"dev\" {{
    server \"db\" {{ {SERVER} }}
    server \"web\" {{ plan {{ core env=\"UNSET\"; memory 4 }}; disk size=20 os=\"debian-12\"; password env=\"UNSET\" secret=#true; deploy-services \"g\" }}
    worker \"w\" {{ source \"w.js\"; bindings {{ kv \"K\" namespace=\"n\"; secret \"S\" env=\"UNSET\" }} }}
    kv-namespace \"n\"
}}"
    );
    let needs = [
        "server.web service-group.g",
        "worker.w kv-namespace.n",
        "service-group.g server.db",
    ];
    assert_eq!(drawn(&text).unwrap(), needs);
    for (known, unknown) in [
        ("server \"db\"", "server \"${env.UNSET}\""),
        ("deploy-services \"g\"", "deploy-services env=\"UNSET\""),
        ("namespace=\"n\"", "namespace=\"${env.UNSET}\""),
        ("namespace=\"n\"", "namespace=\"${var.unused}\""),
        (
            "kv-namespace \"n\"",
            "kv-namespace \"n\" { depends-on env=\"UNSET\" }",
        ),
    ] {
        let text = text.replace(known, unknown).replace("${server.db.ip}", "x");
        assert_eq!(drawn(&text).unwrap_err(), [UNSET], "{unknown}");
    }
}
