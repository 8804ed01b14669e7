//! Pages: projects, uploads, deployments, custom domains.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{Api, Reply};

struct Stage {
    api: Api,
    projects: String,
    project: String,
}

async fn stage() -> Stage {
    let api = Api::start().await;
    let projects = format!("/accounts/{}/pages/projects", api.account().await);
    let new = json!({ "name": "site", "production_branch": "main" });
    api.post(&projects, new).await.ok();
    Stage {
        project: format!("{projects}/site"),
        projects,
        api,
    }
}

impl Stage {
    async fn uploader(&self) -> Api {
        let token = self.api.get(&format!("{}/upload-token", self.project)).await.ok();
        self.api.with(&[(
            "authorization",
            &format!("Bearer {}", token["jwt"].as_str().unwrap()),
        )])
    }

    async fn deploy(&self, fields: &[(&str, &str)]) -> Reply {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += "--XX--\r\n";
        let form = self.api.and("content-type", "multipart/form-data; boundary=XX");
        form.send(
            Method::POST,
            &format!("{}/deployments", self.project),
            Some(body.into_bytes()),
        )
        .await
    }
}

#[tokio::test]
async fn a_project_is_made_changed_and_deleted() {
    let stage = stage().await;
    let Stage {
        api,
        projects,
        project,
    } = &stage;
    let made = api.get(project).await.ok();
    assert_eq!(
        (&made["subdomain"], &made["canonical_deployment"]),
        (&json!("site.pages.dev"), &Value::Null)
    );
    let again = json!({ "name": "site", "production_branch": "main" });
    assert_eq!(api.post(projects, again).await.status, 409);
    assert_eq!(
        api.post(
            projects,
            json!({ "name": "Bad_Name", "production_branch": "main" })
        )
        .await
        .status,
        400
    );
    assert_eq!(api.post(projects, json!({ "name": "other" })).await.status, 400);
    let variables = json!({ "A": { "type": "plain_text", "value": "1" }, "S": { "type": "secret_text", "value": "hush" } });
    let change =
        json!({ "deployment_configs": { "production": { "env_vars": variables, "fail_open": false } } });
    let changed = api.patch(project, change).await.ok();
    let production = &changed["deployment_configs"]["production"];
    assert_eq!(
        production["env_vars"]["S"],
        json!({ "type": "secret_text", "value": "" })
    );
    assert_eq!(
        (&production["fail_open"], &production["usage_model"]),
        (&json!(false), &json!("standard"))
    );
    assert!(!api.world().contains("hush"), "secrets are not kept in the clear");
    let remove = json!({ "deployment_configs": { "production": { "env_vars": { "A": null } } } });
    let left = api.patch(project, remove).await.ok()["deployment_configs"]["production"]["env_vars"].clone();
    assert_eq!(left, json!({ "S": { "type": "secret_text", "value": "" } }));
    api.delete(project).await.ok();
    assert_eq!(api.get(project).await.refused(), (404, 8_000_007));
    assert_eq!(api.inventory(), Api::start().await.inventory());
}

#[tokio::test]
async fn large_pages_are_refused() {
    let stage = stage().await;
    let Stage {
        api,
        projects,
        project,
    } = &stage;
    assert_eq!(
        api.get(&format!("{projects}?per_page=50")).await.refused(),
        (400, 8_000_024)
    );
    assert_eq!(
        api.get(&format!("{project}/deployments?page=1&per_page=26"))
            .await
            .refused(),
        (400, 8_000_024)
    );
    assert_eq!(
        api.get(&format!("{projects}?page=1&per_page=10")).await.body["result_info"]["total_count"],
        1
    );
    assert_eq!(
        api.get(&format!("{projects}?page=2&per_page=10")).await.ok(),
        json!([])
    );
}

#[tokio::test]
async fn a_site_is_uploaded_and_deployed() {
    let stage = stage().await;
    let Stage { api, project, .. } = &stage;
    let (missing, upload) = ("/pages/assets/check-missing", "/pages/assets/upload");
    let hashes = json!({ "hashes": ["aa", "bb"] });
    assert_eq!(
        api.post(missing, hashes.clone()).await.refused(),
        (401, 8_000_013),
        "an API token is no upload token"
    );
    let uploader = stage.uploader().await;
    assert_eq!(
        uploader.post(missing, hashes.clone()).await.ok(),
        json!(["aa", "bb"])
    );
    let file =
        json!([{ "key": "aa", "value": "aGk=", "metadata": { "contentType": "text/html" }, "base64": true }]);
    uploader.post(upload, file.clone()).await.ok();
    assert_eq!(uploader.post(missing, hashes.clone()).await.ok(), json!(["bb"]));
    uploader
        .post("/pages/assets/upsert-hashes", hashes.clone())
        .await
        .ok();

    assert_eq!(
        stage.deploy(&[("branch", "main")]).await.refused(),
        (400, 8_000_096)
    );
    assert_eq!(
        stage.deploy(&[("manifest", r#"{"/a":"bb"}"#)]).await.refused(),
        (400, 8_000_045)
    );
    assert_eq!(stage.deploy(&[("manifest", r#"{"a":"aa"}"#)]).await.status, 400);
    let made = stage
        .deploy(&[
            ("manifest", r#"{"/index.html":"aa"}"#),
            ("branch", "main"),
            ("commit_dirty", "true"),
        ])
        .await
        .ok();
    assert_eq!(
        (&made["environment"], &made["latest_stage"]["name"]),
        (&json!("production"), &json!("deploy"))
    );
    assert_eq!(
        api.get(project).await.ok()["canonical_deployment"]["id"],
        made["id"]
    );

    api.advance(3600);
    assert_eq!(
        uploader.post(upload, file).await.refused(),
        (401, 8_000_013),
        "upload tokens run out"
    );
}

#[tokio::test]
async fn previews_have_aliases_and_the_live_deployment_stays() {
    let stage = stage().await;
    let Stage { api, project, .. } = &stage;
    let deployments = format!("{project}/deployments");
    let first = stage.deploy(&[("manifest", "{}")]).await.id();
    let second = stage.deploy(&[("manifest", "{}"), ("branch", "main")]).await.id();
    let preview = stage
        .deploy(&[("manifest", "{}"), ("branch", "feature")])
        .await
        .ok();
    assert_eq!(
        (&preview["environment"], &preview["aliases"]),
        (&json!("preview"), &json!(["https://feature.site.pages.dev"]))
    );
    let listed = api
        .get(&format!("{deployments}?env=production&page=1&per_page=25"))
        .await
        .ok();
    assert_eq!(
        (listed.as_array().unwrap().len(), &listed[0]["id"]),
        (2, &json!(second))
    );
    let live = async || api.get(project).await.ok()["canonical_deployment"]["id"].clone();
    assert_eq!(live().await, second);
    assert_eq!(api.delete(&format!("{deployments}/{second}")).await.status, 400);
    api.send(Method::POST, &format!("{deployments}/{first}/rollback"), None)
        .await
        .ok();
    assert_eq!(live().await, first);
    api.delete(&format!("{deployments}/{second}")).await.ok();
    let aliased = format!("{deployments}/{}", preview["id"].as_str().unwrap());
    assert_eq!(api.delete(&aliased).await.status, 400);
    api.delete(&format!("{aliased}?force=true")).await.ok();
    assert_eq!(api.get(&aliased).await.status, 404);
}

#[tokio::test]
async fn a_project_with_too_many_deployments_cannot_be_deleted() {
    let stage = stage().await;
    let mut oldest = String::new();
    for number in 0..101 {
        let made = stage.deploy(&[("manifest", "{}")]).await.id();
        if number == 0 {
            oldest = made;
        }
    }
    assert_eq!(stage.api.delete(&stage.project).await.refused(), (400, 8_000_076));
    stage
        .api
        .delete(&format!("{}/deployments/{oldest}", stage.project))
        .await
        .ok();
    stage.api.delete(&stage.project).await.ok();
}

#[tokio::test]
async fn a_custom_domain_waits_for_the_users_own_record() {
    let stage = stage().await;
    let Stage { api, project, .. } = &stage;
    let (records, domains) = (api.records("example.com").await, format!("{project}/domains"));
    let made = api
        .post(&domains, json!({ "name": "www.example.com" }))
        .await
        .ok();
    assert_eq!(
        (&made["status"], &made["zone_tag"]),
        (&json!("pending"), &json!(api.zone("example.com").await))
    );
    assert_eq!(api.get(&records).await.ok(), json!([]), "the API makes no record");
    assert_eq!(
        api.post(&domains, json!({ "name": "www.example.com" }))
            .await
            .status,
        409
    );
    assert_eq!(
        api.post(&domains, json!({ "name": "*.example.com" }))
            .await
            .status,
        400
    );
    let one = format!("{domains}/www.example.com");
    api.advance(60);
    assert_eq!(api.get(&one).await.ok()["status"], "pending");
    let alias = json!({ "type": "CNAME", "name": "www", "content": "site.pages.dev", "proxied": true });
    let alias = api.post(&records, alias).await.ok();
    assert_eq!(alias["meta"], json!({}), "the record is an ordinary one");
    assert_eq!(api.send(Method::PATCH, &one, None).await.ok()["status"], "active");
    assert_eq!(
        api.get(project).await.ok()["domains"],
        json!(["site.pages.dev", "www.example.com"])
    );
    api.delete(&one).await.ok();
    assert_eq!(api.get(&one).await.status, 404);
}
