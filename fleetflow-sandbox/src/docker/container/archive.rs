//! Files that a client puts into a container: `PUT /containers/{name}/archive`. Only their digests are kept.

use std::collections::BTreeMap;
use std::io::Read as _;

use http::StatusCode;

use super::position;
use crate::docker::answer::{self, Failure, Outcome};
use crate::docker::call::Call;

/// The content is unpacked below `path`, whether the container runs or not.
pub(super) fn put(call: &Call, name: &str) -> Outcome {
    let folder = call
        .parameter("path")
        .ok_or_else(|| Failure::bad("bad parameter: 'path' cannot be empty"))?;
    let files = unpacked(&call.body, folder)?;
    call.daemon(|daemon| {
        let at = position(daemon.engine, name)?;
        daemon.engine.containers[at].files.extend(files);
        answer::empty(StatusCode::OK)
    })
}

fn unpacked(body: &[u8], folder: &str) -> Result<BTreeMap<String, String>, Failure> {
    let wrong = |error: std::io::Error| Failure::bad(format!("cannot read the archive: {error}"));
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(body).entries().map_err(wrong)? {
        let mut entry = entry.map_err(wrong)?;
        let path = entry.path().map_err(wrong)?.to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(wrong)?;
        if entry.header().entry_type().is_file() {
            let place = format!("{}/{path}", folder.trim_end_matches('/'));
            files.insert(place, blake3::hash(&content).to_hex()[..16].to_owned());
        }
    }
    Ok(files)
}
