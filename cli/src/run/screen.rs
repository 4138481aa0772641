//! How wide the screen is.

use std::{env, io};

/// Columns to fill: those of the terminal, else of `COLUMNS`, within what can be read well.
pub(super) fn width() -> usize {
    let named = || env::var("COLUMNS").ok()?.parse().ok();
    terminal().or_else(named).unwrap_or(USUAL).clamp(LEAST, MOST)
}

#[cfg(unix)]
fn terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

#[cfg(not(unix))]
fn terminal() -> Option<usize> {
    None
}

const USUAL: usize = 80;
const LEAST: usize = 60;
const MOST: usize = 120;
