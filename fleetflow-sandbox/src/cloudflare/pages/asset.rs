//! Files of sites, uploaded ahead of the deployment and known by a hash that clients choose (API doc §5.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{refusal, upload_token};
use crate::cloudflare::answer::{Answer, Outcome};
use crate::cloudflare::call::{Call, Context};
use crate::cloudflare::stored_file::{MAX_FILE, StoredFile};

#[derive(Deserialize)]
struct Hashes {
    hashes: Vec<String>,
}

#[derive(Deserialize)]
struct Upload {
    key: String,
    value: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    base64: bool,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    content_type: Option<String>,
}

/// Those of the hashes that still have to be uploaded.
pub(super) fn check_missing(context: &mut Context<'_>, call: &Call) -> Outcome {
    upload_token::check(call, context.now)?;
    let asked: Hashes = call.json()?;
    let known = &context.rows().pages.assets;
    Answer::of(
        asked
            .hashes
            .into_iter()
            .filter(|hash| !known.get(hash).is_some_and(StoredFile::is_whole))
            .collect::<Vec<_>>(),
    )
}

pub(super) fn upload(context: &mut Context<'_>, call: &Call) -> Outcome {
    upload_token::check(call, context.now)?;
    let files: Vec<Upload> = call.json()?;
    let mut read = Vec::new();
    for file in files {
        let bytes = if file.base64 {
            STANDARD.decode(&file.value).ok()
        } else {
            Some(file.value.into_bytes())
        };
        let bytes = bytes.filter(|bytes| bytes.len() <= MAX_FILE);
        let bytes = bytes.ok_or_else(|| refusal::invalid("A file is not Base64, or larger than 25 MiB."))?;
        let content_type = file
            .metadata
            .content_type
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        let stored = StoredFile {
            content_type,
            size: bytes.len(),
            blob: context.keep(&bytes)?,
        };
        read.push((file.key, stored));
    }
    context.rows().pages.assets.extend(read);
    Answer::of(Value::Null)
}

/// Marks files as still in use. All that are known stay anyway.
pub(super) fn upsert(context: &mut Context<'_>, call: &Call) -> Outcome {
    upload_token::check(call, context.now)?;
    let _: Hashes = call.json()?;
    Answer::of(json!({}))
}
