//! Images: pulling, building, naming, removing.

use bollard::body_full;
use bollard::query_parameters::{
    BuildImageOptionsBuilder, ListImagesOptions, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use futures::TryStreamExt;
use serde_json::{Value, json};

use super::support::{Local, assert_refused};

#[tokio::test]
async fn a_pull_tells_of_its_progress_once() {
    let local = Local::start().await;
    let lines = local.pull("nginx", "1.27").await.unwrap();
    let status = |line: &Value| line["status"].as_str().unwrap_or_default().to_owned();
    assert_eq!(status(&lines[0]), "Pulling from library/nginx");
    let downloads: Vec<&Value> = lines
        .iter()
        .filter(|line| status(line) == "Downloading")
        .collect();
    assert!(
        downloads
            .iter()
            .all(|line| line["progressDetail"]["total"].as_u64() > Some(0))
    );
    assert!(downloads.len() >= 2);
    assert_eq!(
        status(lines.last().unwrap()),
        "Status: Downloaded newer image for nginx:1.27"
    );
    let again = local.pull("nginx", "1.27").await.unwrap();
    assert!(again.iter().all(|line| status(line) != "Downloading"));
    assert!(status(again.last().unwrap()).starts_with("Status: Image is up to date"));

    let image = local.docker.inspect_image("nginx:1.27").await.unwrap();
    let digest = image.repo_digests.unwrap().remove(0);
    assert!(digest.starts_with("nginx@sha256:"), "{digest}");
    assert!(
        image
            .config
            .unwrap()
            .exposed_ports
            .unwrap()
            .contains(&"80/tcp".to_owned())
    );
    let same = local
        .docker
        .inspect_image("docker.io/library/nginx:1.27")
        .await
        .unwrap();
    assert_eq!(same.id, image.id);
}

#[tokio::test]
async fn registries_refuse_like_registries() {
    let local = Local::start().await;
    let lack = async |reference: &str| {
        local
            .control("registry/missing", json!({ "reference": reference }))
            .await
    };
    assert_eq!(lack("ghcr.io/acme/app:v2").await, 200);
    assert_eq!(lack("acme/secret").await, 200);
    assert_refused(
        local.pull("ghcr.io/acme/app", "v2").await,
        404,
        "manifest unknown",
    );
    assert_refused(
        local.pull("acme/secret", "latest").await,
        404,
        "pull access denied for acme/secret",
    );
    assert_refused(
        local.pull("registry.invalid/app", "v1").await,
        500,
        "no such host",
    );
    assert_refused(local.pull("UPPER", "v1").await, 400, "invalid reference format");
    assert!(local.pull("ghcr.io/acme/app", "v1").await.is_ok());
    assert_refused(
        local.docker.inspect_image("nothing:1").await,
        404,
        "No such image: nothing:1",
    );
}

#[tokio::test]
async fn an_image_in_use_stays() {
    let local = Local::start().await;
    local.run("web", &["sleep", "1000"]).await;
    let remove = async |name: &str, force: bool| {
        let options = RemoveImageOptionsBuilder::new().force(force).build();
        local.docker.remove_image(name, Some(options), None).await
    };
    assert_refused(remove("alpine:3", false).await, 409, "conflict");
    let options = TagImageOptionsBuilder::new().repo("mine").tag("v1").build();
    local.docker.tag_image("alpine:3", Some(options)).await.unwrap();
    assert_eq!(
        remove("mine:v1", false).await.unwrap().len(),
        1,
        "only a name goes"
    );
    local
        .docker
        .remove_container("web", Some(forced()))
        .await
        .unwrap();
    assert!(remove("alpine:3", false).await.unwrap().len() > 1);
    assert!(
        local
            .docker
            .list_images(None::<ListImagesOptions>)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(local.inventory(), Value::Null);
}

fn forced() -> bollard::query_parameters::RemoveContainerOptions {
    bollard::query_parameters::RemoveContainerOptionsBuilder::new()
        .force(true)
        .build()
}

/// A build context with these files.
fn context(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

async fn build(local: &Local, files: &[(&str, &str)]) -> Result<String, bollard::errors::Error> {
    let options = BuildImageOptionsBuilder::new().t("app:v1").rm(true).build();
    let body = body_full(context(files).into());
    let lines: Vec<_> = local
        .docker
        .build_image(options, None, Some(body))
        .try_collect()
        .await?;
    Ok(lines.into_iter().filter_map(|line| line.stream).collect())
}

const DOCKERFILE: &str = "FROM alpine:3 AS base\nCOPY app.js /app/\nRUN chmod 700 /app\nENV PORT=3000\nEXPOSE 3000\n\
                          CMD [\"node\", \"/app/app.js\"]\n";

#[tokio::test]
async fn an_image_follows_from_its_context() {
    let local = Local::start().await;
    let said = build(&local, &[("Dockerfile", DOCKERFILE), ("app.js", "1")])
        .await
        .unwrap();
    assert!(said.contains("Step 1/6 : FROM alpine:3 AS base"), "{said}");
    assert!(said.ends_with("Successfully tagged app:v1\n"), "{said}");
    let id = async || local.docker.inspect_image("app:v1").await.unwrap().id.unwrap();
    let first = id().await;
    let config = local
        .docker
        .inspect_image("app:v1")
        .await
        .unwrap()
        .config
        .unwrap();
    assert_eq!(config.cmd.unwrap(), ["node", "/app/app.js"]);
    assert!(config.env.unwrap().contains(&"PORT=3000".to_owned()));
    build(&local, &[("Dockerfile", DOCKERFILE), ("app.js", "1")])
        .await
        .unwrap();
    assert_eq!(id().await, first);
    build(&local, &[("Dockerfile", DOCKERFILE), ("app.js", "2")])
        .await
        .unwrap();
    assert_ne!(id().await, first);
}

#[tokio::test]
async fn builds_that_cannot_be_say_why() {
    let local = Local::start().await;
    let failed = async |files: &[(&str, &str)]| match build(&local, files).await {
        Ok(said) => panic!("it was built: {said}"),
        Err(error) => error.to_string(),
    };
    let missing = failed(&[("Dockerfile", DOCKERFILE)]).await;
    assert!(missing.contains("app.js"), "{missing}");
    let nothing = failed(&[("app.js", "1")]).await;
    assert!(
        nothing.contains("Cannot locate specified Dockerfile: Dockerfile"),
        "{nothing}"
    );
    let unknown = failed(&[("Dockerfile", "FROM alpine:3\nFLY away\n")]).await;
    assert!(
        unknown.to_lowercase().contains("unknown instruction: fly"),
        "{unknown}"
    );
}
