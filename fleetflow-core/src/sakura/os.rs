//! The operating systems that SAKURA Cloud offers as public archives: their names here, and the tags that find them.
//! It looks nothing up.

use crate::model::did_you_mean;

/// A public archive by the name that users write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OperatingSystem {
    /// The name: `ubuntu-24.04`.
    pub(crate) name: &'static str,
    /// The tags that its archive carries, all of them (API doc "Archives", as the official clients search).
    pub(crate) tags: &'static [&'static str],
    /// The words of its archive's name, for images that have no tags of their own (API doc "cloud-init variant").
    pub(crate) words: Option<&'static str>,
    /// The user who may log in with the configured key.
    pub(crate) user: &'static str,
}

const fn os(name: &'static str, tags: &'static [&'static str], user: &'static str) -> OperatingSystem {
    OperatingSystem {
        name,
        tags,
        words: None,
        user,
    }
}

/// An image that is set up by cloud-init at its first start.
const fn cloud(name: &'static str, words: &'static str, user: &'static str) -> OperatingSystem {
    OperatingSystem {
        name,
        tags: &[],
        words: Some(words),
        user,
    }
}

/// Windows. Its archives are told apart by words of their names too; the cloud cannot write anything into them.
const fn windows(name: &'static str, words: &'static str, tags: &'static [&'static str]) -> OperatingSystem {
    OperatingSystem {
        name,
        tags,
        words: Some(words),
        user: "Administrator",
    }
}

impl OperatingSystem {
    /// What finds its archive, as the API filters.
    pub(crate) fn filter(&self) -> serde_json::Value {
        let mut filter = serde_json::json!({});
        if !self.tags.is_empty() {
            filter["Tags.Name"] = serde_json::json!([self.tags]);
        }
        if let Some(words) = self.words {
            filter["Name"] = words.into();
        }
        filter
    }

    /// Whether something has to be paid for it: for Windows, and what of Microsoft's is on it.
    pub(crate) fn is_licensed(&self) -> bool {
        self.tags.contains(&"os-windows")
    }

    /// Whether the cloud writes into disks that were made of it: not where cloud-init or nobody does.
    pub(crate) fn is_edited(&self) -> bool {
        self.words.is_none()
    }
}

/// Versions are pinned by a `*-latest` tag; a name without version follows `current-stable`, which moves on.
const KNOWN: &[OperatingSystem] = &[
    os("ubuntu-24.04", &["ubuntu-24.04-latest"], "ubuntu"),
    os("ubuntu-22.04", &["ubuntu-22.04-latest"], "ubuntu"),
    os("ubuntu", &["current-stable", "distro-ubuntu"], "ubuntu"),
    os("debian-12", &["debian-12-latest"], "root"),
    os("debian-11", &["debian-11-latest"], "root"),
    os("debian", &["current-stable", "distro-debian"], "root"),
    os("almalinux-10", &["alma-10-latest"], "root"),
    os("almalinux-9", &["alma-9-latest"], "root"),
    os("almalinux-8", &["alma-8-latest"], "root"),
    os("almalinux", &["current-stable", "distro-alma"], "root"),
    os("rockylinux-10", &["rocky-10-latest"], "root"),
    os("rockylinux-9", &["rocky-9-latest"], "root"),
    os("rockylinux-8", &["rocky-8-latest"], "root"),
    os("rockylinux", &["current-stable", "distro-rocky"], "root"),
    os("miraclelinux-9", &["miracle-9-latest"], "root"),
    os("miraclelinux-8", &["miracle-8-latest"], "root"),
    os("miraclelinux", &["current-stable", "distro-miracle"], "root"),
    os("kusanagi", &["current-stable", "pkg-kusanagi"], "root"),
    cloud("ubuntu-24.04-cloudimg", "Ubuntu 24.04 cloudimg", "ubuntu"),
    cloud("ubuntu-22.04-cloudimg", "Ubuntu 22.04 cloudimg", "ubuntu"),
    windows(
        "windows-2019",
        "Windows Server 2019 Datacenter Edition",
        &["os-windows", "distro-ver-2019"],
    ),
    windows("windows-2019-rds", "Windows Server 2019 for RDS", RDS_2019),
    windows(
        "windows-2019-sql-2017-web",
        "Windows Server 2019 for MS SQL 2017(Web)",
        SQL_2019,
    ),
    windows(
        "windows-2019-sql-2017-standard",
        "Windows Server 2019 for MS SQL 2017(Standard)",
        SQL_2019,
    ),
    windows(
        "windows-2019-sql-2017-enterprise",
        "Windows Server 2019 for MS SQL 2017(Enterprise)",
        SQL_2019,
    ),
    windows(
        "windows-2019-sql-2019-web",
        "Windows Server 2019 for MS SQL 2019(Web)",
        SQL_2019,
    ),
    windows(
        "windows-2019-sql-2019-standard",
        "Windows Server 2019 for MS SQL 2019(Standard)",
        SQL_2019,
    ),
    windows(
        "windows-2019-sql-2019-enterprise",
        "Windows Server 2019 for MS SQL 2019(Enterprise)",
        SQL_2019,
    ),
    windows(
        "windows-2016",
        "Windows Server 2016 Datacenter Edition",
        &["os-windows", "distro-ver-2016"],
    ),
    windows("windows-2016-rds", "Windows Server 2016 for RDS", RDS_2016),
    windows(
        "windows-2016-sql-2016-web",
        "Windows Server 2016 for MS SQL 2016(Web)",
        SQL_2016,
    ),
    windows(
        "windows-2016-sql-2016-standard",
        "Windows Server 2016 for MS SQL 2016(Standard)",
        SQL_2016,
    ),
    windows(
        "windows-2016-sql-2017-standard",
        "Windows Server 2016 for MS SQL 2017(Standard)",
        SQL_2016,
    ),
    windows(
        "windows-2016-sql-2017-enterprise",
        "Windows Server 2016 for MS SQL 2017(Enterprise)",
        SQL_2016,
    ),
];

// Windows is in the list of the client before the present one (libsacloud 2.32.3, `ostype/filter_criteria.go`); the
// present one leaves it to searches by name.
const RDS_2019: &[&str] = &["os-windows", "distro-ver-2019", "windows-rds"];
const RDS_2016: &[&str] = &["os-windows", "distro-ver-2016", "windows-rds"];
const SQL_2019: &[&str] = &["os-windows", "distro-ver-2019", "windows-sqlserver"];
const SQL_2016: &[&str] = &["os-windows", "distro-ver-2016", "windows-sqlserver"];

/// All of them.
#[cfg(test)]
pub(crate) fn all() -> &'static [OperatingSystem] {
    KNOWN
}

/// The operating system called `name`.
pub(crate) fn find(name: &str) -> Option<&'static OperatingSystem> {
    KNOWN.iter().find(|os| os.name == name)
}

/// Advice for a name that is not known.
pub(crate) fn advice(name: &str) -> String {
    let bare = |text: &str| text.replace(['-', '.', '_'], "");
    // Other tools write `ubuntu2404` and `miracle9`.
    let wanted = bare(name).to_lowercase().replace("miraclelinux", "miracle");
    let respelled = KNOWN
        .iter()
        .find(|os| bare(os.name).replace("miraclelinux", "miracle") == wanted)
        .map(|os| os.name);
    match respelled.or_else(|| did_you_mean(name, KNOWN.iter().map(|os| os.name))) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let family = name
                .split(['-', '.', ' '])
                .next()
                .unwrap_or_default()
                .to_lowercase();
            let related = |os: &&OperatingSystem| !family.is_empty() && os.name.starts_with(&family);
            let mut names: Vec<_> = KNOWN.iter().filter(related).map(|os| os.name).collect();
            if names.is_empty() {
                names = KNOWN.iter().map(|os| os.name).collect();
            }
            format!(
                "known: {}; or name an archive of your own with `source-archive`",
                names.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_gets_advice() {
        assert_eq!(advice("ubuntu2404"), "did you mean `ubuntu-24.04`?");
        assert_eq!(advice("almalinux9"), "did you mean `almalinux-9`?");
        assert_eq!(advice("miracle9"), "did you mean `miraclelinux-9`?");
        assert_eq!(advice("Windows2019"), "did you mean `windows-2019`?");
        assert!(advice("plan9").starts_with("known: ubuntu-24.04, "));
        assert!(advice("windows").starts_with("known: windows-2019, "));
    }
}
