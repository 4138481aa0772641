//! A value typed by a person: nobody else sees it on the screen.

use std::io::{self, BufRead as _, Write as _};

use zeroize::Zeroizing;

use crate::problem::Problem;

/// One line from the terminal, without its end and without an echo.
pub(super) fn value() -> Result<Zeroizing<Vec<u8>>, Problem> {
    let _ = write!(io::stderr().lock(), "Value (it is not shown; Enter ends it): ");
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    {
        let _quiet = echo::off();
        io::stdin().lock().read_until(b'\n', &mut line).map_err(Problem::Stdin)?;
    }
    let _ = writeln!(io::stderr().lock());
    let end = line.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest).len());
    if let Some(end) = end {
        line.truncate(end);
    }
    Ok(line)
}

/// What a terminal passes on as one line, so that the buffer does not grow and leave copies behind.
const LONGEST_LINE: usize = 4096;

#[cfg(unix)]
mod echo {
    use std::io;

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The echo is off while this lives.
    pub(super) struct Quiet(Option<Termios>);

    pub(super) fn off() -> Quiet {
        let Ok(before) = tcgetattr(io::stdin()) else { return Quiet(None) };
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        let changed = tcsetattr(io::stdin(), OptionalActions::Flush, &quiet);
        Quiet(changed.is_ok().then_some(before))
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
            }
        }
    }
}

#[cfg(not(unix))]
mod echo {
    pub(super) fn off() {}
}
