//! One build stage: the image so far. Each instruction changes its configuration and, from parent and content, its id.

use std::collections::BTreeMap;

use serde_json::json;

use super::context::Context;
use super::dockerfile::Instruction;
use super::expand::expand;
use crate::docker::answer::Failure;
use crate::docker::container::{Environment, Healthcheck};
use crate::docker::daemon::digest;
use crate::docker::image::{Image, ImageConfig, Layer};

/// An image being built.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) name: Option<String>,
    /// 64 hexadecimal digits.
    pub(super) id: String,
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<Layer>,
    /// Declared with `ARG` in this stage, with their values.
    arguments: BTreeMap<String, String>,
}

/// What instructions of a stage can see.
pub(super) struct Surroundings<'a> {
    pub(super) context: &'a Context,
    pub(super) earlier: &'a [Stage],
    /// `ARG` before the first `FROM`.
    pub(super) globals: &'a BTreeMap<String, String>,
    /// Build arguments of the request.
    pub(super) given: &'a BTreeMap<String, Option<String>>,
}

impl Stage {
    /// A stage on an image, or on nothing.
    pub(super) fn on(base: Option<&Image>, name: Option<String>) -> Self {
        Self {
            name,
            id: base.map_or_else(
                || digest(&["scratch"]),
                |base| base.id.trim_start_matches("sha256:").to_owned(),
            ),
            config: base.map(|base| base.config.clone()).unwrap_or_default(),
            layers: base.map(|base| base.layers.clone()).unwrap_or_default(),
            arguments: BTreeMap::new(),
        }
    }

    /// A stage on another stage.
    pub(super) fn after(other: &Self, name: Option<String>) -> Self {
        Self {
            name,
            arguments: BTreeMap::new(),
            ..other.clone()
        }
    }

    /// Carries out one instruction.
    pub(super) fn apply(&mut self, step: &Instruction, around: &Surroundings<'_>) -> Result<(), Failure> {
        let variables = self.variables();
        let is_shell = matches!(
            step.keyword.as_str(),
            "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" | "ONBUILD"
        );
        let mut expanded = step.clone();
        if !is_shell {
            expanded.arguments = expand(&step.arguments, &variables);
        }
        let content = match expanded.keyword.as_str() {
            "COPY" | "ADD" => self.copy(&expanded, around)?,
            "RUN" => self.layer(step, &digest(&[&format!("{variables:?}")]), 0),
            "ARG" => self.declare(&expanded, around)?,
            _ => self.configure(&expanded).map(|()| String::new())?,
        };
        self.id = digest(&[
            &self.id,
            &expanded.keyword,
            &expanded.flags.join(" "),
            &expanded.arguments,
            &content,
        ]);
        Ok(())
    }

    /// Labels of the request, which come last.
    pub(super) fn label(&mut self, labels: BTreeMap<String, Option<String>>) {
        for (key, value) in labels {
            let value = value.unwrap_or_default();
            self.id = digest(&[&self.id, "LABEL", &key, &value]);
            self.config.labels.insert(key, value);
        }
    }

    /// What `$NAME` means here: `ENV` wins over `ARG`.
    fn variables(&self) -> BTreeMap<String, String> {
        let entries = self.config.env.0.iter().filter_map(|entry| entry.split_once('='));
        let env = entries.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.arguments.clone().into_iter().chain(env).collect()
    }

    fn layer(&mut self, step: &Instruction, content: &str, size: u64) -> String {
        let digest = format!("sha256:{}", digest(&["layer", &self.id, &step.original, content]));
        self.layers.push(Layer {
            digest,
            size,
            created_by: step.original.clone(),
        });
        content.to_owned()
    }

    fn copy(&mut self, step: &Instruction, around: &Surroundings<'_>) -> Result<String, Failure> {
        let words = step.words();
        let sources = &words[..words.len() - 1];
        let mut content = String::new();
        let mut size = 0;
        for source in sources.iter().filter(|source| !source.starts_with("<<")) {
            let (digest, bytes) = fetched(step, source, around)?;
            content.push_str(&digest);
            size += bytes;
        }
        Ok(self.layer(step, &content, size))
    }

    fn declare(&mut self, step: &Instruction, around: &Surroundings<'_>) -> Result<String, Failure> {
        let mut seen = String::new();
        for word in step.words() {
            let (name, default) = word
                .split_once('=')
                .map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
            if name.is_empty() {
                return Err(step.problem("ARG names can not be blank"));
            }
            let given = around.given.get(name).cloned().flatten();
            let value = given
                .or_else(|| default.map(str::to_owned))
                .or_else(|| around.globals.get(name).cloned());
            if let Some(value) = value {
                seen.push_str(&value);
                self.arguments.insert(name.to_owned(), value);
            }
        }
        Ok(seen)
    }

    fn configure(&mut self, step: &Instruction) -> Result<(), Failure> {
        let config = &mut self.config;
        match step.keyword.as_str() {
            "ENV" => set_env(&mut config.env, step.pairs()?),
            "LABEL" => config.labels.extend(step.pairs()?),
            "EXPOSE" => config
                .exposed_ports
                .extend(ports(step)?.into_iter().map(|port| (port, json!({})))),
            "VOLUME" => config
                .volumes
                .extend(step.words().into_iter().map(|path| (path, json!({})))),
            "USER" => config.user.clone_from(&step.arguments),
            "WORKDIR" => config.working_dir = joined(&config.working_dir, &step.arguments),
            "STOPSIGNAL" => config.stop_signal = Some(step.arguments.clone()),
            "SHELL" => {
                config.shell = Some(
                    step.json_words()
                        .ok_or_else(|| step.problem("SHELL requires the arguments to be in JSON form"))?,
                );
            }
            "HEALTHCHECK" => config.healthcheck = Some(health(step)?),
            "CMD" => config.cmd = Some(command(step, config.shell.as_ref())),
            "ENTRYPOINT" => {
                config.entrypoint = Some(command(step, config.shell.as_ref()));
                config.cmd = None;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The content of one source of `COPY` or `ADD`.
fn fetched(step: &Instruction, source: &str, around: &Surroundings<'_>) -> Result<(String, u64), Failure> {
    if let Some(from) = step.flag("--from") {
        let known = around.earlier.iter().enumerate();
        let stage = known
            .into_iter()
            .find(|(at, stage)| stage.name.as_deref() == Some(from) || at.to_string() == from);
        // Files of earlier stages and other images are not known; their id stands for them.
        return Ok((
            digest(&["from", stage.map_or(from, |(_, stage)| &stage.id), source]),
            0,
        ));
    }
    if step.keyword == "ADD" && source.contains("://") {
        return Ok((digest(&["url", source]), 0));
    }
    around.context.select(source).ok_or_else(|| {
        let missing = format!("stat {}: file does not exist", source.trim_start_matches('/'));
        let reason = format!("file not found in build context or excluded by .dockerignore: {missing}");
        Failure::internal(format!("{} failed: {reason}", step.keyword))
    })
}

fn set_env(env: &mut Environment, pairs: Vec<(String, String)>) {
    for (name, value) in pairs {
        env.0.retain(|entry| Environment::name(entry) != name);
        env.0.push(format!("{name}={value}"));
    }
}

fn ports(step: &Instruction) -> Result<Vec<String>, Failure> {
    let port = |word: String| {
        let (number, protocol) = word.split_once('/').unwrap_or((&word, "tcp"));
        let is_port = number.split('-').all(|part| part.parse::<u16>().is_ok());
        let is_protocol = matches!(protocol.to_ascii_lowercase().as_str(), "tcp" | "udp" | "sctp");
        if is_port && is_protocol {
            return Ok(format!("{number}/{}", protocol.to_ascii_lowercase()));
        }
        Err(Failure::bad(format!("invalid containerPort: {word}")))
    };
    step.words().into_iter().map(port).collect()
}

fn joined(old: &str, new: &str) -> String {
    if new.starts_with('/') {
        new.to_owned()
    } else {
        format!("{}/{new}", old.trim_end_matches('/'))
    }
}

/// A JSON list is the command; anything else is a line for the shell.
fn command(step: &Instruction, shell: Option<&Vec<String>>) -> Vec<String> {
    step.json_words().unwrap_or_else(|| {
        let default = || vec!["/bin/sh".to_owned(), "-c".to_owned()];
        let mut words = shell.cloned().unwrap_or_else(default);
        words.push(step.arguments.clone());
        words
    })
}

fn health(step: &Instruction) -> Result<Healthcheck, Failure> {
    let (kind, rest) = step
        .arguments
        .split_once(char::is_whitespace)
        .unwrap_or((&step.arguments, ""));
    let test = match kind.to_ascii_uppercase().as_str() {
        "NONE" => vec!["NONE".to_owned()],
        "CMD" if rest.trim().is_empty() => return Err(step.problem("Missing command after HEALTHCHECK CMD")),
        "CMD" => match serde_json::from_str::<Vec<String>>(rest) {
            Ok(words) => ["CMD".to_owned()].into_iter().chain(words).collect(),
            Err(_) => vec!["CMD-SHELL".to_owned(), rest.trim().to_owned()],
        },
        other => return Err(step.problem(format!("Unknown type {other:?} in HEALTHCHECK (try CMD)"))),
    };
    let interval = step
        .flag("--interval")
        .map(duration)
        .transpose()?
        .unwrap_or_default();
    Ok(Healthcheck {
        test,
        interval,
        ..Healthcheck::default()
    })
}

/// `30s`, `1m30s`, `500ms`, in nanoseconds.
fn duration(text: &str) -> Result<i64, Failure> {
    let invalid = || Failure::bad(format!("time: invalid duration {text:?}"));
    let (mut rest, mut total) = (text, 0_i64);
    while !rest.is_empty() {
        let digits = rest
            .find(|letter: char| !letter.is_ascii_digit())
            .ok_or_else(invalid)?;
        let number: i64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(invalid()),
        };
        total = number
            .checked_mul(unit)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(invalid)?;
        rest = &rest[end..];
    }
    Ok(total)
}
