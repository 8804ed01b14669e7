//! What shells offer: typed into the shells themselves, and asked for as their scripts do.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{Project, Run};

const SHOP: &str = r#"project "shop"

service-group "shop" {
    service "api" image="nginx:1.29"
    service "edge:1" image="nginx:1.29"
}

stage "dev" {
    server "web" { plan core=1 memory=1; disk size=20 os="debian-12"; deploy-services "shop" }
    scale "web" min=1 max=2
}
stage "prod" {
    server "database" { plan core=2 memory=4; disk size=20 os="debian-12" }
    dns "example.jp" { record "www" type="A" value="192.0.2.1" }
}
"#;

/// What is typed, and what stands on the line after Tab. Bash and zsh write what they complete; fish is asked what it offers.
const TYPED: &[(&str, &str, &str)] = &[
    ("flow pl", "flow plan ", "plan"),
    (
        "flow plan --detailed",
        "flow plan --detailed-exitcode ",
        "--detailed-exitcode",
    ),
    ("flow state sh", "flow state show ", "show"),
    (
        "flow graph --format me",
        "flow graph --format mermaid ",
        "mermaid",
    ),
    ("flow plan d", "flow plan dev ", "dev"),
    ("flow plan scri", "flow plan scri", ""),
    ("flow plan --stage pr", "flow plan --stage prod ", "prod"),
    ("flow plan --stage scri", "flow plan --stage scri", ""),
    ("flow plan --stage=pr", "flow plan --stage=prod ", "--stage=prod"),
    ("flow plan --file scri", "flow plan --file script ", "script"),
    (
        "flow plan --file my",
        r"flow plan --file my\ own.kdl ",
        "my own.kdl",
    ),
    (
        r"flow plan -f my\ own.kdl ",
        r"flow plan -f my\ own.kdl night ",
        "night",
    ),
    (
        "flow up dev --target server.",
        "flow up dev --target server.web ",
        "server.web",
    ),
    (
        "flow -s prod import d",
        "flow -s prod import dns.example.jp ",
        "dns.example.jp",
    ),
    ("flow logs a", "flow logs api ", "api"),
    ("flow logs edge:", "flow logs edge:1 ", "edge:1"),
    ("flow exec shop/a", "flow exec shop/api ", "shop/api"),
    ("flow rollback ", "flow rollback shop ", "shop"),
    ("flow scale ", "flow scale web ", "web"),
    ("flow ssh da", "flow ssh database ", "database"),
];

fn shop() -> Project {
    let project = Project::new(SHOP);
    fs::write(project.file("my own.kdl"), "stage \"night\" {\n").unwrap();
    project
}

/// `shell`, which finds this program and nothing of who runs the tests.
fn shell(project: &Project, shell: &str) -> Command {
    let script = project
        .flow(&["completions", shell])
        .succeeded(&["completions"])
        .out;
    fs::write(project.file("script"), script).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_flow")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(shell);
    command
        .current_dir(project.root())
        .env("HOME", project.home())
        .env("PATH", format!("{}:{path}", program.display()))
        .env_remove("FLEETFLOW_STAGE");
    command
}

/// Where it is installed.
#[expect(clippy::print_stdout, reason = "what is skipped is told")]
fn installed(command: &mut Command, name: &str) -> Option<Child> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    if child.is_err() {
        println!("skipped: completions in {name}: it is not installed");
    }
    child.ok()
}

/// A bash at a terminal, which shows its line after Ctrl-T, and forgets it.
const BASH: &str = "source ./script; bind -x '\"\\C-t\": printf \"<%s>\" \"$READLINE_LINE\"; READLINE_LINE='; echo rea\"\"dy\n";

#[test]
fn a_bash_completes_what_is_typed() {
    let project = shop();
    let mut bash = shell(&project, "bash");
    let Some(mut ended) = installed(bash.arg("-c").arg("exit"), "bash") else {
        return;
    };
    ended.wait().unwrap();
    // A terminal of its own.
    let mut terminal = Command::new("script");
    let surroundings = bash.get_envs().filter_map(|(name, value)| Some((name, value?)));
    terminal.current_dir(project.root()).envs(surroundings);
    terminal
        .args(["-qec", "bash --norc --noprofile -i", "/dev/null"])
        .env("TERM", "dumb")
        .env("PS1", "");
    let Some(mut terminal) = installed(&mut terminal, "bash at a terminal of script(1)") else {
        return;
    };
    let (mut keys, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    keys.write_all(BASH.as_bytes()).unwrap();
    shown(&mut screen, "ready\r\n");
    let quoted = ("flow plan --file \"my", "flow plan --file \"my own.kdl\" ", "");
    for (typed, line, _) in TYPED.iter().chain([&quoted]) {
        keys.write_all(format!("{typed}\t\x14").as_bytes()).unwrap();
        let screen = shown(&mut screen, ">");
        assert!(screen.ends_with(&format!("<{line}>")), "{typed}: {screen:?}");
    }
    drop(keys);
    terminal.kill().unwrap();
    terminal.wait().unwrap();
}

/// Reads what a terminal shows, up to `end`.
fn shown(screen: &mut ChildStdout, end: &str) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(end.as_bytes()) {
        let read = screen.read(&mut byte).unwrap();
        assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&text));
        text.push(byte[0]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Types into a zsh at a terminal, presses Tab, and shows what stands on its line then.
const ZSH: &str = r#"zmodload zsh/zpty; zpty -b shell env TERM=dumb PS1= zsh -f -i
    answer() { local all= more= i=; for i in {1..600}; do
            while zpty -r -t shell more; do all+=$more; done
            [[ $all =~ $1 ]] && { print -r -- $MATCH; return }; sleep 0.05
        done; print -r -- "no answer: $all"; }
    zpty -w shell 'autoload -Uz compinit && compinit -u -D; source ./script; shown() { zle complete-word; print -r -- "<$BUFFER>"; BUFFER= }
        zle -N shown; bindkey "^I" shown; echo rea""dy'
    answer ready >/dev/null
    while read -r typed; do
        zpty -n -w shell ${typed%.}$'\t'
        answer '<flow[^<>]*>'
    done"#;

#[test]
fn a_zsh_completes_what_is_typed() {
    // It marks the end of what is read, as blanks there count.
    let typed = |(typed, _, _): &(&str, &str, &str)| format!("{typed}.\n");
    let lines = TYPED.iter().map(|(_, line, _)| format!("<{line}>"));
    let told = told(
        &mut shell(&shop(), "zsh"),
        ZSH,
        &TYPED.iter().map(typed).collect::<String>(),
    );
    assert!(told.is_none_or(|told| told.lines().eq(lines.clone()) || panic!("{told}")));
}

/// As packages bring it: a file in a folder of functions, which is read when the first word is completed.
#[test]
fn a_zsh_completes_the_first_word_with_a_script_in_its_folder() {
    let project = shop();
    let mut zsh = shell(&project, "zsh");
    fs::create_dir(project.file("functions")).unwrap();
    fs::rename(project.file("script"), project.file("functions/_flow")).unwrap();
    let program = ZSH
        .replace("autoload", "fpath=(./functions $fpath); autoload")
        .replace("source ./script;", "");
    let told = told(&mut zsh, &program, "flow plan d.\n");
    assert!(told.is_none_or(|told| told == "<flow plan dev >\n" || panic!("{told}")));
}

const FISH: &str =
    "source ./script; while read -l typed; complete -C (string replace -r '\\.$' '' -- $typed); echo /; end";

#[test]
fn a_fish_offers_what_fits() {
    let typed = |(typed, _, _): &(&str, &str, &str)| format!("{typed}.\n");
    let Some(told) = told(
        &mut shell(&shop(), "fish"),
        FISH,
        &TYPED.iter().map(typed).collect::<String>(),
    ) else {
        return;
    };
    for ((typed, _, offer), told) in TYPED.iter().zip(told.split("/\n")) {
        assert_eq!(told.trim().split('\t').next(), Some(*offer), "{typed}: {told}");
    }
    assert!(told.contains("plan\tShow the difference"), "{told}");
    assert!(told.contains("api\tservice of shop\n"), "{told}");
}

/// What `program` says that is given `input`; nothing where the shell is not installed.
fn told(shell: &mut Command, program: &str, input: &str) -> Option<String> {
    let name = shell.get_program().to_string_lossy().into_owned();
    let mut child = installed(shell.args(["-c", program]), &name)?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
}

#[test]
fn every_shell_has_a_script_that_asks() {
    let project = Project::new("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project
            .flow(&["completions", shell])
            .succeeded(&["completions"])
            .out;
        assert!(script.contains("FLEETFLOW_COMPLETE"), "{script}");
    }
}

/// Asks as the script for bash does.
fn asked(project: &Project, line: &str) -> Run {
    let word = line.rsplit(' ').next().unwrap();
    let mut command = project.command(&["--", line, word]);
    command.env("FLEETFLOW_COMPLETE", "bash").output().unwrap().into()
}

#[track_caller]
fn offers(project: &Project, line: &str, expected: &str) {
    let run = asked(project, line).succeeded(&[line]);
    assert_eq!(
        run.out.split_whitespace().collect::<Vec<_>>().join(" "),
        expected,
        "{line}"
    );
    assert_eq!(run.err, "");
}

#[test]
fn each_argument_is_offered_what_it_means() {
    let project = shop();
    offers(&project, "flow up ", "dev prod");
    offers(&project, "flow down --confirm-stage ", "dev prod");
    offers(
        &project,
        "flow up prod --target ",
        "dns.example.jp server.database service-group.shop",
    );
    offers(
        &project,
        "flow plan --target ",
        "dns.example.jp scale.web server.database server.web service-group.shop",
    );
    offers(&project, "flow outputs --stage dev server.", "server.web");
    offers(&project, "flow logs ", "shop api edge:1");
    offers(&project, "flow exec shop/", "shop/api shop/edge:1");
    offers(&project, "flow --file nothing.kdl up --stage ", "");
    offers(&project, "flow watch --metrics-addr ", "");
    let options = asked(&project, "flow plan prod ").out;
    assert!(
        options.contains("--detailed-exitcode\n"),
        "where nothing else fits: {options}"
    );
}

/// What the state has, of which the file need know nothing; nothing of a bucket, and no word where nothing can be known.
#[test]
fn commands_about_the_state_are_offered_what_it_has() {
    let project = Project::new(
        "project \"shop\"\ndns \"example.jp\" { record \"www\" type=\"A\" value=\"192.0.2.1\" }",
    );
    project.sandbox(&["up", "--yes"]);
    project.write("project \"shop\"\n{{{ not a file");
    let remembered = "dns-record.example.jp/www/A";
    for command in ["show", "forget"] {
        offers(
            &project,
            &format!("flow --sandbox state {command} dns"),
            remembered,
        );
        offers(&project, &format!("flow state {command} dns"), "");
    }
    let state = project.file(".fleetflow/sandbox/state/shop/default");
    fs::create_dir_all(project.file("kept/state/shop")).unwrap();
    fs::rename(state, project.file("kept/state/shop/default")).unwrap();
    offers(&project, "flow --state kept state show dns", remembered);
    project.write("project \"shop\"\nstate \"kept\"");
    offers(&project, "flow state show dns", remembered);
    project.write("project \"shop\"\nstate \"s3://kept\" endpoint=\"http://127.0.0.1:1\"");
    offers(&project, "flow state show dns", "");
}

#[test]
fn who_asks_wrongly_is_told_nothing() {
    let project = shop();
    for (shell, words) in [
        ("bash", vec![]),
        ("tcsh", vec!["--", "flow "]),
        ("fish", vec!["plan"]),
    ] {
        let run: Run = project
            .command(&words)
            .env("FLEETFLOW_COMPLETE", shell)
            .output()
            .unwrap()
            .into();
        assert_eq!(
            (run.code, run.out.as_str(), run.err.as_str()),
            (Some(1), "", ""),
            "{shell}"
        );
    }
}
