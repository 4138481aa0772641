//! Plaintext in a file that is its owner's alone.

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use super::write_error;
use crate::problem::Problem;

/// Writes into the file itself, not into another one that takes its place.
pub(super) fn write(path: &Path, text: &[u8]) -> Result<(), Problem> {
    let mut file = private(path).map_err(|error| Problem::open(path, &error))?;
    // What stands there is kept until it is sure that nobody else may read what comes.
    narrow(&file).and_then(|()| empty(&file)).map_err(|error| write_error(path, &error))?;
    file.write_all(text).and_then(|()| sync(&file)).map_err(|error| write_error(path, &error))
}

/// A file for its owner alone.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Takes a file that was there before away from everybody but its owner. Devices and pipes stay as they are.
#[cfg(unix)]
fn narrow(file: &File) -> io::Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    let found = file.metadata()?;
    let mode = found.permissions().mode();
    if found.is_file() && mode & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(mode & 0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn narrow(_: &File) -> io::Result<()> {
    Ok(())
}

/// Takes out what a file held before; devices and pipes hold nothing.
fn empty(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) }
}

/// Makes sure that it is on the disk; devices and pipes are on none.
fn sync(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::{
        fs,
        os::unix::fs::{PermissionsExt as _, symlink},
    };

    use super::*;

    #[test]
    fn plaintext_is_its_owners_alone_also_in_a_file_that_was_anybodys() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("real", &link).unwrap();
        for (before, after) in [(0o644, 0o600), (0o777, 0o700), (0o600, 0o600), (0o660, 0o600)] {
            let real = folder.path().join("real");
            fs::write(&real, "old and longer").unwrap();
            fs::set_permissions(&real, fs::Permissions::from_mode(before)).unwrap();
            write(&link, b"secret").unwrap();
            let mode = fs::metadata(&real).unwrap().permissions().mode() & 0o777;
            assert_eq!((fs::read(&real).unwrap(), mode), (b"secret".to_vec(), after), "{before:o}");
        }
        write(Path::new("/dev/null"), b"secret").unwrap();
        assert_eq!(fs::metadata("/dev/null").unwrap().permissions().mode() & 0o777, 0o666);
    }
}
