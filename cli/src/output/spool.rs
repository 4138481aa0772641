//! Output that is held back until all of it is there.

use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
};

use super::{into_stream, is_stream, successor::Successor};
use crate::{job::Sink, problem::Problem};

/// Output that is held back until all of it is there: in memory while it is short, then in a file.
///
/// Only for what may be seen by anyone.
pub(crate) enum Spool {
    /// It is short so far.
    Memory { text: Vec<u8>, sink: Sink },
    /// For stdout, devices and pipes: a file without a name.
    Nameless { file: File, sink: Sink },
    /// For a file: the one that takes its place.
    Successor(Successor),
}

impl Spool {
    pub(crate) fn new(sink: &Sink) -> Self {
        Self::Memory { text: Vec::new(), sink: sink.clone() }
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if let Self::Memory { text, sink } = self
            && text.len() + bytes.len() > MOST_IN_MEMORY
        {
            let text = std::mem::take(text);
            *self = match sink {
                Sink::File(path) if !is_stream(path) => Self::Successor(Successor::beside(path)?),
                Sink::File(_) | Sink::Stdout => {
                    let file = tempfile::tempfile().map_err(Problem::Spool)?;
                    Self::Nameless { file, sink: sink.clone() }
                }
            };
            self.write(&text)?;
        }
        match self {
            Self::Memory { text, .. } => {
                text.extend_from_slice(bytes);
                Ok(())
            }
            Self::Nameless { file, .. } => file.write_all(bytes).map_err(Problem::Spool),
            Self::Successor(successor) => successor.write(bytes),
        }
    }

    /// Lets it all out.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self {
            Self::Memory { text, sink } => sink.write(&text),
            Self::Nameless { mut file, sink } => {
                file.rewind().map_err(Problem::Spool)?;
                pour(file, &sink)
            }
            Self::Successor(successor) => successor.finish(None),
        }
    }
}

/// Copies piece by piece what is too long for the memory.
fn pour(mut file: File, sink: &Sink) -> Result<(), Problem> {
    match sink {
        Sink::Stdout => {
            let mut stdout = io::stdout().lock();
            io::copy(&mut file, &mut stdout).and_then(|_| stdout.flush()).map_err(Problem::Stdout)
        }
        Sink::File(path) => into_stream(path, file),
    }
}

const MOST_IN_MEMORY: usize = 16 << 20;
