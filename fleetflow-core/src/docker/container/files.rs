//! Local files that a container on a server has to have: relative mounts. They are put into the container before it
//! starts, so that they live and go with it.

use std::path::{Component, Path, PathBuf};

use bollard::query_parameters::UploadToContainerOptions;

use super::sent::{self, Item};
use super::{Container, build};
use crate::codes;
use crate::docker::Source;
use crate::docker::engines::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Input, each};

/// The digest of what would be sent for `container`; none where nothing is.
pub(super) fn digest(container: &Container, root: &Path) -> Result<Option<String>> {
    let items = items(container, root)?;
    (!items.is_empty()).then(|| sent::digest(&items)).transpose()
}

/// Puts the files into the container `id`, which was made and not started.
pub(super) async fn put(engine: &Engine, id: &str, container: &Container, root: &Path) -> Result<()> {
    let items = items(container, root)?;
    if items.is_empty() {
        return Ok(());
    }
    let archive = build::archived(items).await?;
    let options = UploadToContainerOptions {
        path: "/".to_owned(),
        ..UploadToContainerOptions::default()
    };
    engine
        .once("put the mounted files into the container", |docker| async move {
            docker
                .upload_to_container(id, Some(options), bollard::body_try_stream(archive))
                .await
        })
        .await
}

fn items(container: &Container, root: &Path) -> Result<Vec<Item>> {
    let mounted = container
        .volume
        .iter()
        .map(|mount| mounted(container, mount, root));
    Ok(each(mounted)?.into_iter().flatten().collect())
}

/// What of one mount is sent.
fn mounted(container: &Container, mount: &crate::docker::Mount, root: &Path) -> Result<Vec<Item>> {
    let Source::Relative(source) = mount.kind() else {
        return Ok(Vec::new());
    };
    let path = root.join(source);
    if !path.exists() {
        let message = format!("`{source}`, which is mounted at {}, does not exist", mount.target);
        return Err(Error::of(&codes::NO_SUCH_FILE, message)
            .help("make it, correct the path, or use a volume: `NAME:/path`"));
    }
    if !sends(container, source, mount)? {
        return Ok(Vec::new());
    }
    sent::file_or_folder(&path, &inside(&mount.target))
}

/// Whether the mount is sent. What a container would write there is lost with the next release, which is refused.
fn sends(container: &Container, source: &str, mount: &crate::docker::Mount) -> Result<bool> {
    let elsewhere = match &container.host {
        Input::Value(_) => container.is_sent(mount),
        _ => true,
    };
    if elsewhere && !mount.read_only {
        let target = &mount.target;
        let message = format!("`{source}` is copied to the server, where writing to it would be lost");
        return Err(Error::new(ErrorKind::Invalid, message).help(format!(
            "mount it to be read only, `\"{source}:{target}:ro\"`, or use a volume: `\"NAME:{target}\"`"
        )));
    }
    Ok(elsewhere)
}

/// A path of the container, as an archive for its root folder names it.
fn inside(target: &str) -> PathBuf {
    let parts = Path::new(target).components();
    parts
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect()
}
