//! What goes out: stdout, or a file that is the old one or the new one at every moment.

mod guard;
mod plaintext;
mod spool;
mod successor;

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    path::Path,
};

use crate::{
    job::Sink,
    problem::{FileError, Problem},
};

pub(crate) use guard::{keep_all_ciphertexts, keep_ciphertexts};
pub(crate) use spool::Spool;
pub(crate) use successor::{replace, replace_unchanged};

impl Sink {
    /// Finds early what would make the writing fail: a missing folder, a folder in the file's place.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let Self::File(path) = self else { return Ok(()) };
        if path.is_dir() {
            return Err(Problem::open(path, &io::ErrorKind::IsADirectory.into()));
        }
        let folder = folder(path);
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(Problem::open(path, &io::ErrorKind::NotADirectory.into())),
            Err(error) => Err(Problem::open(path, &error)),
        }
    }

    /// Writes what may be seen by anyone: ciphertexts and certificates.
    pub(crate) fn write(&self, text: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Stdout => stdout(text),
            Self::File(path) if is_stream(path) => into_stream(path, text),
            Self::File(path) => replace(path, text),
        }
    }

    /// Writes plaintext: never to a temporary file, which a crash would leave behind under a name nobody knows.
    pub(crate) fn write_plaintext(&self, text: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Stdout => stdout(text),
            Self::File(path) if is_stream(path) => into_stream(path, text),
            Self::File(path) => plaintext::write(path, text),
        }
    }
}

/// Whether a file is a device, a pipe, or one of ours that is open already: bytes go into it, and no other file may
/// take its place.
fn is_stream(path: &Path) -> bool {
    standard(path).is_some() || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes into a device, a pipe, or what a shell has opened for us: that may be appended to.
fn into_stream(path: &Path, mut text: impl Read) -> Result<(), Problem> {
    match standard(path) {
        Some(Standard::Out) => {
            let mut stdout = io::stdout().lock();
            return io::copy(&mut text, &mut stdout).and_then(|_| stdout.flush()).map_err(Problem::Stdout);
        }
        Some(Standard::Error) => {
            return io::copy(&mut text, &mut io::stderr().lock())
                .map(drop)
                .map_err(|error| write_error(path, &error));
        }
        None => {}
    }
    let mut file = File::options().write(true).open(path).map_err(|error| Problem::open(path, &error))?;
    io::copy(&mut text, &mut file).map(drop).map_err(|error| write_error(path, &error))
}

/// What a shell opens for every program to write to.
enum Standard {
    Out,
    Error,
}

/// The output of ours that a name means, such as `/dev/fd/1`.
#[cfg(unix)]
fn standard(path: &Path) -> Option<Standard> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(path).ok()?;
    let is_it = |open: rustix::io::Result<rustix::fs::Stat>| {
        open.is_ok_and(|open| (open.st_dev, open.st_ino) == (found.dev(), found.ino()))
    };
    if is_it(rustix::fs::fstat(io::stdout())) {
        return Some(Standard::Out);
    }
    is_it(rustix::fs::fstat(io::stderr())).then_some(Standard::Error)
}

#[cfg(not(unix))]
fn standard(_: &Path) -> Option<Standard> {
    None
}

/// The folder of a file; a bare name is in the working directory.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes all of it to stdout.
pub(crate) fn stdout(text: &[u8]) -> Result<(), Problem> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(Problem::Stdout)
}

fn write_error(path: &Path, error: &io::Error) -> Problem {
    Problem::File(FileError::write(path, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use crate::problem::FileCause;

    #[test]
    fn a_missing_folder_is_found_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let sink = Sink::File(folder.path().join("no/x.yaml"));
        let cause = |sink: &Sink| match sink.check() {
            Err(Problem::File(error)) => error.cause,
            other => panic!("{other:?}"),
        };
        assert!(matches!(cause(&sink), FileCause::Missing));
        assert!(matches!(cause(&Sink::File(folder.path().to_owned())), FileCause::Folder));
    }

    /// Of root's `/dev/null` a plain file would be left, and whoever waits at a pipe's end would wait for ever.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_into_and_stays_one() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.yaml");
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        for write in [Sink::write, Sink::write_plaintext] {
            let end = path.clone();
            let reader = std::thread::spawn(move || fs::read(end).unwrap());
            write(&Sink::File(path.clone()), b"text").unwrap();
            assert_eq!(reader.join().unwrap(), b"text");
            assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        }
        Sink::File("/dev/null".into()).write(b"text").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
