//! Files as they are while somebody writes them: the place of the cursor is marked with `|`.

use std::path::Path;

use super::*;
use crate::MemoryFiles;

const SHOP: &str = "variables { domain \"example.jp\" }\n\
    service-group \"app\" { service \"api\" image=\"a:1\" }\n\
    server \"web\" { plan core=1 memory=1; disk size=20 os=\"debian-12\" }\n\
    stage \"dev\" {\n    server \"web\" { deploy-services \"app\" }\n    scale \"web\" min=1 max=2\n";

/// The workspace of a text with a cursor in it, and where the cursor is.
fn cursor(text: &str) -> (Workspace, usize) {
    let at = text.find('|').expect("a cursor");
    let files = MemoryFiles::new().with("flow.kdl", text.replacen('|', "", 1));
    (Workspace::read(Path::new("flow.kdl"), &files), at)
}

fn offered(text: &str) -> Vec<String> {
    let (workspace, at) = cursor(text);
    let offers = workspace.complete(Path::new("flow.kdl"), at);
    offers.into_iter().map(|offer| offer.insert).collect()
}

#[track_caller]
fn offers(text: &str, wanted: &[&str], unwanted: &[&str]) {
    let found = offered(text);
    for word in wanted {
        assert!(found.iter().any(|offer| offer == word), "no {word} in {found:?}");
    }
    for word in unwanted {
        assert!(!found.iter().any(|offer| offer == word), "{word} is in {found:?}");
    }
}

#[test]
fn nodes_and_fields_are_offered_where_they_may_stand() {
    offers("|", &["stage", "server", "providers"], &["plan"]);
    offers(
        "stage \"dev\" {\n    se|\n}",
        &["server", "service", "deploy-services"],
        &["stage"],
    );
    offers(
        "server \"web\" {\n    |\n}",
        &["plan", "disk", "protect"],
        &["server", "location"],
    );
    offers("server \"web\" { plan c|", &["core=", "memory="], &["disk="]);
    offers("server \"web\" { plan core=1 |", &["memory="], &["core="]);
    offers("worker \"w\" { bindings { |", &["r2", "kv", "secret"], &["route"]);
    offers(
        "worker \"w\" { bindings { kv \"A\" |",
        &["namespace="],
        &["bucket="],
    );
    offers(
        "dns \"example.jp\" { record \"a\" type=\"MX\" |",
        &["priority=", "ttl="],
        &["type="],
    );
    offers(
        "service-group \"g\" { service \"a\" { health-check { |",
        &["http", "interval"],
        &["image"],
    );
    offers("providers { |", &["sakura-cloud", "cloudflare"], &["zone"]);
}

#[test]
fn words_names_and_references_are_offered_as_values() {
    offers("r2-bucket \"b\" { location |", &["\"apac\""], &[]);
    offers(
        "r2-bucket \"b\" { location \"a|\"",
        &["\"apac\""],
        &["jurisdiction="],
    );
    offers("r2-bucket \"b\" { protect |", &["#true", "#false"], &[]);
    offers(
        &format!("{SHOP}    deploy-services |"),
        &["\"app\""],
        &["\"web\""],
    );
    offers(
        &format!("{SHOP}    server \"db\" {{ deploy-services |"),
        &["\"app\""],
        &[],
    );
    offers(
        &format!("{SHOP}    r2-bucket \"b\" {{ depends-on |"),
        &["\"server.web\""],
        &[],
    );
    let dns = format!("{SHOP}    dns \"example.jp\" {{ record \"a\" type=\"A\" value=|");
    offers(&dns, &["server.web.ip", "server.web.id"], &["value="]);
    let text = format!("{SHOP}    r2-bucket \"cdn-${{|");
    offers(&text, &["var.domain", "server.web.ip", "stage"], &["location"]);
}

#[test]
fn words_are_explained() {
    let explained = |text: &str| {
        let (workspace, at) = cursor(text);
        let found = workspace.explain(Path::new("flow.kdl"), at);
        found.map(|found| found.text).unwrap_or_default()
    };
    let server = explained("ser|ver \"web\" { plan core=1 }");
    assert!(server.contains("`ip`"), "{server}");
    let core = explained("server \"web\" { plan co|re=1 }");
    assert!(core.contains("core") && core.contains("from 1 to"), "{core}");
    let reference = explained("dns \"e.jp\" { record \"a\" type=\"A\" value=server.w|eb.ip }");
    assert!(reference.contains("server `web`"), "{reference}");
    assert_eq!(explained("server \"we|b\""), "");
}

#[test]
fn a_name_leads_to_its_declaration_and_is_renamed_everywhere() {
    let text =
        format!("{SHOP}    dns \"${{var.domain}}\" {{ record \"a\" type=\"A\" value=server.we|b.ip }}\n}}\n");
    let (workspace, at) = cursor(&text);
    let flow = Path::new("flow.kdl");
    let places = |places: Vec<Place>| -> Vec<String> {
        let text = &workspace.files[0].text;
        let line = |place: &Place| text[..place.range.start].matches('\n').count() + 1;
        let shown = places
            .iter()
            .map(|place| format!("{}:{}", line(place), &text[place.range.clone()]));
        shown.collect()
    };
    assert_eq!(places(workspace.definition(flow, at)), ["3:web", "5:web"]);
    assert_eq!(
        places(workspace.mentions(flow, at)),
        ["3:web", "5:web", "6:web", "7:web"]
    );
    assert_eq!(workspace.renamable(flow, at).unwrap().1, "web");
    let variable = workspace.files[0].text.find("var.domain").unwrap() + 6;
    assert_eq!(
        places(workspace.mentions(flow, variable)),
        ["1:domain", "7:domain"]
    );
    let nothing = workspace.files[0].text.find("core").unwrap();
    assert_eq!(workspace.renamable(flow, nothing), None);
}

#[test]
fn included_files_belong_to_the_workspace() {
    let files = MemoryFiles::new()
        .with("shop/flow.kdl", "include \"dns.kdl\"\nserver \"web\" { }\n")
        .with(
            "shop/dns.kdl",
            "dns \"e.jp\" { record \"a\" type=\"A\" value=server.web.ip }\n",
        );
    let workspace = Workspace::read(Path::new("shop/flow.kdl"), &files);
    let dns = Path::new("shop/dns.kdl");
    let reference = workspace.file(dns).unwrap().text.find("web").unwrap();
    assert_eq!(
        workspace.definition(dns, reference)[0].path,
        Path::new("shop/flow.kdl")
    );
    assert_eq!(workspace.mentions(dns, reference).len(), 2);
    let include = workspace.files[0].text.find("dns.kdl").unwrap();
    let file = workspace.definition(Path::new("shop/flow.kdl"), include);
    assert_eq!(file[0].path, dns);
}

#[test]
fn an_outline_shows_what_is_declared() {
    let (workspace, _) = cursor(&format!("{SHOP}|"));
    let outline = workspace.outline(Path::new("flow.kdl"));
    let names: Vec<_> = outline.iter().map(|declared| declared.name.as_str()).collect();
    assert_eq!(
        names,
        ["variables", "service-group app", "server web", "stage dev"]
    );
    let inside: Vec<_> = outline[3]
        .inside
        .iter()
        .map(|declared| declared.name.as_str())
        .collect();
    assert_eq!(inside, ["server web", "scale web"]);
}

/// An editor asks at every place of every half-written text.
#[test]
fn no_text_is_too_broken_to_ask_about() {
    let whole = format!(
        "{SHOP}    worker \"w\" {{ bindings {{ kv \"A\" namespace=\"b\" }}; route \"${{var.domain}}/*\" }}\n}}\n日本 \"x"
    );
    for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let files = MemoryFiles::new().with("flow.kdl", &whole[..end]);
        let workspace = Workspace::read(Path::new("flow.kdl"), &files);
        for at in [end, end / 2]
            .into_iter()
            .filter(|at| whole.is_char_boundary(*at))
        {
            let _ = workspace.complete(Path::new("flow.kdl"), at);
            let _ = workspace.explain(Path::new("flow.kdl"), at);
            let _ = workspace.definition(Path::new("flow.kdl"), at);
            let _ = workspace.mentions(Path::new("flow.kdl"), at);
        }
        let _ = workspace.outline(Path::new("flow.kdl"));
    }
}
