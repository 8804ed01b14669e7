//! What is made to be read elsewhere: the plan as a page, and what a check tells of what is missing.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::support::Project;

/// The page in a real browser, where there is one: what a reader sees of it, without colours and without a network.
#[test]
fn a_plan_is_a_page_that_needs_nothing_else() {
    let project = Project::example();
    project.sandbox(&["up", "--yes"]);
    project.edit(
        "plan core=4 memory=4",
        "plan core=2 memory=4; description \"a <b>\"",
    );
    let page = project.sandbox(&["plan", "--format", "html"]);
    for outside in ["http://", "https://", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}: {page}");
    }
    assert!(
        page.contains("a &lt;b&gt;") && page.contains("plan.core"),
        "{page}"
    );
    assert!(
        page.contains("new server id") && page.contains("Plan: "),
        "{page}"
    );
    let Some(seen) = in_a_browser(&project, &page, &["--dump-dom"]) else {
        return;
    };
    assert_eq!(seen.matches("<tr>").count(), 2, "a head and one step: {seen}");
}

/// What Chromium says of `page` with these words; none, with the reason, where there is no Chromium.
#[expect(clippy::print_stdout, reason = "what is skipped is told")]
fn in_a_browser(project: &Project, page: &str, words: &[&str]) -> Option<String> {
    if Command::new("chromium").arg("--version").output().is_err() {
        println!("skipped: the plan's page in a browser: chromium is not installed");
        return None;
    }
    let file = project.root().join("plan.html");
    fs::write(&file, page).unwrap();
    let seen = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .args(words)
        .arg(format!(
            "--user-data-dir={}",
            project.root().join("browser").display()
        ))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    Some(String::from_utf8_lossy(&seen.stdout).into_owned())
}

/// A page that shows `page` as wide as a telephone is, as windows cannot be so narrow, and has in its title by how much it is wider.
fn framed(page: &str) -> String {
    let page = page.replace("<details>", "<details open>");
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    let measure = "const all = this.contentDocument.documentElement; document.title = all.scrollWidth - all.clientWidth";
    format!(
        "<!doctype html><title></title><iframe style=\"width:390px;height:800px\" srcdoc=\"{page}\" onload=\"{measure}\"></iframe>"
    )
}

/// On a narrow screen nothing has to be scrolled to aside; on paper nothing is folded away, as nobody can open it there.
#[test]
fn a_plan_fits_a_narrow_screen_and_paper_has_all_of_it() {
    let long = "v=DKIM1;p=".to_owned() + &"MIGfMA0GCSqGSIb3DQEB".repeat(9);
    let project = Project::new(&format!(
        "providers {{ sakura-cloud {{ zone \"tk1a\" }} }}\nserver \"web\" {{ plan core=1 memory=1; disk size=20 os=\"debian-12\" }}
        dns \"example.jp\" {{ record \"www\" type=\"A\" value=server.web.ip; record \"dkim._domainkey\" type=\"TXT\" value=\"{long}\" }}\n"
    ));
    project.sandbox(&["up", "--yes"]);
    project.edit("size=20 os=\"debian-12\"", "size=40 os=\"ubuntu-24.04\"");
    project.edit("v=DKIM1", "v=DKIM2");
    let page = project.sandbox(&["plan", "--format", "html"]);
    let Some(seen) = in_a_browser(&project, &framed(&page), &["--dump-dom"]) else {
        return;
    };
    assert!(
        seen.contains("DKIM2") && seen.contains("<title>0</title>"),
        "{seen}"
    );
    let paper = project.root().join("plan.pdf");
    let print = format!("--print-to-pdf={}", paper.display());
    in_a_browser(&project, &page, &[&print, "--no-pdf-header-footer"]);
    let Ok(text) = Command::new("pdftotext").arg(&paper).arg("-").output() else {
        println!("skipped: the plan's page on paper: pdftotext is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&text.stdout);
    assert!(
        text.contains("server.web") && text.contains("disk[0].size: 20 -> 40"),
        "{text}"
    );
}

#[test]
fn a_check_warns_of_what_is_missing_here_and_is_content() {
    let project = Project::new(
        "stage \"dev\" {\n    worker \"api\" { source \"./nowhere.js\"; bindings { var \"WHO\" env=\"NOBODY_SETS_THIS\" } }\n}\n",
    );
    let run = project.flow(&["validate", "--json"]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &document["valid"]),
        (Some(0), &true.into()),
        "{document}"
    );
    let told: Vec<_> = document["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| {
            format!(
                "{}:{} {} {}",
                told["line"],
                told["column"],
                told["number"].as_str().unwrap(),
                told["severity"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(told, ["2:27 FF0137 warning", "2:64 FF0126 warning"]);
}

/// Who reads a plan elsewhere sees what somebody else changed, and not only that something did.
#[test]
fn what_changed_outside_is_told_on_every_page() {
    let server = "stage \"dev\" { server \"web\" { zone \"tk1a\"; plan core=1 memory=1; description \"one\"; \
                  disk size=20 os=\"ubuntu-24.04\" } }\n";
    let project = Project::new(server);
    project.sandbox(&["up", "--yes"]);
    let world = project.world().join("world.json");
    let before = fs::read(&world).unwrap();
    project.edit("\"one\"", "\"two\"");
    project.sandbox(&["up", "--yes"]);
    // The cloud is as it was before the last run: somebody took the change back.
    fs::write(&world, before).unwrap();
    let told = |format: &str| project.sandbox(&["plan", "--format", format]);
    assert!(told("markdown").contains("- `server.web` description: \"two\" -> \"one\"\n"));
    let page = told("html");
    let line = "<li><code>server.web</code> description: &quot;two&quot; -&gt; &quot;one&quot;</li>";
    assert!(page.contains(line), "{page}");
}
