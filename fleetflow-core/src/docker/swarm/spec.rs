//! A service as a swarm's API takes it. Pure.

use std::collections::HashMap;

use bollard::models::{
    EndpointPortConfig, EndpointPortConfigProtocolEnum as Transport,
    EndpointPortConfigPublishModeEnum as Mode, EndpointSpec, Limit, Mount as Mounted, MountType,
    NetworkAttachmentConfig, ServiceSpec, ServiceSpecMode, ServiceSpecModeReplicated,
    ServiceSpecUpdateConfig, ServiceSpecUpdateConfigFailureActionEnum as OnFailure,
    ServiceSpecUpdateConfigOrderEnum as Order, TaskSpec, TaskSpecContainerSpec, TaskSpecPlacement,
    TaskSpecResources, TaskSpecRestartPolicy, TaskSpecRestartPolicyConditionEnum as Condition,
};

use super::SwarmService;
use super::nodes::GROUP;
use crate::converge::Context;
use crate::docker::container::{body, words};
use crate::docker::{Mount, Port, Protocol, Publish, Restart, Source, marks};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Input;

impl SwarmService {
    /// The service as the swarm is asked to run it. A new version starts before the old one stops, and the old one comes
    /// back when the new one does not become healthy.
    pub(super) fn request(&self, context: &Context) -> Result<ServiceSpec> {
        let mut labels = marks::of(&context.owner);
        labels.insert(marks::APPLIED.to_owned(), context.applied.to_string());
        Ok(ServiceSpec {
            name: Some(self.name.clone()),
            labels: Some(labels),
            task_template: Some(self.task()?),
            mode: Some(ServiceSpecMode {
                replicated: Some(ServiceSpecModeReplicated {
                    replicas: Some(i64::from(self.service.replicas)),
                }),
                ..ServiceSpecMode::default()
            }),
            update_config: Some(ServiceSpecUpdateConfig {
                parallelism: Some(1),
                failure_action: Some(OnFailure::ROLLBACK),
                order: Some(self.order()),
                ..ServiceSpecUpdateConfig::default()
            }),
            endpoint_spec: Some(EndpointSpec {
                ports: Some(self.ports()),
                ..EndpointSpec::default()
            }),
            ..ServiceSpec::default()
        })
    }

    fn ports(&self) -> Vec<EndpointPortConfig> {
        let mode = match self.service.publish {
            Publish::Swarm => Mode::INGRESS,
            Publish::Server => Mode::HOST,
        };
        let ports = self.service.ports.iter();
        ports.map(|port| published(port, mode)).collect()
    }

    /// A new version starts before the old one stops; where both would need the same port of one server, after it.
    fn order(&self) -> Order {
        let takes_port = self.service.ports.iter().any(|port| port.host.is_some());
        match self.service.publish {
            Publish::Server if takes_port => Order::STOP_FIRST,
            _ => Order::START_FIRST,
        }
    }

    fn task(&self) -> Result<TaskSpec> {
        let service = &self.service;
        let condition = match service.restart {
            Restart::No => Condition::NONE,
            Restart::OnFailure => Condition::ON_FAILURE,
            Restart::Always | Restart::UnlessStopped => Condition::ANY,
        };
        Ok(TaskSpec {
            container_spec: Some(self.container()?),
            resources: Some(TaskSpecResources {
                limits: Some(Limit {
                    nano_cpus: service.cpus.map(body::processors),
                    memory_bytes: body::memory(service.memory.as_deref())?,
                    pids: None,
                }),
                ..TaskSpecResources::default()
            }),
            restart_policy: Some(TaskSpecRestartPolicy {
                condition: Some(condition),
                ..TaskSpecRestartPolicy::default()
            }),
            placement: Some(TaskSpecPlacement {
                constraints: Some(vec![format!("node.labels.{GROUP}{} == true", self.group)]),
                ..TaskSpecPlacement::default()
            }),
            networks: Some(vec![NetworkAttachmentConfig {
                target: Some(self.network.clone()),
                aliases: Some(vec![service.name.clone()]),
                ..NetworkAttachmentConfig::default()
            }]),
            ..TaskSpec::default()
        })
    }

    fn container(&self) -> Result<TaskSpecContainerSpec> {
        let service = &self.service;
        let env = service
            .env
            .iter()
            .map(|(name, value)| Ok(format!("{name}={}", known(value)?)));
        let labels: HashMap<String, String> = service.labels.clone().into_iter().collect();
        let prefix = &self.network;
        let health = service.health_check.as_ref();
        Ok(TaskSpecContainerSpec {
            image: service.image.clone(),
            labels: Some(labels),
            // The API's `Command` takes the place of the entry point here, and `Args` that of the command.
            command: split(&service.entrypoint)?,
            args: split(&service.command)?,
            env: Some(env.collect::<Result<_>>()?),
            dir: service.workdir.clone(),
            user: service.user.clone(),
            mounts: Some(
                service
                    .volumes
                    .iter()
                    .map(|mount| in_swarm(mount, prefix))
                    .collect(),
            ),
            stop_grace_period: body::nanoseconds(service.stop_grace_period.as_deref())?,
            health_check: health
                .map(|check| body::health(check, &service.ports))
                .transpose()?,
            ..TaskSpecContainerSpec::default()
        })
    }
}

fn published(port: &Port, mode: Mode) -> EndpointPortConfig {
    let protocol = match port.protocol {
        Protocol::Tcp => Transport::TCP,
        Protocol::Udp => Transport::UDP,
        Protocol::Sctp => Transport::SCTP,
    };
    EndpointPortConfig {
        protocol: Some(protocol),
        target_port: Some(i64::from(port.container)),
        published_port: port.host.map(i64::from),
        publish_mode: Some(mode),
        ..EndpointPortConfig::default()
    }
}

fn in_swarm(mount: &Mount, prefix: &str) -> Mounted {
    match mount.kind() {
        Source::Volume(name) => body::mounted(mount, MountType::VOLUME, format!("{prefix}-{name}")),
        Source::Absolute(path) | Source::Relative(path) => {
            body::mounted(mount, MountType::BIND, path.to_owned())
        }
    }
}

/// The words of a command; a single text is split as a shell would.
fn split(given: &[Input<String>]) -> Result<Option<Vec<String>>> {
    match given {
        [] => Ok(None),
        [line] => words::split(known(line)?)
            .map(Some)
            .map_err(|why| invalid(why.clone())),
        several => several
            .iter()
            .map(|word| known(word).map(str::to_owned))
            .collect::<Result<_>>()
            .map(Some),
    }
}

fn known(input: &Input<String>) -> Result<&str> {
    input.known().map(String::as_str).ok_or_else(|| {
        let message = "a value of the service is not known, or its secret was not given";
        Error::new(ErrorKind::Invalid, message).help("give the secret to the stack")
    })
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::Invalid, text)
}
