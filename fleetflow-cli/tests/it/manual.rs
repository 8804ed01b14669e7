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

/// Asks the function that bash would ask. The word itself is the answer of an option that takes anything but a file.
const BASH: &str = r#"source ./script
    offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flow flow "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; echo "${COMPREPLY[*]}"; }
    offer flow pl; offer flow plan --de; offer flow state sh; offer flow graph --format ''
    offer flow plan --stage scri; offer flow plan --file scri"#;

const FISH: &str = r"source ./script
    for typed in 'flow pl' 'flow plan --detailed' 'flow state sh' 'flow graph --format ' \
        'flow plan --stage scri' 'flow plan --file scri' 'flow plan scri'
        echo (complete -C $typed | string replace -r '\t.*' '')
    end";

/// Types into a zsh at a terminal, presses Tab, and shows what stands on its line then.
const ZSH: &str = r#"zmodload zsh/zpty; zpty -b shell env TERM=dumb PS1= zsh -f -i
    answer() { local all= more= i=; for i in {1..600}; do
            while zpty -r -t shell more; do all+=$more; done
            [[ $all =~ $1 ]] && { print -r -- $MATCH; return }; sleep 0.05
        done; print -r -- "no answer: $all"; }
    zpty -w shell 'autoload -Uz compinit && compinit -u -D; source ./script; shown() { zle complete-word; print -r -- "<$BUFFER>"; BUFFER= }
        zle -N shown; bindkey "^I" shown; echo rea""dy'
    answer ready >/dev/null
    for typed in 'flow pl' 'flow plan --detailed' 'flow state sh' 'flow graph --format me' \
        'flow plan --stage scri' 'flow plan --file scri' 'flow plan scri'; do
        zpty -n -w shell $typed$'\t'
        answer '<flow[^<>]*>'
    done"#;

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
    let mut tried = 0;
    for (shell, line, expected) in [
        (
            "bash",
            BASH,
            "plan\n--detailed-exitcode --destroy --detail\nshow\nsvg mermaid dot json\nscri\nscript\n",
        ),
        (
            "fish",
            FISH,
            "plan\n--detailed-exitcode\nshow\ndot json mermaid svg\n\nscript\n\n",
        ),
        (
            "zsh",
            ZSH,
            "<flow plan >\n<flow plan --detailed-exitcode >\n<flow state show >\n<flow graph --format mermaid >\n<flow plan --stage scri>\n<flow plan --file script >\n<flow plan scri>\n",
        ),
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
