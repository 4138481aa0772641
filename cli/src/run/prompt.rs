//! A value typed by a person: nobody else sees it on the screen.

use std::io::{self, BufRead as _, Write as _};

use zeroize::Zeroizing;

use crate::problem::Problem;

/// One line from the terminal, without its end and without an echo.
///
/// The keys that end a program end it here too, behind a terminal that echoes again.
pub(super) fn value() -> Result<Zeroizing<Vec<u8>>, Problem> {
    let _ = write!(io::stderr().lock(), "Value (it is not shown; Enter ends it): ");
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let end = {
        let quiet = echo::off();
        read_line(&mut line, |byte| quiet.is_end(byte)).map_err(Problem::Stdin)?
    };
    let _ = writeln!(io::stderr().lock());
    let is_long = end == Some(b'\n') && line.len() + 1 >= LONGEST_LINE;
    if line.last() == Some(&b'\r') && end == Some(b'\n') {
        line.pop();
    }
    match end {
        // What was typed beyond that is gone without a trace.
        Some(b'\n') if is_long => Err(Problem::LongLine(LONGEST_LINE - 1)),
        Some(b'\n') | None => Ok(line),
        Some(_) => Err(Problem::Interrupted),
    }
}

/// Reads up to an end, and gives it; `None` where the input ends first.
fn read_line(line: &mut Zeroizing<Vec<u8>>, is_end: impl Fn(u8) -> bool) -> io::Result<Option<u8>> {
    let mut stdin = io::stdin().lock();
    loop {
        let bytes = match stdin.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = bytes.iter().position(|byte| *byte == b'\n' || is_end(*byte));
        let taken = end.unwrap_or(bytes.len());
        line.extend_from_slice(&bytes[..taken]);
        let end = end.map(|at| bytes[at]);
        let is_over = end.is_some() || bytes.is_empty();
        stdin.consume(taken + usize::from(end.is_some()));
        if is_over {
            return Ok(end);
        }
    }
}

/// What a terminal passes on as one line, so that the buffer does not grow and leave copies behind.
const LONGEST_LINE: usize = 4096;

#[cfg(unix)]
mod echo {
    use std::io;

    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

    /// The echo is off while this lives.
    pub(super) struct Quiet {
        before: Option<Termios>,
        /// The keys that end a program, where there are such: ^C and ^\.
        ends: Vec<u8>,
    }

    /// A signal would end the program with the echo off. The keys end the line instead, and it is known which did.
    pub(super) fn off() -> Quiet {
        let Ok(before) = tcgetattr(io::stdin()) else { return Quiet { before: None, ends: Vec::new() } };
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        let mut ends = Vec::new();
        if before.local_modes.contains(LocalModes::ISIG) {
            let codes = &mut quiet.special_codes;
            for (key, end) in [
                (SpecialCodeIndex::VINTR, SpecialCodeIndex::VEOL),
                (SpecialCodeIndex::VQUIT, SpecialCodeIndex::VEOL2),
            ] {
                let code = codes[key];
                if code != DISABLED {
                    codes[end] = code;
                    codes[key] = DISABLED;
                    ends.push(code);
                }
            }
        }
        let changed = tcsetattr(io::stdin(), OptionalActions::Flush, &quiet);
        Quiet { before: changed.is_ok().then_some(before), ends }
    }

    impl Quiet {
        pub(super) fn is_end(&self, byte: u8) -> bool {
            self.before.is_some() && self.ends.contains(&byte)
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            if let Some(before) = &self.before {
                let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
            }
        }
    }

    /// `_POSIX_VDISABLE` on Linux: no key.
    const DISABLED: u8 = 0;
}

#[cfg(not(unix))]
mod echo {
    pub(super) struct Quiet;

    impl Quiet {
        pub(super) fn is_end(&self, _: u8) -> bool {
            false
        }
    }

    pub(super) fn off() -> Quiet {
        Quiet
    }
}
