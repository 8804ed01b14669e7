//! The few commands that an emulated server knows. Nothing is run: each has one answer, or leads to the engine.

use super::Engine;

/// What a command comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// It has printed this and ended.
    Ended(Ended),
    /// It connects its input and output with the engine's socket.
    DialsEngine,
}

/// What a command printed, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) output: String,
    pub(super) errors: String,
    pub(super) status: u32,
}

/// The machine as commands see it.
#[derive(Clone, Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) user: &'a str,
    pub(super) host_name: &'a str,
    pub(super) engine: Engine,
    /// Seconds since the machine booted.
    pub(super) uptime: f64,
}

/// Runs a line: commands joined with `&&` and `||`, each perhaps with its output thrown away.
pub(super) fn run(line: &str, around: &Surroundings<'_>) -> Reply {
    let mut all = Ended::default();
    let mut rest = Some(("&&", line));
    while let Some((joint, text)) = rest {
        let (command, next) = first_command(text);
        let is_due = (joint == "&&") == (all.status == 0);
        if is_due {
            match simple(command, around) {
                Reply::DialsEngine => return Reply::DialsEngine,
                Reply::Ended(ended) => all.follow(&ended),
            }
        }
        rest = next;
    }
    Reply::Ended(all)
}

impl Ended {
    fn printed(output: String) -> Reply {
        Reply::Ended(Self {
            output,
            ..Self::default()
        })
    }

    fn failed(status: u32, errors: String) -> Reply {
        Reply::Ended(Self {
            errors,
            status,
            ..Self::default()
        })
    }

    fn follow(&mut self, next: &Self) {
        self.output.push_str(&next.output);
        self.errors.push_str(&next.errors);
        self.status = next.status;
    }
}

/// The text before the first `&&` or `||`, then that joint and what follows it.
fn first_command(text: &str) -> (&str, Option<(&str, &str)>) {
    let at = ["&&", "||"].iter().filter_map(|joint| text.find(joint)).min();
    match at {
        Some(at) => (&text[..at], Some((&text[at..at + 2], &text[at + 2..]))),
        None => (text, None),
    }
}

fn simple(command: &str, around: &Surroundings<'_>) -> Reply {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (redirections, words): (Vec<&str>, Vec<&str>) =
        words.into_iter().partition(|word| word.contains('>'));
    match answer(&words, around) {
        Reply::Ended(mut ended) => {
            if redirections
                .iter()
                .any(|word| matches!(*word, ">/dev/null" | "1>/dev/null"))
            {
                ended.output.clear();
            }
            if redirections
                .iter()
                .any(|word| matches!(*word, "2>&1" | "2>/dev/null"))
            {
                ended.errors.clear();
            }
            Reply::Ended(ended)
        }
        Reply::DialsEngine => Reply::DialsEngine,
    }
}

fn answer(words: &[&str], around: &Surroundings<'_>) -> Reply {
    match words {
        [] | ["true"] => Ended::printed(String::new()),
        ["false"] => Ended::failed(1, String::new()),
        ["echo", said @ ..] => Ended::printed(format!("{}\n", said.join(" "))),
        ["whoami"] | ["id", "-un"] => Ended::printed(format!("{}\n", around.user)),
        ["hostname"] => Ended::printed(format!("{}\n", around.host_name)),
        ["cat", "/proc/uptime"] => Ended::printed(format!("{:.2} 0.00\n", around.uptime)),
        ["cut", "-d.", "-f1", "/proc/uptime"] => Ended::printed(format!("{}\n", around.uptime.trunc())),
        ["command", "-v", "docker"] | ["which", "docker"] => match around.engine {
            Engine::Absent => Ended::failed(1, String::new()),
            Engine::ForRoot | Engine::ForUser => Ended::printed("/usr/bin/docker\n".to_owned()),
        },
        ["sudo", "-n", "docker", rest @ ..] => docker(rest, around.engine, "root"),
        ["docker", rest @ ..] => docker(rest, around.engine, around.user),
        [unknown, ..] => not_found(unknown),
    }
}

fn docker(arguments: &[&str], engine: Engine, user: &str) -> Reply {
    let dials = matches!(arguments, ["system", "dial-stdio"]);
    match engine {
        Engine::Absent => not_found("docker"),
        _ if !dials => Ended::failed(
            1,
            format!(
                "this server is emulated: it cannot run `docker {}`\n",
                arguments.join(" ")
            ),
        ),
        Engine::ForRoot if user != "root" => Ended::failed(1, DENIED.to_owned()),
        Engine::ForRoot | Engine::ForUser => Reply::DialsEngine,
    }
}

/// What the socket says to users outside of the group `docker`.
const DENIED: &str =
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock\n";

fn not_found(command: &str) -> Reply {
    Ended::failed(127, format!("bash: line 1: {command}: command not found\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(engine: Engine, line: &str) -> Reply {
        let around = Surroundings {
            user: "ubuntu",
            host_name: "web",
            engine,
            uptime: 75.5,
        };
        run(line, &around)
    }

    fn output(reply: Reply) -> (String, u32) {
        match reply {
            Reply::Ended(ended) => (ended.output, ended.status),
            Reply::DialsEngine => panic!("the command was not to reach the engine"),
        }
    }

    #[test]
    fn alternatives_run_only_after_failures() {
        let line = "command -v docker >/dev/null 2>&1 || cut -d. -f1 /proc/uptime";
        assert_eq!(output(run_on(Engine::Absent, line)), ("75\n".to_owned(), 0));
        assert_eq!(output(run_on(Engine::ForUser, line)), (String::new(), 0));
        let both = "false && echo no || echo yes && echo too";
        assert_eq!(output(run_on(Engine::Absent, both)), ("yes\ntoo\n".to_owned(), 0));
    }

    #[test]
    fn only_who_may_reaches_the_engine() {
        let (plain, sudo) = ("docker system dial-stdio", "sudo -n docker system dial-stdio");
        assert_eq!(output(run_on(Engine::Absent, plain)).1, 127);
        assert_eq!(output(run_on(Engine::ForRoot, plain)).1, 1);
        assert_eq!(run_on(Engine::ForRoot, sudo), Reply::DialsEngine);
        assert_eq!(run_on(Engine::ForUser, plain), Reply::DialsEngine);
    }
}
