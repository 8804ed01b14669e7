//! The multipart upload of a Worker (API doc §4.1, §4.2): from the form to a checked version that is not stored yet.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::assets::{Assets, Sent};
use super::binding::{Sources, text};
use super::refusal;
use super::version::{Module, Version};
use crate::cloudflare::answer::Failure;
use crate::cloudflare::call::Call;
use crate::cloudflare::multipart::{self, Part};
use crate::cloudflare::vault::Vault;

const MAX_COMPRESSED: usize = 10 * 1024 * 1024;
/// What the oldest runtime was, which uploads without a date get.
const OLDEST_DATE: &str = "2021-11-02";

/// The `metadata` part. What is not read here is kept as it was sent.
#[derive(Deserialize)]
pub(super) struct Metadata {
    main_module: Option<String>,
    body_part: Option<String>,
    compatibility_date: Option<String>,
    #[serde(default)]
    compatibility_flags: Vec<String>,
    #[serde(default)]
    bindings: Vec<Value>,
    #[serde(default)]
    keep_bindings: Vec<String>,
    #[serde(default)]
    annotations: Map<String, Value>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) logpush: Option<bool>,
    pub(super) observability: Option<Value>,
    pub(super) tail_consumers: Option<Vec<Value>>,
    placement: Option<Value>,
    limits: Option<Value>,
    assets: Option<Sent>,
    #[serde(default)]
    keep_assets: bool,
    pub(super) migrations: Option<Value>,
}

/// A form that could be read.
pub(super) struct Upload {
    pub(super) metadata: Metadata,
    modules: Vec<Part>,
}

impl Upload {
    pub(super) fn read(call: &Call) -> Result<Self, Failure> {
        let content_type = call.header("content-type").unwrap_or_default();
        let mut parts = multipart::read(content_type, call.bytes()).ok_or_else(refusal::content_type)?;
        let at = parts.iter().position(|part| part.name == "metadata");
        let at = at.ok_or_else(|| refusal::validation("The form has no metadata part."))?;
        let metadata = serde_json::from_slice(&parts.remove(at).body)
            .map_err(|error| refusal::validation(&format!("metadata is not valid: {error}")))?;
        // Some clients number their parts and tell the module's name as a file name.
        for part in &mut parts {
            part.name = part
                .filename
                .clone()
                .unwrap_or_else(|| std::mem::take(&mut part.name));
        }
        Ok(Self {
            metadata,
            modules: parts,
        })
    }

    /// Replaces the code of a version and keeps everything else.
    pub(super) fn over(&self, version: &mut Version) -> Result<(), Failure> {
        self.metadata.check(&self.modules)?;
        version.main_module.clone_from(&self.metadata.main_module);
        version.body_part.clone_from(&self.metadata.body_part);
        version.modules = self.modules.iter().map(Module::of).collect();
        version.etag = version.hash();
        Ok(())
    }

    /// The version this form describes.
    pub(super) fn version<'a>(
        &'a self,
        mut sources: Sources<'a>,
        script: &str,
        id: String,
        now: Timestamp,
    ) -> Result<Version, Failure> {
        let metadata = &self.metadata;
        metadata.check(&self.modules)?;
        metadata.check_date(now)?;
        check_size(&self.modules)?;
        sources.keep = &metadata.keep_bindings;
        let assets = metadata.assets(&sources, script, now)?;
        let bindings = sources.resolve(&metadata.bindings)?;
        let binds_files = |binding: &Value| text(binding, "type") == "assets";
        if assets.is_none() && bindings.iter().any(binds_files) {
            let why = "An assets binding needs static files, which metadata does not have.";
            return Err(refusal::validation(why));
        }
        let number = sources.previous.map_or(1, |version| version.number + 1);
        let mut version = Version {
            id,
            number,
            created: now,
            main_module: metadata.main_module.clone(),
            body_part: metadata.body_part.clone(),
            modules: self.modules.iter().map(Module::of).collect(),
            bindings,
            compatibility_date: metadata
                .compatibility_date
                .clone()
                .unwrap_or_else(|| OLDEST_DATE.to_owned()),
            compatibility_flags: metadata.compatibility_flags.clone(),
            placement: metadata.placement.clone(),
            limits: metadata.limits.clone(),
            assets,
            annotations: metadata.annotations.clone(),
            etag: String::new(),
        };
        version.etag = version.hash();
        Ok(version)
    }
}

impl Metadata {
    /// Keeps the texts of secrets for when the Worker runs.
    pub(super) fn remember(&self, vault: &mut Vault) {
        self.bindings.iter().for_each(|binding| vault.remember(binding));
    }

    /// The static files: those of a finished session, or those of the version before.
    fn assets(&self, sources: &Sources<'_>, script: &str, now: Timestamp) -> Result<Option<Assets>, Failure> {
        match &self.assets {
            Some(sent) if !self.keep_assets => sent.redeem(sources.rows, script, now.as_second()).map(Some),
            _ if self.keep_assets => Ok(sources.previous.and_then(|version| version.assets.clone())),
            _ => Ok(None),
        }
    }

    /// Exactly one entry point, which is among the parts and of the right type.
    fn check(&self, modules: &[Part]) -> Result<(), Failure> {
        let only_files = self.assets.is_some() || self.keep_assets;
        if only_files && modules.is_empty() && self.main_module.is_none() && self.body_part.is_none() {
            return Ok(());
        }
        let (entry, types): (&String, &[&str]) = match (&self.main_module, &self.body_part) {
            (Some(entry), None) => (
                entry,
                &[
                    "application/javascript+module",
                    "text/javascript+module",
                    "text/x-python",
                ],
            ),
            (None, Some(entry)) => (entry, &["application/javascript", "text/javascript"]),
            _ => {
                return Err(refusal::validation(
                    "metadata needs one of main_module and body_part.",
                ));
            }
        };
        let part = modules.iter().find(|part| part.name == *entry);
        let part =
            part.ok_or_else(|| refusal::validation(&format!("Uncaught Error: No such module \"{entry}\".")))?;
        let content_type = part.content_type.as_deref().unwrap_or_default();
        let known = types
            .iter()
            .any(|known| content_type.split(';').next() == Some(*known));
        if known {
            Ok(())
        } else {
            Err(refusal::validation(&format!(
                "`{entry}` has type `{content_type}`, which an entry point of this kind cannot have."
            )))
        }
    }

    /// Not after today, in UTC.
    fn check_date(&self, now: Timestamp) -> Result<(), Failure> {
        let Some(text) = &self.compatibility_date else {
            return Ok(());
        };
        let date: Date = text
            .parse()
            .map_err(|_| refusal::validation(&format!("Invalid compatibility date: {text}")))?;
        if date > now.to_zoned(jiff::tz::TimeZone::UTC).date() {
            return Err(refusal::validation(&format!(
                "Can't set compatibility date in the future: \"{text}\"."
            )));
        }
        Ok(())
    }
}

fn check_size(modules: &[Part]) -> Result<(), Failure> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let written = modules
        .iter()
        .try_for_each(|module| packed.write_all(&module.body));
    let size = written
        .and_then(|()| packed.finish())
        .map_err(|_| refusal::too_large())?
        .len();
    if size > MAX_COMPRESSED {
        Err(refusal::too_large())
    } else {
        Ok(())
    }
}

impl Module {
    fn of(part: &Part) -> Self {
        Self {
            name: part.name.clone(),
            content_type: part.content_type.clone().unwrap_or_default(),
            body: STANDARD.encode(&part.body),
        }
    }
}
