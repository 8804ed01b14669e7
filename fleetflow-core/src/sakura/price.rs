//! What things cost a month, by the public price list (API doc "Plans and prices"). A licence is found by the class
//! of its archive. Encryption has no class that is documented.

use serde::Deserialize;
use serde_json::Value;

use super::client::Call;
use super::lookup::Prices;
use super::server::{Disk, Plan, Source};
use super::wire::or_default;
use super::{Sakura, os};
use crate::error::Result;

/// A row of the price list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ServiceClass {
    #[serde(rename = "ServiceClassPath", default, deserialize_with = "or_default")]
    path: String,
    /// An object; a list without anything in it where there is no price.
    #[serde(default)]
    price: Value,
}

impl ServiceClass {
    /// The key that plans and disks refer to.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Yen a month.
    pub(super) fn monthly(&self) -> Option<u64> {
        self.price.get("Monthly")?.as_u64()
    }
}

/// What of a declared server costs something.
#[derive(Debug, Deserialize)]
struct Priced {
    zone: Option<String>,
    plan: Plan,
    disk: Vec<Disk>,
}

impl Sakura {
    /// What a server that is declared as `spec` costs a month, with its disks; `None` where a part has no price.
    pub(super) async fn server_price(&self, spec: &Value) -> Result<Option<u64>> {
        let Ok(priced) = Priced::deserialize(spec) else {
            return Ok(None);
        };
        let Some(zone) = priced.zone.as_deref() else {
            return Ok(None);
        };
        let prices = self.prices(zone).await?;
        let mut classes = vec![self.class_of_plan(zone, &priced.plan).await?];
        for disk in &priced.disk {
            classes.push(
                self.disk_class(zone, disk.plan().id(), u64::from(disk.size()))
                    .await?,
            );
        }
        for disk in &priced.disk {
            classes.extend(self.class_of_licence(zone, disk).await?.map(Some));
        }
        let price = |class: Option<String>| prices.get(&class?).copied();
        Ok(classes.into_iter().map(price).sum())
    }

    /// What a switch costs a month (class as captured, `switch_user_in_interface.json`).
    pub(super) async fn switch_price(&self, spec: &Value) -> Result<Option<u64>> {
        match spec.get("zone").and_then(Value::as_str) {
            Some(zone) => Ok(self.prices(zone).await?.get("cloud/switch/default").copied()),
            None => Ok(None),
        }
    }

    async fn class_of_plan(&self, zone: &str, plan: &Plan) -> Result<Option<String>> {
        let sold = self.server_plans(zone).await?;
        let fitting = sold.into_iter().filter(|row| row.is(plan));
        Ok(fitting
            .max_by_key(|row| row.generation)
            .and_then(|row| row.service_class))
    }

    /// What has to be paid for the software that is copied to `disk`, where any is licensed: `BundleInfo` of the archive
    /// (`archive.json`). The images of Linux have none.
    async fn class_of_licence(&self, zone: &str, disk: &Disk) -> Result<Option<String>> {
        let archive = match disk.source() {
            Source::Nothing => return Ok(None),
            Source::OperatingSystem(name) => match os::find(name).filter(|os| os.is_licensed()) {
                Some(os) => self.public_archive(zone, name, os.filter()).await,
                None => return Ok(None),
            },
            Source::Archive(id) => self.copied(zone, &format!("archive/{id}")).await,
            Source::Disk(id) => self.copied(zone, &format!("disk/{id}")).await,
        };
        match archive {
            Ok(archive) => Ok(archive.licence().map(str::to_owned)),
            // Nobody can say any more what was on it. Ordering it anew will say so.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Yen a month by service class.
    async fn prices(&self, zone: &str) -> Result<Prices> {
        let ask = || async {
            let call = Call::get(zone, "public/price", format!("read the price list of {zone}"));
            let rows: Vec<ServiceClass> = self.list(call, "ServiceClasses", Value::Null).await?;
            let known = rows
                .into_iter()
                .filter_map(|row| Some((row.path().to_owned(), row.monthly()?)));
            Ok(std::sync::Arc::new(known.collect()))
        };
        self.shared
            .lookups
            .prices(zone)
            .get_or_try_init(ask)
            .await
            .cloned()
    }
}
