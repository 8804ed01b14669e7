//! What the cloud sells and offers: server plans, disk sizes, archives. Asked once a client, before anything is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Call;
use super::wire::{Reference, or_default};
use super::{Id, Sakura};
use crate::error::{Error, ErrorKind, Result};

/// A size of servers (API doc "Plans and prices").
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServerPlan {
    /// Cores.
    #[serde(rename = "CPU")]
    pub(super) cpu: u32,
    /// Memory in MiB.
    #[serde(rename = "MemoryMB")]
    pub(super) memory_mb: u32,
    /// `standard` or `dedicatedcpu`.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) commitment: String,
    /// 100 or 200.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) generation: u32,
    #[serde(rename = "GPU", default, deserialize_with = "or_default")]
    gpu: u32,
    #[serde(default, deserialize_with = "or_default")]
    availability: String,
    /// The key into the price list.
    #[serde(default)]
    pub(super) service_class: Option<String>,
}

impl ServerPlan {
    /// Whether new servers can have it. Official clients do not look at this (API doc "Plans and prices").
    pub(super) fn is_sold(&self) -> bool {
        self.gpu == 0 && matches!(self.availability.as_str(), "" | "available")
    }
}

/// A kind of disks with its sizes (API doc "Plans and sizes").
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DiskPlan {
    #[serde(rename = "ID")]
    id: Id,
    #[serde(default, deserialize_with = "or_default")]
    size: Vec<DiskSize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DiskSize {
    #[serde(rename = "SizeMB")]
    size_mb: u64,
    #[serde(default, deserialize_with = "or_default")]
    availability: String,
    #[serde(default)]
    service_class: Option<String>,
}

#[expect(clippy::struct_field_names, reason = "the API calls them so")]
/// An archive: something that disks are copied from (API doc "Archives").
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Archive {
    /// Its id, in its zone only.
    #[serde(rename = "ID")]
    pub(super) id: Id,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    /// Its size in MiB.
    #[serde(rename = "SizeMB", default, deserialize_with = "or_default")]
    pub(super) size_mb: u64,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(default)]
    bundle_info: Option<Bundle>,
    #[serde(default)]
    source_archive: Option<Reference>,
    #[serde(default)]
    source_disk: Option<Reference>,
}

/// Licensed software on a disk or an archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bundle {
    #[serde(default, deserialize_with = "or_default")]
    host_class: String,
    #[serde(default, deserialize_with = "or_default")]
    service_class: String,
}

/// The tags of appliances whose disks cannot be edited (API doc "Disk edit").
const SEALED: &[&str] = &["pkg-sophosutm", "distro-opnsense", "pkg-netwiserve", "pkg-vsrx"];

impl Archive {
    /// Whether host name, keys and scripts can be written to disks with its content; `None` where its own source
    /// decides (API doc "Disk edit").
    pub(super) fn is_editable(&self) -> Option<bool> {
        let has = |tag: &str| self.tags.iter().any(|own| own == tag);
        let sealed = self.bundle_info.as_ref().is_some_and(|bundle| {
            bundle.host_class == "ms_windows" || bundle.service_class.contains("sophosutm")
        });
        if sealed || SEALED.iter().any(|tag| has(tag)) {
            return Some(false);
        }
        (has("os-linux") || has("os-unix")).then_some(true)
    }

    /// The key into the price list of the licensed software on it.
    pub(super) fn licence(&self) -> Option<&str> {
        let bundle = self.bundle_info.as_ref()?;
        Some(bundle.service_class.as_str()).filter(|class| !class.is_empty())
    }

    /// What it was copied from: the path of that object.
    pub(super) fn source(&self) -> Option<String> {
        let archive = self.source_archive.map(|source| format!("archive/{}", source.id));
        archive.or_else(|| Some(format!("disk/{}", self.source_disk?.id)))
    }

    /// Whether it reads user data at its first start, instead of being edited (API doc "cloud-init variant").
    pub(super) fn reads_user_data(&self) -> bool {
        self.name.contains("cloudimg")
    }
}

/// A zone, and the name of an operating system there.
type InZone = (String, String);
/// Yen a month, by service class.
pub(super) type Prices = Arc<BTreeMap<String, u64>>;
pub(super) type Once<T> = Arc<tokio::sync::OnceCell<T>>;

/// What was asked already.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    server_plans: Mutex<BTreeMap<String, Once<Vec<ServerPlan>>>>,
    disk_plans: Mutex<BTreeMap<String, Once<Vec<DiskPlan>>>>,
    archives: Mutex<BTreeMap<InZone, Once<Option<Archive>>>>,
    prices: Mutex<BTreeMap<String, Once<Prices>>>,
}

impl Lookups {
    /// The price list of `zone`.
    pub(super) fn prices(&self, zone: &str) -> Once<Prices> {
        cell(&self.prices, zone.to_owned())
    }
}

fn cell<K: Ord, T>(cells: &Mutex<BTreeMap<K, Once<T>>>, key: K) -> Once<T> {
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    cells.entry(key).or_default().clone()
}

impl Sakura {
    /// All server plans of `zone`.
    pub(super) async fn server_plans(&self, zone: &str) -> Result<Vec<ServerPlan>> {
        let cell = cell(&self.shared.lookups.server_plans, zone.to_owned());
        let ask = || async {
            let call = Call::get(zone, "product/server", format!("list the server plans of {zone}"));
            self.list(call, "ServerPlans", Value::Null).await
        };
        cell.get_or_try_init(ask).await.cloned()
    }

    /// The sizes in GiB that disks of the plan `plan` have in `zone`, ascending.
    pub(super) async fn disk_sizes(&self, zone: &str, plan: Id) -> Result<Vec<u64>> {
        let rows = self.disk_rows(zone, plan).await?;
        let sold = rows.iter().filter(|size| size.availability == "available");
        let mut sizes: Vec<_> = sold.map(|size| size.size_mb / 1024).collect();
        sizes.sort_unstable();
        Ok(sizes)
    }

    /// The key into the price list of a disk of `size` GiB.
    pub(super) async fn disk_class(&self, zone: &str, plan: Id, size: u64) -> Result<Option<String>> {
        let rows = self.disk_rows(zone, plan).await?;
        let row = rows.into_iter().find(|row| row.size_mb / 1024 == size);
        Ok(row.and_then(|row| row.service_class))
    }

    async fn disk_rows(&self, zone: &str, plan: Id) -> Result<Vec<DiskSize>> {
        let cell = cell(&self.shared.lookups.disk_plans, zone.to_owned());
        let ask = || async {
            let call = Call::get(zone, "product/disk", format!("list the disk sizes of {zone}"));
            self.list(call, "DiskPlans", Value::Null).await
        };
        let plans: &Vec<DiskPlan> = cell.get_or_try_init(ask).await?;
        let rows = plans.iter().filter(|row| row.id == plan);
        Ok(rows.flat_map(|row| row.size.iter().cloned()).collect())
    }

    /// The newest public archive of `zone` that fits `filter`, as official clients look for one (API doc "Archives").
    pub(super) async fn public_archive(&self, zone: &str, name: &str, filter: Value) -> Result<Archive> {
        let cell = cell(&self.shared.lookups.archives, (zone.to_owned(), name.to_owned()));
        let ask = || async {
            let call = Call::get(zone, "archive", format!("find the archive of `{name}` in {zone}"));
            let mut filter = filter;
            filter["Scope"] = json!(["shared"]);
            let found: Vec<Archive> = self.list(call, "Archives", filter).await?;
            Ok::<_, Error>(found.into_iter().next())
        };
        cell.get_or_try_init(ask).await?.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("the zone {zone} has no archive of `{name}` now"),
            )
            .help("choose another version, or name an archive with `source-archive`")
        })
    }

    /// The archive or disk at `path`, as something to copy.
    pub(super) async fn copied(&self, zone: &str, path: &str) -> Result<Archive> {
        let key = if path.starts_with("archive/") {
            "Archive"
        } else {
            "Disk"
        };
        let call = Call::get(zone, path, format!("read the {path} in {zone}"));
        self.one(call, key).await
    }
}
