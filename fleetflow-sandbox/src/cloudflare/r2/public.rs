//! Buckets that are open to everybody: their hosts and their objects. Serving them over HTTP is elsewhere.

use super::{Object, Rows};

/// A bucket that everybody may read.
pub(in crate::cloudflare) struct PublicBucket<'a> {
    /// How it is filed.
    pub(in crate::cloudflare) key: &'a str,
    pub(in crate::cloudflare) name: &'a str,
    /// Its hosts on the internet.
    pub(in crate::cloudflare) hosts: Vec<String>,
}

/// The buckets with a public host that is switched on: the managed one or one of the user's.
pub(in crate::cloudflare) fn public_buckets(rows: &Rows) -> Vec<PublicBucket<'_>> {
    let each = rows.buckets.iter().map(|(key, bucket)| {
        let managed = bucket.public.then(|| bucket.managed_host());
        let own = bucket.domains.values().filter(|domain| domain.is_enabled());
        let own = own.map(|domain| domain.host().to_owned());
        PublicBucket {
            key,
            name: &bucket.name,
            hosts: managed.into_iter().chain(own).collect(),
        }
    });
    each.filter(|bucket| !bucket.hosts.is_empty()).collect()
}

/// An object of a bucket that is filed so.
pub(in crate::cloudflare) fn public_object<'a>(
    rows: &'a Rows,
    key: &str,
    object: &str,
) -> Option<&'a Object> {
    rows.buckets.get(key)?.objects.get(object)
}
