//! Runs every case of a corpus on all cores and prints the tally, whatever the harness captures.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;

/// A folder of `testdata/`.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

/// Every case of every `.json` (an array) and `.jsonl` (one a line) file of a folder.
pub(crate) fn cases(name: &str) -> Vec<Value> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let read = || fs::read_to_string(&file).unwrap();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => cases.extend(serde_json::from_str::<Vec<Value>>(&read()).unwrap()),
            Some("jsonl") => cases.extend(read().lines().map(|line| serde_json::from_str(line).unwrap())),
            _ => {}
        }
    }
    assert!(!cases.is_empty(), "no cases in testdata/{name}");
    cases
}

/// Judges every case; `unlike` names the cases that are answered otherwise than recorded, each with the
/// reason. Such a case has to differ: an entry that is not needed any more fails.
pub(crate) fn run(
    corpus: &str,
    cases: &[Value],
    unlike: &[(&str, &str)],
    judge: impl Fn(&Value) -> Result<(), String> + Sync,
) {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let id = case["id"].as_str().unwrap();
                    let listed = unlike.iter().any(|(name, _)| *name == id);
                    match (judge(case), listed) {
                        (Ok(()), false) | (Err(_), true) => {}
                        (Ok(()), true) => {
                            push(&failures, format!("{id}: is as recorded: drop it from the list"));
                        }
                        (Err(why), false) => push(&failures, format!("{id}: {why}")),
                    }
                }
            });
        }
    });
    report(corpus, cases, unlike, failures.into_inner().unwrap());
}

fn push(failures: &Mutex<Vec<String>>, text: String) {
    failures.lock().unwrap().push(text);
}

fn report(corpus: &str, cases: &[Value], unlike: &[(&str, &str)], mut failures: Vec<String>) {
    failures.sort();
    let mut text = String::new();
    for (name, reason) in unlike {
        writeln!(text, "{corpus}: on purpose unlike the reference: {name}: {reason}").unwrap();
    }
    writeln!(text, "{corpus}: {} passed, {} failed", cases.len() - failures.len(), failures.len()).unwrap();
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    assert!(failures.is_empty(), "{corpus}:\n{}", failures.join("\n"));
}
