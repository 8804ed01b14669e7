//! Opens the store that a stage's state is kept in. What a bucket needs to be opened comes from the file and from the
//! variables that other tools for S3 read too.

use std::sync::Arc;

use fleetflow_core::state::{Bucket, BucketStore, Encryption, FolderStore, Store};
use fleetflow_core::{Error, ErrorKind, Result, codes};
use fleetflow_kdl::StateSettings;
use secrecy::SecretString;

use crate::edge::Edge;
use crate::place::{BucketPlace, Place};

/// The store at `place`.
pub(crate) fn open(edge: &Edge, place: &Place, settings: &StateSettings) -> Result<Arc<dyn Store>> {
    match (&place.bucket, &settings.encrypt) {
        (Some(bucket), encrypt) => {
            let store = BucketStore::new(opened(edge, bucket, settings)?)?;
            Ok(match encrypt {
                Some(secret) => Arc::new(store.encrypted(Encryption::new(secret.clone()))),
                None => Arc::new(store),
            })
        }
        (None, Some(_)) => Err(Error::new(
            ErrorKind::Invalid,
            "the file asks for an encrypted state, but keeps it in a folder",
        )
        .help("remove `encrypt` (the folder is readable by its owner only), or keep the state in a bucket")),
        (None, None) => Ok(Arc::new(FolderStore::new(&place.state))),
    }
}

/// The bucket with what opens it (AWS documentation "Environment variables to configure the AWS CLI").
fn opened(edge: &Edge, place: &BucketPlace, settings: &StateSettings) -> Result<Bucket> {
    let needed = |name: &str| {
        edge.variable(name).map(str::to_owned).ok_or_else(|| {
            Error::of(
                &codes::NO_CREDENTIALS,
                format!("the state is in the bucket {}, but {name} is not set", place.name),
            )
            .help("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of the bucket; for R2, make an API token for it")
        })
    };
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| edge.variable(name));
    let endpoint = settings
        .endpoint
        .as_deref()
        .or_else(|| first(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
    Ok(Bucket::builder()
        .name(&place.name)
        .prefix(&place.prefix)
        .endpoint(endpoint.map(str::to_owned))
        .region(first(["AWS_REGION", "AWS_DEFAULT_REGION"]).unwrap_or("us-east-1"))
        .access_key(needed("AWS_ACCESS_KEY_ID")?)
        .secret_key(SecretString::from(needed("AWS_SECRET_ACCESS_KEY")?))
        .session_token(edge.variable("AWS_SESSION_TOKEN").map(SecretString::from))
        .build())
}
