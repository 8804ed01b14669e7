//! Public archives: the images that disks are copied from (API doc §4). Their ids differ from zone to zone.

use serde_json::{Value, json};

use super::{Zone, disk_plan, zone_view, zones};

/// A public archive.
#[derive(Clone, Copy, Debug)]
pub(in crate::sakura) struct Archive {
    pub(in crate::sakura) name: &'static str,
    /// Without the three that every 64-bit Linux image has.
    tags: &'static [&'static str],
    order: u64,
    system: System,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Linux,
    Windows,
}

const fn linux(name: &'static str, order: u64, tags: &'static [&'static str]) -> Archive {
    Archive {
        name,
        tags,
        order,
        system: System::Linux,
    }
}

const ARCHIVES: [Archive; 17] = [
    linux(
        "AlmaLinux 10.0 64bit",
        100_251_000_010,
        &[
            "alma-10-latest",
            "current-stable",
            "distro-alma",
            "distro-ver-10.0",
        ],
    ),
    linux(
        "AlmaLinux 9.6 64bit",
        100_250_906_010,
        &["alma-9-latest", "distro-alma", "distro-ver-9.6"],
    ),
    linux(
        "AlmaLinux 8.10 64bit",
        100_250_810_010,
        &["alma-8-latest", "distro-alma", "distro-ver-8.10"],
    ),
    linux(
        "Rocky Linux 10.0 64bit",
        100_251_100_010,
        &[
            "current-stable",
            "distro-rocky",
            "distro-ver-10.0",
            "rocky-10-latest",
        ],
    ),
    linux(
        "Rocky Linux 9.6 64bit",
        100_250_916_010,
        &["distro-rocky", "distro-ver-9.6", "rocky-9-latest"],
    ),
    linux(
        "Rocky Linux 8.10 64bit",
        100_250_811_010,
        &["distro-rocky", "distro-ver-8.10", "rocky-8-latest"],
    ),
    linux(
        "MIRACLE LINUX 9.6 64bit",
        100_250_926_010,
        &[
            "current-stable",
            "distro-miracle",
            "distro-ver-9.6",
            "miracle-9-latest",
        ],
    ),
    linux(
        "MIRACLE LINUX 8.10 64bit",
        100_250_812_010,
        &["distro-miracle", "distro-ver-8.10", "miracle-8-latest"],
    ),
    linux(
        "Ubuntu Server 24.04.1 LTS 64bit",
        100_442_404_110,
        &[
            "current-stable",
            "distro-ubuntu",
            "distro-ver-24.04",
            "ubuntu-24.04-latest",
        ],
    ),
    linux(
        "Ubuntu Server 22.04.5 LTS 64bit",
        100_442_204_510,
        &["distro-ubuntu", "distro-ver-22.04.5", "ubuntu-22.04-latest"],
    ),
    linux(
        "Debian GNU/Linux 12.8.0 64bit",
        100_541_208_010,
        &[
            "current-stable",
            "debian-12-latest",
            "distro-debian",
            "distro-ver-12.8.0",
        ],
    ),
    linux(
        "Debian GNU/Linux 11.11.0 64bit",
        100_541_111_010,
        &["debian-11-latest", "distro-debian", "distro-ver-11.11.0"],
    ),
    linux(
        "KUSANAGI 9.4",
        310_240_000_120,
        &["current-stable", "distro-ver-9.4", "pkg-kusanagi"],
    ),
    linux(
        "Ubuntu Server 24.04 LTS 64bit (cloudimg)",
        500_442_404_010,
        &["cloud-init", "distro-ubuntu", "distro-ver-24.04"],
    ),
    linux(
        "Rocky Linux 9.6 64bit (cloudimg)",
        500_250_916_010,
        &["cloud-init", "distro-rocky", "distro-ver-9.6"],
    ),
    linux(
        "Debian GNU/Linux 12 64bit (cloudimg)",
        500_541_208_010,
        &["cloud-init", "distro-debian", "distro-ver-12"],
    ),
    Archive {
        name: "Windows Server 2022 Datacenter Edition",
        tags: &["arch-64bit", "distro-ver-2022", "os-windows", "windows-2022"],
        order: 400_202_200_010,
        system: System::Windows,
    },
];

/// The class of the licence of Windows.
const WINDOWS: &str = "cloud/os/windows-server-2022";

/// The classes of what has to be paid for software.
pub(in crate::sakura) fn licences() -> impl Iterator<Item = &'static str> {
    std::iter::once(WINDOWS)
}

/// The public archives of a zone, with their ids there.
pub(in crate::sakura) fn archives(zone: &Zone) -> impl Iterator<Item = (u64, Archive)> {
    let first = 113_600_000_000 + zone.id * 1000;
    (first..).zip(ARCHIVES)
}

/// A public archive by id, with its zone.
pub(in crate::sakura) fn archive(id: u64) -> Option<(&'static Zone, Archive)> {
    zones().iter().find_map(|zone| {
        let found = archives(zone).find(|(known, _)| *known == id)?;
        Some((zone, found.1))
    })
}

/// Where a zone keeps its archives.
pub(in crate::sakura) fn archive_storage(zone: &Zone) -> Value {
    json!({
        "ID": 3_100_297_000_u64,
        "Class": "iscsi1204",
        "Name": format!("sac-{}-arc-st01", zone.name),
        "Description": "",
        "Zone": zone_view(zone),
        "DiskPlan": disk_plan(2).map(super::DiskPlan::brief),
        "Capacity": [],
    })
}

impl Archive {
    /// The size, in MiB.
    pub(in crate::sakura) fn size_mb(&self) -> u64 {
        match self.system {
            System::Linux => 20_480,
            System::Windows => 102_400,
        }
    }

    /// True if disks with this image can be edited (API doc §3.5).
    pub(in crate::sakura) fn is_editable(&self) -> bool {
        self.system == System::Linux
    }

    /// True if it reads user data at its first boot (API doc §3.6).
    pub(in crate::sakura) fn reads_user_data(&self) -> bool {
        self.name.contains("cloudimg")
    }

    /// The login name that official tools choose.
    pub(in crate::sakura) fn user(&self) -> &'static str {
        if self.tags.contains(&"distro-ubuntu") {
            "ubuntu"
        } else {
            "root"
        }
    }

    /// What disks and servers show about licensed software on it.
    pub(in crate::sakura) fn bundle(&self) -> Value {
        match self.system {
            System::Linux => Value::Null,
            System::Windows => json!({
                "ID": 40_022,
                "HostClass": "ms_windows",
                "Name": self.name,
                "ServiceClass": WINDOWS,
            }),
        }
    }

    /// The archive as it stands inside disks.
    pub(in crate::sakura) fn brief(&self, id: u64) -> Value {
        json!({
            "ID": id,
            "Name": self.name,
            "Availability": "available",
            "Scope": "shared",
            "SizeMB": self.size_mb(),
            "Plan": disk_plan(2).map(super::DiskPlan::brief),
            "BundleInfo": self.bundle(),
        })
    }

    /// The archive's own members beside those of every archive.
    pub(in crate::sakura) fn view(&self, id: u64, zone: &Zone) -> Value {
        let mut view = self.brief(id);
        let gb = self.size_mb() / 1024;
        view["DisplayOrder"] = self.order.into();
        view["Description"] = "".into();
        view["MigratedMB"] = self.size_mb().into();
        view["ServiceClass"] = format!("cloud/archive/{gb}g").into();
        view["CreatedAt"] = "2025-07-01T10:00:00+09:00".into();
        view["ModifiedAt"] = "2025-07-01T10:00:00+09:00".into();
        view["Tags"] = self.all_tags().into();
        view["OriginalArchive"] = json!({ "ID": id });
        view["Storage"] = archive_storage(zone);
        for absent in [
            "Icon",
            "JobStatus",
            "SourceInfo",
            "SourceDisk",
            "SourceArchive",
            "WaitingJobCount",
        ] {
            view[absent] = Value::Null;
        }
        view
    }

    fn all_tags(&self) -> Vec<&'static str> {
        let general: &[&str] = match self.system {
            System::Linux => &["@size-extendable", "arch-64bit", "os-linux"],
            System::Windows => &[],
        };
        let mut tags = [general, self.tags].concat();
        tags.sort_unstable();
        tags
    }
}
