//! What comes in: stdin or a file, as bytes that are wiped when they are done with.

use std::{
    fs::File,
    io::{self, Cursor, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    job::Source,
    problem::{Problem, reason},
    report::say,
};

/// An input that is known to exist and has not been read yet.
pub(crate) enum Input {
    File { file: File, path: PathBuf },
    Standard { words: Vec<String> },
}

impl Input {
    /// Opens a named file, so that a wrong name is found before anything else is done.
    pub(crate) fn open(source: &Source) -> Result<Self, Problem> {
        match source {
            Source::File(path) => {
                let file = File::open(path)
                    .map_err(|error| Problem::Input(format!("{}: {}", path.display(), reason(&error))))?;
                if path.is_dir() {
                    return Err(Problem::Input(format!("{}: is a directory", path.display())));
                }
                Ok(Self::File { file, path: path.clone() })
            }
            Source::Standard { words } => Ok(Self::Standard { words: words.clone() }),
        }
    }

    /// The same, to be read piece by piece.
    pub(crate) fn stream(self, what: &str) -> Result<Box<dyn Read>, Problem> {
        match self {
            Self::File { file, .. } => Ok(Box::new(file)),
            Self::Standard { words } if named_file(&words)?.is_none() => {
                tell(what);
                Ok(Box::new(io::stdin().lock()))
            }
            Self::Standard { words } => {
                Ok(Box::new(Cursor::new(Wiped(Self::Standard { words }.read(what)?))))
            }
        }
    }

    /// All of it; `what` tells a person at a terminal what to type.
    pub(crate) fn read(self, what: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
        match self {
            Self::File { file, path } => read_all(file).map_err(|error| Problem::read(&path, &error)),
            Self::Standard { words } => {
                let named = named_file(&words)?;
                if let Some(path) = named.filter(|_| io::stdin().is_terminal()) {
                    return read_named(path);
                }
                let text = stdin(what)?;
                match named {
                    Some(path) if text.trim_ascii().is_empty() => read_named(path),
                    Some(path) => {
                        say(&format!("warning: stdin is sealed, and {path} is not read: name it with -f"));
                        Ok(text)
                    }
                    None => Ok(text),
                }
            }
        }
    }
}

/// All of stdin.
pub(crate) fn stdin(what: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    tell(what);
    read_all(io::stdin().lock()).map_err(|error| Problem::Stdin(reason(&error)))
}

/// Tells a person at a terminal what to type.
fn tell(what: &str) {
    if io::stdin().is_terminal() {
        say(&format!("(reading {what} from the terminal; end with {END_OF_INPUT})"));
    }
}

/// Bytes behind a cursor, wiped with it.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// All of a file.
pub(crate) fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let file = File::open(path).map_err(|error| Problem::open(path, &error))?;
    if path.is_dir() {
        return Err(Problem::read(path, &io::ErrorKind::IsADirectory.into()));
    }
    read_all(file).map_err(|error| Problem::read(path, &error))
}

/// The one argument that is the name of a file: the reference ignores it, which seals nothing and says so late.
fn named_file(words: &[String]) -> Result<Option<&str>, Problem> {
    let mut files = words.iter().filter(|word| Path::new(word).is_file());
    match (files.next(), files.next()) {
        (Some(first), Some(second)) => Err(Problem::SeveralInputs(first.clone(), second.clone())),
        (first, _) => Ok(first.map(String::as_str)),
    }
}

fn read_named(path: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    say(&format!("note: reading {path}"));
    file(Path::new(path))
}

/// Like `read_to_end`, but no copy of the bytes is left behind when the buffer grows.
fn read_all(mut reader: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; FIRST_READ]);
    let mut filled = 0;
    loop {
        if filled == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len() * 4]);
            larger[..filled].copy_from_slice(&bytes);
            bytes.zeroize();
            bytes = larger;
        }
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => {
                bytes.truncate(filled);
                return Ok(bytes);
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

const FIRST_READ: usize = 64 << 10;

#[cfg(unix)]
const END_OF_INPUT: &str = "Ctrl-D";
#[cfg(not(unix))]
const END_OF_INPUT: &str = "Ctrl-Z and Enter";
