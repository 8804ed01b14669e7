//! `logs`: what services log, several merged with a coloured name before each line. Changes nothing.

use anstyle::{AnsiColor, Style};
use fleetflow_core::Result;
use fleetflow_core::docker::{LogRequest, Output, Pipe};
use futures::future::try_join_all;
use futures::stream::{self, StreamExt as _};
use tokio_util::sync::CancellationToken;

use crate::arguments::LogsArguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::reach::{Reach, Service};
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

async fn tell(
    terminal: Terminal,
    reach: &Reach,
    arguments: &LogsArguments,
    cancelled: &CancellationToken,
) -> Result<Exit> {
    let services = reach.services(&arguments.services)?;
    let request = LogRequest {
        tail: arguments.tail,
        follow: arguments.follow,
        timestamps: arguments.timestamps,
    };
    let logs = services
        .iter()
        .map(|service| reach.engines.logs(&service.host, &service.id, request.clone()));
    let logs = runtime::interruptible(cancelled, try_join_all(logs)).await?;
    let logs = logs
        .into_iter()
        .enumerate()
        .map(|(index, log)| log.map(move |piece| (index, piece)).boxed());
    let mut merged = stream::select_all(logs);
    let mut printer = Printer::new(terminal, &services);
    loop {
        let next = tokio::select! {
            next = merged.next() => next,
            () = cancelled.cancelled() => return Ok(Exit::Interrupted),
        };
        let Some((index, piece)) = next else {
            printer.finish()?;
            return Ok(Exit::Done);
        };
        if printer.take(index, &piece?)? == Reader::Left {
            return Ok(Exit::Done);
        }
    }
}

/// Puts pieces together to lines, and names before them.
struct Printer {
    terminal: Terminal,
    names: Vec<String>,
    /// What was begun and has not ended yet, of standard output and of standard error.
    begun: Vec<[Vec<u8>; 2]>,
}

impl Printer {
    fn new(terminal: Terminal, services: &[Service]) -> Self {
        let widest = services.iter().map(|service| service.name.len()).max();
        let width = widest.unwrap_or_default();
        let named = services
            .iter()
            .zip(COLORS.iter().cycle())
            .map(|(service, color)| {
                let style: Style = color.on_default();
                paint(style, format!("{:width$} | ", service.name))
            });
        let names = match services {
            [_] => vec![String::new()],
            _ => named.collect(),
        };
        Self {
            terminal,
            begun: vec![Default::default(); names.len()],
            names,
        }
    }

    fn take(&mut self, index: usize, piece: &Output) -> Result<Reader> {
        let begun = &mut self.begun[index][usize::from(piece.pipe == Pipe::Err)];
        begun.extend_from_slice(&piece.bytes);
        let Some(end) = begun.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Reader::There);
        };
        let rest = begun.split_off(end + 1);
        let lines = std::mem::replace(begun, rest);
        self.print(index, piece.pipe, &lines)
    }

    /// Prints lines that never ended.
    fn finish(&mut self) -> Result<()> {
        for (index, [out, err]) in std::mem::take(&mut self.begun).into_iter().enumerate() {
            self.print(index, Pipe::Out, &out)?;
            self.print(index, Pipe::Err, &err)?;
        }
        Ok(())
    }

    /// The log of one service is what it wrote where it wrote it; merged ones are one text.
    fn print(&self, index: usize, pipe: Pipe, lines: &[u8]) -> Result<Reader> {
        let name = &self.names[index];
        let text = String::from_utf8_lossy(lines);
        let text: String = text.lines().map(|line| format!("{name}{line}\n")).collect();
        if pipe == Pipe::Err && self.names.len() == 1 {
            self.terminal.alert(&text);
            return Ok(Reader::There);
        }
        self.terminal.put(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printed_when_it_has_ended_whatever_comes_between() {
        let services = ["a/web", "a/database"].map(|name| Service {
            name: name.to_owned(),
            host: fleetflow_core::docker::Host::local(),
            id: String::new(),
        });
        let mut printer = Printer::new(Terminal::plain(false), &services);
        let piece = |text: &'static str| Output {
            pipe: Pipe::Out,
            bytes: text.as_bytes().to_vec().into(),
        };
        printer.take(0, &piece("one\ntw")).unwrap();
        printer.take(1, &piece("other\n")).unwrap();
        assert_eq!(printer.begun[0][0], b"tw");
        printer.take(0, &piece("o\n")).unwrap();
        assert!(printer.begun.iter().flatten().all(Vec::is_empty));
        let names: Vec<_> = printer
            .names
            .iter()
            .map(|name| console::strip_ansi_codes(name))
            .collect();
        assert_eq!(names, ["a/web      | ", "a/database | "]);
        assert_ne!(
            printer.names[0][..5],
            printer.names[1][..5],
            "each has its colour"
        );
    }
}
