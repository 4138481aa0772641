//! A file in the making that takes the place of another in one step.

use std::{
    fs::{self, File, Metadata},
    io::Write as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{folder, write_error};
use crate::{input, problem::Problem};

/// Puts `text` in the place of a file: links are followed, mode and owner stay, a new file has the usual mode.
pub(crate) fn replace(path: &Path, text: &[u8]) -> Result<(), Problem> {
    let mut successor = Successor::beside(path)?;
    successor.write(text)?;
    successor.finish(None)
}

/// The same, unless the file no longer holds `old`: what somebody changed meanwhile is not written over.
pub(crate) fn replace_unchanged(path: &Path, old: &[u8], text: &[u8]) -> Result<(), Problem> {
    let mut successor = Successor::beside(path)?;
    successor.write(text)?;
    successor.finish(Some(old))
}

/// A file in the making that will take the place of another.
pub(crate) struct Successor {
    file: NamedTempFile,
    place: PathBuf,
    old: Option<Metadata>,
}

impl Successor {
    /// Begins a file beside the one that it will replace, so that the last step is one rename.
    pub(super) fn beside(path: &Path) -> Result<Self, Problem> {
        let place = fs::canonicalize(path).unwrap_or_else(|_| dangling(path));
        let old = fs::metadata(&place).ok();
        let mut builder = tempfile::Builder::new();
        // Ciphertexts and certificates are for everyone to see: the umask decides, as for other programs. What takes an
        // old file's place is its owner's alone until it has the old mode: a plain Secret may stand beside them.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(if old.is_some() {
            0o600
        } else {
            0o666
        }));
        let file = builder
            .prefix(&prefix(&place))
            .tempfile_in(folder(&place))
            .map_err(|error| Problem::open(path, &error))?;
        Ok(Self { file, place, old })
    }

    pub(super) fn write(&mut self, text: &[u8]) -> Result<(), Problem> {
        self.file.write_all(text).map_err(|error| write_error(&self.place, &error))
    }

    /// Puts the file in its place; with `expected`, only if that is what still stands there.
    pub(super) fn finish(self, expected: Option<&[u8]>) -> Result<(), Problem> {
        let place = self.place;
        keep_mode_and_owner(self.file.as_file(), self.old.as_ref());
        self.file.as_file().sync_all().map_err(|error| write_error(&place, &error))?;
        // Held until the rename: of two that began with the same text, the second one finds the first one's.
        let _alone = expected.and_then(|_| alone_in(folder(&place)));
        if let Some(expected) = expected {
            let found = input::file(&place)?;
            if found.as_slice() != expected {
                return Err(Problem::Changed(place.display().to_string()));
            }
        }
        self.file.persist(&place).map(drop).map_err(|error| write_error(&place, &error.error))
    }
}

/// Keeps other runs of this program from renaming in the folder at the same time. Where a file system cannot lock, it
/// goes on without.
#[cfg(unix)]
fn alone_in(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    rustix::fs::flock(&folder, rustix::fs::FlockOperation::LockExclusive).ok()?;
    Some(folder)
}

#[cfg(not(unix))]
fn alone_in(_: &Path) -> Option<File> {
    None
}

/// Tells whose file it will be, where a crash leaves it behind; short enough for every file system.
fn prefix(place: &Path) -> String {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len().min(LONGEST_PREFIX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!(".{}.", &name[..end])
}

/// Links to a file that is not there yet: the file is made where the last one points.
fn dangling(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&place) {
            Ok(target) => place = folder(&place).join(target),
            Err(_) => break,
        }
    }
    place
}

/// The old file's mode and, where that is allowed, its owner.
fn keep_mode_and_owner(new: &File, old: Option<&Metadata>) {
    let Some(old) = old else { return };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let _ = fchown(new, Some(old.uid()), Some(old.gid()));
    }
    // Behind the owner, since a new owner takes some bits away. A mode that cannot be kept leaves a narrower one.
    let _ = new.set_permissions(old.permissions());
}

/// A name may have 255 bytes; the dots and the random end take 8.
const LONGEST_PREFIX: usize = 200;
/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_replaced_file_is_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let long = folder.path().join("ü".repeat(127));
        replace(&long, b"one").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_was_changed_meanwhile_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        fs::write(&path, "edited").unwrap();
        let refused = replace_unchanged(&path, b"read", b"new");
        assert!(matches!(refused, Err(Problem::Changed(_))), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), b"edited");
        replace_unchanged(&path, b"edited", b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_modes_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [real, link, gone, to_gone] =
            ["real", "link", "gone", "to-gone"].map(|name| folder.path().join(name));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real", &link).unwrap();
        symlink("made", &gone).unwrap();
        symlink("gone", &to_gone).unwrap();
        replace(&link, b"new").unwrap();
        replace(&to_gone, b"new").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert!(link.is_symlink() && gone.is_symlink() && to_gone.is_symlink());
        assert_eq!((fs::read(&real).unwrap(), mode(&real)), (b"new".to_vec(), 0o640));
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        assert_eq!(mode(&folder.path().join("made")), mode(&usual), "the umask decides");
    }

    /// A plain Secret may stand beside the ciphertexts: a moment is enough for whoever watches the folder.
    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_is_being_made() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.yaml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut successor = Successor::beside(&path).unwrap();
        successor.write(b"new").unwrap();
        assert_eq!(successor.file.as_file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
