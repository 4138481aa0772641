//! Every ciphertext of `testdata/crypto` opens, or fails at the recorded step.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use std::{collections::BTreeMap, fs, sync::Arc};

use golang::base64;
use sealed_secrets_core::{
    KeyPair, KeyRing, Label,
    crypto::OpenFailure,
    keys::{OpenError, Opened},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const SMALL_KEY: &str = "keys of 1024 bits are too weak and not supported: a key begins at 2048 bits";
const UNLIKE: &[(&str, &str)] =
    &[("key-size/go-size-1024-48", SMALL_KEY), ("key-size/py-size-1024", SMALL_KEY)];

#[test]
fn every_recorded_ciphertext_opens_or_fails_as_recorded() {
    let cases = corpus::cases("crypto");
    let keys = keys(&cases);
    corpus::run("crypto", &cases, UNLIKE, |case| judge(case, &keys));
}

/// Keys by name; those that cannot be used are missing.
fn keys(cases: &[Value]) -> BTreeMap<String, Arc<KeyPair>> {
    let names = cases.iter().flat_map(|case| case["keys"].as_array().unwrap());
    let load = |name: &str| {
        let pem = fs::read(corpus::folder("keys").join(format!("{name}.key"))).unwrap();
        Some((name.to_owned(), Arc::new(KeyPair::from_private_pem(&pem).ok()?)))
    };
    names.filter_map(|name| load(name.as_str().unwrap())).collect()
}

fn judge(case: &Value, keys: &BTreeMap<String, Arc<KeyPair>>) -> Result<(), String> {
    let names = case["keys"].as_array().unwrap();
    let ring =
        KeyRing::new(names.iter().filter_map(|name| keys.get(name.as_str().unwrap()).cloned()).collect());
    let bytes = |field: &str| base64::decode(case[field].as_str().unwrap().as_bytes()).unwrap();
    let opened = ring.open(&Label::from(bytes("label_b64")), &bytes("ciphertext_b64"), &[]);
    match (opened, case["error"].as_str()) {
        (Ok(Opened { value, .. }), None) => {
            let right = match case["plaintext_sha256"].as_str() {
                None => value.expose() == bytes("plaintext_b64"),
                Some(digest) => {
                    let found = format!("{:02x?}", Sha256::digest(value.expose()).as_slice())
                        .replace(['[', ']', ',', ' '], "");
                    found == digest && Some(value.len() as u64) == case["plaintext_len"].as_u64()
                }
            };
            right.then_some(()).ok_or_else(|| "another plaintext".to_owned())
        }
        (Err(error), Some(kind)) if is_kind(error, kind) => Ok(()),
        (Ok(_), Some(kind)) => Err(format!("opens, but {kind} was expected")),
        (Err(error), kind) => Err(format!("{error:?}, but {kind:?} was expected")),
    }
}

fn is_kind(error: OpenError, kind: &str) -> bool {
    match error {
        OpenError::NoKeys | OpenError::NoKeyOfItsSize { .. } | OpenError::NoKeyFits => {
            matches!(kind, "rsa-decrypt" | "no-key")
        }
        OpenError::Value(OpenFailure::TooShort) => kind == "too-short",
        OpenError::Value(OpenFailure::Rsa) => kind == "rsa-decrypt",
        OpenError::Value(OpenFailure::SessionKeySize(_)) => kind == "session-key-size",
        OpenError::Value(OpenFailure::Damaged) => matches!(kind, "aead-auth" | "no-key"),
    }
}
