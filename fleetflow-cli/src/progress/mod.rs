//! Shows a run while it goes on: a thread of its own receives what happens and hands it to a display. The run never
//! waits for it.

mod json;
mod lines;
mod live;
mod running;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use fleetflow_core::converge::Event;
use tokio_util::sync::CancellationToken;

pub(crate) use json::tell;
pub(crate) use running::Running;

use crate::edge;
use crate::terminal::Terminal;

/// A way to show progress.
trait Display: Send {
    /// Something happened; `running` is what goes on now.
    fn event(&mut self, event: &Event, time: &str, running: &Running);
    /// Time went by.
    fn tick(&mut self, running: &Running);
    /// Something to be said in between.
    fn note(&mut self, text: &str);
    /// Nothing more will come.
    fn end(&mut self) {}
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people: live lines on a terminal, plain lines elsewhere.
    Text,
    /// JSON lines on standard output.
    Json,
}

/// A display at work.
pub(crate) struct Progress {
    sender: mpsc::Sender<Message>,
    thread: JoinHandle<()>,
}

enum Message {
    Event(Box<Event>, String),
    End,
}

/// How often live lines are drawn anew.
const TICK: Duration = Duration::from_millis(120);

impl Progress {
    /// Starts showing; `cancelled` is watched so that the user is told what a Ctrl-C does.
    pub(crate) fn start(form: Form, terminal: Terminal, cancelled: CancellationToken) -> Self {
        let display: Box<dyn Display> = match form {
            Form::Json => Box::new(json::JsonLines::new(terminal)),
            Form::Text if terminal.live => Box::new(live::Live::new(terminal)),
            Form::Text => Box::new(lines::Lines::new(terminal)),
        };
        let (sender, messages) = mpsc::channel();
        let thread = std::thread::spawn(move || show(display, &messages, &cancelled));
        Self { sender, thread }
    }

    /// What a run tells its events to.
    pub(crate) fn watcher(&self) -> impl Fn(Event) + Send + Sync + 'static {
        let sender = self.sender.clone();
        move |event| {
            // After the end nobody looks any more.
            drop(sender.send(Message::Event(Box::new(event), edge::now())));
        }
    }

    /// Shows everything that happened so far, and stops.
    pub(crate) fn finish(self) {
        drop(self.sender.send(Message::End));
        // A display that panicked has said so on standard error; the run itself is done and its result counts.
        drop(self.thread.join());
    }
}

fn show(mut display: Box<dyn Display>, messages: &mpsc::Receiver<Message>, cancelled: &CancellationToken) {
    let mut running = Running::default();
    let mut told = false;
    loop {
        let message = messages.recv_timeout(TICK);
        if matches!(message, Ok(Message::End) | Err(RecvTimeoutError::Disconnected)) {
            break;
        }
        // First, or what was stopped would come before the word that it is being stopped.
        if cancelled.is_cancelled() && !told {
            told = true;
            display.note(
                "Stopping: nothing new is begun, what runs is finished and saved. Ctrl-C again leaves at once.",
            );
        }
        match message {
            Ok(Message::Event(event, time)) => {
                running.take(&event);
                display.event(&event, &time, &running);
            }
            _ => display.tick(&running),
        }
    }
    display.end();
}
