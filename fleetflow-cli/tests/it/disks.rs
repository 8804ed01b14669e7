//! A disk that is full, and one that cannot be written: real file systems, small ones in memory, which only root can mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{Project, Run};

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
            "use a folder on another one",
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

/// How a disk takes nothing more, and what is told then.
const FAILURES: [(Failure, &str, &str); 2] = [
    (Failure::Full, "No space left on device", "make room on the disk"),
    (Failure::ReadOnly, "Read-only file system", "cannot be written to"),
];

#[derive(Clone, Copy, Debug)]
enum Failure {
    Full,
    ReadOnly,
}

impl Mounted {
    /// From now on nothing more can be written.
    fn fail(&self, how: Failure) {
        match how {
            Failure::ReadOnly => self.again("ro"),
            Failure::Full => {
                let mut filler = fs::File::create(self.filler()).unwrap();
                while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
            }
        }
    }

    /// There is room again.
    fn mend(&self) {
        self.again("rw");
        fs::remove_file(self.filler()).unwrap_or_default();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// What is in it, but for what fills it and what keeps it out of version control.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let ours = |name: &String| !["filler", ".gitignore"].contains(&name.as_str());
        let mut names: Vec<_> = names.filter(ours).collect();
        names.sort();
        names
    }
}

/// That a run was refused with the code of a file that cannot be written, and with `words`.
fn assert_unwritable(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(1), "{run:#?}");
    for word in ["error[FF0296]: ", "help: "].iter().chain(words) {
        assert!(run.err.contains(word), "{word:?} is missing: {run:#?}");
    }
}

/// A project, and a small disk in its folder.
fn with_disk(folder: &str, file: &str) -> Option<(Project, Mounted)> {
    let project = Project::new(file);
    let disk = Mounted::new(&project.file(folder), "size=256k")?;
    Some((project, disk))
}

#[test]
fn a_plan_that_cannot_be_saved_leaves_the_one_that_was_there() {
    for (how, cause, advice) in FAILURES {
        let file = "project \"shop\"\nstage \"dev\" { kv-namespace \"cache\"; }\n";
        let Some((project, disk)) = with_disk("small", file) else {
            return;
        };
        let words = ["plan", "dev", "--out", "small/change.plan"];
        project.sandbox(&words);
        let before = fs::read(project.file("small/change.plan")).unwrap();
        disk.fail(how);
        let run = project.in_sandbox(&words);
        assert_unwritable(
            &run,
            &[
                "the plan could not be saved to /",
                "/small/change.plan: ",
                cause,
                advice,
            ],
        );
        assert_eq!(fs::read(project.file("small/change.plan")).unwrap(), before);
        assert_eq!(disk.names(), ["change.plan"], "{how:?}");
        disk.mend();
        project.sandbox(&words);
    }
}

#[test]
fn a_file_that_cannot_be_laid_out_anew_stays_as_it_is_and_none_is_half_begun() {
    for (how, cause, advice) in FAILURES {
        let Some((project, disk)) = with_disk("small", "") else {
            return;
        };
        let file = project.file("small/flow.kdl");
        let text = "project   \"shop\"\nstage \"dev\"   { kv-namespace \"cache\"; }\n";
        fs::write(&file, text).unwrap();
        disk.fail(how);
        let words = ["fmt", "--file", "small/flow.kdl"];
        let run = project.flow(&words);
        assert_unwritable(&run, &["small/flow.kdl", cause, advice]);
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
        assert_eq!(disk.names(), ["flow.kdl"], "{how:?}");
        disk.mend();
        assert_eq!(project.flow(&words).code, Some(0));

        fs::remove_file(&file).unwrap();
        disk.fail(how);
        let init = || -> Run {
            let mut command = project.command(&["init", "--yes"]);
            command
                .current_dir(project.file("small"))
                .output()
                .unwrap()
                .into()
        };
        assert_unwritable(&init(), &["flow.kdl", cause, advice]);
        assert_eq!(disk.names(), [""; 0], "{how:?}");
        disk.mend();
        init().succeeded(&["init"]);
        assert!(fs::read_to_string(&file).unwrap().contains("project"));
    }
}

/// Without the key nobody could log in to what is made: so nothing is.
#[test]
fn a_deploy_key_that_cannot_be_kept_begins_nothing_and_is_made_with_room() {
    for (how, cause, advice) in FAILURES {
        let Some((project, disk)) = with_disk(".fleetflow/sandbox/keys/shop/dev", SERVER) else {
            return;
        };
        // What is made in the folder first.
        fs::write(disk.0.join(".gitignore"), "*\n").unwrap();
        disk.fail(how);
        let run = project.in_sandbox(&["up", "dev", "--yes"]);
        assert_unwritable(&run, &["could not write the deploy key", cause, advice]);
        assert_eq!(
            disk.names(),
            [""; 0],
            "{how:?}: a part of a key would be taken for one"
        );
        assert!(
            !project.world().join("world.json").exists() || project.writes().is_empty(),
            "{how:?}: something was begun"
        );
        disk.mend();
        project.sandbox(&["up", "dev", "--yes"]);
        known_hosts(&project, &disk, how, (cause, advice));
    }
}

/// A key of a server that cannot be kept is not believed.
fn known_hosts(project: &Project, disk: &Mounted, how: Failure, (cause, advice): (&str, &str)) {
    let hosts = disk.0.join("known_hosts");
    let before = fs::read_to_string(&hosts).unwrap();
    fs::remove_file(&hosts).unwrap();
    disk.fail(how);
    let run = project.in_sandbox(&["up", "dev", "--yes"]);
    assert_eq!(run.code, Some(1), "{how:?}: {run:#?}");
    for word in ["could not write the known hosts", cause, advice] {
        assert!(run.err.contains(word), "{how:?}, {word:?} is missing: {run:#?}");
    }
    assert_eq!(disk.names(), ["deploy_key"], "{how:?}");
    disk.mend();
    assert_eq!(
        project.sandbox(&["plan", "dev"]),
        "No changes. Stage \"dev\" is as declared.\n"
    );
    assert_eq!(fs::read_to_string(&hosts).unwrap(), before);
}

const SERVER: &str = r#"
project "shop"
providers { sakura-cloud { zone "tk1a"; } }
service-group "front" { service "web" { image "nginx:1.27"; }; }
stage "dev" {
    server "web" { plan core=1 memory=1; disk size=20 os="ubuntu-24.04"; deploy-services "front"; }
}
"#;

/// The emulated world is kept in a file: a change of it that cannot be kept is one that failed.
#[test]
fn an_emulated_world_that_cannot_be_kept_says_so_and_goes_on_with_room() {
    for (how, cause, advice) in FAILURES {
        let file = "project \"shop\"\nstage \"dev\" { kv-namespace \"cache\"; kv-namespace \"more\"; }\n";
        let Some((project, disk)) = with_disk(".fleetflow/sandbox", file) else {
            return;
        };
        project.sandbox(&["plan", "dev"]);
        disk.fail(how);
        let run = project.in_sandbox(&["up", "dev", "--yes"]);
        assert!(run.code == Some(1) || run.code == Some(4), "{how:?}: {run:#?}");
        for word in ["error[FF0", "/.fleetflow/sandbox/", cause, "help: ", advice] {
            assert!(run.err.contains(word), "{how:?}, {word:?} is missing: {run:#?}");
        }
        disk.mend();
        project.sandbox(&["up", "dev", "--yes"]);
        assert_eq!(
            project.sandbox(&["plan", "dev"]),
            "No changes. Stage \"dev\" is as declared.\n"
        );
    }
}
