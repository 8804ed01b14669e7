//! Lists that those who wait share: one list call a zone and tick for everything that waits there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::time::Instant;

use super::client::Call;
use super::wait::Freshness;
use super::{Id, Sakura};
use crate::error::Result;

/// A list that is watched: its path and the key of its rows.
pub(super) type List = (&'static str, &'static str);

/// All servers of a zone.
pub(super) const SERVERS: List = ("server", "Servers");
/// All disks of a zone.
pub(super) const DISKS: List = ("disk", "Disks");

type Glance = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Vec<Value>>)>>>;

/// The last look at each list of each zone.
#[derive(Debug, Default)]
pub(super) struct Watch(Mutex<BTreeMap<(String, &'static str), Glance>>);

impl Watch {
    fn of(&self, zone: &str, list: List) -> Glance {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.entry((zone.to_owned(), list.0)).or_default().clone()
    }
}

impl Sakura {
    /// The rows of `list` in `zone`: somebody else's look where it is fresh enough, a call otherwise.
    pub(super) async fn glance(&self, zone: &str, list: List, fresh: Freshness) -> Result<Arc<Vec<Value>>> {
        let glance = self.shared.watch.of(zone, list);
        let mut last = glance.lock().await;
        if let Some((asked, rows)) = last.as_ref().filter(|(asked, _)| fresh.allows(*asked)) {
            tracing::trace!(?asked, "a look is shared");
            return Ok(rows.clone());
        }
        let asked = Instant::now();
        let (path, key) = list;
        let call = Call::get(zone, path, format!("list the {path}s of {zone}"));
        let rows: Arc<Vec<Value>> = Arc::new(self.list(call, key, Value::Null).await?);
        *last = Some((asked, rows.clone()));
        Ok(rows)
    }
}

/// The row with this id.
pub(super) fn row(rows: &[Value], id: Id) -> Option<&Value> {
    rows.iter()
        .find(|row| serde_json::from_value::<Id>(row["ID"].clone()).is_ok_and(|found| found == id))
}
