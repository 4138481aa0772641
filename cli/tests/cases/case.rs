//! One recorded command line, as the README of `testdata/cli` describes it.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

/// A case; what is expected stays JSON.
pub(crate) struct Case {
    /// `theme/file`, without the extension.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) raw: Value,
}

/// All cases of a folder, in order.
pub(crate) fn load(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for theme in entries(folder).into_iter().filter(|path| path.is_dir()) {
        for file in entries(&theme).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
            let raw: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            let id = file.strip_prefix(folder).unwrap().with_extension("");
            let id = id.to_str().unwrap().replace('\\', "/");
            cases.push(Case { id, name: raw["name"].as_str().unwrap().to_owned(), raw });
        }
    }
    cases
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

impl Case {
    pub(crate) fn args(&self) -> Vec<&str> {
        self.raw["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect()
    }

    pub(crate) fn env(&self) -> BTreeMap<&str, &str> {
        let pairs = self.raw["env"].as_object().into_iter().flatten();
        pairs.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
    }

    /// Standard input; `fill` replaces the placeholders.
    pub(crate) fn stdin(&self, fill: impl Fn(&str) -> String) -> Vec<u8> {
        if let Some(text) = self.raw["stdin_b64"].as_str() {
            return BASE64_STANDARD.decode(text).unwrap();
        }
        let parts = self.raw.get("stdin_parts").or_else(|| self.raw.get("stdin"));
        fill(&parts.map(expand).unwrap_or_default()).into_bytes()
    }

    pub(crate) fn binds(&self, part: &str) -> bool {
        self.raw["binding"].as_array().into_iter().flatten().any(|name| name == part)
    }

    /// Changes what is expected by a merge patch (RFC 7386); no other result is accepted then.
    pub(crate) fn change(&mut self, patch: &str) {
        merge(&mut self.raw["expect"], &serde_json::from_str(patch).unwrap());
        self.raw.as_object_mut().unwrap().remove("better");
    }

    /// Takes owners without a uid out of every result that is accepted.
    pub(crate) fn without_owners(&mut self) {
        let mut heap: Vec<&mut Value> = vec![&mut self.raw];
        while let Some(value) = heap.pop() {
            match value {
                Value::Object(map) => {
                    if map.get("ownerReferences").is_some_and(|owners| owners[0]["uid"] == "") {
                        map.remove("ownerReferences");
                    }
                    heap.extend(map.values_mut());
                }
                Value::Array(items) => heap.extend(items),
                _ => {}
            }
        }
    }

    /// The other accepted results.
    pub(crate) fn better(&self) -> Vec<&Value> {
        match &self.raw["better"] {
            Value::Null => Vec::new(),
            Value::Array(all) => all.iter().collect(),
            one => vec![one],
        }
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        // In a merge patch null takes away: this stands for it.
        *target = if patch == "$null" { Value::Null } else { patch.clone() };
        return;
    };
    if let Value::Array(items) = target {
        patch.iter().for_each(|(index, value)| merge(&mut items[index.parse::<usize>().unwrap()], value));
        return;
    }
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let target = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.as_str()).or_insert(Value::Null), value);
        }
    }
}

/// A text, or a list of texts and repetitions.
pub(crate) fn expand(parts: &Value) -> String {
    let part = |part: &Value| match part {
        Value::String(text) => text.clone(),
        repeat => repeat["repeat"]
            .as_str()
            .unwrap()
            .repeat(usize::try_from(repeat["count"].as_u64().unwrap()).unwrap()),
    };
    match parts {
        Value::Array(parts) => parts.iter().map(part).collect(),
        one => part(one),
    }
}
