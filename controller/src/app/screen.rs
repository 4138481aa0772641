//! How wide the screen is that the help is written to.

/// Columns to fill: those of the terminal, else of `COLUMNS`, within what can be read well.
pub(super) fn width() -> usize {
    let named = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal().or_else(named).unwrap_or(USUAL).clamp(LEAST, MOST)
}

fn terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

const USUAL: usize = 80;
const LEAST: usize = 60;
const MOST: usize = 120;
