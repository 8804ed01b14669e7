//! What is wrong with a group beyond what its types say: names, cycles, ports that collide. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mode, Port, Publish, Service, ServiceGroup, Source};
use crate::docker::container::words;
use crate::model::{Address, Expansion, Input, Path, Problem, Resource as _, did_you_mean};
use crate::plan::graph::{Graph, order};

/// Every mistake of `group`.
pub(super) fn check(group: &ServiceGroup) -> Vec<Problem> {
    let mut problems = Vec::new();
    if group.services.is_empty() {
        problems.push(Problem::at(Path::root(), "the group has no service").help("add a `service`"));
    }
    problems.extend(duplicates(group));
    for (index, service) in group.services.iter().enumerate() {
        let path = place(index);
        problems.extend(check_image(service, &path));
        problems.extend(check_dependencies(group, service, &path));
        problems.extend(check_mounts(service, &path));
        match group.mode {
            Mode::Engine => {
                problems.extend(check_replicas(service, &path));
                problems.extend(check_publish(service, &path));
            }
            Mode::Swarm => problems.extend(check_swarm(service, &path)),
        }
        problems.extend(check_words(service, &path));
        problems.extend(check_variables(service, &path));
        if let Some(health) = &service.health_check {
            problems.extend(health.check(service, &path.key("health_check")));
        }
    }
    problems.extend(port_conflicts(group));
    problems.extend(cycle(group));
    problems
}

fn place(index: usize) -> Path {
    Path::root().key("service").index(index)
}

fn duplicates(group: &ServiceGroup) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    group
        .services
        .iter()
        .enumerate()
        .filter(|(_, service)| !seen.insert(&service.name))
        .map(|(index, service)| {
            let message = format!("the group has two services named `{}`", service.name);
            Problem::at(place(index).key("name"), message).help("rename one of them")
        })
        .collect()
}

fn check_image(service: &Service, path: &Path) -> Option<Problem> {
    match (&service.image, &service.build) {
        (Some(_), Some(_)) => Some(
            Problem::at(
                path.key("build"),
                "a service has either an image or a build, not both",
            )
            .help("remove `image` or `build`"),
        ),
        (None, None) => Some(
            Problem::at(path.clone(), format!("`{}` has nothing to run", service.name))
                .help("add `image \"NAME:TAG\"` or `build \"./FOLDER\"`"),
        ),
        _ => None,
    }
}

fn check_dependencies(group: &ServiceGroup, service: &Service, path: &Path) -> Vec<Problem> {
    let names: Vec<&str> = group
        .services
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    let unknown = service
        .depends_on
        .iter()
        .enumerate()
        .filter(|(_, name)| !names.contains(&name.as_str()));
    unknown
        .map(|(index, name)| {
            let message = format!("the group `{}` has no service `{name}`", group.name);
            let help = match did_you_mean(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its services: {}", names.join(", ")),
            };
            Problem::at(path.key("depends_on").index(index), message).help(help)
        })
        .collect()
}

fn check_mounts(service: &Service, path: &Path) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    service
        .volumes
        .iter()
        .enumerate()
        .filter(|(_, mount)| !seen.insert(&mount.target))
        .map(|(index, mount)| {
            let message = format!("two things are mounted at `{}`", mount.target);
            Problem::at(path.key("volume").index(index), message).help("remove one of them")
        })
        .collect()
}

fn check_replicas(service: &Service, path: &Path) -> Option<Problem> {
    let fixed = service.ports.iter().position(|port| port.host.is_some());
    let index = fixed.filter(|_| service.replicas > 1)?;
    let message = format!(
        "{} containers cannot share the port {} of one machine",
        service.replicas, service.ports[index]
    );
    Some(
        Problem::at(path.key("port").index(index), message)
            .help("let the engine choose: `port container=N`, or remove `replicas`"),
    )
}

fn check_publish(service: &Service, path: &Path) -> Option<Problem> {
    let message = "only a swarm has a choice where ports are reached";
    (service.publish != Publish::default()).then(|| {
        Problem::at(path.key("publish"), message)
            .help("write `mode \"swarm\"` into the group, or leave `publish` out")
    })
}

/// What a swarm cannot do, as it may run the service on any of its servers.
fn check_swarm(service: &Service, path: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    if service.build.is_some() {
        problems.push(
            Problem::at(path.key("build"), "a swarm takes images from a registry, and builds none").help(
                "build the image, push it to a registry that the servers reach, and name it: `image \"REGISTRY/NAME:TAG\"`",
            ),
        );
    }
    if !service.env_file.is_empty() {
        problems.push(
            Problem::at(
                path.key("env_file"),
                "files of variables are not read for a swarm",
            )
            .help("write the variables into `env`, secrets as references"),
        );
    }
    for (index, mount) in service.volumes.iter().enumerate() {
        if let Source::Relative(folder) = mount.kind() {
            let message = format!("`{folder}` is not on the servers that may run the service");
            problems.push(
                Problem::at(path.key("volume").index(index), message)
                    .help("put the files into the image, or mount an absolute path that every server has"),
            );
        }
    }
    for (index, port) in service.ports.iter().enumerate() {
        if port.host_ip.is_some() {
            let message = "a swarm publishes ports at every address of every server";
            problems.push(
                Problem::at(path.key("port").index(index), message).help("leave the address out of the port"),
            );
        }
    }
    problems
}

fn check_words(service: &Service, path: &Path) -> Vec<Problem> {
    [("command", &service.command), ("entrypoint", &service.entrypoint)]
        .into_iter()
        .filter_map(|(field, given)| match given.as_slice() {
            [Input::Value(line)] => words::split(line).err().map(|why| (field, why)),
            _ => None,
        })
        .map(|(field, why)| Problem::at(path.key(field), why).help("close the quotation mark"))
        .collect()
}

fn check_variables(service: &Service, path: &Path) -> Vec<Problem> {
    let wrong = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
    service
        .env
        .keys()
        .filter(wrong)
        .map(|name| {
            Problem::at(
                path.key("env").key(name),
                format!("`{name}` cannot name a variable"),
            )
        })
        .collect()
}

fn port_conflicts(group: &ServiceGroup) -> Vec<Problem> {
    let mut taken: BTreeMap<(u16, &str), Vec<(Port, &str)>> = BTreeMap::new();
    let mut problems = Vec::new();
    for (index, service) in group.services.iter().enumerate() {
        for (number, port) in service.ports.iter().enumerate() {
            let Some(host) = port.host else { continue };
            let users = taken.entry((host, port.protocol.name())).or_default();
            if let Some((_, other)) = users.iter().find(|(used, _)| overlap(*used, *port)) {
                let message = format!("the port {host} is taken by `{other}` already");
                problems.push(
                    Problem::at(place(index).key("port").index(number), message).help(format!(
                        "publish another one: `port \"{}:{}\"`",
                        next(host),
                        port.container
                    )),
                );
            }
            users.push((*port, &service.name));
        }
    }
    problems
}

/// Ports that more than one of `groups` publish, which are deployed to one machine; `path` is where they are named.
pub(crate) fn ports_of_several(groups: &[String], path: &Path, around: &Expansion<'_>) -> Vec<Problem> {
    let mut taken: Vec<(Port, String, &str)> = Vec::new();
    let mut problems = Vec::new();
    for (index, name) in groups.iter().enumerate() {
        let declared = around.declaration(&Address::new(ServiceGroup::KIND, name));
        let group = declared.and_then(|declared| declared.spec.decode::<ServiceGroup>().ok());
        for service in group.iter().flat_map(|group| &group.services) {
            for port in service.ports.iter().filter(|port| port.host.is_some()) {
                let same = |used: &Port| used.host == port.host && used.protocol == port.protocol;
                let mut others = taken.iter().filter(|(_, _, of)| *of != name.as_str());
                if let Some((_, other, of)) = others.find(|(used, ..)| same(used) && overlap(*used, *port)) {
                    let host = port.host.unwrap_or_default();
                    let message = format!(
                        "the port {host} of `{}` in `{name}` is taken by `{other}` in `{of}` already",
                        service.name
                    );
                    let help = "publish another one, or deploy one of the groups to another server";
                    problems.push(Problem::at(path.index(index), message).help(help));
                }
                taken.push((*port, service.name.clone(), name));
            }
        }
    }
    problems
}

fn next(port: u16) -> u16 {
    port.checked_add(1).unwrap_or(1024)
}

/// Whether two bindings of the same port number collide: equal addresses, or one of them means all addresses.
fn overlap(one: Port, other: Port) -> bool {
    let all = |port: Port| port.host_ip.is_none_or(|address| address.is_unspecified());
    all(one) || all(other) || one.host_ip == other.host_ip
}

fn cycle(group: &ServiceGroup) -> Option<Problem> {
    let address = |name: &str| Address::new("service", name);
    let known: BTreeSet<&str> = group
        .services
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    let graph: Graph = group
        .services
        .iter()
        .map(|service| {
            let needs = service
                .depends_on
                .iter()
                .filter(|name| known.contains(name.as_str()));
            (address(&service.name), needs.map(|name| address(name)).collect())
        })
        .collect();
    let cycle = order(&graph).err()?;
    let first = cycle.first()?;
    let mut names: Vec<_> = cycle
        .iter()
        .map(|address| format!("`{}`", address.name()))
        .collect();
    names.extend(names.first().cloned());
    let index = group
        .services
        .iter()
        .position(|service| service.name == first.name())?;
    Some(
        Problem::at(
            place(index).key("depends_on"),
            format!("these services wait for each other: {}", names.join(" -> ")),
        )
        .help("remove one of the dependencies"),
    )
}
