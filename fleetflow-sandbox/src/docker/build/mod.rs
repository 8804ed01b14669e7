//! Building an image with the classic builder: the Dockerfile and its sources are checked, the image follows from their content. No command runs.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{self, Failure, Outcome, short};
use super::call::Call;
use super::daemon::Daemon;
use super::image::{self, Image, Reference};

mod context;
mod dockerfile;
mod expand;
mod stage;

use context::Context;
use dockerfile::Instruction;
use stage::{Stage, Surroundings};

/// What a build request asks for.
struct Order {
    context: Context,
    steps: Vec<Instruction>,
    tags: Vec<String>,
    arguments: BTreeMap<String, Option<String>>,
    labels: BTreeMap<String, Option<String>>,
    target: Option<String>,
    architecture: String,
}

/// A build under way.
struct Build<'a> {
    order: &'a Order,
    globals: BTreeMap<String, String>,
    stages: Vec<Stage>,
    lines: Vec<Value>,
}

/// The requests below `/build`.
pub(super) fn route(call: &Call, path: &[&str]) -> Outcome {
    match (&call.method, path) {
        (&Method::POST, []) => build(call),
        (&Method::POST, ["prune"]) => answer::ok(json!({ "CachesDeleted": [], "SpaceReclaimed": 0 })),
        _ => Err(Failure::no_page()),
    }
}

fn build(call: &Call) -> Outcome {
    let order = Order::read(call)?;
    call.daemon(|daemon| {
        let mut build = Build {
            order: &order,
            globals: BTreeMap::new(),
            stages: Vec::new(),
            lines: Vec::new(),
        };
        match build.run(daemon) {
            Ok(()) => answer::lines(build.lines),
            Err(failure) if build.lines.is_empty() => Err(failure),
            Err(failure) => {
                let message = failure.message;
                build
                    .lines
                    .push(json!({ "errorDetail": { "message": message }, "error": message }));
                answer::lines(build.lines)
            }
        }
    })
}

impl Order {
    fn read(call: &Call) -> Result<Self, Failure> {
        if call.parameter("version") == Some("2") {
            let reason = "the emulated engine has the classic builder only, BuildKit is not there";
            return Err(Failure::new(StatusCode::NOT_IMPLEMENTED, reason));
        }
        if call.parameter("remote").is_some() {
            return Err(Failure::bad(
                "the emulated engine cannot fetch a remote build context",
            ));
        }
        let context = Context::read(&call.body)?;
        let path = call.parameter("dockerfile").unwrap_or("Dockerfile");
        let text = context
            .text(path)
            .ok_or_else(|| Failure::internal(format!("Cannot locate specified Dockerfile: {path}")))?;
        if text.trim().is_empty() {
            return Err(Failure::bad(format!("the Dockerfile ({path}) cannot be empty")));
        }
        Ok(Self {
            context,
            steps: dockerfile::parse(&text)?,
            tags: call.parameters("t").map(tag).collect::<Result<_, _>>()?,
            arguments: call.object("buildargs")?,
            labels: call.object("labels")?,
            target: call.parameter("target").map(str::to_owned),
            architecture: image::architecture(call.parameter("platform"))?,
        })
    }
}

fn tag(text: &str) -> Result<String, Failure> {
    let reference = Reference::parse(text)?;
    reference
        .familiar_tag()
        .ok_or_else(|| Failure::bad("refusing to create a tag with a digest reference"))
}

impl Build<'_> {
    fn run(&mut self, daemon: &mut Daemon<'_>) -> Result<(), Failure> {
        let steps = self.wanted_steps()?;
        for (at, step) in steps.iter().enumerate() {
            self.say(&format!("Step {}/{} : {}\n", at + 1, steps.len(), step.original));
            self.step(step, daemon)?;
        }
        self.warn_about_unused();
        self.finish(daemon)
    }

    /// The steps up to the end of the target stage.
    fn wanted_steps(&self) -> Result<Vec<Instruction>, Failure> {
        let steps = &self.order.steps;
        let Some(target) = &self.order.target else {
            return Ok(steps.clone());
        };
        let starts: Vec<usize> = steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.keyword == "FROM")
            .map(|(at, _)| at)
            .collect();
        let is_target = |(number, at): &(usize, &usize)| {
            let name = stage_name(&steps[**at]);
            name.is_some_and(|name| name.eq_ignore_ascii_case(target)) || number.to_string() == *target
        };
        let Some((number, _)) = starts.iter().enumerate().find(is_target) else {
            return Err(Failure::bad(format!(
                "failed to reach build target {target} in Dockerfile"
            )));
        };
        let end = starts.get(number + 1).copied().unwrap_or(steps.len());
        Ok(steps[..end].to_vec())
    }

    fn step(&mut self, step: &Instruction, daemon: &mut Daemon<'_>) -> Result<(), Failure> {
        match (step.keyword.as_str(), self.stages.pop()) {
            ("FROM", current) => {
                self.stages.extend(current);
                self.begin_stage(step, daemon)?;
            }
            (_, None) => return self.global(step),
            (_, Some(mut current)) => {
                let around = Surroundings {
                    context: &self.order.context,
                    earlier: &self.stages,
                    globals: &self.globals,
                    given: &self.order.arguments,
                };
                current.apply(step, &around)?;
                if step.keyword == "RUN" {
                    self.say(" ---> not executed: the sandbox runs no commands\n");
                }
                self.stages.push(current);
            }
        }
        let id = self
            .stages
            .last()
            .map(|stage| short(&stage.id))
            .unwrap_or_default();
        self.say(&format!(" ---> {id}\n"));
        Ok(())
    }

    /// `ARG` before the first `FROM`.
    fn global(&mut self, step: &Instruction) -> Result<(), Failure> {
        for word in step.words() {
            let (name, default) = word.split_once('=').unwrap_or((&word, ""));
            if name.is_empty() {
                return Err(step.problem("ARG names can not be blank"));
            }
            let given = self.order.arguments.get(name).cloned().flatten();
            self.globals.insert(
                name.to_owned(),
                given.unwrap_or_else(|| expand::expand(default, &self.globals)),
            );
        }
        Ok(())
    }

    fn begin_stage(&mut self, step: &Instruction, daemon: &mut Daemon<'_>) -> Result<(), Failure> {
        let words = step.words();
        if !matches!(words.len(), 1 | 3) || (words.len() == 3 && stage_name(step).is_none()) {
            return Err(step.problem("FROM requires either one or three arguments"));
        }
        let base = expand::expand(&words[0], &self.globals);
        if base.is_empty() {
            return Err(step.problem(format!("base name ({}) should not be blank", words[0])));
        }
        let name = stage_name(step);
        let earlier = self.stages.iter().enumerate();
        let earlier = earlier
            .into_iter()
            .find(|(at, stage)| stage.name.as_deref() == Some(&base) || at.to_string() == base);
        let stage = match earlier {
            Some((_, stage)) => Stage::after(stage, name),
            None if base == "scratch" => Stage::on(None, name),
            None => Stage::on(Some(&self.base(&base, step, daemon)?), name),
        };
        self.stages.push(stage);
        Ok(())
    }

    /// The image a stage begins with, pulled when it is not there.
    fn base(&mut self, name: &str, step: &Instruction, daemon: &mut Daemon<'_>) -> Result<Image, Failure> {
        let platform = step
            .flag("--platform")
            .map(|platform| expand::expand(platform, &self.globals));
        let architecture = match platform.as_deref().filter(|platform| !platform.is_empty()) {
            Some(platform) => image::architecture(Some(platform))?,
            None => self.order.architecture.clone(),
        };
        let is_there = image::find(daemon.engine, name).is_ok_and(|image| image.architecture == architecture);
        if !is_there {
            let reference = Reference::parse(name)?;
            self.lines.extend(image::pull(daemon, &reference, &architecture)?);
        }
        image::find(daemon.engine, name).cloned()
    }

    fn warn_about_unused(&mut self) {
        let declared = |name: &str| {
            let arguments = self.order.steps.iter().filter(|step| step.keyword == "ARG");
            arguments
                .flat_map(Instruction::words)
                .any(|word| word.split('=').next() == Some(name))
        };
        let unused: Vec<&str> = self
            .order
            .arguments
            .keys()
            .map(String::as_str)
            .filter(|name| !declared(name))
            .collect();
        if !unused.is_empty() {
            let unused = unused.join(" ");
            self.say(&format!(
                "[Warning] One or more build-args [{unused}] were not consumed\n"
            ));
        }
    }

    fn finish(&mut self, daemon: &mut Daemon<'_>) -> Result<(), Failure> {
        let mut stage = self
            .stages
            .pop()
            .ok_or_else(|| Failure::bad("no build stage in current context"))?;
        stage.label(self.order.labels.clone());
        let id = format!(
            "sha256:{}",
            super::daemon::digest(&["built", &stage.id, &self.order.architecture])
        );
        if !daemon.engine.images.iter().any(|image| image.id == id) {
            daemon.engine.images.push(Image {
                id: id.clone(),
                tags: Vec::new(),
                digests: Vec::new(),
                created: daemon.now,
                architecture: self.order.architecture.clone(),
                config: stage.config,
                layers: stage.layers,
            });
        }
        self.lines.push(json!({ "aux": { "ID": id } }));
        self.say(&format!("Successfully built {}\n", short(&id)));
        for tag in &self.order.tags {
            image::tag(daemon.engine, &id, tag);
            self.say(&format!("Successfully tagged {tag}\n"));
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        self.lines.push(json!({ "stream": text }));
    }
}

/// `FROM image AS name`
fn stage_name(step: &Instruction) -> Option<String> {
    match step.words().as_slice() {
        [_, word, name] if word.eq_ignore_ascii_case("as") => Some(name.to_ascii_lowercase()),
        _ => None,
    }
}
