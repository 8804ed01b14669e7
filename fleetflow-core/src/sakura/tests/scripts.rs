//! The scripts that servers are given, run as each family of Linux would run them: with programs that only write down how
//! they were called, and with folders of the test. Nothing is installed.

use std::path::Path;
use std::process::Command;

/// What a family says of itself, where its packages come from, and which programs that were called with what.
type Family = (&'static str, &'static str, &'static str, &'static [&'static str]);

const APT: &[&str] = &[
    "apt-get -o DPkg::Lock::Timeout=600 install -y docker-ce docker-ce-cli containerd.io",
    "systemctl enable --now containerd docker",
    "usermod -aG docker ubuntu",
];
const DNF: &[&str] = &[
    "dnf -y install --allowerasing docker-ce docker-ce-cli containerd.io",
    "systemctl enable --now containerd docker",
];
/// The names that these systems have in `/etc/os-release`, and what they call themselves like.
const FAMILIES: &[Family] = &[
    (
        "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble",
        "etc/apt/sources.list.d/docker.list",
        "/linux/ubuntu noble stable",
        APT,
    ),
    (
        "ID=debian\nVERSION_CODENAME=bookworm",
        "etc/apt/sources.list.d/docker.list",
        "/linux/debian bookworm stable",
        APT,
    ),
    (
        "ID=almalinux\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9.6",
        "etc/yum.repos.d/docker-ce.repo",
        "/centos/9/",
        DNF,
    ),
    (
        "ID=rocky\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=10.0",
        "etc/yum.repos.d/docker-ce.repo",
        "/centos/10/",
        DNF,
    ),
    (
        "ID=miraclelinux\nID_LIKE=\"rhel fedora\"\nVERSION_ID=8.10",
        "etc/yum.repos.d/docker-ce.repo",
        "/centos/8/",
        DNF,
    ),
];

/// Runs the script that installs Docker Engine on a system that says `family` of itself; `bin` has these programs more.
fn installs(family: &str, more: &[&str]) -> (std::process::Output, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    for folder in ["etc/apt/sources.list.d", "etc/yum.repos.d", "bin"] {
        std::fs::create_dir_all(path(folder)).unwrap();
    }
    std::fs::write(path("etc/os-release"), format!("{family}\n")).unwrap();
    std::fs::write(path("calls"), "").unwrap();
    let stubs = ["apt-get", "dnf", "systemctl", "usermod", "id", "dpkg", "curl"];
    for program in stubs.iter().chain(more) {
        write_program(&path("bin").join(program), &path("calls"));
    }
    // What is downloaded goes to the file behind `-o`.
    let curl =
        "#!/bin/bash\necho 'baseurl=https://download.docker.com/linux/centos/$releasever/' > \"${@: -1}\"\n";
    std::fs::write(path("bin/curl"), curl).unwrap();
    let script = include_str!("../server/docker.sh")
        .replace("@USERS@", "ubuntu")
        .replace("/etc/", &format!("{}/etc/", root.path().display()));
    (run("/bin/bash", &script, &path("bin")), root)
}

#[test]
fn docker_is_installed_and_enabled_on_each_family_of_linux() {
    for (family, file, source, calls) in FAMILIES {
        let (ran, root) = installs(family, &[]);
        assert!(ran.status.success(), "{family}: {ran:?}");
        let text = std::fs::read_to_string(root.path().join(file)).unwrap();
        assert!(text.contains(source), "{family}: {text}");
        let called = std::fs::read_to_string(root.path().join("calls")).unwrap();
        for call in *calls {
            assert!(called.contains(call), "{family}: {called}");
        }
    }
    let (ran, root) = installs(FAMILIES[0].0, &["dockerd"]);
    let called = std::fs::read_to_string(root.path().join("calls")).unwrap();
    assert!(
        ran.status.success() && !called.contains("apt-get"),
        "it is there: {called}"
    );
    let (ran, _root) = installs("ID=alpine", &[]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(
        !ran.status.success() && said.contains("cannot be installed on alpine"),
        "{said}"
    );
}

#[test]
fn the_script_writes_what_each_family_of_linux_reads() {
    let families = [
        ("netplan", "netplan apply", "60-fleetflow-eth1.yaml"),
        ("nmcli", "ipv4.addresses 192.168.0.11/24", ""),
        ("ifup", "ifup eth1", "60-fleetflow-eth1"),
    ];
    for (program, call, file) in families {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for folder in ["etc/netplan", "etc/network", "sys/class/net/eth1", "bin"] {
            std::fs::create_dir_all(path(folder)).unwrap();
        }
        std::fs::write(path("sys/class/net/eth1/address"), "9c:a3:ba:00:00:01\n").unwrap();
        write_program(&path("bin").join(program), &path("calls"));
        let script = include_str!("../server/network.sh")
            .replace("@INTERFACES@", "configure 9c:a3:ba:00:00:01 192.168.0.11/24")
            .replace("/etc/", &format!("{}/etc/", root.path().display()))
            .replace("/sys/", &format!("{}/sys/", root.path().display()));
        let ran = run("/bin/sh", &script, &path("bin"));
        assert!(ran.status.success(), "{program}: {ran:?}");
        let calls = std::fs::read_to_string(path("calls")).unwrap();
        assert!(calls.contains(call), "{program}: {calls}");
        let written = ["etc/netplan", "etc/network/interfaces.d"].map(|folder| path(folder).join(file));
        let text = written.iter().find_map(|file| std::fs::read_to_string(file).ok());
        assert_eq!(text.is_some(), !file.is_empty(), "{program}");
        assert!(text.is_none_or(|text| text.contains("192.168.0.11/24")));
        let elsewhere = script.replace("ba:00:00:01 ", "ba:00:00:02 ");
        let lost = run("/bin/sh", &elsewhere, &path("bin"));
        assert!(!lost.status.success(), "an interface that is not there");
    }
}

fn write_program(program: &Path, calls: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let name = program.file_name().unwrap().display();
    let text = format!("#!/bin/sh\necho {name} \"$@\" >> {}\n", calls.display());
    std::fs::write(program, text).unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// With the ordinary tools, but with none that configures networks other than those in `programs`.
fn run(shell: &str, script: &str, programs: &Path) -> std::process::Output {
    for tool in ["cat", "rm", "grep", "mkdir", "chmod", "install", "sed"] {
        let there = ["/bin", "/usr/bin"].map(|folder| Path::new(folder).join(tool));
        let tool = programs.join(tool);
        if let (Some(there), false) = (there.iter().find(|path| path.exists()), tool.exists()) {
            std::os::unix::fs::symlink(there, tool).unwrap();
        }
    }
    Command::new(shell)
        .args(["-c", script])
        .env("PATH", programs)
        .output()
        .unwrap()
}
