//! `logs`: what services log, several merged with a coloured name before each line. Changes nothing.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use fleetflow_core::docker::{LogRequest, Output, Pipe, in_order};
use fleetflow_core::{Error, Result};
use futures::future::try_join_all;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio_util::sync::CancellationToken;

use crate::arguments::LogsArguments;
use crate::edge;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::reach::{Meant, Reach, Service};
use crate::runtime;
use crate::show::style::paint;
use crate::site::Site;
use crate::terminal::{Reader, Terminal};

const COLORS: [AnsiColor; 5] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
];

pub(super) fn run(invocation: &Invocation, arguments: &LogsArguments) -> Result<Exit, Failure> {
    let site = Site::load(invocation, None)?;
    runtime::run(|cancelled| async move {
        let reach = Reach::open(invocation, &site, &cancelled, "logs").await?;
        let told = tell(invocation.terminal, &reach, arguments, &cancelled).await;
        reach.close(told.map_err(Failure::from)).await
    })
}

/// A piece of a log.
enum Heard {
    Piece(String, Output),
    /// The log of one container or replica, and why it is not heard; the others are.
    Silence {
        name: String,
        error: Error,
        is_current: bool,
    },
}

async fn tell(
    terminal: Terminal,
    reach: &Reach,
    arguments: &LogsArguments,
    cancelled: &CancellationToken,
) -> Result<Exit> {
    let opened = async {
        let meant = reach.services(&arguments.services).await?;
        let logs = logs(reach, &meant, arguments).await?;
        Ok((meant, logs))
    };
    let (meant, logs) = runtime::interruptible(cancelled, opened).await?;
    let mut merged = if arguments.follow {
        stream::select_all(logs).boxed()
    } else {
        in_order(logs, |heard| match heard {
            Ok(Heard::Piece(_, piece)) => piece.time,
            Ok(Heard::Silence { .. }) | Err(_) => None,
        })
    };
    let mut printer = Printer::new(terminal, &meant);
    let mut exit = Exit::Done;
    loop {
        let next = tokio::select! {
            next = merged.next() => next,
            () = cancelled.cancelled() => return Ok(Exit::Interrupted),
        };
        match next {
            None => {
                printer.finish()?;
                return Ok(exit);
            }
            Some(heard) => match heard? {
                Heard::Piece(name, piece) => {
                    if printer.take(&name, &piece)? == Reader::Left {
                        return Ok(Exit::Done);
                    }
                }
                Heard::Silence {
                    name,
                    error,
                    is_current,
                } => {
                    terminal.alert(&format!("not heard: {name}: {error}\n"));
                    if is_current && !arguments.follow {
                        exit = Exit::Failed;
                    }
                }
            },
        }
    }
}

/// The log of each container, and of each service of a swarm.
async fn logs(
    reach: &Reach,
    meant: &Meant,
    arguments: &LogsArguments,
) -> Result<Vec<BoxStream<'static, Result<Heard>>>> {
    let request = LogRequest {
        tail: arguments.tail,
        follow: arguments.follow,
        since: arguments.since.map(|since| since.moment(edge::moment())),
        timestamps: arguments.timestamps,
    };
    let is_alone = meant.containers.len() == 1 && meant.of_swarm.is_empty();
    let containers = meant.containers.iter().map(|service| {
        let (service, request) = (service.clone(), request.clone());
        async move {
            let log = reach.engines.logs(&service.host, &service.id, request).await?;
            Result::Ok(log.map(move |piece| heard(&service, is_alone, piece)).boxed())
        }
    });
    let swarm = reach.swarm();
    let of_swarm = meant.of_swarm.iter().map(|service| {
        let (service, request, swarm) = (service.clone(), request.clone(), &swarm);
        async move {
            let log = reach.engines.service_logs(swarm, &service.id, request).await?;
            let heard = log.filter_map(move |heard| {
                let heard = service.means(&heard.replica).then(|| {
                    let name = service.name_of(&heard.replica);
                    Ok(match heard.output {
                        Ok(piece) => Heard::Piece(name, piece),
                        Err(error) => Heard::Silence {
                            name,
                            error,
                            is_current: heard.replica.is_current,
                        },
                    })
                });
                futures::future::ready(heard)
            });
            Result::Ok(heard.boxed())
        }
    });
    let (mut logs, of_swarm) = futures::try_join!(try_join_all(containers), try_join_all(of_swarm))?;
    logs.extend(of_swarm);
    Ok(logs)
}

/// A piece of the log of one container. Where it is gone, the others are heard nevertheless.
fn heard(service: &Service, is_alone: bool, piece: Result<Output>) -> Result<Heard> {
    let name = service.name.clone();
    match piece.map_err(|error| service.explain(error)) {
        Ok(piece) => Ok(Heard::Piece(name, piece)),
        Err(error) if error.is_not_found() && !is_alone => Ok(Heard::Silence {
            name,
            error,
            is_current: true,
        }),
        Err(error) => Err(error),
    }
}

/// Puts pieces together to lines, and names before them.
struct Printer {
    terminal: Terminal,
    /// Whether names are told: not where there is but one container.
    named: bool,
    /// How long the longest name is so far.
    width: usize,
    begun: BTreeMap<String, Begun>,
}

/// What is heard of one container.
#[derive(Default)]
struct Begun {
    color: usize,
    /// What was begun and has not ended yet, of standard output and of standard error.
    lines: [Vec<u8>; 2],
}

impl Printer {
    fn new(terminal: Terminal, meant: &Meant) -> Self {
        let names = meant.containers.iter().map(|service| service.name.as_str());
        let widest = names.clone().map(str::len).max();
        let mut printer = Self {
            terminal,
            named: names.clone().count() > 1 || !meant.of_swarm.is_empty(),
            width: widest.unwrap_or_default(),
            begun: BTreeMap::new(),
        };
        for name in names {
            printer.begun(name);
        }
        printer
    }

    /// Colours go round, in the order in which names come up.
    fn begun(&mut self, name: &str) -> &mut Begun {
        let color = self.begun.len() % COLORS.len();
        self.width = self.width.max(name.len());
        self.begun.entry(name.to_owned()).or_insert_with(|| Begun {
            color,
            ..Begun::default()
        })
    }

    fn take(&mut self, name: &str, piece: &Output) -> Result<Reader> {
        let begun = self.begun(name);
        let color = begun.color;
        let begun = &mut begun.lines[usize::from(piece.pipe == Pipe::Err)];
        begun.extend_from_slice(&piece.bytes);
        let Some(end) = begun.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Reader::There);
        };
        let rest = begun.split_off(end + 1);
        let lines = std::mem::replace(begun, rest);
        self.print((name, color), piece.pipe, &lines)
    }

    /// Prints lines that never ended.
    fn finish(&mut self) -> Result<()> {
        for (name, begun) in std::mem::take(&mut self.begun) {
            let [out, err] = &begun.lines;
            self.print((&name, begun.color), Pipe::Out, out)?;
            self.print((&name, begun.color), Pipe::Err, err)?;
        }
        Ok(())
    }

    /// The log of one container is what it wrote where it wrote it; merged ones are one text.
    fn print(&self, source: (&str, usize), pipe: Pipe, lines: &[u8]) -> Result<Reader> {
        let before = if self.named {
            self.label(source)
        } else {
            String::new()
        };
        let text = String::from_utf8_lossy(lines);
        let text: String = text.lines().map(|line| format!("{before}{line}\n")).collect();
        if pipe == Pipe::Err && !self.named {
            self.terminal.alert(&text);
            return Ok(Reader::There);
        }
        self.terminal.put(&text)
    }

    fn label(&self, (name, color): (&str, usize)) -> String {
        let style: Style = COLORS[color].on_default();
        paint(style, format!("{name:width$} | ", width = self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printed_when_it_has_ended_whatever_comes_between() {
        let containers = ["a/web", "a/database"].map(|name| crate::reach::Service {
            name: name.to_owned(),
            host: fleetflow_core::docker::Host::local(),
            id: String::new(),
        });
        let meant = Meant {
            containers: containers.to_vec(),
            ..Meant::default()
        };
        let mut printer = Printer::new(Terminal::plain(false), &meant);
        let piece = |text: &'static str| Output {
            pipe: Pipe::Out,
            bytes: text.as_bytes().to_vec().into(),
            time: None,
        };
        printer.take("a/web", &piece("one\ntw")).unwrap();
        printer.take("a/database", &piece("other\n")).unwrap();
        assert_eq!(printer.begun["a/web"].lines[0], b"tw");
        printer.take("a/web", &piece("o\n")).unwrap();
        let open = printer.begun.values().flat_map(|begun| &begun.lines);
        assert!(open.into_iter().all(Vec::is_empty));
        let labels = ["a/web", "a/database"].map(|name| printer.label((name, printer.begun[name].color)));
        let plain = labels.each_ref().map(|label| console::strip_ansi_codes(label));
        assert_eq!(plain, ["a/web      | ", "a/database | "]);
        assert_ne!(labels[0][..5], labels[1][..5], "each has its colour");
    }
}
