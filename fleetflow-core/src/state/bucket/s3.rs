//! Where a bucket is and how to get in: plain values, nothing is read from the environment.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};
use typed_builder::TypedBuilder;

use crate::error::{Error, ErrorKind, Result};

/// A bucket of an S3-compatible service, for the state.
///
/// ```
/// use fleetflow_core::state::{Bucket, BucketStore};
///
/// let bucket = Bucket::builder()
///     .name("states")
///     .prefix("creo/dev")
///     .endpoint("https://ACCOUNT.r2.cloudflarestorage.com".to_owned())
///     .access_key("an id")
///     .secret_key("a secret")
///     .build();
/// let store = BucketStore::new(bucket)?;
/// # Ok::<(), fleetflow_core::Error>(())
/// ```
#[derive(Clone, Debug, TypedBuilder)]
#[non_exhaustive]
pub struct Bucket {
    /// Its name.
    #[builder(setter(into))]
    pub name: String,
    /// What the names of all objects begin with: `PROJECT/STAGE`, or more.
    #[builder(default, setter(into))]
    pub prefix: String,
    /// The URL of the service; that of AWS when there is none.
    #[builder(default, setter(into))]
    pub endpoint: Option<String>,
    /// The region. R2 takes `us-east-1` for its `auto` (R2 documentation "S3 API compatibility").
    #[builder(default = "us-east-1".to_owned(), setter(into))]
    pub region: String,
    /// The id of the access key.
    #[builder(setter(into))]
    pub access_key: String,
    /// The secret of the access key.
    #[builder(setter(into))]
    pub secret_key: SecretString,
    /// The token of credentials that expire.
    #[builder(default)]
    pub session_token: Option<SecretString>,
}

impl Bucket {
    /// As a URL.
    pub(super) fn describe(&self) -> String {
        match self.prefix.as_str() {
            "" => format!("s3://{}", self.name),
            prefix => format!("s3://{}/{prefix}", self.name),
        }
    }

    /// A client for it.
    pub(super) fn open(self) -> Result<Arc<dyn ObjectStore>> {
        let place = self.describe();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(self.name)
            .with_region(self.region)
            .with_access_key_id(self.access_key)
            .with_secret_access_key(self.secret_key.expose_secret())
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_retry(retry());
        if let Some(endpoint) = self.endpoint {
            builder = builder
                .with_allow_http(endpoint.starts_with("http://"))
                .with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(token) = self.session_token {
            builder = builder.with_token(token.expose_secret());
        }
        match builder.build() {
            Ok(store) => Ok(Arc::new(store)),
            Err(error) => Err(Error::new(
                ErrorKind::Invalid,
                format!("the state cannot be kept in {place}: {error}"),
            )
            .help("check the `state` node: the bucket's name and its `endpoint`")),
        }
    }
}

/// Short tries: a writer that hears nothing shall know it before its lease is over.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            max_backoff: Duration::from_secs(3),
            ..BackoffConfig::default()
        },
        max_retries: 4,
        retry_timeout: Duration::from_secs(20),
    }
}
