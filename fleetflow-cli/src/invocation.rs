//! One call of the program: what it was started with, its options, its terminal.

use crate::arguments::Options;
use crate::edge::Edge;
use crate::show::failure::Look;
use crate::show::header::World;
use crate::terminal::Terminal;

/// What every command is given.
pub(crate) struct Invocation {
    pub(crate) edge: Edge,
    pub(crate) options: Options,
    pub(crate) terminal: Terminal,
}

impl Invocation {
    pub(crate) fn new(edge: Edge, options: Options) -> Self {
        let terminal = Terminal::new(&edge, &options);
        Self {
            edge,
            options,
            terminal,
        }
    }

    /// Which clouds are meant.
    pub(crate) fn world(&self) -> World {
        if self.options.sandbox {
            World::Sandbox
        } else {
            World::Real
        }
    }

    /// How mistakes are drawn.
    pub(crate) fn look(&self) -> Look {
        Look {
            colored: self.terminal.colored_errors(),
            width: self.terminal.width(),
        }
    }
}
