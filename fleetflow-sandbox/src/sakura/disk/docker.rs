//! What a start-up script makes of Docker on a machine. Scripts are not run: their text is looked at.

use serde::{Deserialize, Serialize};

/// Whether Docker is installed, and who may use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::sakura) enum Docker {
    #[default]
    Absent,
    ForRoot,
    /// The image's user was let into the group `docker`.
    ForUser,
}

impl Docker {
    /// What a script does: naming Docker outside of a comment is taken for installing it.
    pub(super) fn of_script(content: &str) -> Self {
        let mut lines = content
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#') && line.contains("docker"))
            .peekable();
        if lines.peek().is_none() {
            return Self::Absent;
        }
        let tools = ["usermod", "gpasswd", "adduser", "groups:"];
        if lines.any(|line| tools.iter().any(|tool| line.contains(tool))) {
            Self::ForUser
        } else {
            Self::ForRoot
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Docker;

    #[test]
    fn scripts_say_what_they_do() {
        let install = "#!/bin/sh\ncurl -fsSL https://get.docker.com | sh\n";
        assert_eq!(Docker::of_script("#!/bin/sh\n# no docker here\n"), Docker::Absent);
        assert_eq!(Docker::of_script(install), Docker::ForRoot);
        let grouped = format!("{install}usermod -aG docker ubuntu\n");
        assert_eq!(Docker::of_script(&grouped), Docker::ForUser);
    }
}
