//! The manual pages: each command has one, and it says what the help says.

use crate::support::Project;

#[test]
fn the_program_and_its_commands_have_manual_pages() {
    let project = Project::new("");
    let whole = project.flow(&["man"]);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    assert!(whole.out.contains(".TH flow 1"), "{}", whole.out);
    for command in ["up", "plan", "state"] {
        assert!(
            whole.out.contains(&format!("flow\\-{command}(1)")),
            "{command}: {}",
            whole.out
        );
    }
    let title = format!(".TH flow 1 \" \" \"flow {}\"", env!("CARGO_PKG_VERSION"));
    assert!(
        whole.out.contains(&title) || !cfg!(debug_assertions),
        "the date comes before what made it: {}",
        whole.out
    );
    assert!(
        whole.out.contains(".SH \"EXIT STATUS\"\nExit codes: 0 done"),
        "{}",
        whole.out
    );
    let plan = project.flow(&["man", "plan"]).out;
    assert!(plan.contains(".TH flow-plan 1"), "{plan}");
    assert!(plan.contains("\\-\\-detailed\\-exitcode"), "{plan}");
    let show = project.flow(&["man", "state", "show"]).out;
    assert!(show.contains(".TH flow-state-show 1"), "{show}");
}

/// By mandoc's own checker too, where it is installed.
#[test]
fn pages_are_well_formed() {
    let project = Project::new("");
    for words in [&[][..], &["plan"], &["up"], &["graph"], &["state", "show"]] {
        let page = project.flow(&[&["man"], words].concat()).succeeded(words).out;
        assert!(!page.contains(" \n") && !page.contains("\n.br\n\n"), "{page}");
        std::fs::write(project.file("page.1"), page).unwrap();
        let mut lint = std::process::Command::new("mandoc");
        let lint = lint
            .args(["-T", "lint", "-W", "warning"])
            .arg(project.file("page.1"))
            .output();
        match lint {
            Ok(told) => {
                let told = String::from_utf8_lossy(&told.stdout).into_owned();
                // A build for tests has no date.
                let mut warnings = told.lines().filter(|line| !line.contains("cannot parse date"));
                assert_eq!(warnings.next(), None, "{words:?}");
            }
            Err(error) => println!("skipped: mandoc -T lint: {error}"),
        }
    }
}

#[test]
fn a_page_that_does_not_exist_is_wrong_usage() {
    let run = Project::new("").flow(&["man", "state", "shw"]);
    assert_eq!(run.code, Some(64), "{run:?}");
    assert_eq!(run.out, "");
    assert!(
        run.err
            .contains("error[FF0224]: `flow state` has no command `shw`"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("`flow state --help` lists the commands"),
        "{}",
        run.err
    );
}

/// `-v` may stand on either side, and the word `version` says the same.
#[test]
fn the_version_tells_what_was_built_from_what() {
    let project = Project::new("");
    let short = project.flow(&["--version"]);
    assert_eq!(short.out.lines().count(), 1, "{short:?}");
    for words in [["--version", "-v"], ["-v", "--version"], ["version", "-v"]] {
        let run = project.flow(&words);
        assert_eq!(run.code, Some(0));
        let names: Vec<_> = run
            .out
            .lines()
            .skip(1)
            .filter_map(|line| line.split(": ").next())
            .collect();
        assert_eq!(names, ["commit", "date", "target", "compiler"], "{}", run.out);
        assert!(
            run.out
                .starts_with(&format!("flow {}\n", env!("CARGO_PKG_VERSION"))),
            "{}",
            run.out
        );
        assert!(run.out.contains("\ncompiler: rustc 1."), "{}", run.out);
        assert!(
            run.out.contains("linux") || !cfg!(target_os = "linux"),
            "{}",
            run.out
        );
    }
}
