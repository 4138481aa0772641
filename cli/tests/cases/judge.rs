//! Compares what happened with what was recorded; ciphertexts are opened, never compared.

use std::{collections::BTreeMap, fs};

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sealed_secrets_core::{KeyPair, Label};
use serde_json::{Map, Value, json};

use super::{case::Case, documents, execute::Outcome};

/// How a case was answered.
pub(crate) enum Verdict {
    AsRecorded,
    /// As one of the other accepted results.
    Better,
    Wrong(Vec<String>),
}

/// The test keys that ciphertexts open with.
pub(crate) struct Keys {
    folder: String,
    pairs: BTreeMap<&'static str, KeyPair>,
}

impl Keys {
    pub(crate) fn load(folder: &str) -> Self {
        let folder = fs::canonicalize(folder).unwrap().to_str().unwrap().to_owned();
        let pair =
            |name| KeyPair::from_private_pem(&fs::read(format!("{folder}/{name}.key")).unwrap()).unwrap();
        let pairs = ["a", "b", "c"].into_iter().map(|name| (name, pair(name))).collect();
        Self { folder, pairs }
    }

    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// Whether a text is the ciphertext that was described.
    fn opens(&self, sealed: &Value, text: &str) -> Result<(), String> {
        let (key, label) = (sealed["key"].as_str().unwrap(), sealed["label"].as_str().unwrap());
        let bytes = BASE64_STANDARD.decode(text).map_err(|error| format!("not base64: {error}"))?;
        let plain = self.pairs[key]
            .open(&Label::from(label.to_owned()), &bytes)
            .map_err(|_| format!("does not open with key {key} and label {label:?}"))?;
        let plain = plain.expose();
        let same = if let Some(want) = sealed["plaintext_b64"].as_str() {
            BASE64_STANDARD.encode(plain) == want
        } else {
            let hash = digest::digest(&digest::SHA256, plain);
            let hex: Vec<_> = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            sealed["plaintext_sha256"] == hex.concat() && sealed["plaintext_len"] == plain.len()
        };
        same.then_some(()).ok_or_else(|| "opens to another plaintext".to_owned())
    }
}

pub(crate) fn judge(case: &Case, outcome: &Outcome, keys: &Keys) -> Verdict {
    let better = case.better();
    let nothing_binds = case.raw["binding"].as_array().is_none_or(Vec::is_empty);
    // An empty binding beside "better" marks what no tool should copy.
    let copied = !better.is_empty() && nothing_binds;
    if nothing_binds && better.is_empty() {
        return Verdict::Wrong(vec!["the case binds nothing".to_owned()]);
    }
    let recorded = Check { case, outcome, keys, expect: &case.raw["expect"] };
    let mut problems = if copied { Vec::new() } else { recorded.run(|part| case.binds(part)) };
    if !copied && problems.is_empty() {
        return Verdict::AsRecorded;
    }
    for expect in better {
        let wanted = |part: &str| {
            expect.get(part).is_some()
                || part == "stdout"
                    && (expect.get("stdout_docs").is_some() || expect.get("stdout_raw_sealed").is_some())
        };
        let found = Check { case, outcome, keys, expect }.run(wanted);
        if found.is_empty() {
            return Verdict::Better;
        }
        problems.extend(found.into_iter().map(|problem| format!("better: {problem}")));
    }
    Verdict::Wrong(problems)
}

struct Check<'a> {
    case: &'a Case,
    outcome: &'a Outcome,
    keys: &'a Keys,
    expect: &'a Value,
}

impl Check<'_> {
    fn run(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut problems = Vec::new();
        if wanted("exit") && self.exit() != self.expect["exit"] {
            let stderr = &self.outcome.stderr;
            problems.push(format!("exit {}, want {}: {stderr}", self.exit(), self.expect["exit"]));
        }
        if wanted("stdout") {
            self.stdout(&mut problems);
        }
        let both = format!("{}{}", self.outcome.stdout, self.outcome.stderr);
        for (part, text) in [("stderr_contains", &self.outcome.stderr), ("output_contains", &both)] {
            for fragment in self.expect[part].as_array().into_iter().flatten().filter(|_| wanted(part)) {
                if !text.contains(fragment.as_str().unwrap()) {
                    problems.push(format!("{part}: {fragment} is not in {text:?}"));
                }
            }
        }
        for fragment in self.expect["stderr_lacks"].as_array().into_iter().flatten() {
            if self.outcome.stderr.contains(fragment.as_str().unwrap()) {
                problems.push(format!("stderr_lacks: {fragment} is in {:?}", self.outcome.stderr));
            }
        }
        if wanted("files") {
            self.files(wanted("mode"), &mut problems);
        }
        if wanted("requests") && self.case.raw.get("apiserver").is_some() {
            self.requests(&mut problems);
        }
        problems
    }

    fn exit(&self) -> Value {
        self.outcome.exit.map_or_else(|| json!("timeout"), |code| json!(code))
    }

    fn stdout(&self, problems: &mut Vec<String>) {
        let expect = self.expect;
        let wanted = if let Some(docs) = expect.get("stdout_docs") {
            json!({ "docs": docs, "shape": expect.get("stdout_shape") })
        } else if let Some(sealed) = expect.get("stdout_raw_sealed") {
            json!({ "sealed": sealed })
        } else if let Some(text) = expect.get("stdout") {
            json!({ "text": text })
        } else {
            return;
        };
        self.text("stdout", &wanted, &self.outcome.stdout, problems);
    }

    /// `wanted` holds one of text, docs (and shape), sealed.
    fn text(&self, place: &str, wanted: &Value, text: &str, problems: &mut Vec<String>) {
        if let Some(sealed) = wanted.get("sealed") {
            self.same(place, sealed, &json!(text), problems);
        } else if let Some(docs) = wanted.get("docs") {
            let Some((format, found)) = documents::parse(text) else {
                return problems.push(format!("{place}: neither JSON nor YAML: {text:?}"));
            };
            self.same(place, docs, &json!(found), problems);
            let shape = documents::shape(text, format, found.len());
            match wanted.get("shape") {
                Some(Value::Null) | None => {}
                Some(want) if *want == shape => {}
                Some(want) => problems.push(format!("{place}: shape {shape}, want {want}")),
            }
        } else if wanted["text"].as_str().map(without_version) != Some(without_version(text)) {
            problems.push(format!("{place}: {text:?}, want {}", wanted["text"]));
        }
    }

    fn files(&self, with_mode: bool, problems: &mut Vec<String>) {
        let none = Map::new();
        let wanted = self.expect["files"].as_object().unwrap_or(&none);
        for name in wanted.keys().chain(self.outcome.files.keys().filter(|name| !wanted.contains_key(*name)))
        {
            match (wanted.get(name), self.outcome.files.get(name)) {
                (Some(_), None) => problems.push(format!("file {name}: not changed")),
                (None, _) => problems.push(format!("file {name}: changed, and should not be")),
                (Some(want), Some(None)) if want["absent"] == true => {}
                (Some(want), Some(Some((mode, text)))) if want["absent"] != true => {
                    if with_mode && want["mode"] != *mode {
                        problems.push(format!("file {name}: mode {mode}, want {}", want["mode"]));
                    }
                    self.text(&format!("file {name}"), want, text, problems);
                }
                (Some(_), Some(_)) => problems.push(format!("file {name}: there or gone, and should not be")),
            }
        }
    }

    fn requests(&self, problems: &mut Vec<String>) {
        let none = Vec::new();
        let wanted = self.expect["requests"].as_array().unwrap_or(&none);
        let line = |request: &Value| format!("{} {}", request["method"], request["path"]);
        let (want, got): (Vec<_>, Vec<_>) =
            (wanted.iter().map(line).collect(), self.outcome.requests.iter().map(line).collect());
        if want != got {
            return problems.push(format!("requests {got:?}, want {want:?}"));
        }
        for (want, got) in wanted.iter().zip(&self.outcome.requests) {
            self.same(&format!("body of {}", line(want)), &want["body"], &got["body"], problems);
            let (want, got) = (compared(&want["headers"]), compared(&got["headers"]));
            if want != got {
                problems.push(format!("headers {got:?}, want {want:?}"));
            }
        }
    }

    /// Equal as data, where a described ciphertext stands for one that opens as described.
    fn same(&self, place: &str, want: &Value, got: &Value, problems: &mut Vec<String>) {
        if let Some(sealed) = want.get("$sealed") {
            let opened = got
                .as_str()
                .ok_or_else(|| "no text".to_owned())
                .and_then(|text| self.keys.opens(sealed, text));
            return problems.extend(opened.err().map(|reason| format!("{place}: {reason}")));
        }
        match (want, got) {
            (Value::Object(want), Value::Object(got)) => {
                for name in want.keys().chain(got.keys().filter(|name| !want.contains_key(*name))) {
                    match (want.get(name), got.get(name)) {
                        (Some(want), Some(got)) => self.same(&format!("{place}/{name}"), want, got, problems),
                        (Some(_), None) => problems.push(format!("{place}/{name}: missing")),
                        (None, _) => problems.push(format!("{place}/{name}: unexpected")),
                    }
                }
            }
            (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
                for (index, (want, got)) in want.iter().zip(got).enumerate() {
                    self.same(&format!("{place}[{index}]"), want, got, problems);
                }
            }
            _ if want == got => {}
            _ => problems.push(format!("{place}: {got}, want {want}")),
        }
    }
}

/// The number of the version is free.
fn without_version(text: &str) -> &str {
    const SAID: &str = "kubeseal version: ";
    if text.starts_with(SAID) { SAID } else { text }
}

/// The headers that bind.
fn compared(headers: &Value) -> BTreeMap<&str, &Value> {
    let binding = |name: &str| name == "authorization" || name.starts_with("impersonate-");
    let all = headers.as_object().into_iter().flatten();
    all.filter(|(name, _)| binding(name)).map(|(name, value)| (name.as_str(), value)).collect()
}
