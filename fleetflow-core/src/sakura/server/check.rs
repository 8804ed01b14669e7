//! What is wrong with a declared server, by itself and among the other declarations. Pure.

use super::disk::Place;
use super::{Server, is_private_key, nic};
use crate::codes;
use crate::docker::ports_of_several;
use crate::model::{Expansion, Input, Path, Problem, did_you_mean};
use crate::sakura::{Id, mark, scale, zone};

/// Everything that is wrong with `server` by itself.
pub(super) fn check(server: &Server) -> Vec<Problem> {
    let mut problems = check_disks(server);
    problems.extend(zone::check(server.zone.as_deref()));
    problems.extend(server.hostname.as_deref().and_then(check_hostname));
    problems.extend(mark::check_description(server.description.as_deref(), 0));
    problems.extend(mark::check_tags(&server.tags));
    problems.extend(check_keys(server));
    problems.extend(check_password(server));
    problems.extend(nic::check(server));
    problems
}

/// Everything that is wrong with `server` among the other declarations.
pub(super) fn check_in(server: &Server, around: &Expansion<'_>) -> Vec<Problem> {
    let mut problems: Vec<_> = zone::check_chosen(server.zone.as_deref(), around)
        .into_iter()
        .collect();
    for (index, group) in server.deploy_services.iter().enumerate() {
        let path = Path::root().key("deploy_services").index(index);
        problems.extend(named("service-group", group, &path, around));
    }
    let path = Path::root().key("deploy_services");
    problems.extend(ports_of_several(&server.deploy_services, &path, around));
    let objects = [
        ("packet-filter", "packet_filter", &server.packet_filter),
        ("switch", "switch", &server.switch),
    ];
    for (kind, field, value) in objects {
        problems.extend(object(kind, value.as_ref(), &Path::root().key(field), around));
    }
    let replicas = scale::most(around, &server.name);
    problems.extend(nic::check_in(server, replicas, around));
    problems
}

/// The problem that `value` names nothing of `kind`, where it is a name and not an id.
pub(super) fn object(
    kind: &str,
    value: Option<&Input<String>>,
    path: &Path,
    around: &Expansion<'_>,
) -> Option<Problem> {
    let name = value.and_then(Input::known)?;
    name.parse::<Id>()
        .is_err()
        .then(|| named(kind, name, path, around))?
}

/// The problem that nothing of `kind` is called `name`.
pub(crate) fn named(kind: &str, name: &str, path: &Path, around: &Expansion<'_>) -> Option<Problem> {
    if around.may_be_called(kind, name) {
        return None;
    }
    let names = around.names(kind);
    let code = match kind {
        "service-group" => &codes::SERVICE_GROUP,
        _ => &codes::UNDECLARED,
    };
    let problem = Problem::at(path.clone(), format!("there is no {kind} `{name}`")).code(code);
    Some(match did_you_mean(name, names.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => problem.help(format!("declare `{kind} \"{name}\"`")),
        None => problem.help(format!("declared: {}", names.join(", "))),
    })
}

fn check_disks(server: &Server) -> Vec<Problem> {
    let path = Path::root().key("disk");
    if server.disk.is_empty() {
        let help = "add `disk size=100 os=\"ubuntu-24.04\"`";
        return vec![Problem::at(path, "a server needs a disk").help(help)];
    }
    let place = |index| if index == 0 { Place::Boot } else { Place::Further };
    let disks = server.disk.iter().enumerate();
    disks
        .flat_map(|(index, disk)| disk.check(&path.index(index), place(index)))
        .collect()
}

/// Letters, digits and inner hyphens, in labels of up to 63 characters (RFC 1123 section 2.1).
fn check_hostname(hostname: &str) -> Option<Problem> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let legal = hostname.len() <= 64 && hostname.split('.').all(label);
    (!legal).then(|| {
        let message = format!("`{hostname}` cannot be a host name");
        let help = "use letters, digits and inner hyphens, at most 64 characters";
        Problem::at(Path::root().key("hostname"), message).help(help)
    })
}

fn check_keys(server: &Server) -> Vec<Problem> {
    let path = Path::root().key("ssh_key");
    let keys = server.ssh_key.iter().enumerate();
    keys.filter(|(_, key)| is_private_key(key) || key.trim().is_empty())
        .map(|(index, _)| {
            Problem::at(path.index(index), "this is not a public key")
                .help("give the public half: the content or the path of the `.pub` file")
        })
        .collect()
}

/// A password in the declaration itself would end up in plans and in the state.
fn check_password(server: &Server) -> Option<Problem> {
    server.password.as_ref().and_then(Input::known)?;
    Some(
        Problem::at(Path::root().key("password"), "a password must be a secret")
            .help("take it from the environment: `password env=\"NAME\" secret=#true`"),
    )
}
