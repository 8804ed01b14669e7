//! Building an image on an engine from a local folder, unless it has one from the same content already.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Component, Path, PathBuf};

use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use futures::StreamExt as _;
use serde_json::Value;
use tokio_util::io::ReaderStream;

use super::sent::{self, Ignored, Item};
use super::{Container, body};
use crate::codes;
use crate::converge::Context;
use crate::docker::engines::{Engine, Registries};
use crate::docker::last_words::masked;
use crate::docker::{Build, marks};
use crate::error::{Error, ErrorKind, Result};

/// How many of the last lines an error has.
const LAST_LINES: usize = 20;

/// A tar archive on its way.
pub(super) type Archive = ReaderStream<tokio::fs::File>;

/// The digest of everything that is sent for `build`.
pub(super) fn digest(build: &Build, root: &Path) -> Result<String> {
    sent::digest(&context(build, root)?)
}

/// What identifies the content of the image: the files that are sent, and how it is built from them. Secrets count by
/// their names.
pub(super) fn identity(spec: &Container, applied: &Value) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(spec.context_digest.as_deref().unwrap_or_default().as_bytes());
    hasher.update(applied["build"].to_string().as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Builds the image of `spec` and gives it its name.
pub(super) async fn run(
    engine: &Engine,
    context: &Context,
    spec: &Container,
    build: &Build,
    registries: &Registries,
) -> Result<()> {
    let items = self::context(build, &context.root)?;
    context.waiting(format!("sending {} files to build {}", items.len(), spec.image));
    let options = options(spec, context, build)?;
    let archive = archived(items).await?;
    let mut lines =
        engine
            .docker()
            .build_image(options, registries.all(), Some(bollard::body_try_stream(archive)));
    let operation = format!("build {} from {}", spec.image, build.context);
    let mut last = VecDeque::new();
    while let Some(line) = lines.next().await {
        match line {
            Ok(info) => listen(&info, context, &spec.image, &mut last),
            Err(error) => {
                let error = engine.failure(&operation, error);
                let said = masked(&last.make_contiguous().join("\n"), spec, &context.applied);
                return Err(with_lines(error, &said));
            }
        }
    }
    Ok(())
}

/// `items` as a request body. The archive is a temporary file meanwhile: it may be larger than the memory.
pub(super) async fn archived(items: Vec<Item>) -> Result<Archive> {
    let local =
        |error: std::io::Error| Error::new(ErrorKind::Local, format!("no archive can be made: {error}"));
    let written = tokio::task::spawn_blocking(move || -> Result<fs::File> {
        use std::io::{BufWriter, Seek as _, Write as _};
        let mut file = tempfile::tempfile().map_err(local)?;
        let mut buffered = BufWriter::new(&mut file);
        sent::archive(&items, &mut buffered)?;
        buffered.flush().map_err(local)?;
        drop(buffered);
        file.rewind().map_err(local)?;
        Ok(file)
    });
    let file = written
        .await
        .map_err(|error| Error::new(ErrorKind::Internal, format!("the archive's thread died: {error}")))??;
    Ok(ReaderStream::with_capacity(
        tokio::fs::File::from_std(file),
        64 << 10,
    ))
}

fn options(spec: &Container, context: &Context, build: &Build) -> Result<BuildImageOptions> {
    let mut arguments = HashMap::new();
    for argument in &build.args {
        arguments.insert(argument.name.clone(), body::known(&argument.value)?.to_owned());
    }
    let mut labels = marks::of(&context.owner);
    labels.insert(marks::BUILT_FROM.to_owned(), identity(spec, &context.applied));
    Ok(BuildImageOptions {
        dockerfile: dockerfile(build).to_owned(),
        t: Some(spec.image.clone()),
        rm: true,
        forcerm: true,
        buildargs: Some(arguments),
        labels: Some(labels),
        platform: build.platform.clone().unwrap_or_default(),
        target: build.target.clone().unwrap_or_default(),
        ..BuildImageOptions::default()
    })
}

fn listen(info: &BuildInfo, context: &Context, image: &str, last: &mut VecDeque<String>) {
    let text = info.stream.as_deref().or(info.status.as_deref());
    for line in text
        .unwrap_or_default()
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        if let Some(step) = line.strip_prefix("Step ") {
            context.waiting(format!("building {image}: step {step}"));
        }
        last.push_back(line.to_owned());
        if last.len() > LAST_LINES {
            last.pop_front();
        }
    }
}

fn with_lines(error: Error, lines: &str) -> Error {
    if lines.is_empty() {
        return error;
    }
    let told = format!("{}; the last lines were:\n{lines}", error.message());
    error.saying(told)
}

fn dockerfile(build: &Build) -> &str {
    build.dockerfile.as_deref().unwrap_or("Dockerfile")
}

/// The files of the build, checked to have the Dockerfile among them.
fn context(build: &Build, root: &Path) -> Result<Vec<Item>> {
    let folder = root.join(&build.context);
    let named = dockerfile(build);
    let invalid = |message: String, help: &str| Err(Error::of(&codes::NO_SUCH_FILE, message).help(help));
    if !folder.is_dir() {
        let message = format!("the folder `{}` to build from does not exist", build.context);
        return invalid(
            message,
            "correct the path; it is relative to the file it stands in",
        );
    }
    let inside: PathBuf = Path::new(named)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    if inside
        .components()
        .any(|part| !matches!(part, Component::Normal(_)))
    {
        return invalid(
            format!("the Dockerfile `{named}` is not inside of `{}`", build.context),
            "name it relative to the folder",
        );
    }
    if !folder.join(&inside).is_file() {
        return invalid(
            format!("there is no `{named}` in `{}`", build.context),
            "write one, or name another with `dockerfile=`",
        );
    }
    let always_sent = vec![inside, PathBuf::from(".dockerignore")];
    let rules = fs::read_to_string(folder.join(".dockerignore")).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(String::new()),
        _ => Err(Error::of(
            &codes::NO_SUCH_FILE,
            format!(".dockerignore cannot be read: {error}"),
        )),
    })?;
    sent::folder(&folder, Path::new(""), &Ignored::parse(&rules, always_sent)?)
}
