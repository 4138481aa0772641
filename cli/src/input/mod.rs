//! What comes in: stdin or files, as bytes that are wiped when they are done with.

mod files;
mod read;

use std::{
    fs::File,
    io::{self, Cursor, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::{
    job::Source,
    problem::{FileError, Problem},
    report::say,
};
use files::{Named, existing, expanded, named, named_file};
use read::{Wiped, read_all};

pub(crate) use files::{is_same, nearest_file};

/// Inputs that are known to exist and have not been read yet.
pub(crate) struct Input {
    files: Vec<Named>,
    /// Arguments that may name the input where stdin is empty; `None` where files are named.
    words: Option<Vec<String>>,
    /// Whether several files, folders and patterns are taken.
    many: bool,
}

/// A text of the input.
pub(crate) struct Text {
    /// The file that it comes from, which can be rewritten; `None` for stdin, pipes and devices.
    pub(crate) path: Option<PathBuf>,
    /// Whether it was found in a folder or by a pattern, so that it may hold something else.
    pub(crate) found: bool,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// A way to read an input piece by piece, and where it comes from.
pub(crate) type Stream = (Option<PathBuf>, Box<dyn Read>);

impl Input {
    /// Opens named files, so that a wrong name is found before anything else is done.
    pub(crate) fn open(source: &Source) -> Result<Self, Problem> {
        match source {
            Source::Files(paths) => Ok(Self { files: named(paths)?, words: None, many: false }),
            Source::Standard { words } => {
                Ok(Self { files: Vec::new(), words: Some(words.clone()), many: false })
            }
        }
    }

    /// The same, where folders and patterns stand for the files in them.
    pub(crate) fn open_many(source: &Source) -> Result<Self, Problem> {
        match source {
            Source::Files(paths) => Ok(Self { files: expanded(paths)?, words: None, many: true }),
            Source::Standard { words } => {
                Ok(Self { files: Vec::new(), words: Some(words.clone()), many: true })
            }
        }
    }

    /// Whether a file is one of those that are read, by whatever name, also as stdin.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        let of_words = |words: &Vec<String>| {
            let read = if self.many { existing(words) } else { words.iter().map(PathBuf::from).collect() };
            is_same(Path::new("/dev/stdin"), path)
                || read.iter().any(|file| is_same(file, path))
                || expanded(&read).is_ok_and(|files| files.iter().any(|named| is_same(&named.path, path)))
        };
        self.files.iter().any(|named| is_same(&named.path, path)) || self.words.as_ref().is_some_and(of_words)
    }

    /// Each input, to be read piece by piece.
    pub(crate) fn streams(self, what: &str) -> Result<Vec<Stream>, Problem> {
        let Some(words) = &self.words else {
            let stream = |named: Named| {
                let path = named.path.clone();
                Ok((Some(path), Box::new(named.reader()?) as Box<dyn Read>))
            };
            return self.files.into_iter().map(stream).collect();
        };
        if named_file(words)?.is_none() {
            tell(what);
            return Ok(vec![(None, Box::new(io::stdin().lock()))]);
        }
        let texts = self.texts(what)?;
        Ok(texts
            .into_iter()
            .map(|text| (text.path, Box::new(Cursor::new(Wiped(text.bytes))) as Box<dyn Read>))
            .collect())
    }

    /// All of each input; `what` tells a person at a terminal what to type.
    pub(crate) fn texts(self, what: &str) -> Result<Vec<Text>, Problem> {
        let Self { files, words, many } = self;
        let Some(words) = words else { return files.into_iter().map(Named::read).collect() };
        let named = if many { existing(&words) } else { named_file(&words)?.into_iter().collect() };
        if named.is_empty() {
            return standard(what, &words, many).map(|text| vec![text]);
        }
        if !io::stdin().is_terminal() {
            let bytes = stdin(what)?;
            if !bytes.trim_ascii().is_empty() {
                say(&format!(
                    "warning: stdin is used, and {} is not read: name it with -f",
                    named.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
                ));
                return Ok(vec![Text { path: None, found: false, bytes }]);
            }
        }
        for path in &named {
            say(&format!("note: reading {}", path.display()));
        }
        expanded(&named)?.into_iter().map(Named::read).collect()
    }

    /// All of the only input.
    pub(crate) fn read(self, what: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
        let mut texts = self.texts(what)?.into_iter();
        match (texts.next(), texts.next()) {
            (Some(Text { path: Some(first), .. }), Some(Text { path: Some(second), .. })) => {
                Err(Problem::SeveralInputs(first.display().to_string(), second.display().to_string()))
            }
            (Some(text), _) => Ok(text.bytes),
            (None, _) => Ok(Zeroizing::default()),
        }
    }
}

/// Stdin alone; where it is empty, an argument that should be a file is what was meant.
fn standard(what: &str, words: &[String], many: bool) -> Result<Text, Problem> {
    let missing =
        |word: &String| Problem::Input(FileError::open(Path::new(word), &io::ErrorKind::NotFound.into()));
    if let Some(word) = words.first().filter(|_| many && io::stdin().is_terminal()) {
        return Err(missing(word));
    }
    let bytes = stdin(what)?;
    match words.first() {
        Some(word) if many && bytes.trim_ascii().is_empty() => Err(missing(word)),
        Some(_) | None => Ok(Text { path: None, found: false, bytes }),
    }
}

/// All of stdin.
pub(crate) fn stdin(what: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    tell(what);
    read_all(io::stdin().lock()).map_err(Problem::Stdin)
}

/// Tells a person at a terminal what to type.
fn tell(what: &str) {
    if io::stdin().is_terminal() {
        say(&format!("(reading {what} from the terminal; end with {END_OF_INPUT})"));
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

#[cfg(unix)]
const END_OF_INPUT: &str = "Ctrl-D";
#[cfg(not(unix))]
const END_OF_INPUT: &str = "Ctrl-Z and Enter";
