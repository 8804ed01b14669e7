//! Disk plans and the sizes they come in (API doc §3.2).

use serde_json::{Value, json};

/// A disk plan.
#[derive(Debug)]
pub(in crate::sakura) struct DiskPlan {
    pub(in crate::sakura) id: u64,
    name: &'static str,
    class: &'static str,
    sizes_gb: &'static [u64],
}

const PLANS: [DiskPlan; 2] = [
    DiskPlan {
        id: 4,
        name: "SSDプラン",
        class: "ssd",
        sizes_gb: &[20, 40, 60, 80, 100, 250, 500, 750, 1024, 2048, 4096],
    },
    DiskPlan {
        id: 2,
        name: "標準プラン",
        class: "hdd",
        sizes_gb: &[20, 40, 60, 80, 100, 250, 500, 750, 1024, 2048, 4096, 8192, 12_288],
    },
];

/// All plans.
pub(in crate::sakura) fn disk_plans() -> &'static [DiskPlan] {
    &PLANS
}

/// The plan with this id.
pub(in crate::sakura) fn disk_plan(id: u64) -> Option<&'static DiskPlan> {
    PLANS.iter().find(|plan| plan.id == id)
}

impl DiskPlan {
    /// True if disks of this plan come in this size.
    pub(in crate::sakura) fn offers(&self, size_mb: u64) -> bool {
        self.sizes_gb.iter().any(|size| size * 1024 == size_mb)
    }

    /// The sizes, in GiB.
    pub(in crate::sakura) fn sizes_gb(&self) -> &'static [u64] {
        self.sizes_gb
    }

    /// The key into the price list.
    pub(in crate::sakura) fn service_class(&self, size_mb: u64) -> String {
        let (size, suffix) = display(size_mb);
        format!("cloud/disk/{}/{size}{}", self.class, suffix[..1].to_lowercase())
    }

    /// The plan as it stands inside disks.
    pub(in crate::sakura) fn brief(&self) -> Value {
        json!({ "ID": self.id, "Name": self.name, "StorageClass": "iscsi1204", "Availability": "available" })
    }
}

/// A plan as the API shows it.
pub(in crate::sakura) fn disk_plan_view(plan: &DiskPlan) -> Value {
    let size = |gb: &u64| {
        let (number, suffix) = display(gb * 1024);
        json!({
            "SizeMB": gb * 1024,
            "DisplaySize": number,
            "DisplaySuffix": suffix,
            "Availability": "available",
            "ServiceClass": plan.service_class(gb * 1024),
        })
    };
    let mut view = plan.brief();
    view["DisplayOrder"] = (plan.id * 100).into();
    view["Description"] = "".into();
    view["Size"] = plan.sizes_gb.iter().map(size).collect();
    view
}

fn display(size_mb: u64) -> (u64, &'static str) {
    match size_mb / 1024 {
        gb if gb >= 1024 => (gb / 1024, "TB"),
        gb => (gb, "GB"),
    }
}
