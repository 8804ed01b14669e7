//! Containers: their life, what inspecting shows, logs, ports, health.

use bollard::query_parameters::{
    AttachContainerOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder,
    RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder, StopContainerOptions, WaitContainerOptions,
};
use futures::TryStreamExt;
use serde_json::{Value, json};

use super::support::{Local, assert_refused};

#[tokio::test]
async fn a_container_lives_and_dies() {
    let local = Local::start().await;
    assert_refused(
        local.create("web", json!({ "Image": "alpine:3" })).await,
        404,
        "No such image: alpine:3",
    );
    local.pull("alpine", "3").await.unwrap();
    let body = json!({
        "Image": "alpine:3", "Cmd": ["sleep", "60"], "Env": ["A=1"], "Labels": { "owner": "me" },
        "HostConfig": { "RestartPolicy": { "Name": "unless-stopped" } },
    });
    let id = local.create("web", body.clone()).await.unwrap();
    assert_refused(
        local.create("web", body).await,
        409,
        "The container name \"/web\" is already in use",
    );
    assert_eq!(local.inspect("web").await["State"]["Status"], "created");
    local.start_container("web").await.unwrap();
    local.start_container(&id[..12]).await.unwrap();
    let seen = local.inspect("web").await;
    assert_eq!(
        (&seen["State"]["Running"], &seen["Id"]),
        (&json!(true), &json!(id))
    );
    assert!(seen["Config"]["Env"].as_array().unwrap().contains(&json!("A=1")));
    assert_eq!(seen["Path"], "sleep");

    local
        .docker
        .stop_container("web", None::<StopContainerOptions>)
        .await
        .unwrap();
    assert_eq!(local.inspect("web").await["State"]["Status"], "exited");
    let rename = RenameContainerOptionsBuilder::new().name("old").build();
    local.docker.rename_container("web", rename).await.unwrap();
    assert_refused(
        local.docker.inspect_container("web", None).await,
        404,
        "No such container: web",
    );
    local.start_container("old").await.unwrap();
    let plain = RemoveContainerOptionsBuilder::new().build();
    assert_refused(
        local.docker.remove_container("old", Some(plain)).await,
        409,
        "container is running",
    );
    let forced = RemoveContainerOptionsBuilder::new().force(true).build();
    local.docker.remove_container("old", Some(forced)).await.unwrap();
    assert_refused(local.start_container("old").await, 404, "No such container: old");
}

#[tokio::test]
async fn commands_end_when_their_time_has_come() {
    let local = Local::start().await;
    local.run("job", &["sleep", "60"]).await;
    local.run("bad", &["false"]).await;
    local.advance(59);
    assert_eq!(local.inspect("job").await["State"]["Running"], true);
    local.advance(1);
    assert_eq!(local.inspect("job").await["State"]["ExitCode"], 0);
    let waited: Result<Vec<_>, _> = local
        .docker
        .wait_container("bad", None::<WaitContainerOptions>)
        .try_collect()
        .await;
    let Err(bollard::errors::Error::DockerContainerWaitError { code, .. }) = waited else {
        panic!("bollard tells an exit code other than 0 as an error: {waited:?}");
    };
    assert_eq!(code, 1);
}

#[tokio::test]
async fn lists_are_filtered_by_label_and_state() {
    let local = Local::start().await;
    local.run("plain", &["sleep", "9"]).await;
    assert_refused(
        local.create("x", json!({ "Image": "alpine:3" })).await,
        400,
        "Invalid container name (x)",
    );
    for (name, stage) in [("first", "dev"), ("second", "prod")] {
        let body = json!({ "Image": "alpine:3", "Labels": { "stage": stage } });
        local.create(name, body).await.unwrap();
    }
    let names = async |all: bool, filters: &[(&str, &str)]| {
        let filters = filters.iter().map(|(key, value)| (*key, vec![*value])).collect();
        let options = ListContainersOptionsBuilder::new()
            .all(all)
            .filters(&filters)
            .build();
        let rows = local.docker.list_containers(Some(options)).await.unwrap();
        let mut names: Vec<_> = rows.into_iter().map(|row| row.names.unwrap().remove(0)).collect();
        names.sort();
        names
    };
    assert_eq!(names(false, &[]).await, ["/plain"]);
    assert_eq!(names(true, &[]).await, ["/first", "/plain", "/second"]);
    assert_eq!(names(true, &[("label", "stage=dev")]).await, ["/first"]);
    assert_eq!(names(true, &[("label", "stage")]).await, ["/first", "/second"]);
    assert_eq!(names(true, &[("status", "running")]).await, ["/plain"]);
}

#[tokio::test]
async fn logs_come_from_two_pipes() {
    let local = Local::start().await;
    local.run("hello", &["echo", "hello", "world"]).await;
    local
        .control("containers/hello/state", json!({ "log": "an error" }))
        .await;
    let read = async |errors: bool| {
        let options = LogsOptionsBuilder::new().stdout(!errors).stderr(errors).build();
        let lines: Vec<_> = local
            .docker
            .logs("hello", Some(options))
            .try_collect()
            .await
            .unwrap();
        lines.iter().map(ToString::to_string).collect::<String>()
    };
    assert_eq!(read(false).await, "hello world\n");
    assert_eq!(read(true).await, "an error\n");
}

#[tokio::test]
async fn a_port_belongs_to_one_container() {
    let local = Local::start().await;
    local.pull("nginx", "1").await.unwrap();
    let body = json!({
        "Image": "nginx:1",
        "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "8080" }] } },
    });
    local.create("one", body.clone()).await.unwrap();
    local.create("two", body).await.unwrap();
    local.start_container("one").await.unwrap();
    assert_refused(
        local.start_container("two").await,
        500,
        "port is already allocated",
    );
    let ports = local.inspect("one").await["NetworkSettings"]["Ports"].clone();
    assert_eq!(
        ports["80/tcp"][0],
        json!({ "HostIp": "127.0.0.1", "HostPort": "8080" })
    );
    local
        .docker
        .stop_container("one", None::<StopContainerOptions>)
        .await
        .unwrap();
    local.start_container("two").await.unwrap();
}

#[tokio::test]
async fn health_starts_and_can_be_taken() {
    let local = Local::start().await;
    local.pull("nginx", "1").await.unwrap();
    let check = json!({ "Test": ["CMD", "true"], "Interval": 30_000_000_000_i64 });
    local
        .create("web", json!({ "Image": "nginx:1", "Healthcheck": check }))
        .await
        .unwrap();
    local.start_container("web").await.unwrap();
    let health = async || local.inspect("web").await["State"]["Health"]["Status"].clone();
    assert_eq!(health().await, "starting");
    local.advance(1);
    assert_eq!(health().await, "healthy");
    let told = local
        .control("containers/web/state", json!({ "state": "unhealthy" }))
        .await;
    assert_eq!((told, health().await), (200, json!("unhealthy")));
    let nobody = local.control("containers/nobody/state", json!({})).await;
    assert_eq!(nobody, 404);
    let without: Value = {
        local.run("plain", &["sleep", "9"]).await;
        local.inspect("plain").await["State"]["Health"].clone()
    };
    assert_eq!(without, Value::Null);
}

#[tokio::test]
async fn who_attaches_before_the_start_misses_nothing() {
    let local = Local::start().await;
    local.pull("alpine", "3").await.unwrap();
    let body = json!({ "Image": "alpine:3", "Cmd": ["echo", "hello"], "HostConfig": { "AutoRemove": true } });
    local.create("job", body).await.unwrap();
    let options = AttachContainerOptionsBuilder::new()
        .stream(true)
        .stdout(true)
        .build();
    let attached = local.docker.attach_container("job", Some(options)).await.unwrap();
    local.start_container("job").await.unwrap();
    let waited = local.docker.wait_container("job", None::<WaitContainerOptions>);
    let said: Vec<_> = attached.output.try_collect().await.unwrap();
    assert_eq!(
        said.iter().map(ToString::to_string).collect::<String>(),
        "hello\n"
    );
    drop(waited);
    assert_refused(
        local.docker.inspect_container("job", None).await,
        404,
        "No such container: job",
    );
}
