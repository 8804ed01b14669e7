//! The script that gives a server its further addresses, run as each family of Linux would run it.

use std::process::Command;

/// The script runs as it is, with programs that only write down how they were called, and with folders of the test.
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
        let ran = run(&script, &path("bin"));
        assert!(ran.status.success(), "{program}: {ran:?}");
        let calls = std::fs::read_to_string(path("calls")).unwrap();
        assert!(calls.contains(call), "{program}: {calls}");
        let written = ["etc/netplan", "etc/network/interfaces.d"].map(|folder| path(folder).join(file));
        let text = written.iter().find_map(|file| std::fs::read_to_string(file).ok());
        assert_eq!(text.is_some(), !file.is_empty(), "{program}");
        assert!(text.is_none_or(|text| text.contains("192.168.0.11/24")));
        let lost = run(&script.replace("ba:00:00:01 ", "ba:00:00:02 "), &path("bin"));
        assert!(!lost.status.success(), "an interface that is not there");
    }
}

fn write_program(program: &std::path::Path, calls: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let name = program.file_name().unwrap().display();
    let text = format!("#!/bin/sh\necho {name} \"$@\" >> {}\n", calls.display());
    std::fs::write(program, text).unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// With the ordinary tools, but with none that configures networks other than those in `programs`.
fn run(script: &str, programs: &std::path::Path) -> std::process::Output {
    for tool in ["cat", "rm", "grep", "mkdir", "chmod"] {
        let there = ["/bin", "/usr/bin"].map(|folder| std::path::Path::new(folder).join(tool));
        let tool = programs.join(tool);
        if let (Some(there), false) = (there.iter().find(|path| path.exists()), tool.exists()) {
            std::os::unix::fs::symlink(there, tool).unwrap();
        }
    }
    Command::new("/bin/sh")
        .args(["-c", script])
        .env("PATH", programs)
        .output()
        .unwrap()
}
