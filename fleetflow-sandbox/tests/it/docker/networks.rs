//! Networks and volumes, and that an engine from which everything was removed is as before.

use bollard::models::{NetworkConnectRequest, NetworkCreateRequest, VolumeCreateRequest};
use bollard::query_parameters::{
    InspectNetworkOptions, ListNetworksOptions, ListVolumesOptions, RemoveContainerOptionsBuilder,
    RemoveImageOptions, RemoveVolumeOptions,
};
use serde_json::{Value, json};

use super::support::{Local, assert_refused};

async fn network(local: &Local, name: &str) -> Result<(), bollard::errors::Error> {
    let body: NetworkCreateRequest =
        serde_json::from_value(json!({ "Name": name, "Driver": "bridge" })).unwrap();
    local.docker.create_network(body).await.map(drop)
}

async fn inspect(local: &Local, name: &str) -> Value {
    let found = local
        .docker
        .inspect_network(name, None::<InspectNetworkOptions>)
        .await;
    serde_json::to_value(found.unwrap()).unwrap()
}

#[tokio::test]
async fn networks_join_containers_and_stay_while_they_do() {
    let local = Local::start().await;
    network(&local, "inner").await.unwrap();
    assert_refused(
        network(&local, "inner").await,
        409,
        "network with name inner already exists",
    );
    local.pull("alpine", "3").await.unwrap();
    let body = json!({
        "Image": "alpine:3", "Cmd": ["sleep", "1000"], "HostConfig": { "NetworkMode": "inner" },
        "NetworkingConfig": { "EndpointsConfig": { "inner": { "Aliases": ["db"] } } },
    });
    local.create("database", body).await.unwrap();
    local.start_container("database").await.unwrap();
    local.run("web", &["sleep", "1000"]).await;
    let connect: NetworkConnectRequest = serde_json::from_value(json!({ "Container": "web" })).unwrap();
    local
        .docker
        .connect_network("inner", connect.clone())
        .await
        .unwrap();
    assert_refused(
        local.docker.connect_network("inner", connect).await,
        403,
        "already exists in network inner",
    );
    let members = inspect(&local, "inner").await["Containers"].clone();
    assert_eq!(members.as_object().map(serde_json::Map::len), Some(2));
    let seen = local.inspect("database").await["NetworkSettings"]["Networks"]["inner"].clone();
    assert_eq!(seen["Aliases"], json!(["db"]));
    let subnet = inspect(&local, "inner").await["IPAM"]["Config"][0]["Subnet"].clone();
    let prefix = subnet.as_str().unwrap().rsplit_once('.').unwrap().0.to_owned();
    assert!(
        seen["IPAddress"]
            .as_str()
            .unwrap()
            .starts_with(prefix.rsplit_once('.').unwrap().0),
        "{seen} {subnet}"
    );
    assert_refused(
        local.docker.remove_network("inner").await,
        403,
        "has active endpoints",
    );
    assert_refused(
        local.docker.remove_network("bridge").await,
        403,
        "pre-defined network",
    );
    let list = local
        .docker
        .list_networks(None::<ListNetworksOptions>)
        .await
        .unwrap();
    assert_eq!(list.len(), 4, "three are always there");
}

#[tokio::test]
async fn volumes_are_made_once_and_stay_while_they_are_used() {
    let local = Local::start().await;
    let volume = |labels: Value| {
        serde_json::from_value::<VolumeCreateRequest>(json!({ "Name": "data", "Labels": labels })).unwrap()
    };
    let made = local
        .docker
        .create_volume(volume(json!({ "a": "1" })))
        .await
        .unwrap();
    assert_eq!(made.mountpoint, "/var/lib/docker/volumes/data/_data");
    let again = local
        .docker
        .create_volume(volume(json!({ "a": "2" })))
        .await
        .unwrap();
    assert_eq!(again.labels["a"], "1", "the one that is there is left as it is");
    local.pull("alpine", "3").await.unwrap();
    let body =
        json!({ "Image": "alpine:3", "HostConfig": { "Binds": ["data:/data", "made-on-the-way:/x:ro"] } });
    local.create("web", body).await.unwrap();
    let volumes = local
        .docker
        .list_volumes(None::<ListVolumesOptions>)
        .await
        .unwrap();
    assert_eq!(volumes.volumes.unwrap().len(), 2);
    let remove = async || {
        local
            .docker
            .remove_volume("data", None::<RemoveVolumeOptions>)
            .await
    };
    assert_refused(remove().await, 409, "volume is in use");
    assert_refused(
        local.docker.inspect_volume("nothing").await,
        404,
        "no such volume",
    );
}

#[tokio::test]
async fn an_emptied_engine_is_as_before() {
    let local = Local::start().await;
    let before = local.sandbox.inventory().to_string();
    network(&local, "inner").await.unwrap();
    local.pull("redis", "7").await.unwrap();
    let body =
        json!({ "Image": "redis:7", "HostConfig": { "NetworkMode": "inner", "Binds": ["data:/data"] } });
    local.create("cache", body).await.unwrap();
    local.start_container("cache").await.unwrap();
    assert_ne!(local.sandbox.inventory().to_string(), before);
    let away = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    local.docker.remove_container("cache", Some(away)).await.unwrap();
    local.docker.remove_network("inner").await.unwrap();
    local
        .docker
        .remove_volume("data", None::<RemoveVolumeOptions>)
        .await
        .unwrap();
    local
        .docker
        .remove_image("redis:7", None::<RemoveImageOptions>, None)
        .await
        .unwrap();
    assert_eq!(local.sandbox.inventory().to_string(), before);
}
