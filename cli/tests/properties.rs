//! Any Secret comes back as it was; any text is answered without a crash and without a value in sight.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Output, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
};
use serde_json::{Value, json};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys");

/// Runs `kubeseal` without any kubeconfig.
fn kubeseal(args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .args(args)
        .env_clear()
        .env("HOME", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that refuses its arguments does not read its input.
        scope.spawn(move || drop(to.write_all(stdin)));
        child.wait_with_output().unwrap()
    })
}

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    namespace: String,
    data: BTreeMap<String, Vec<u8>>,
    strings: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    kind: Option<String>,
    immutable: Option<bool>,
    scope: &'static str,
    yaml: bool,
    rename: Option<String>,
}

prop_compose! {
    fn sample()(
        name in "[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?",
        namespace in "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?",
        data in btree_map("[-._a-zA-Z0-9]{1,30}", vec(any::<u8>(), 0..300), 0..4),
        strings in btree_map("[-._a-zA-Z0-9]{1,30}", "\\PC{0,60}", 1..4),
        annotations in btree_map("[a-z.]{1,10}/[a-z]{1,10}", "\\PC{0,40}", 0..3),
        labels in btree_map("[a-z]{1,10}", "[a-zA-Z0-9]{0,10}", 0..3),
        kind in option::of("[A-Za-z]{1,10}(/[a-z]{1,5})?"),
        immutable in option::of(any::<bool>()),
        scope in prop::sample::select(vec!["strict", "namespace-wide", "cluster-wide"]),
        yaml in any::<bool>(),
        rename in option::of("[a-z]{1,12}"),
    ) -> Sample {
        Sample { name, namespace, data, strings, annotations, labels, kind, immutable, scope, yaml, rename }
    }
}

impl Sample {
    fn json(&self) -> Value {
        let data: BTreeMap<_, _> = self.data.iter().map(|(k, v)| (k, BASE64_STANDARD.encode(v))).collect();
        let mut secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self.name, "namespace": self.namespace,
                "annotations": self.annotations, "labels": self.labels,
            },
            "data": data,
            "stringData": self.strings,
        });
        if let Some(kind) = &self.kind {
            secret["type"] = json!(kind);
        }
        if let Some(immutable) = self.immutable {
            secret["immutable"] = json!(immutable);
        }
        secret
    }

    /// What the items are in the end: `stringData` wins.
    fn values(&self) -> BTreeMap<&str, &[u8]> {
        let data = self.data.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        data.chain(self.strings.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))).collect()
    }
}

fn success(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_secret_sealed_with_any_flags_and_recovered_is_the_same_secret(sample in sample()) {
        let cert = format!("{KEYS}/a.crt");
        let format = if sample.yaml { "yaml" } else { "json" };
        let rename: Vec<&str> = sample.rename.iter().flat_map(|name| ["--name", name]).collect();
        let args = [&["--cert", &cert, "--scope", sample.scope, "-o", format][..], &rename].concat();
        let sealed = success(kubeseal(&args, sample.json().to_string().as_bytes()));

        let key = format!("{KEYS}/a.key");
        let opened = success(kubeseal(&["--recovery-unseal", "--recovery-private-key", &key], &sealed));
        let opened: Value = serde_json::from_slice(&opened).unwrap();

        let values: BTreeMap<&str, Vec<u8>> = opened["data"].as_object().unwrap().iter()
            .map(|(name, value)| (name.as_str(), BASE64_STANDARD.decode(value.as_str().unwrap_or_default()).unwrap()))
            .collect();
        let wanted: BTreeMap<&str, Vec<u8>> = sample.values().into_iter().map(|(k, v)| (k, v.to_vec())).collect();
        prop_assert_eq!(values, wanted);
        prop_assert_eq!(&opened["metadata"]["name"], sample.rename.as_ref().unwrap_or(&sample.name));
        prop_assert_eq!(&opened["metadata"]["namespace"], &sample.namespace);
        for (name, value) in &sample.annotations {
            prop_assert_eq!(&opened["metadata"]["annotations"][name], value);
        }
        for (name, value) in &sample.labels {
            prop_assert_eq!(&opened["metadata"]["labels"][name], value);
        }
        prop_assert_eq!(opened["type"].as_str(), sample.kind.as_deref());
    }

    #[test]
    fn any_text_is_answered_without_a_crash_and_without_a_value(
        edits in vec((any::<prop::sample::Index>(), 0_usize..40, "[ \\n\\t{}\\[\\]&*!|>'\"%@`#,-]{0,3}"), 1..4),
        yaml in any::<bool>(),
    ) {
        let mut text = TEXT.replace("PLAIN", PLAIN).replace("ENCODED", &BASE64_STANDARD.encode(PLAIN));
        for (at, length, insert) in &edits {
            let start = at.index(text.len());
            let end = (start + length).min(text.len());
            text.replace_range(start..end, insert);
        }
        let cert = format!("{KEYS}/a.crt");
        let format = if yaml { "yaml" } else { "json" };
        let output = kubeseal(&["--cert", &cert, "-o", format], text.as_bytes());
        prop_assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}", output);
        let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        prop_assert!(!shown.contains(PLAIN) && !shown.contains(&BASE64_STANDARD.encode(PLAIN)), "{shown}\nof\n{text}");
    }
}

/// ASCII, so that it may be cut anywhere.
const TEXT: &str = "\
# a comment
apiVersion: v1
kind: Secret
metadata:
  name: mysecret
  namespace: myns
  labels: {a: b}
stringData:
  one: PLAIN
  two: |
    PLAIN
    PLAIN
  three: \"PLAIN\"
data:
  four: ENCODED
  five: {x: PLAIN}
---
{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"second\", \"namespace\": \"myns\"},
 \"data\": {\"six\": \"ENCODED\"}, \"stringData\": {\"seven\": \"PLAIN\"}}
";
const PLAIN: &str = "correct-horse-battery";
