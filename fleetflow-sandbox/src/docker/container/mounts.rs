//! The mounts of a new container: `Binds`, `Mounts`, and the volumes an image declares.

use super::row::{Access, Mount};
use super::spec::{Config, HostConfig, WantedMount};
use crate::docker::answer::Failure;
use crate::docker::daemon::Daemon;
use crate::docker::volume;

/// Works out the mounts and makes the volumes they need.
pub(super) fn prepare(
    daemon: &mut Daemon<'_>,
    config: &Config,
    host_config: &HostConfig,
) -> Result<Vec<Mount>, Failure> {
    let mut mounts = Vec::new();
    for bind in &host_config.binds {
        push(&mut mounts, bound(bind)?)?;
    }
    for wanted in &host_config.mounts {
        push(&mut mounts, mounted(wanted)?)?;
    }
    for path in config.volumes.keys() {
        if !mounts.iter().any(|mount| mount.destination == *path) {
            mounts.push(on_volume(String::new(), path, Access::ReadWrite));
        }
    }
    for mount in &mut mounts {
        realize(daemon, mount);
    }
    Ok(mounts)
}

fn push(mounts: &mut Vec<Mount>, mount: Mount) -> Result<(), Failure> {
    if mounts.iter().any(|other| other.destination == mount.destination) {
        return Err(Failure::bad(format!(
            "Duplicate mount point: {}",
            mount.destination
        )));
    }
    mounts.push(mount);
    Ok(())
}

/// `source:destination[:mode]`
fn bound(bind: &str) -> Result<Mount, Failure> {
    let invalid = || Failure::bad(format!("invalid volume specification: '{bind}'"));
    let parts: Vec<&str> = bind.split(':').collect();
    let (source, destination, mode) = match parts.as_slice() {
        [source, destination] => (*source, *destination, ""),
        [source, destination, mode] => (*source, *destination, *mode),
        _ => return Err(invalid()),
    };
    if source.is_empty() || !destination.starts_with('/') || destination == "/" {
        return Err(invalid());
    }
    let access = if mode.split(',').any(|word| word == "ro") {
        Access::ReadOnly
    } else {
        Access::ReadWrite
    };
    if !source.starts_with('/') {
        let name = volume::checked(source)?;
        return Ok(Mount {
            mode: or_z(mode),
            ..on_volume(name, destination, access)
        });
    }
    Ok(Mount {
        kind: "bind".to_owned(),
        volume: None,
        source: source.to_owned(),
        destination: destination.to_owned(),
        mode: mode.to_owned(),
        access,
    })
}

fn or_z(mode: &str) -> String {
    if mode.is_empty() {
        "z".to_owned()
    } else {
        mode.to_owned()
    }
}

fn mounted(wanted: &WantedMount) -> Result<Mount, Failure> {
    let invalid = |reason: String| {
        Failure::bad(format!(
            "invalid mount config for type {:?}: {reason}",
            wanted.kind
        ))
    };
    if !wanted.target.starts_with('/') {
        return Err(invalid(format!(
            "invalid mount path: '{}' mount path must be absolute",
            wanted.target
        )));
    }
    let access = if wanted.read_only {
        Access::ReadOnly
    } else {
        Access::ReadWrite
    };
    match wanted.kind.as_str() {
        "volume" => {
            let name = if wanted.source.is_empty() {
                String::new()
            } else {
                volume::checked(&wanted.source)?
            };
            Ok(on_volume(name, &wanted.target, access))
        }
        "bind" if !wanted.source.starts_with('/') => Err(invalid(format!(
            "invalid mount path: '{}' mount path must be absolute",
            wanted.source
        ))),
        "bind" | "tmpfs" => Ok(Mount {
            kind: wanted.kind.clone(),
            volume: None,
            source: wanted.source.clone(),
            destination: wanted.target.clone(),
            mode: String::new(),
            access,
        }),
        other => Err(Failure::bad(format!("mount type unknown: {other:?}"))),
    }
}

/// A mount of a volume; without a name it gets one of its own.
fn on_volume(name: String, destination: &str, access: Access) -> Mount {
    Mount {
        kind: "volume".to_owned(),
        volume: Some(name),
        source: String::new(),
        destination: destination.to_owned(),
        mode: "z".to_owned(),
        access,
    }
}

fn realize(daemon: &mut Daemon<'_>, mount: &mut Mount) {
    let Some(name) = &mut mount.volume else {
        return;
    };
    if name.is_empty() {
        *name = volume::anonymous(daemon);
    } else {
        volume::ensure(daemon, name);
    }
    mount.source = volume::mountpoint(name);
}
