//! What a person sees: the program in a real terminal (tmux), wide and narrow, with and without colours.

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::Project;

/// A server of terminals of its own; they end with it.
struct Terminal {
    name: String,
}

impl Terminal {
    /// A shell in the project's folder, on a screen of this size. None where there is no tmux.
    #[expect(clippy::print_stdout, reason = "what is skipped is said")]
    fn new(project: &Project, columns: u16, lines: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            println!("skipped: screens in a real terminal: tmux is not installed");
            return None;
        }
        let own = project.root().to_string_lossy().replace(['/', '.'], "-");
        let terminal = Self {
            name: format!("fleetflow{own}-{columns}"),
        };
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let home = format!("HOME={}", project.root().parent()?.join("home").display());
        // Without it tmux draws signs that are no ASCII as underscores.
        let begun = terminal.tmux(&[
            "-u",
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &lines,
            "-e",
            "PS1=$ ",
            "-e",
            &home,
            "-e",
            "USER=tester",
            "-e",
            "CI=",
            "-c",
            &project.root().to_string_lossy(),
            "/bin/sh",
        ]);
        assert!(begun.status.success(), "{begun:?}");
        terminal.when("a prompt", |screen| screen.iter().any(|line| !line.is_empty()));
        terminal.line("PS1='$ '; clear");
        terminal.until("$");
        Some(terminal)
    }

    fn tmux(&self, words: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-L", &self.name])
            .args(words)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap()
    }

    /// Types a line.
    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.tmux(&["send-keys", "Enter"]);
    }

    fn flow(&self, arguments: &str) {
        self.line(&format!("clear; {} {arguments}", env!("CARGO_BIN_EXE_flow")));
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// The screen, a text a line.
    fn screen(&self) -> Vec<String> {
        let shown = self.tmux(&["capture-pane", "-p"]);
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// The screen, with its colours.
    fn colours(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p", "-e"]);
        String::from_utf8_lossy(&shown.stdout).into_owned()
    }

    /// The screen as soon as it has `text`.
    fn until(&self, text: &str) -> Vec<String> {
        self.when(text, |screen| screen.iter().any(|line| line.contains(text)))
    }

    fn when(&self, wanted: &str, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{wanted} is not on the screen:\n{}",
                screen.join("\n")
            );
            sleep(Duration::from_millis(30));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

const SERVER: &str = r#"
project "shop"
stage "dev" {
    server "web" { zone "tk1a"; plan core=1 memory=1; disk size=20 os="ubuntu-24.04" }
    dns "example.jp" { record "www.department-of-long-names" type="A" value=server.web.ip }
}
"#;

/// Forty servers, the first of which the others do not wait for.
fn fleet() -> String {
    let mut text = "project \"shop\"\nstage \"dev\" {\n".to_owned();
    for number in 1..=40 {
        writeln!(
            text,
            "    server \"web-{number:02}\" {{ zone \"tk1a\"; plan core=1 memory=1; disk size=20 os=\"ubuntu-24.04\" }}"
        )
        .unwrap();
    }
    text + "}\n"
}

#[test]
fn a_narrow_terminal_breaks_between_words() {
    let project = Project::new(SERVER);
    let Some(terminal) = Terminal::new(&project, 40, 60) else {
        return;
    };
    terminal.flow("plan --sandbox");
    let screen = terminal.until("Read with");
    let words: Vec<_> = screen.iter().flat_map(|line| line.split_whitespace()).collect();
    for word in [
        "(113000000001)",
        "Cloudflare",
        "emulated",
        "server.web",
        "create",
        "replace,",
    ] {
        assert!(
            words.contains(&word),
            "{word} is not whole:\n{}",
            screen.join("\n")
        );
    }
    assert!(
        screen.iter().any(|line| line.starts_with("    ")),
        "{}",
        screen.join("\n")
    );

    project.write(&SERVER.replace("core=1", "cores=1"));
    terminal.flow("validate");
    let screen = terminal.until("1 problem");
    assert!(
        screen.iter().any(|line| line.contains("did you mean")),
        "{screen:?}"
    );
}

#[test]
fn many_servers_stay_readable_on_a_small_screen_and_an_interrupt_says_how_to_go_on() {
    let project = Project::new(&fleet());
    let Some(terminal) = Terminal::new(&project, 80, 24) else {
        return;
    };
    terminal.flow("up --yes --sandbox");
    let screen = terminal.when("a full list of live lines", |screen| {
        screen.iter().any(|line| line.contains("more"))
    });
    let live: Vec<_> = screen.iter().filter(|line| line.contains("creating")).collect();
    assert!((1..=12).contains(&live.len()), "{}", screen.join("\n"));
    assert!(screen.iter().all(|line| line.chars().count() <= 80));

    // What is typed meanwhile moves no line: neither an empty line nor the `^C` of the terminal.
    terminal.press("Enter");
    terminal.press("C-c");
    let screen = terminal.until("flow up");
    let end = screen.join("\n");
    assert!(
        end.contains("Interrupted") || end.contains("interrupted"),
        "{end}"
    );
    let all = terminal.tmux(&["capture-pane", "-p", "-S", "-"]);
    let all = String::from_utf8_lossy(&all.stdout);
    assert!(!all.contains("  creating ") && !all.contains("^C"), "{all}");
    // Afterwards it shows again what is typed.
    terminal.line("clear; echo shows-$(stty -a | grep -c ' echo ')");
    terminal.until("shows-1");
    terminal.flow("up --yes --sandbox; echo ended with code $?");
    let screen = terminal.until("ended with code 0");
    // Nothing of the live lines is left behind.
    assert!(
        screen.iter().all(|line| !line.contains("creating")),
        "{}",
        screen.join("\n")
    );
}

#[test]
fn the_followed_status_fills_the_screen_and_gives_it_back() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    let Some(terminal) = Terminal::new(&project, 80, 24) else {
        return;
    };
    terminal.line("echo before");
    terminal.line(&format!(
        "{} status --watch --sandbox",
        env!("CARGO_BIN_EXE_flow")
    ));
    let screen = terminal.until("as declared");
    assert!(screen[0].starts_with("shop / dev"), "{screen:?}");
    assert!(
        screen.last().is_some_and(|line| line.contains("q leave")),
        "{screen:?}"
    );
    assert!(screen.iter().all(|line| line != "before"), "{screen:?}");
    terminal.press("q");
    let screen = terminal.until("before");
    assert!(screen.iter().all(|line| !line.contains("q leave")), "{screen:?}");
}

#[test]
fn colours_are_shown_only_where_they_are_wanted() {
    let project = Project::new(SERVER);
    let coloured = |text: &str| text.contains('\u{1b}');
    let run = |surroundings: &[(&str, &str)], more: &[&str]| {
        let words = [&["plan", "--sandbox"], more].concat();
        let mut command = project.command(&words);
        let output = command.envs(surroundings.iter().copied()).output().unwrap();
        coloured(&String::from_utf8_lossy(&output.stdout))
    };
    assert!(!run(&[], &[]), "a pipe gets none");
    assert!(run(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!run(&[("CLICOLOR_FORCE", "0")], &[]));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(run(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!run(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]));

    let Some(terminal) = Terminal::new(&project, 100, 30) else {
        return;
    };
    terminal.flow("plan --sandbox");
    terminal.until("Read with");
    assert!(coloured(&terminal.colours()), "{}", terminal.colours());
    terminal.line("export NO_COLOR=1");
    terminal.flow("plan --sandbox; echo done-$((6 * 7))");
    terminal.until("done-42");
    assert!(!coloured(&terminal.colours()), "{}", terminal.colours());
}

#[test]
fn traces_tell_each_request_and_no_secret() {
    let project = Project::new(SERVER);
    let run = project.in_sandbox(&["plan", "-v"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    let more = project.in_sandbox(&["plan", "-vv"]);
    let silent = project.in_sandbox(&["plan"]);
    assert!(!silent.err.contains("DEBUG"), "{silent:#?}");
    for url in ["/api/cloud/1.1/server", "/dns_records"] {
        let told = |line: &&str| {
            line.contains("DEBUG request method=GET") && line.contains(url) && line.contains("took=")
        };
        assert_eq!(run.err.lines().filter(told).count(), 1, "{run:#?}");
    }
    assert!(more.err.lines().count() >= run.err.lines().count(), "{more:#?}");
    for said in [&run.err, &more.err] {
        assert!(!said.to_lowercase().contains("bearer"), "{said}");
    }
}

/// Long names, many columns: what does not fit goes on in the next line, and no word is cut by the terminal.
#[test]
fn the_status_fits_into_eighty_columns() {
    let project = Project::new(
        &SERVER
            .replace("server \"web\"", "server \"web-of-the-department-of-long-names\"")
            .replace("server.web", "server.web-of-the-department-of-long-names"),
    );
    project.sandbox(&["up", "--yes"]);
    let Some(terminal) = Terminal::new(&project, 80, 40) else {
        return;
    };
    terminal.flow("status --sandbox > /dev/null; clear; stty size");
    terminal.until("40 80");
    // A pipe has no width: it gets lines that are longer than this screen.
    let piped = project.sandbox(&["status"]);
    assert!(piped.lines().any(|line| line.chars().count() > 80), "{piped}");
    terminal.flow("status --sandbox");
    let screen = terminal.until("as declared");
    let shown = screen.join("\n");
    assert!(screen.iter().all(|line| line.chars().count() <= 80), "{shown}");
    let words: Vec<_> = screen.iter().flat_map(|line| line.split_whitespace()).collect();
    for word in piped.split_whitespace() {
        assert!(words.contains(&word), "{word} is not whole:\n{shown}");
    }
}

#[test]
fn rebuilding_the_state_asks_with_the_accounts_that_are_looked_at() {
    let project = Project::new(SERVER);
    project.sandbox(&["up", "--yes"]);
    let Some(terminal) = Terminal::new(&project, 200, 24) else {
        return;
    };
    terminal.flow("state rebuild --sandbox; echo ended with code $?");
    let screen = terminal.until("[y/N]");
    let asked = screen.iter().find(|line| line.contains("[y/N]")).unwrap();
    for told in [
        "Rebuild the state of shop / dev",
        "SAKURA Cloud",
        "(113000000001)",
        "Cloudflare",
        "tk1a",
    ] {
        assert!(asked.contains(told), "{told}: {asked}");
    }
    terminal.line("");
    let screen = terminal.until("ended with code");
    assert!(
        screen
            .iter()
            .any(|line| line.contains("error[FF0276]: not approved; nothing was changed")),
        "{screen:#?}"
    );
    assert!(
        screen.iter().any(|line| line == "ended with code 8"),
        "{screen:#?}"
    );
}

/// Which step, and why, is to be read on the narrowest screen, however long a name is.
#[test]
fn what_was_stopped_and_skipped_is_told_in_full_on_a_narrow_screen() {
    let name = "creo-memories-frontend-of-the-shop-01";
    let project = Project::new(&format!(
        "project \"shop\"\nproviders {{ sakura-cloud {{ zone \"tk1a\" }} }}\nservice-group \"creo-memories\" {{ service \"backend-of-the-shop\" image=\"nginx:1.27\" }}\n\
         server \"{name}\" {{ plan core=2 memory=4; disk size=100 os=\"ubuntu-24.04\"; deploy-services \"creo-memories\" }}\n"
    ));
    let Some(terminal) = Terminal::new(&project, 80, 24) else {
        return;
    };
    terminal.flow("up --yes --sandbox");
    terminal.until("disk copy");
    terminal.press("C-c");
    let screen = terminal.until("To go on: flow up --yes --sandbox");
    assert!(screen.iter().all(|line| !line.contains('…')), "{screen:#?}");
    // A name that is longer than what is left of a line is broken.
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let told = dense(&screen.concat());
    for part in [
        format!("!    server.{name}  create stopped after "),
        ": disk copy ".to_owned(),
        format!(".    network.{name}/creo-memories skipped: "),
        format!("container.{name}/creo-memories/backend-of-the-shop skipped: server.{name} was stopped"),
    ] {
        assert!(told.contains(&dense(&part)), "`{part}` is missing: {screen:#?}");
    }
}
