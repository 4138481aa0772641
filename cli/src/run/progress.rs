//! Tells a person at a terminal how far long work is.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// A line that is written over, once the work takes long; it is gone when the work ends.
pub(super) struct Progress {
    verb: &'static str,
    started: Instant,
    shown: Option<Instant>,
}

impl Progress {
    pub(super) fn start(verb: &'static str) -> Self {
        Self { verb, started: Instant::now(), shown: None }
    }

    /// `total`: where it is known.
    pub(super) fn show(&mut self, count: usize, total: Option<usize>) {
        let is_due = self.shown.is_none_or(|shown| shown.elapsed() > INTERVAL);
        if self.started.elapsed() > PATIENCE && is_due && io::stderr().is_terminal() {
            let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
            let _ = write!(io::stderr().lock(), "\r{} {count}{of} secrets", self.verb);
            self.shown = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            // Back to the beginning of the line, and the line is cleared.
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(100);
