//! What the fuzz targets start from, and what they have found, neither panics nor hangs.
//!
//! The corpus is made of the recorded cases, so that it is stored once: with `FUZZ_CORPUS=1` this test
//! writes it where `cargo fuzz` looks for it. Inputs that the fuzzer found are files in
//! `testdata/templates/fuzz`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod corpus;
#[path = "../../fuzz/fuzz_targets/input.rs"]
mod input;

use std::{env, fs, path::Path};

/// The cases as the bytes that `template_render` takes.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let files = corpus::files().into_iter().chain(["abuse.jsonl".to_owned()]);
    files.flat_map(|file| corpus::cases(&file)).map(|case| (case.id.clone(), encode(&case))).collect()
}

fn encode(case: &corpus::Case) -> Vec<u8> {
    let mut bytes = case.template.clone().into_bytes();
    for (key, value) in &case.data {
        bytes.push(0);
        bytes.extend_from_slice(key.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(value);
    }
    bytes
}

#[test]
fn the_corpus_neither_panics_nor_hangs() {
    let inputs = inputs();
    for (_, bytes) in &inputs {
        input::parse(bytes);
        input::render(bytes);
        // Cut off and doubled, a template is another one.
        input::parse(&bytes[..bytes.len() / 2]);
        input::render(&bytes.repeat(2));
    }
    println!("fuzz corpus: {} inputs", inputs.len());
}

#[test]
fn what_the_fuzzer_found_neither_panics_nor_hangs() {
    let found = fs::read_dir(corpus::folder().join("fuzz")).into_iter().flatten();
    for entry in found {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        input::parse(&bytes);
        input::render(&bytes);
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
    for target in ["template_parse", "template_render"] {
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        for (id, bytes) in inputs() {
            fs::write(folder.join(id), bytes).unwrap();
        }
    }
}
