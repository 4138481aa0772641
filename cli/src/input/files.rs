//! Which files are the input: named ones, those of folders and patterns, and arguments that name some.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{Text, read::read_all};
use crate::{
    args::nearest_of,
    problem::{FileError, Problem},
};

/// A file of the input.
pub(super) struct Named {
    pub(super) path: PathBuf,
    /// Open, so that a wrong name is found early; of many files only the first ones are.
    file: Option<File>,
    /// Found in a folder or by a pattern, and not named itself.
    found: bool,
}

impl Named {
    fn open(path: &Path, found: bool, keep: bool) -> Result<Self, FileError> {
        let file = File::open(path).map_err(|error| FileError::open(path, &error))?;
        if path.is_dir() {
            return Err(FileError::read(path, &io::ErrorKind::IsADirectory.into()));
        }
        // A pipe gives its bytes to whoever opened it first.
        let keep = keep || !file.metadata().is_ok_and(|found| found.is_file());
        Ok(Self { path: path.to_owned(), file: keep.then_some(file), found })
    }

    pub(super) fn reader(self) -> Result<File, Problem> {
        match self.file {
            Some(file) => Ok(file),
            None => {
                File::open(&self.path).map_err(|error| Problem::Input(FileError::open(&self.path, &error)))
            }
        }
    }

    pub(super) fn read(self) -> Result<Text, Problem> {
        let (path, found) = (self.path.clone(), self.found);
        let file = self.reader()?;
        // What a pipe gave can be put back nowhere.
        let is_file = file.metadata().is_ok_and(|found| found.is_file()) && path != Path::new("/dev/stdin");
        let bytes = read_all(file).map_err(|error| Problem::File(FileError::read(&path, &error)))?;
        Ok(Text { path: is_file.then_some(path), found, bytes })
    }
}

/// The files that are named; each must be there.
pub(super) fn named(paths: &[PathBuf]) -> Result<Vec<Named>, Problem> {
    let open = |(index, path): (usize, &PathBuf)| {
        Named::open(path, false, index < MOST_OPEN).map_err(Problem::Input)
    };
    paths.iter().enumerate().map(open).collect()
}

/// The files of folders and patterns, in order; what is named itself must be there.
pub(super) fn expanded(paths: &[PathBuf]) -> Result<Vec<Named>, Problem> {
    let mut files = Vec::new();
    for path in paths {
        let members = if path.is_dir() { Some(below(path)?) } else { matching(path)? };
        let Some(members) = members else {
            files.push(Named::open(path, false, files.len() < MOST_OPEN).map_err(Problem::Input)?);
            continue;
        };
        if members.is_empty() {
            return Err(Problem::NoFiles(path.display().to_string()));
        }
        files.extend(members.into_iter().map(|path| Named { path, file: None, found: true }));
    }
    Ok(files)
}

/// What a pattern finds; `None` for the name of a file.
fn matching(path: &Path) -> Result<Option<Vec<PathBuf>>, Problem> {
    let pattern = path.to_string_lossy();
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(None);
    }
    let found = glob::glob(&pattern).map_err(|error| Problem::Pattern(pattern.to_string(), error.msg))?;
    let found = found.collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| Problem::Input(FileError::read(error.path(), error.error())))?;
    Ok(Some(found.into_iter().filter(|path| path.is_file()).collect()))
}

/// The YAML and JSON files below a folder, in order; hidden ones and links to folders are passed over.
fn below(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |error: &io::Error| Problem::Input(FileError::read(folder, error));
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| failed(&error))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_text = path.extension().is_some_and(|found| {
            ["yaml", "yml", "json"].iter().any(|known| found.eq_ignore_ascii_case(known))
        });
        match entry.file_type() {
            _ if is_hidden => {}
            Ok(kind) if kind.is_dir() => found.extend(below(&path)?),
            Ok(_) if is_text && path.is_file() => found.push(path),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(found)
}

/// The arguments that name files, folders or patterns that find some.
pub(super) fn existing(words: &[String]) -> Vec<PathBuf> {
    let exists = |path: &PathBuf| {
        path.exists() || matching(path).is_ok_and(|found| found.is_some_and(|found| !found.is_empty()))
    };
    words.iter().map(PathBuf::from).filter(exists).collect()
}

/// The one argument that is the name of a file: the reference ignores it, which seals nothing and says so late.
pub(super) fn named_file(words: &[String]) -> Result<Option<PathBuf>, Problem> {
    let mut files = words.iter().filter(|word| Path::new(word).is_file());
    match (files.next(), files.next()) {
        (Some(first), Some(second)) => Err(Problem::SeveralInputs(first.clone(), second.clone())),
        (first, _) => Ok(first.map(PathBuf::from)),
    }
}

/// Whether two names are one file.
#[cfg(unix)]
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    identity(a).is_some_and(|found| identity(b) == Some(found))
}

#[cfg(not(unix))]
pub(crate) fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|found| fs::canonicalize(b).is_ok_and(|other| other == found))
}

/// The file beside a missing one whose name is nearest to it.
pub(crate) fn nearest_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let name = path.file_name()?.to_string_lossy().into_owned();
    let names: Vec<_> = entries
        .flatten()
        .take(MOST_COMPARED)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|other| *other != name)
        .collect();
    let nearest = nearest_of(&name, names.iter().map(String::as_str))?;
    Some(folder.map_or_else(|| PathBuf::from(nearest), |folder| folder.join(nearest)))
}

/// Files that are kept open from the beginning.
const MOST_OPEN: usize = 64;
/// Names that are looked at for one that is near.
const MOST_COMPARED: usize = 1000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn of_many_files_only_the_first_ones_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> =
            (0..MOST_OPEN + 10).map(|number| folder.path().join(format!("{number}.yaml"))).collect();
        for path in &paths {
            fs::write(path, "a: 1").unwrap();
        }
        let open = |files: &[Named]| files.iter().filter(|named| named.file.is_some()).count();
        assert_eq!(open(&named(&paths).unwrap()), MOST_OPEN);
        assert_eq!(open(&expanded(&paths).unwrap()), MOST_OPEN);
        assert_eq!(open(&expanded(&[folder.path().to_owned()]).unwrap()), 0, "found files are there");
        assert_eq!(&**named(&paths).unwrap().pop().unwrap().read().unwrap().bytes, b"a: 1");
    }

    #[test]
    fn a_file_is_not_offered_in_its_own_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed.yaml");
        fs::write(&path, "").unwrap();
        assert_eq!(nearest_file(&path), None);
        assert_eq!(nearest_file(&folder.path().join("saeled.yaml")), Some(path));
    }
}
