//! The manual pages: each command has one, and it says what the help says.

use std::fs;
use std::process::Command;

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
    let plan = project.flow(&["man", "plan"]).out;
    assert!(plan.contains(".TH flow-plan 1"), "{plan}");
    assert!(plan.contains("\\-\\-detailed\\-exitcode"), "{plan}");
    let show = project.flow(&["man", "state", "show"]).out;
    assert!(show.contains(".TH flow-state-show 1"), "{show}");
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

/// In the shells themselves, where they are installed: what was typed so far is completed, also for the longer name.
#[test]
fn completions_complete_in_their_shells() {
    let project = Project::new("");
    let script = |shell: &str| {
        project
            .flow(&["completions", shell])
            .succeeded(&["completions"])
            .out
    };
    let shells = ["bash", "zsh", "fish", "elvish", "powershell"];
    assert!(
        shells
            .iter()
            .all(|shell| script(shell).contains("detailed-exitcode"))
    );
    let bash = "source ./script
        offer() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _flow flow \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; echo \"${COMPREPLY[*]}\"; }
        offer flow pl; offer flow plan --de; offer flow state sh; offer flow graph --format ''";
    let fish = "source ./script; for typed in 'flow pl' 'flow plan --detailed' 'flow state sh' 'flow graph --format '
        complete -C $typed | string replace -r '\\t.*' '' | string join ' '; end";
    let zsh =
        "autoload -Uz compinit && compinit -u -D; source ./script; print -- $_comps[flow]; whence -w _flow";
    let mut tried = 0;
    for (shell, line, expected) in [
        (
            "bash",
            bash,
            "plan\n--detailed-exitcode --destroy --detail\nshow\nsvg mermaid dot json\n",
        ),
        (
            "fish",
            fish,
            "plan\n--detailed-exitcode\nshow\ndot json mermaid svg\n",
        ),
        ("zsh", zsh, "_flow\n_flow: function\n"),
    ] {
        fs::write(project.file("script"), script(shell)).unwrap();
        let mut run = Command::new(shell);
        let run = run
            .args(["-c", line])
            .current_dir(project.root())
            .env("HOME", project.home());
        let Ok(output) = run.output() else {
            println!("skipped: completions in {shell}: it is not installed");
            continue;
        };
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{shell}: {output:?}"
        );
        tried += 1;
    }
    assert!(tried > 0, "no shell at all");
}
