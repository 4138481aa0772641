//! Runs one case in a folder of its own, and says what happened.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{
    case::{Case, expand},
    server::Server,
};

/// What a run did, with local paths put back to placeholders.
pub(crate) struct Outcome {
    /// The exit code; `None` when it had to be stopped.
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Files that changed: mode and text, or `None` for a removed one.
    pub(crate) files: BTreeMap<String, Option<(String, String)>>,
    pub(crate) requests: Vec<Value>,
}

pub(crate) fn execute(case: &Case, keys: &str) -> Outcome {
    let top = tempfile::tempdir().unwrap();
    let (work, tmp) = (top.path().join("work"), top.path().join("tmp"));
    fs::create_dir(&work).unwrap();
    fs::create_dir(&tmp).unwrap();
    let cwd = work.to_str().unwrap().to_owned();
    let server = case.raw.get("apiserver").map(|rules| {
        let (keys, cwd) = (keys.to_owned(), cwd.clone());
        let tls = case.raw["apiserver_tls"] == true;
        Server::start(rules, tls, &keys.clone(), move |text, base, hostport| {
            fill(text, &keys, &cwd, Some((base, hostport)))
        })
    });
    let place = server.as_ref().map(|server| (server.base.as_str(), server.hostport.as_str()));
    let fill = |text: &str| fill(text, keys, &cwd, place);
    make_files(case, &work, &fill);
    let before = snapshot(&work);
    let child = Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .args(case.args().into_iter().map(&fill))
        .current_dir(&work)
        .env_clear()
        .envs(std::env::var("PATH").map(|path| ("PATH", path)))
        .env("HOME", &work)
        .env("TZ", "UTC")
        .env("TMPDIR", &tmp)
        .envs(case.env().into_iter().map(|(name, value)| (name, fill(value))))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let limit = Duration::from_secs(case.raw["timeout_s"].as_u64().unwrap_or(10));
    let (exit, stdout, stderr) = finish(child, case.stdin(fill), limit);
    let back = |text: &[u8]| {
        let mut text = String::from_utf8_lossy(text).into_owned();
        if let Some((base, hostport)) = place {
            text = text.replace(base, "{apiserver}").replace(hostport, "{apiserver_hostport}");
        }
        text.replace(keys, "{keys}").replace(&cwd, "{cwd}").replace(tmp.to_str().unwrap(), "{tmp}")
    };
    assert_eq!(fs::read_dir(&tmp).unwrap().count(), 0, "{}: something is left in TMPDIR", case.id);
    Outcome {
        exit,
        stdout: back(&stdout),
        stderr: back(&stderr),
        files: changes(&before, &snapshot(&work), back),
        requests: server.map(|server| server.requests()).unwrap_or_default(),
    }
}

fn fill(text: &str, keys: &str, cwd: &str, server: Option<(&str, &str)>) -> String {
    let text = text.replace("{keys}", keys).replace("{cwd}", cwd);
    match server {
        Some((base, hostport)) => text.replace("{apiserver_hostport}", hostport).replace("{apiserver}", base),
        None => text,
    }
}

fn make_files(case: &Case, work: &Path, fill: &impl Fn(&str) -> String) {
    for (name, content) in case.raw["files"].as_object().into_iter().flatten() {
        let path = work.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(target) = content["symlink"].as_str() {
            symlink(target, &path);
            continue;
        }
        if content["dir"] == true {
            fs::create_dir_all(&path).unwrap();
            continue;
        }
        let bytes = match content {
            Value::String(text) => fill(text).into_bytes(),
            content if content["b64"].is_string() => {
                BASE64_STANDARD.decode(content["b64"].as_str().unwrap()).unwrap()
            }
            content if content["copy"].is_string() => {
                fs::read(fill(content["copy"].as_str().unwrap())).unwrap()
            }
            content => fill(&expand(&content["text"])).into_bytes(),
        };
        fs::write(&path, bytes).unwrap();
        set_mode(&path, content["mode"].as_str().unwrap_or("0644"));
    }
}

/// Feeds stdin and waits, at most for `limit`.
fn finish(mut child: Child, stdin: Vec<u8>, limit: Duration) -> (Option<i32>, Vec<u8>, Vec<u8>) {
    let (mut to, mut out, mut err) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = thread::scope(|scope| {
        // A program that does not read its input closes the pipe.
        scope.spawn(move || drop(to.write_all(&stdin)));
        scope.spawn(|| drop(out.read_to_end(&mut stdout)));
        scope.spawn(|| drop(err.read_to_end(&mut stderr)));
        wait(&mut child, limit)
    });
    (exit, stdout, stderr)
}

fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let started = Instant::now();
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return Some(status.code().unwrap_or(-1)),
            None if started.elapsed() > limit => {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Every file below a folder: mode and bytes; of a link, where it points.
fn snapshot(root: &Path) -> BTreeMap<String, (String, Vec<u8>)> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap().to_str().unwrap().as_bytes().to_vec();
                files.insert(name, ("symlink".to_owned(), target));
            } else {
                files.insert(name, (mode(&path), fs::read(&path).unwrap()));
            }
        }
    }
    files
}

fn changes(
    before: &BTreeMap<String, (String, Vec<u8>)>,
    after: &BTreeMap<String, (String, Vec<u8>)>,
    back: impl Fn(&[u8]) -> String,
) -> BTreeMap<String, Option<(String, String)>> {
    let changed = after
        .iter()
        .filter(|(name, file)| before.get(*name) != Some(file))
        .map(|(name, (mode, bytes))| (name.clone(), Some((mode.clone(), back(bytes)))));
    let removed = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), None));
    changed.chain(removed).collect()
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap())).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    format!("{:04o}", fs::metadata(path).unwrap().permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn symlink(target: &str, path: &Path) {
    // Links need a privilege there; a copy is as good for the cases that read through one.
    fs::copy(path.with_file_name(target), path).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: &str) {}

#[cfg(not(unix))]
fn mode(_: &Path) -> String {
    "0644".to_owned()
}
