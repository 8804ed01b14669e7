//! One bucket as a place that calls go to: its account, jurisdiction and name, and a method for each call (API doc §2).

use http::{HeaderName, HeaderValue, Method};

use super::wire::{CorsRule, Domain, Domains, Managed, NewBucket, NewDomain, Object, RawRule, Row, Rules};
use super::{Jurisdiction, R2Bucket, StorageClass, TlsVersion};
use crate::cloudflare::Cloudflare;
use crate::cloudflare::answer::has_code;
use crate::cloudflare::call::{Call, encoded};
use crate::codes;
use crate::error::{Error, Result};

const READ: &str = "Workers R2 Storage Read";
const WRITE: &str = "Workers R2 Storage Write";
/// No such bucket (API doc §1.9).
pub(super) const NO_BUCKET: &[u64] = &[10_006];
/// There is no CORS policy: not to be taken for a missing bucket, which is a 404 too (API doc §2.6).
const NO_CORS: &[u64] = &[10_059];

/// A bucket's place.
pub(super) struct Place<'p> {
    pub(super) cloud: &'p Cloudflare,
    pub(super) account: String,
    pub(super) jurisdiction: Jurisdiction,
    pub(super) name: String,
}

/// The call with the jurisdiction's header: without it only buckets of no jurisdiction are seen (API doc §2.1).
pub(super) fn under(call: Call<'_>, jurisdiction: Jurisdiction) -> Call<'_> {
    let word = match jurisdiction {
        Jurisdiction::Default => return call,
        Jurisdiction::Eu => "eu",
        Jurisdiction::Fedramp => "fedramp",
    };
    call.header(
        HeaderName::from_static("cf-r2-jurisdiction"),
        HeaderValue::from_static(word),
    )
}

/// Every bucket of the account under `jurisdiction`.
pub(super) async fn list(cloud: &Cloudflare, jurisdiction: Jurisdiction) -> Result<Vec<Row>> {
    let path = format!("/accounts/{}/r2/buckets", cloud.account_id().await?);
    cloud
        .cursor_pages(
            &path,
            "list the R2 buckets",
            |call| under(call.needs(READ), jurisdiction),
            |page: super::wire::Buckets| page.buckets,
        )
        .await
}

/// Whether there is a bucket of this name under `jurisdiction`.
pub(in crate::cloudflare) async fn exists(
    cloud: &Cloudflare,
    name: &str,
    jurisdiction: Option<Jurisdiction>,
) -> Result<bool> {
    let mut bucket = R2Bucket::builder().name(name).build();
    bucket.jurisdiction = jurisdiction;
    Place::of(cloud, &bucket).await?.exists().await
}

impl<'p> Place<'p> {
    pub(super) async fn of(cloud: &'p Cloudflare, bucket: &R2Bucket) -> Result<Self> {
        Ok(Self {
            cloud,
            account: cloud.account_id().await?,
            jurisdiction: bucket.jurisdiction.unwrap_or(Jurisdiction::Default),
            name: bucket.name.clone(),
        })
    }

    /// The endpoint for S3 clients (API doc §2.10).
    pub(super) fn s3_endpoint(&self) -> String {
        let law = match self.jurisdiction {
            Jurisdiction::Default => "",
            Jurisdiction::Eu => ".eu",
            Jurisdiction::Fedramp => ".fedramp",
        };
        format!("https://{}{law}.r2.cloudflarestorage.com", self.account)
    }

    fn call(&self, method: Method, rest: &str, operation: &str) -> Call<'_> {
        let path = format!("/accounts/{}/r2/buckets{rest}", self.account);
        let permission = if method == Method::GET { READ } else { WRITE };
        under(self.cloud.call(method, &path, operation), self.jurisdiction).needs(permission)
    }

    fn at(&self, rest: &str) -> String {
        format!("/{}{rest}", encoded(&self.name))
    }

    pub(super) async fn make(&self, new: &NewBucket<'_>) -> Result<()> {
        self.call(Method::POST, "", "make the bucket")
            .json(new)?
            .done()
            .await
    }

    /// Whether it is there.
    pub(super) async fn exists(&self) -> Result<bool> {
        let answer = self
            .call(Method::GET, &self.at(""), "look for the bucket")
            .send::<Row>()
            .await;
        there(answer, NO_BUCKET).map(|row| row.is_some())
    }

    /// The class is a header; a body would change nothing (API doc §2.4).
    pub(super) async fn store_as(&self, class: StorageClass) -> Result<()> {
        let word = match class {
            StorageClass::Standard => "Standard",
            StorageClass::InfrequentAccess => "InfrequentAccess",
        };
        self.call(Method::PATCH, &self.at(""), "change the storage class")
            .header(
                HeaderName::from_static("cf-r2-storage-class"),
                HeaderValue::from_static(word),
            )
            .repeatable()
            .done()
            .await
    }

    /// Removes it; that it is gone already is success.
    pub(super) async fn remove(&self) -> Result<()> {
        let answer = self
            .call(Method::DELETE, &self.at(""), "delete the bucket")
            .done()
            .await;
        there(answer, NO_BUCKET).map(drop)
    }

    pub(super) async fn cors(&self) -> Result<Vec<CorsRule>> {
        let call = self.call(Method::GET, &self.at("/cors"), "read the CORS rules");
        let policy = there(call.send::<Rules<CorsRule>>().await, NO_CORS)?;
        Ok(policy.map(|policy| policy.rules).unwrap_or_default())
    }

    /// Replaces the CORS rules; none at all is no policy (API doc §2.6).
    pub(super) async fn set_cors(&self, rules: Vec<CorsRule>) -> Result<()> {
        if rules.is_empty() {
            let call = self.call(Method::DELETE, &self.at("/cors"), "delete the CORS rules");
            return there(call.done().await, NO_CORS).map(drop);
        }
        let call = self.call(Method::PUT, &self.at("/cors"), "write the CORS rules");
        call.json(&Rules { rules })?.done().await
    }

    pub(super) async fn lifecycle(&self) -> Result<Vec<RawRule>> {
        let call = self.call(Method::GET, &self.at("/lifecycle"), "read the lifecycle rules");
        Ok(call.send::<Rules<RawRule>>().await?.rules)
    }

    pub(super) async fn set_lifecycle(&self, rules: Vec<RawRule>) -> Result<()> {
        let call = self.call(Method::PUT, &self.at("/lifecycle"), "write the lifecycle rules");
        call.json(&Rules { rules })?.done().await
    }

    pub(super) async fn managed(&self) -> Result<Managed> {
        self.call(
            Method::GET,
            &self.at("/domains/managed"),
            "read the r2.dev domain",
        )
        .send()
        .await
    }

    pub(super) async fn set_managed(&self, enabled: bool) -> Result<Managed> {
        let call = self.call(
            Method::PUT,
            &self.at("/domains/managed"),
            "switch the r2.dev domain",
        );
        call.json(&serde_json::json!({"enabled": enabled}))?.send().await
    }

    pub(super) async fn domains(&self) -> Result<Vec<Domain>> {
        let call = self.call(
            Method::GET,
            &self.at("/domains/custom"),
            "list the custom domains",
        );
        Ok(call.send::<Domains>().await?.domains)
    }

    /// One custom domain, if it is attached. The code of a missing one is not documented: any 404 but a missing bucket.
    pub(super) async fn domain(&self, host: &str) -> Result<Option<Domain>> {
        let operation = format!("read the custom domain {host}");
        match self
            .call(Method::GET, &self.domain_at(host), &operation)
            .send()
            .await
        {
            Err(error) if error.is_not_found() && !has_code(&error, NO_BUCKET) => Ok(None),
            answer => answer.map(Some),
        }
    }

    pub(super) async fn attach(&self, new: &NewDomain<'_>) -> Result<()> {
        let operation = format!("attach the custom domain {}", new.domain);
        let call = self.call(Method::POST, &self.at("/domains/custom"), &operation);
        call.json(new)?.done().await
    }

    /// Switches a custom domain on, with this lowest version of TLS. What is not sent stays.
    pub(super) async fn set_domain(&self, host: &str, min_tls: Option<TlsVersion>) -> Result<()> {
        let operation = format!("change the custom domain {host}");
        let mut body = serde_json::json!({"enabled": true});
        if let Some(version) = min_tls {
            body["minTLS"] = serde_json::json!(version);
        }
        let call = self.call(Method::PUT, &self.domain_at(host), &operation);
        call.json(&body)?.done().await
    }

    /// Takes a custom domain off, and its DNS record with it. That it is off already is success.
    pub(super) async fn detach(&self, host: &str) -> Result<()> {
        let operation = format!("detach the custom domain {host}");
        match self
            .call(Method::DELETE, &self.domain_at(host), &operation)
            .done()
            .await
        {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer,
        }
    }

    fn domain_at(&self, host: &str) -> String {
        self.at(&format!("/domains/custom/{}", encoded(host)))
    }

    /// The keys of up to a thousand objects.
    pub(super) async fn some_keys(&self) -> Result<Vec<String>> {
        let path = self.at("/objects?per_page=1000");
        let call = self.call(Method::GET, &path, "look for objects in the bucket");
        let objects = there(call.send::<Vec<Object>>().await, NO_BUCKET)?.unwrap_or_default();
        Ok(objects.into_iter().map(|object| object.key).collect())
    }

    /// Deletes these objects in one request (API doc §2.5).
    pub(super) async fn delete_objects(&self, keys: &[String]) -> Result<()> {
        let call = self.call(
            Method::DELETE,
            &self.at("/objects"),
            "delete the objects in the bucket",
        );
        call.json(&keys)?.done().await
    }
}

/// The answer, or nothing where the error has one of `codes`.
fn there<T>(answer: Result<T>, codes: &[u64]) -> Result<Option<T>> {
    match answer {
        Err(error) if has_code(&error, codes) => Ok(None),
        answer => answer.map(Some),
    }
}

/// The error for a bucket that is somebody else's: a name is never enough to take it.
pub(super) fn taken(error: &Error, name: &str) -> Error {
    let message = format!("a bucket `{name}` was made by somebody else meanwhile");
    let told = Error::of(&codes::TAKEN, message)
        .during("make the bucket")
        .help(format!(
            "choose another name, or take it over: `flow import r2-bucket.{name} {name}`"
        ));
    match error.provider_code() {
        Some(code) => told.code(code),
        None => told,
    }
}
