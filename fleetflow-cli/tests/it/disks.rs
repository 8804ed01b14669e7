//! A disk that is full, and one that cannot be written: real file systems, small ones in memory, which only root can mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::Project;

/// A file system of its own in a folder, for as long as this lives.
struct Mounted(PathBuf);

impl Mounted {
    fn new(folder: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Self::mount(&["-t", "tmpfs", "-o", options, "tmpfs"], folder);
        mounted.then(|| Self(folder.to_owned()))
    }

    fn mount(arguments: &[&str], folder: &Path) -> bool {
        let status = Command::new("mount")
            .args(arguments)
            .arg(folder)
            .stderr(std::process::Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    }

    fn again(&self, options: &str) {
        assert!(Self::mount(&["-o", &format!("remount,{options}")], &self.0));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // What stays mounted would be seen by the next run of the test.
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[expect(clippy::print_stdout, reason = "what is skipped is told")]
fn on_a_small_disk(size: &str) -> Option<(Project, Mounted)> {
    let project = Project::example();
    project.sandbox(&["plan", "dev"]);
    match Mounted::new(&project.world().join("state"), &format!("size={size}")) {
        Some(disk) => Some((project, disk)),
        None => {
            println!("skipped: a full disk: only root can mount one");
            None
        }
    }
}

/// Every size ends the run at another write of the state.
#[test]
fn a_full_disk_loses_nothing_and_with_room_the_next_run_goes_on() {
    for size in ["8k", "12k", "16k"] {
        let Some((project, disk)) = on_a_small_disk(size) else {
            return;
        };
        let before = project.inventory();
        let run = project.in_sandbox(&["up", "dev", "--yes"]);
        assert!(run.code == Some(1) || run.code == Some(4), "{size}: {run:#?}");
        assert!(
            run.err.contains("No space left on device") && run.err.contains("help:"),
            "{size}: {run:#?}"
        );
        disk.again("size=10m");
        project.sandbox(&["up", "dev", "--yes"]);
        assert_eq!(
            project.sandbox(&["plan", "dev"]),
            "No changes. Stage \"dev\" is as declared.\n"
        );
        project.sandbox(&["down", "dev", "--yes"]);
        assert_eq!(project.inventory(), before, "{size}");
    }
}

#[test]
fn a_disk_that_cannot_be_written_stops_a_run_before_it_changes_anything() {
    let Some((project, disk)) = on_a_small_disk("10m") else {
        return;
    };
    let before = project.inventory();
    disk.again("ro");
    let run = project.in_sandbox(&["up", "dev", "--yes"]);
    assert!(
        run.code == Some(1) && run.err.contains("Read-only file system"),
        "{run:#?}"
    );
    assert_eq!(project.inventory(), before);
    disk.again("rw");
    project.sandbox(&["up", "dev", "--yes"]);
}

/// Nothing can be made in the folder of the project, so nothing is begun in any cloud.
#[test]
fn a_project_on_a_disk_that_takes_no_folder_is_told_so() {
    let refusals = [
        (
            "size=1m,nr_inodes=2",
            "rw",
            "No space left on device",
            "make room on the disk",
        ),
        (
            "size=1m",
            "ro",
            "Read-only file system",
            "run it in a folder on another one",
        ),
    ];
    for (options, mode, cause, advice) in refusals {
        let project = Project::new("");
        let Some(disk) = Mounted::new(&project.root(), options) else {
            return;
        };
        project.write("stage \"dev\" { kv-namespace \"cache\" }\n");
        disk.again(mode);
        let run = project.in_sandbox(&["up", "dev", "--yes"]);
        assert_eq!(run.code, Some(1), "{run:#?}");
        for part in [".fleetflow", "cannot be made", cause, advice] {
            assert!(run.err.contains(part), "{part:?} is missing: {run:#?}");
        }
    }
}
