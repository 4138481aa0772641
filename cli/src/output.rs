//! What goes out: stdout, or a file that is the old one or the new one at every moment.

use std::{
    fs::{self, File, Metadata},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use sealed_secrets_core::manifest::{self, Entry};
use tempfile::NamedTempFile;

use crate::{
    job::{Sink, Source},
    problem::{FileError, Problem},
};

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
            Self::File(path) => replace(path, text),
        }
    }

    /// Writes plaintext: never to a temporary file, which a crash would leave behind under a name nobody knows.
    pub(crate) fn write_plaintext(&self, text: &[u8]) -> Result<(), Problem> {
        match self {
            Self::Stdout => stdout(text),
            Self::File(path) => {
                let mut file = private(path).map_err(|error| Problem::open(path, &error))?;
                narrow(&file).map_err(|error| write_error(path, &error))?;
                file.write_all(text).and_then(|()| sync(&file)).map_err(|error| write_error(path, &error))
            }
        }
    }
}

/// Refuses to write over ciphertexts of the input with something that holds none.
pub(crate) fn keep_ciphertexts(input: &Source, output: &Sink) -> Result<(), Problem> {
    let Sink::File(path) = output else { return Ok(()) };
    if !is_input(input, path) {
        return Ok(());
    }
    let text = fs::read(path).unwrap_or_default();
    let holds_some = manifest::entries(&text, false).is_ok_and(|entries| {
        entries.iter().any(|entry| {
            matches!(entry, Entry::Sealed { object, .. } if !object.spec.encrypted_data.is_empty() || object.spec.data.is_some())
        })
    });
    if holds_some { Err(Problem::WouldLose(path.display().to_string())) } else { Ok(()) }
}

/// Whether a file is one of those that are read, also as stdin.
fn is_input(input: &Source, path: &Path) -> bool {
    match input {
        Source::Files(files) => files.iter().any(|file| is_same(file, path)),
        Source::Standard { words } => {
            words.iter().any(|word| is_same(Path::new(word), path)) || is_same(Path::new("/dev/stdin"), path)
        }
    }
}

#[cfg(unix)]
fn is_same(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    identity(a).is_some_and(|found| identity(b) == Some(found))
}

#[cfg(not(unix))]
fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|found| fs::canonicalize(b).is_ok_and(|other| other == found))
}

/// Puts `text` in the place of a file: links are followed, mode and owner stay, a new file has the usual mode.
pub(crate) fn replace(path: &Path, text: &[u8]) -> Result<(), Problem> {
    let mut successor = Successor::beside(path)?;
    successor.write(text)?;
    successor.finish()
}

/// Output that is held back until all of it is there: in memory while it is short, then in a file.
///
/// Only for what may be seen by anyone.
pub(crate) enum Spool {
    Memory {
        text: Vec<u8>,
        sink: Sink,
    },
    /// For stdout: a file without a name.
    Nameless(File),
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
                Sink::Stdout => Self::Nameless(tempfile::tempfile().map_err(Problem::Spool)?),
                Sink::File(path) => Self::Successor(Successor::beside(path)?),
            };
            self.write(&text)?;
        }
        match self {
            Self::Memory { text, .. } => {
                text.extend_from_slice(bytes);
                Ok(())
            }
            Self::Nameless(file) => file.write_all(bytes).map_err(Problem::Spool),
            Self::Successor(successor) => successor.write(bytes),
        }
    }

    /// Lets it all out.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self {
            Self::Memory { text, sink } => sink.write(&text),
            Self::Nameless(mut file) => {
                file.rewind().map_err(Problem::Spool)?;
                let mut stdout = io::stdout().lock();
                io::copy(&mut file, &mut stdout).and_then(|_| stdout.flush()).map_err(Problem::Stdout)
            }
            Self::Successor(successor) => successor.finish(),
        }
    }
}

/// A file in the making that will take the place of another.
pub(crate) struct Successor {
    file: NamedTempFile,
    place: PathBuf,
    old: Option<Metadata>,
}

impl Successor {
    /// Begins a file beside the one that it will replace, so that the last step is one rename.
    fn beside(path: &Path) -> Result<Self, Problem> {
        let place = fs::canonicalize(path).unwrap_or_else(|_| dangling(path));
        let old = fs::metadata(&place).ok();
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut builder = tempfile::Builder::new();
        // Ciphertexts and certificates are for everyone to see: the umask decides, as for other programs.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .prefix(&format!(".{name}."))
            .tempfile_in(folder(&place))
            .map_err(|error| Problem::open(path, &error))?;
        Ok(Self { file, place, old })
    }

    fn write(&mut self, text: &[u8]) -> Result<(), Problem> {
        self.file.write_all(text).map_err(|error| write_error(&self.place, &error))
    }

    /// Puts the file in its place.
    fn finish(self) -> Result<(), Problem> {
        let place = self.place;
        keep_mode_and_owner(self.file.as_file(), self.old.as_ref());
        self.file.as_file().sync_all().map_err(|error| write_error(&place, &error))?;
        self.file.persist(&place).map(drop).map_err(|error| write_error(&place, &error.error))
    }
}

/// A link to a file that is not there yet: the file is made where the link points.
fn dangling(path: &Path) -> PathBuf {
    match fs::read_link(path) {
        Ok(target) => folder(path).join(target),
        Err(_) => path.to_owned(),
    }
}

/// The old file's mode and, where that is allowed, its owner.
fn keep_mode_and_owner(new: &File, old: Option<&Metadata>) {
    let Some(old) = old else { return };
    // A mode that cannot be kept leaves the usual one.
    let _ = new.set_permissions(old.permissions());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    }
}

/// A file for its owner alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes sure that it is on the disk; devices and pipes are on none.
fn sync(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
}

/// Takes a file that was there before away from everybody but its owner. Devices and pipes stay as they are.
#[cfg(unix)]
fn narrow(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let found = file.metadata()?;
    let mode = found.permissions().mode();
    if found.is_file() && mode & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(mode & 0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn narrow(_: &File) -> io::Result<()> {
    Ok(())
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

const MOST_IN_MEMORY: usize = 16 << 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use crate::problem::FileCause;

    #[test]
    fn a_replaced_file_is_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_modes_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link, gone) =
            (folder.path().join("real"), folder.path().join("link"), folder.path().join("gone"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        symlink("made", &gone).unwrap();
        replace(&link, b"new").unwrap();
        replace(&gone, b"new").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert!(link.is_symlink() && gone.is_symlink());
        assert_eq!((fs::read(&real).unwrap(), mode(&real)), (b"new".to_vec(), 0o640));
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        assert_eq!(mode(&folder.path().join("made")), mode(&usual), "the umask decides");
    }

    #[cfg(unix)]
    #[test]
    fn plaintext_is_its_owners_alone_also_in_a_file_that_was_anybodys() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("real", &link).unwrap();
        for (before, after) in [(0o644, 0o600), (0o777, 0o700), (0o600, 0o600), (0o660, 0o600)] {
            let real = folder.path().join("real");
            fs::write(&real, "old and longer").unwrap();
            fs::set_permissions(&real, fs::Permissions::from_mode(before)).unwrap();
            Sink::File(link.clone()).write_plaintext(b"secret").unwrap();
            let mode = fs::metadata(&real).unwrap().permissions().mode() & 0o777;
            assert_eq!((fs::read(&real).unwrap(), mode), (b"secret".to_vec(), after), "{before:o}");
        }
        Sink::File("/dev/null".into()).write_plaintext(b"secret").unwrap();
        assert_eq!(fs::metadata("/dev/null").unwrap().permissions().mode() & 0o777, 0o666);
    }

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
}
