//! What some widely used images say about their containers: the traps clients meet with the real ones. Contents are not emulated.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::row::ImageConfig;
use crate::docker::container::Environment;

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The configuration of an image from a registry, by familiar name.
pub(super) fn config(name: &str) -> ImageConfig {
    let image = name.rsplit('/').next().unwrap_or(name);
    match image {
        "nginx" => nginx(),
        "postgres" => database("postgres", "5432/tcp", "/var/lib/postgresql/data", Some("SIGINT")),
        "mysql" => database("mysqld", "3306/tcp", "/var/lib/mysql", None),
        "mariadb" => database("mariadbd", "3306/tcp", "/var/lib/mysql", None),
        "redis" | "valkey" => database(&format!("{image}-server"), "6379/tcp", "/data", None),
        _ => with_command(&["/bin/sh"]),
    }
}

fn with_command(command: &[&str]) -> ImageConfig {
    ImageConfig {
        env: Environment(vec![PATH.to_owned()]),
        cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        ..ImageConfig::default()
    }
}

fn nginx() -> ImageConfig {
    let maintainer = (
        "maintainer".to_owned(),
        "NGINX Docker Maintainers <docker-maint@nginx.com>".to_owned(),
    );
    ImageConfig {
        entrypoint: Some(vec!["/docker-entrypoint.sh".to_owned()]),
        exposed_ports: one("80/tcp"),
        labels: BTreeMap::from([maintainer]),
        stop_signal: Some("SIGQUIT".to_owned()),
        ..with_command(&["nginx", "-g", "daemon off;"])
    }
}

fn database(command: &str, port: &str, data: &str, stop_signal: Option<&str>) -> ImageConfig {
    ImageConfig {
        entrypoint: Some(vec!["docker-entrypoint.sh".to_owned()]),
        exposed_ports: one(port),
        volumes: one(data),
        stop_signal: stop_signal.map(str::to_owned),
        ..with_command(&[command])
    }
}

fn one(key: &str) -> BTreeMap<String, Value> {
    BTreeMap::from([(key.to_owned(), json!({}))])
}
