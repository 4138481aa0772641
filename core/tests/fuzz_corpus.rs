//! What the fuzz target of manifests starts from, and what it has found, neither panics nor changes from one reading
//! to the next.
//!
//! The corpus is made of the recorded cases, so that it is stored once: with `FUZZ_CORPUS=1` this test writes it where
//! `cargo fuzz` looks for it. Inputs that were found are files in `testdata/decode/fuzz`.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

#[allow(dead_code, reason = "only the cases are used")]
mod corpus;
#[path = "../../fuzz/fuzz_targets/manifest_input.rs"]
mod input;

use std::{env, fs, path::Path};

use golang::base64;
use serde_json::Value;

fn inputs() -> Vec<Vec<u8>> {
    let text = |case: &Value| match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::decode(case["input_b64"].as_str().unwrap().as_bytes()).unwrap(),
    };
    // Ten thousand levels take a fuzzer's time.
    corpus::cases("decode").iter().map(text).filter(|bytes| bytes.len() < 10_000).collect()
}

#[test]
fn the_corpus_neither_panics_nor_changes() {
    for bytes in &inputs() {
        input::read(bytes);
        // Cut off and doubled, a text is another one.
        input::read(&bytes[..bytes.len() / 2]);
        input::read(&bytes.repeat(2));
    }
}

#[test]
fn what_was_found_neither_panics_nor_changes() {
    let found: Vec<_> = fs::read_dir(corpus::folder("decode").join("fuzz")).unwrap().collect();
    assert!(!found.is_empty());
    for entry in found {
        input::read(&fs::read(entry.unwrap().path()).unwrap());
    }
}

#[test]
fn the_corpus_is_written_for_the_fuzzer_on_request() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    if env::var_os("FUZZ_CORPUS").is_none() {
        // Without the request only the place is checked.
        assert!(root.join("Cargo.toml").is_file());
        return;
    }
    let folder = root.join("corpus/manifest_read");
    fs::create_dir_all(&folder).unwrap();
    for (number, bytes) in inputs().into_iter().enumerate() {
        fs::write(folder.join(format!("case-{number}")), bytes).unwrap();
    }
}
