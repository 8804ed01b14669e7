//! Zones and regions (API doc §1.1).

use serde_json::{Value, json};

/// A zone.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sakura) struct Zone {
    pub(in crate::sakura) id: u64,
    pub(in crate::sakura) name: &'static str,
    description: &'static str,
    region: Region,
}

#[derive(Debug, PartialEq, Eq)]
enum Region {
    Tokyo,
    Ishikari,
    Sandbox,
}

const ZONES: [Zone; 6] = [
    Zone {
        id: 31_001,
        name: "is1a",
        description: "石狩第1ゾーン",
        region: Region::Ishikari,
    },
    Zone {
        id: 31_002,
        name: "is1b",
        description: "石狩第2ゾーン",
        region: Region::Ishikari,
    },
    Zone {
        id: 31_003,
        name: "is1c",
        description: "石狩第3ゾーン",
        region: Region::Ishikari,
    },
    Zone {
        id: 21_001,
        name: "tk1a",
        description: "東京第1ゾーン",
        region: Region::Tokyo,
    },
    Zone {
        id: 21_002,
        name: "tk1b",
        description: "東京第2ゾーン",
        region: Region::Tokyo,
    },
    Zone {
        id: 29_001,
        name: "tk1v",
        description: "Sandbox",
        region: Region::Sandbox,
    },
];

/// All zones.
pub(in crate::sakura) fn zones() -> &'static [Zone] {
    &ZONES
}

/// The zone of this name.
pub(in crate::sakura) fn zone_named(name: &str) -> Option<&'static Zone> {
    ZONES.iter().find(|zone| zone.name == name)
}

/// A zone as the API shows it, alone and inside servers.
pub(in crate::sakura) fn zone_view(zone: &Zone) -> Value {
    let proxy =
        json!({ "HostName": format!("sac-{}-ssl.sakura.ad.jp", zone.name), "IPAddress": "192.0.2.244" });
    json!({
        "ID": zone.id,
        "DisplayOrder": 20_000_000 + zone.id,
        "Name": zone.name,
        "Description": zone.description,
        "IsDummy": zone.region == Region::Sandbox,
        "VNCProxy": proxy,
        "FTPServer": proxy,
        "Settings": { "Subnet": { "Plan": { "Member": [28, 27, 26], "Staff": [28, 27, 26, 25, 24] } } },
        "Region": region_view(&zone.region),
    })
}

/// All regions as the API shows them.
pub(in crate::sakura) fn regions() -> Vec<Value> {
    [Region::Tokyo, Region::Sandbox, Region::Ishikari]
        .iter()
        .map(region_view)
        .collect()
}

fn region_view(region: &Region) -> Value {
    let (id, name, servers) = match region {
        Region::Tokyo => (210, "東京", ["210.188.224.10", "210.188.224.11"]),
        Region::Sandbox => (290, "Sandbox", ["133.242.0.3", "133.242.0.4"]),
        Region::Ishikari => (310, "石狩", ["133.242.0.3", "133.242.0.4"]),
    };
    json!({ "ID": id, "Name": name, "Description": name, "NameServers": servers })
}
