//! What comes in: stdin or files, as bytes that are wiped when they are done with.

use std::{
    fs::{self, File},
    io::{self, Cursor, IsTerminal as _, Read},
    path::{Path, PathBuf},
};

use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    args::nearest_of,
    job::Source,
    problem::{FileError, Problem},
    report::say,
};

/// Inputs that are known to exist and have not been read yet.
pub(crate) struct Input {
    files: Vec<Named>,
    /// Arguments that may name the input where stdin is empty; `None` where files are named.
    words: Option<Vec<String>>,
    /// Whether several files, folders and patterns are taken.
    many: bool,
}

/// A file of the input.
struct Named {
    path: PathBuf,
    /// Open, so that a wrong name is found early; of many files only the first ones are.
    file: Option<File>,
    /// Found in a folder or by a pattern, and not named itself.
    found: bool,
}

/// A text of the input.
pub(crate) struct Text {
    /// Where it comes from; `None` for stdin.
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
            Source::Files(paths) => {
                let named = |path: &PathBuf| Named::open(path, false).map_err(Problem::Input);
                let files = paths.iter().map(named).collect::<Result<_, _>>()?;
                Ok(Self { files, words: None, many: false })
            }
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

impl Named {
    fn open(path: &Path, found: bool) -> Result<Self, FileError> {
        let file = File::open(path).map_err(|error| FileError::open(path, &error))?;
        if path.is_dir() {
            return Err(FileError::read(path, &io::ErrorKind::IsADirectory.into()));
        }
        Ok(Self { path: path.to_owned(), file: Some(file), found })
    }

    fn reader(self) -> Result<File, Problem> {
        match self.file {
            Some(file) => Ok(file),
            None => {
                File::open(&self.path).map_err(|error| Problem::Input(FileError::open(&self.path, &error)))
            }
        }
    }

    fn read(self) -> Result<Text, Problem> {
        let (path, found) = (self.path.clone(), self.found);
        let bytes =
            read_all(self.reader()?).map_err(|error| Problem::File(FileError::read(&path, &error)))?;
        // Stdin by another name is no file that could be rewritten.
        let is_file = path != Path::new("/dev/stdin");
        Ok(Text { path: is_file.then_some(path), found, bytes })
    }
}

/// The files of folders and patterns, in order; what is named itself must be there.
fn expanded(paths: &[PathBuf]) -> Result<Vec<Named>, Problem> {
    let mut files = Vec::new();
    for path in paths {
        let members = if path.is_dir() { Some(below(path)?) } else { matching(path)? };
        let Some(members) = members else {
            files.push(Named::open(path, false).map_err(Problem::Input)?);
            continue;
        };
        if members.is_empty() {
            return Err(Problem::NoFiles(path.display().to_string()));
        }
        files.extend(members.into_iter().map(|path| Named { path, file: None, found: true }));
    }
    // Open files are few; what comes behind them is opened when it is read.
    for named in files.iter_mut().skip(MOST_OPEN) {
        named.file = None;
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
    Ok(Some(found.flatten().filter(|path| path.is_file()).collect()))
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
        let is_text = path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        match entry.file_type() {
            _ if is_hidden => {}
            Ok(kind) if kind.is_dir() => found.extend(below(&path)?),
            Ok(_) if is_text && path.is_file() => found.push(path),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(found)
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

/// The arguments that name files, folders or patterns that find some.
fn existing(words: &[String]) -> Vec<PathBuf> {
    let exists = |path: &PathBuf| {
        path.exists() || matching(path).is_ok_and(|found| found.is_some_and(|found| !found.is_empty()))
    };
    words.iter().map(PathBuf::from).filter(exists).collect()
}

/// The one argument that is the name of a file: the reference ignores it, which seals nothing and says so late.
fn named_file(words: &[String]) -> Result<Option<PathBuf>, Problem> {
    let mut files = words.iter().filter(|word| Path::new(word).is_file());
    match (files.next(), files.next()) {
        (Some(first), Some(second)) => Err(Problem::SeveralInputs(first.clone(), second.clone())),
        (first, _) => Ok(first.map(PathBuf::from)),
    }
}

/// The file beside a missing one whose name is nearest to it.
pub(crate) fn nearest_file(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<_> = entries
        .flatten()
        .take(MOST_COMPARED)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let name = path.file_name()?.to_string_lossy().into_owned();
    let nearest = nearest_of(&name, names.iter().map(String::as_str))?;
    Some(folder.map_or_else(|| PathBuf::from(nearest), |folder| folder.join(nearest)))
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
/// Files that are kept open from the beginning.
const MOST_OPEN: usize = 64;
/// Names that are looked at for one that is near.
const MOST_COMPARED: usize = 1000;

#[cfg(unix)]
const END_OF_INPUT: &str = "Ctrl-D";
#[cfg(not(unix))]
const END_OF_INPUT: &str = "Ctrl-Z and Enter";
