//! An image on its way from the local engine to another one: of its layers, those that are missing there. It builds nothing.
//!
//! `POST /images/load` reads of an archive only the layers that the engine does not have: `image/tarexport/load.go` of moby
//! asks its store for each first. An engine that wants all of them (one that keeps images in containerd's store) gets them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bollard::query_parameters::ImportImageOptions;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use tokio_util::io::ReaderStream;

use super::image::inspect;
use crate::converge::Context;
use crate::docker::engines::Engine;
use crate::error::{Error, ErrorKind, Result};

/// How often it is told how far it is.
const TELLING: Duration = Duration::from_secs(1);

/// Sends `image` from the engine `from` to the engine `to`.
pub(super) async fn send(from: &Engine, to: &Engine, context: &Context, image: &str) -> Result<()> {
    let wanted = layers(from, image).await?;
    let there = layers(to, image).await?;
    let common = wanted
        .iter()
        .zip(&there)
        .take_while(|(one, other)| one == other)
        .count();
    context.waiting(format!("taking {image} from the local engine"));
    let whole = exported(from, image).await?;
    let all = size(&whole)?;
    let mut sent = 0;
    if common > 0 {
        let missing = in_thread(move |whole| thinned(whole, common), &whole).await?;
        sent = size(&missing)?;
        match load(to, context, image, missing).await {
            Ok(()) => {
                context.note(told(sent, all));
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::Unavailable => return Err(error),
            Err(error) => tracing::debug!(%error, "the engine wants the whole image"),
        }
    }
    load(to, context, image, whole).await?;
    context.note(told(sent + all, all));
    Ok(())
}

fn told(sent: u64, all: u64) -> String {
    let megabytes = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
    format!("sent {} of {} MB of its image", megabytes(sent), megabytes(all))
}

/// The layers of an image, the lowest first; none where it is not there.
async fn layers(engine: &Engine, image: &str) -> Result<Vec<String>> {
    let found = inspect(engine, image).await?;
    let layers = found
        .and_then(|image| image.root_fs)
        .and_then(|files| files.layers);
    Ok(layers.unwrap_or_default())
}

/// The archive of an image, in a temporary file: its list of layers comes last.
async fn exported(engine: &Engine, image: &str) -> Result<File> {
    let file = tempfile::tempfile().map_err(|error| local(&error))?;
    let mut written = tokio::fs::File::from_std(file);
    let mut parts = std::pin::pin!(engine.docker().export_image(image));
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| engine.failure(&format!("take {image}"), error))?;
        written.write_all(&part).await.map_err(|error| local(&error))?;
    }
    written.flush().await.map_err(|error| local(&error))?;
    let mut file = written.into_std().await;
    file.rewind().map_err(|error| local(&error))?;
    Ok(file)
}

async fn load(engine: &Engine, context: &Context, image: &str, mut archive: File) -> Result<()> {
    let all = size(&archive)?;
    let counted = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&counted);
    let mut told = 0;
    archive.rewind().map_err(|error| local(&error))?;
    let body = ReaderStream::with_capacity(tokio::fs::File::from_std(archive), 64 << 10);
    let body = body.inspect_ok(move |part| {
        counter.fetch_add(part.len() as u64, Ordering::Relaxed);
    });
    let options = ImportImageOptions {
        quiet: true,
        ..ImportImageOptions::default()
    };
    let mut lines = std::pin::pin!(engine.docker().import_image_stream(options, body, None));
    loop {
        match timeout(TELLING, lines.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(Err(error))) => return Err(engine.failure(&format!("send {image}"), error)),
            Ok(Some(Ok(_))) => {}
            Err(_) => {
                let now = counted.load(Ordering::Relaxed);
                if std::mem::replace(&mut told, now) != now {
                    context.waiting(format!("sending {image}: {} %", now * 100 / all.max(1)));
                }
            }
        }
    }
}

/// What an archive says of an image (`manifest.json`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    layers: Vec<String>,
}

/// The archive without the lowest `common` layers.
fn thinned(whole: &File, common: usize) -> Result<File> {
    let read = || -> std::io::Result<_> {
        let mut whole = whole.try_clone()?;
        whole.rewind()?;
        Ok(tar::Archive::new(BufReader::new(whole)))
    };
    let left_out = left_out(&mut read().map_err(|error| local(&error))?, common)?;
    let copied = || -> std::io::Result<File> {
        let mut file = tempfile::tempfile()?;
        let mut thin = tar::Builder::new(BufWriter::new(&mut file));
        let mut archive = read()?;
        for entry in archive.entries()? {
            let entry = entry?;
            if !left_out.contains(entry.path()?.to_string_lossy().as_ref()) {
                thin.append(&entry.header().clone(), entry)?;
            }
        }
        thin.into_inner()?.flush()?;
        file.rewind()?;
        Ok(file)
    };
    copied().map_err(|error| local(&error))
}

/// The paths of the lowest `common` layers, unless another layer is the same file.
fn left_out(archive: &mut tar::Archive<impl Read>, common: usize) -> Result<BTreeSet<String>> {
    let mut linked = BTreeSet::new();
    let mut manifest = None;
    let mut look = || -> std::io::Result<()> {
        for entry in archive.entries()? {
            let mut entry = entry?;
            if let Some(target) = entry.link_name()? {
                linked.insert(target.to_string_lossy().trim_start_matches("../").to_owned());
            }
            if entry.path()?.as_os_str() == "manifest.json" {
                let mut text = String::new();
                entry.read_to_string(&mut text)?;
                manifest = Some(text);
            }
        }
        Ok(())
    };
    look().map_err(|error| local(&error))?;
    let all: Vec<Manifest> = serde_json::from_str(manifest.as_deref().unwrap_or("[]")).map_err(|error| {
        let message = format!("the archive of the image is not understood: {error}");
        Error::new(ErrorKind::Internal, message)
    })?;
    let Some(layers) = all.first().map(|one| &one.layers) else {
        return Ok(BTreeSet::new());
    };
    let (below, above) = layers.split_at(common.min(layers.len()));
    let is_alone = |path: &&String| !above.contains(path) && !linked.contains(*path);
    Ok(below.iter().filter(is_alone).cloned().collect())
}

async fn in_thread(work: impl FnOnce(&File) -> Result<File> + Send + 'static, file: &File) -> Result<File> {
    let file = file.try_clone().map_err(|error| local(&error))?;
    let done = tokio::task::spawn_blocking(move || work(&file)).await;
    done.map_err(|error| Error::new(ErrorKind::Internal, format!("the archive's thread died: {error}")))?
}

fn size(file: &File) -> Result<u64> {
    Ok(file.metadata().map_err(|error| local(&error))?.len())
}

fn local(error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Local,
        format!("no archive of the image can be made: {error}"),
    )
    .help("see that there is room in the folder for temporary files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_that_are_there_are_left_out_unless_another_one_is_the_same_file() {
        let mut whole = tempfile::tempfile().unwrap();
        let mut builder = tar::Builder::new(&mut whole);
        let mut add = |path: &str, text: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, path, text.as_bytes()).unwrap();
        };
        for layer in ["a", "b", "c"] {
            add(&format!("blobs/sha256/{layer}"), layer);
        }
        let order = ["a", "b", "a", "c"].map(|layer| format!("blobs/sha256/{layer}"));
        add("config.json", "{}");
        let manifest = serde_json::json!([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": order}]);
        add("manifest.json", &manifest.to_string());
        builder.into_inner().unwrap();
        let names = |common| {
            let thin = thinned(&whole, common).unwrap();
            let mut archive = tar::Archive::new(thin);
            let entries = archive.entries().unwrap();
            let names = entries.map(|entry| entry.unwrap().path().unwrap().display().to_string());
            names.collect::<Vec<_>>()
        };
        let rest = ["config.json", "manifest.json"].map(str::to_owned);
        let with = |layers: &[&str]| {
            let layers = layers.iter().map(|layer| format!("blobs/sha256/{layer}"));
            layers.chain(rest.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(0), with(&["a", "b", "c"]));
        assert_eq!(names(2), with(&["a", "c"]), "`a` is the third one too");
        assert_eq!(names(3), with(&["c"]));
        assert_eq!(names(4), with(&[]));
    }
}
