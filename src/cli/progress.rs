//! How far a long command is, on a terminal.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use super::screen::Screen;

/// One line that is written anew; nothing where nobody watches.
#[derive(Debug)]
pub(super) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(super) fn new(errors: &Screen) -> Self {
        Self { is_shown: errors.is_terminal && std::io::stderr().is_terminal() }
    }

    pub(super) fn show(&mut self, text: impl Display) {
        if self.is_shown {
            // Where it cannot be shown, the work goes on all the same.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K{text}");
        }
    }

    pub(super) fn end(&mut self) {
        self.show("");
    }
}
