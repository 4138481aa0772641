//! The recorded cases of testdata/templates, and the world in which the tests render them.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests read their cases from files")]

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use gotemplate::{Env, Error, Limits, Template};
use serde_json::Value;

/// One line of a file.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) template: String,
    pub(crate) data: BTreeMap<String, Vec<u8>>,
    pub(crate) expect: Value,
}

/// Where the cases are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/templates")
}

/// The cases of a recorded file.
pub(crate) fn cases(file: &str) -> Vec<Case> {
    cases_of(&folder().join(file))
}

/// The cases of any file.
pub(crate) fn cases_of(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    text.split('\n').filter(|line| !line.is_empty()).map(case).collect()
}

/// Names of the files with recorded outcomes, in order.
pub(crate) fn files() -> Vec<String> {
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".jsonl") && name != "abuse.jsonl")
        .collect();
    files.sort();
    files
}

fn case(line: &str) -> Case {
    let json: Value = serde_json::from_str(line).unwrap();
    let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
    let mut data = BTreeMap::new();
    for (key, value) in json["data"].as_object().into_iter().flatten() {
        data.insert(key.clone(), value.as_str().unwrap().as_bytes().to_vec());
    }
    for (key, value) in json["data_b64"].as_object().into_iter().flatten() {
        data.insert(key.clone(), BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap());
    }
    Case {
        id: text("id"),
        function: text("function"),
        template: text("template"),
        data,
        expect: json["expect"].clone(),
    }
}

/// Renders as the reference did: under the name `key`.
pub(crate) fn render(template: &str, data: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, Error> {
    let state = Cell::new(0x9E37_79B9_7F4A_7C15_u64);
    let random = |buffer: &mut [u8]| {
        for byte in buffer {
            // splitmix64: even enough for tests, and the same each time.
            state.set(state.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
            let mut mixed = state.get();
            mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            *byte = (mixed >> 56) as u8;
        }
    };
    let now = jiff::Timestamp::from_second(1_790_000_000).unwrap();
    let env = Env { now, random: &random, limits: Limits::default() };
    Template::parse("key", template)?.render(data, &env)
}
