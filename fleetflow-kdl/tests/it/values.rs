//! What each spelling of a value means: literals of both dialects, environment, secrets, references, texts, paths.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Case, declared, spec};

const SERVER: &str =
    "server \"web\" { plan core=2 memory=4; disk size=20 os=\"debian-12\"; zone \"is1a\" }\n";

#[test]
fn keywords_of_both_dialects_are_the_same() {
    let text = |value: &str| {
        format!("dns \"example.jp\" {{ record \"www\" type=\"A\" value=\"192.0.2.1\" {value} }}")
    };
    let bare = spec(&text("proxied=true"), "dns.example.jp");
    assert_eq!(bare, spec(&text("proxied=#true"), "dns.example.jp"));
    assert_eq!(bare, spec(&text("{ proxied true }"), "dns.example.jp"));
    assert_eq!(bare["record"][0]["proxied"], true);
}

#[test]
fn argument_property_and_child_are_the_same() {
    let property = "dns \"example.jp\" { record \"api\" type=\"A\" value=\"192.0.2.1\" proxied=true ttl=1 }";
    let child =
        "dns \"example.jp\" { record \"api\" type=\"A\" { value \"192.0.2.1\"; proxied true; ttl 1 } }";
    assert_eq!(spec(property, "dns.example.jp"), spec(child, "dns.example.jp"));
}

#[test]
fn repeatable_nodes_take_several_arguments_or_stand_several_times() {
    let keys = |keys: &str| {
        format!(
            "server \"web\" {{ plan core=2 memory=4; disk size=20 os=\"debian-12\"; zone \"is1a\"; {keys} }}"
        )
    };
    let one = spec(&keys("ssh-key \"./a.pub\" \"./b.pub\""), "server.web");
    let two = spec(&keys("ssh-key \"./a.pub\"; ssh-key \"./b.pub\""), "server.web");
    assert_eq!(one, two);
    assert_eq!(one["ssh_key"].as_array().map(Vec::len), Some(2));
}

#[test]
fn several_values_are_several_values_of_one_record() {
    let text = "dns \"example.jp\" { record \"www\" type=\"A\" { value \"192.0.2.1\" \"192.0.2.2\" } }";
    let records = spec(text, "dns.example.jp");
    assert_eq!(records["record"][0]["value"], json!(["192.0.2.1", "192.0.2.2"]));
}

#[test]
fn the_process_environment_comes_before_the_stages_file_and_that_before_the_common_one() {
    let text =
        "providers { cloudflare { account-id env=\"ACCOUNT\" } }\nstage \"dev\" { r2-bucket \"bucket-b\" }";
    let account = |case: Case<'_>| {
        let settings = case.stack().provider_settings().cloudflare.clone();
        settings
            .and_then(|settings| settings.account_id)
            .expect("an account")
    };
    let (of_process, of_stage, common) = ("a".repeat(32), "b".repeat(32), "c".repeat(32));
    let case = || Case::new(text).file("shop/.env", &format!("ACCOUNT={common}\n"));
    let staged = || {
        case().file(
            "shop/.env.dev",
            &format!("export ACCOUNT=\"{of_stage}\" # the stage's\n"),
        )
    };
    assert_eq!(account(case()), common);
    assert_eq!(account(staged()), of_stage);
    assert_eq!(account(staged().env("ACCOUNT", &of_process)), of_process);
}

#[test]
fn a_missing_variable_is_named_and_a_default_stands_in_for_it() {
    let text = |more: &str| format!("r2-bucket \"bucket-b\" {{ custom-domain env=\"DOMAIN\" {more} }}");
    let mistakes = Case::new(&text("")).load().map(|_| ()).unwrap_err();
    assert!(
        mistakes.iter().any(|mistake| mistake.contains("DOMAIN")),
        "{mistakes:?}"
    );
    let bucket = spec(&text("default=\"cdn.example.jp\""), "r2-bucket.bucket-b");
    assert_eq!(bucket["custom_domain"][0]["domain"], "cdn.example.jp");
}

#[test]
fn a_secret_stays_out_of_the_declaration() {
    let text = "server \"db\" { plan core=2 memory=4; disk size=20 os=\"debian-12\"; zone \"is1a\"; password env=\"PW\" secret=#true }";
    let stack = Case::new(text).env("PW", "planted-9b1").stack();
    let server = declared(&stack, "server.db");
    let name = server["password"]["$secret"].as_str().expect("a named secret");
    assert_eq!(stack.secrets()[name].expose_secret(), "planted-9b1");
    assert!(!format!("{stack:?}{server}").contains("planted"));
}

#[test]
fn what_is_always_secret_needs_not_be_called_so() {
    let text = "worker \"w\" { source \"./w.js\"; bindings { secret \"S\" env=\"PW\"; secret \"T\" \"planted-9b2\" } }";
    let stack = Case::new(text)
        .file("w.js", "export default {}")
        .env("PW", "planted-9b1")
        .stack();
    let worker = declared(&stack, "worker.w");
    assert_eq!(worker["bindings"][0]["value"], json!({"$secret": "env:PW"}));
    let name = worker["bindings"][1]["value"]["$secret"]
        .as_str()
        .expect("a named secret");
    assert_eq!(stack.secrets()["env:PW"].expose_secret(), "planted-9b1");
    assert_eq!(stack.secrets()[name].expose_secret(), "planted-9b2");
}

#[test]
fn a_bare_identifier_refers_and_a_quoted_one_does_not() {
    let text = format!(
        "{SERVER}dns \"example.jp\" {{ record \"a\" type=\"A\" value=server.web.ip; record \"t\" type=\"TXT\" value=\"server.web.ip\" }}"
    );
    let zone = spec(&text, "dns.example.jp");
    assert_eq!(zone["record"][0]["value"], json!([{"$ref": "server.web.ip"}]));
    assert_eq!(zone["record"][1]["value"], json!(["server.web.ip"]));
}

#[test]
fn texts_are_put_together_from_everything_that_may_be_named() {
    let text = format!(
        "project \"shop\"\nvariables {{ database \"orders\" }}\n{SERVER}\
         service-group \"g\" {{ service \"api\" {{ image \"api:1\"; env {{ \
         URL \"postgres://${{server.web.ip}}:5432/${{var.database}}?app=${{project}}-${{stage}}&u=${{env.WHO}}\"; \
         LITERAL \"$${{not.a.reference}}\" }} }} }}\ndeploy-services \"g\""
    );
    let group = Case::new(&text).env("WHO", "me").spec("service-group.g");
    let env = &group["service"][0]["env"];
    let parts = json!(["postgres://", {"$ref": "server.web.ip"}, ":5432/orders?app=shop-default&u=me"]);
    assert_eq!(env["URL"], json!({ "$text": parts }));
    assert_eq!(env["LITERAL"], "${not.a.reference}");
}

#[test]
fn paths_start_at_home_or_at_the_file_that_holds_them() {
    let keys = "server \"web\" { plan core=2 memory=4; disk size=20 os=\"debian-12\"; zone \"is1a\"; ssh-key \"~/.ssh/id.pub\" \"./keys/b.pub\" }";
    let included = Case::new("include \"infra/server.kdl\"").file("shop/infra/server.kdl", keys);
    let here = spec(keys, "server.web");
    let there = included.spec("server.web");
    assert_eq!(here["ssh_key"][0], "/home/me/.ssh/id.pub");
    assert_eq!(there["ssh_key"][0], "/home/me/.ssh/id.pub");
    assert_eq!(here["ssh_key"][1], "./keys/b.pub");
    let moved = there["ssh_key"][1].as_str().expect("a path");
    assert!(moved.ends_with("infra/keys/b.pub"), "{moved}");
}
