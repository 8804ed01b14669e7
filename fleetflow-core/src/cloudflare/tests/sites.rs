//! Sites of Pages: what is sent, what stays unsent, previews, variables, custom domains with their records.

use std::path::Path;

use fleetflow_sandbox::{Fault, Moment, Sandbox, Times};
use serde_json::{Value, json};

use super::{Bench, stack, told};
use crate::cloudflare::dns::Record;
use crate::cloudflare::{Dns, Pages};
use crate::error::ErrorKind;
use crate::model::{Declaration, Input, Stack};

/// A folder with a site in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: usize) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("dist/_headers", "/*\n  x-a: b");
        for number in 0..files {
            folder.write(&format!("dist/pages/{number}.html"), &format!("page {number}"));
        }
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let place = self.0.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn site() -> Pages {
    Pages::builder()
        .name("creo-site")
        .source("dist")
        .env("STAGE", "dev")
        .build()
}

fn of(folder: &Folder, pages: Pages) -> Stack {
    stack([pages]).root(folder.path())
}

fn live(bench: &Bench) -> Value {
    bench.inventory()["pages"][0].clone()
}

/// How many files were sent.
fn sent(bench: &Bench) -> usize {
    let log = bench.sandbox.log();
    let uploads = log
        .entries()
        .iter()
        .filter(|entry| entry.path.ends_with("/pages/assets/upload"));
    uploads
        .map(|entry| entry.body.as_ref().unwrap().as_array().unwrap().len())
        .sum()
}

#[tokio::test]
async fn a_site_is_published_and_only_changed_files_are_sent_again() {
    let (bench, folder) = (Bench::start().await, Folder::new(1200));
    let before = bench.inventory();
    let stack = of(&folder, site());
    let report = bench.settle(&stack).await;
    assert_eq!(
        report.outputs[&site().address()]["url"],
        json!("https://creo-site.pages.dev")
    );
    assert_eq!(sent(&bench), 1200);
    assert_eq!(live(&bench)["live"]["files"].as_object().unwrap().len(), 1200);
    assert_eq!(live(&bench)["live"]["extras"], json!(["_headers"]));
    bench.calls();
    bench.plan(&stack).await;
    assert_eq!(bench.calls().len(), 1);
    folder.write("dist/pages/7.html", "changed");
    assert_eq!(
        told(&bench.plan(&stack).await),
        ["update pages.creo-site: source_digest"]
    );
    bench.settle(&stack).await;
    assert_eq!(sent(&bench), 1);
    folder.write("dist/_headers", "/*\n  x-a: c");
    bench.calls();
    bench.settle(&stack).await;
    assert_eq!(sent(&bench), 0);
    bench.destroy(&stack).await.unwrap();
    assert_eq!(bench.inventory(), before);
}

#[tokio::test]
async fn each_setting_changes_alone() {
    type Edit = (fn(&mut Pages), &'static str);
    let edits: &[Edit] = &[
        (
            |p| drop(p.env.insert("STAGE".into(), Input::Value("prod".into()))),
            "env.STAGE",
        ),
        (
            |p| drop(p.env.insert("KEY".into(), Input::secret("env:KEY"))),
            "env.KEY",
        ),
        (|p| drop(p.env.remove("STAGE")), "env.STAGE"),
        (
            |p| p.compatibility_date = Some("2026-01-31".into()),
            "compatibility_date",
        ),
        (|p| p.production_branch = Some("live".into()), "production_branch"),
        (|p| p.custom_domain.push("www.example.jp".into()), "custom_domain"),
        (
            |p| p.custom_domain[0] = "app.example.jp".into(),
            "custom_domain[0]",
        ),
        (|p| p.custom_domain.clear(), "custom_domain"),
        (|p| p.production_branch = None, "production_branch"),
        (|p| p.compatibility_date = None, "compatibility_date"),
        (|p| p.env.clear(), "env"),
    ];
    let (bench, folder) = (Bench::start().await, Folder::new(3));
    let mut wanted = site();
    bench.settle(&of(&folder, wanted.clone())).await;
    for (edit, field) in edits {
        edit(&mut wanted);
        let stack = of(&folder, wanted.clone()).secret("env:KEY", "s3cret");
        assert_eq!(
            told(&bench.plan(&stack).await),
            [format!("update pages.creo-site: {field}")]
        );
        bench.settle(&stack).await;
    }
    let rest = live(&bench);
    assert_eq!(rest["deployment_configs"]["production"]["env_vars"], json!({}));
    assert_eq!(
        (&rest["domains"], &rest["production_branch"]),
        (&json!([]), &json!("main"))
    );
    let rotated = |value: &str| {
        let pages = Pages::builder()
            .name("creo-site")
            .source("dist")
            .env("KEY", Input::secret("env:KEY"))
            .build();
        of(&folder, pages).secret("env:KEY", value)
    };
    bench.settle(&rotated("one")).await;
    assert_eq!(
        told(&bench.plan(&rotated("two")).await),
        ["update pages.creo-site: env.KEY"]
    );
}

#[tokio::test]
async fn a_custom_domain_gets_the_record_that_it_needs() {
    let (bench, folder) = (Bench::start().await, Folder::new(1));
    let before = bench.inventory();
    let pages = Pages::builder()
        .name("creo-site")
        .source("dist")
        .custom_domain("www.example.com")
        .build();
    let zone = Dns::builder()
        .zone("example.com")
        .record(Record::txt("@", "x"))
        .build();
    let both = stack([Declaration::from(pages.clone()), Declaration::from(zone)]).root(folder.path());
    bench.settle(&both).await;
    let records = bench.records();
    let alias = records
        .iter()
        .find(|record| record["record"]["type"] == "CNAME")
        .unwrap();
    assert_eq!(alias["record"]["content"], json!("creo-site.pages.dev"));
    assert_eq!(alias["record"]["proxied"], json!(true));
    assert!(bench.plan(&both).await.notes.is_empty());
    bench.destroy(&both).await.unwrap();
    assert_eq!(bench.inventory(), before);
    let alone = of(&folder, pages);
    bench.settle(&alone).await;
    let notes = bench.plan(&alone).await.notes;
    assert!(
        notes[0].contains("needs a proxied CNAME record that leads to creo-site.pages.dev"),
        "{notes:?}"
    );
}

#[tokio::test]
async fn another_branch_is_a_preview() {
    let (bench, folder) = (Bench::start().await, Folder::new(1));
    bench.settle(&of(&folder, site())).await;
    let production = live(&bench)["live"].clone();
    folder.write("dist/pages/0.html", "tried out");
    let preview = Pages {
        branch: Some("try".into()),
        ..site()
    };
    bench.settle(&of(&folder, preview)).await;
    assert_eq!(live(&bench)["live"], production);
}

#[tokio::test]
async fn a_project_with_very_many_deployments_is_deleted() {
    let (bench, folder) = (Bench::start().await, Folder::new(1));
    bench.settle(&of(&folder, site())).await;
    let url = format!(
        "{}/accounts/{}/pages/projects/creo-site/deployments",
        bench.sandbox.cloudflare_url(),
        Sandbox::CLOUDFLARE_ACCOUNT
    );
    for _ in 0..105 {
        let form = reqwest::multipart::Form::new().text("manifest", "{}");
        let request = bench
            .http
            .post(&url)
            .bearer_auth(Sandbox::CLOUDFLARE_TOKEN)
            .multipart(form);
        assert!(request.send().await.unwrap().status().is_success());
    }
    assert_eq!(
        told(&bench.plan(&of(&folder, site())).await),
        ["update pages.creo-site: source_digest"]
    );
    bench.destroy(&of(&folder, site())).await.unwrap();
    assert_eq!(bench.inventory()["pages"], json!([]));
}

#[tokio::test]
async fn a_lost_answer_publishes_once() {
    for when in [Moment::BeforeEffect, Moment::AfterEffect] {
        for path in ["/projects$", "/deployments$", "/domains$", "/assets/upload$"] {
            let (bench, folder) = (Bench::start().await, Folder::new(2));
            let pages = Pages {
                custom_domain: vec!["www.example.jp".into()],
                ..site()
            };
            let fault = Fault::drop_connection()
                .method("POST")
                .path(path)
                .when(when)
                .times(Times::Nth(1));
            bench.sandbox.add_fault(fault).unwrap();
            let session = bench
                .session
                .clone()
                .settle(std::time::Duration::from_millis(100));
            of(&folder, pages.clone())
                .session(session)
                .converge()
                .await
                .unwrap();
            assert!(bench.plan(&of(&folder, pages)).await.is_empty());
            let at = format!(
                "/accounts/{}/pages/projects/creo-site/deployments",
                Sandbox::CLOUDFLARE_ACCOUNT
            );
            let deployments = bench.ask("GET", &at, Value::Null).await;
            assert_eq!(deployments.as_array().unwrap().len(), 1, "{path} {when:?}");
        }
    }
}

#[tokio::test]
async fn what_changed_after_an_interrupted_run_is_published() {
    let (bench, folder) = (Bench::start().await, Folder::new(2));
    // The run ends after the site is there, and before that is written down.
    let fault = Fault::answer(400).method("GET").path("/deployments/[^/]+$");
    bench.sandbox.add_fault(fault.times(Times::Nth(1))).unwrap();
    let stack = of(&folder, site());
    bench.converge(&stack).await.unwrap_err();
    assert!(live(&bench)["live"]["files"].is_object());
    let unchanged = told(&bench.plan(&stack).await);
    assert!(
        unchanged.iter().all(|step| !step.contains("source_digest")),
        "{unchanged:?}"
    );
    let other = of(&folder, site());
    folder.write("dist/pages/1.html", "changed");
    let plan = told(&bench.plan(&other).await);
    assert_eq!(plan, ["update pages.creo-site: source_digest"]);
    let before = live(&bench)["live"]["files"].clone();
    bench.settle(&other).await;
    assert_ne!(live(&bench)["live"]["files"], before);
}

#[tokio::test]
async fn what_cannot_be_published_is_told_when_planning() {
    let (bench, folder) = (Bench::start().await, Folder::new(1));
    folder.write("dist/functions/a.ts", "export const onRequest = ;");
    let error = bench.attach(&of(&folder, site())).plan().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("a.ts:1:26: "), "{error}");
    let missing = Pages::builder().name("creo-site").source("nowhere").build();
    let error = bench.attach(&of(&folder, missing)).plan().await.unwrap_err();
    assert!(error.to_string().contains("there is no folder"), "{error}");
}
