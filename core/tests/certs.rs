//! Every certificate and key text of `testdata/certs` is read, or refused, as recorded.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use std::collections::BTreeSet;

use golang::base64;
use jiff::Timestamp;
use sealed_secrets_core::{
    KeyPair, SealingKey,
    keys::{
        CertificateError, KeyError,
        recovery::{self, RecoveryError},
    },
};
use serde_json::Value;

const SILENT: &str = "the reference finds no key and says nothing; here the reason is an error";
const UNLIKE: &[(&str, &str)] = &[
    ("recovery-file/pem-two-keys", "every key of a PEM file is used, not the first one alone"),
    ("recovery-file/pem-ec", SILENT),
    ("recovery-file/no-kind", "a Secret without kind is read as a Secret"),
    ("recovery-file/empty", SILENT),
    ("recovery-file/comment", SILENT),
    ("recovery-file/text", SILENT),
    ("recovery-file/certificate", SILENT),
    ("recovery-file/good-secret-broken-document", "a broken document among good ones is an error"),
    ("recovery-file/json-with-trailing-text", "text behind the last document is an error"),
];

#[test]
fn every_recorded_text_gives_its_key_or_its_error() {
    let cases = corpus::cases("certs");
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    corpus::run("certs", &cases, UNLIKE, |case| judge(case, now));
}

fn input(case: &Value) -> Vec<u8> {
    match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::decode(case["input_b64"].as_str().unwrap().as_bytes()).unwrap(),
    }
}

fn judge(case: &Value, now: Timestamp) -> Result<(), String> {
    let input = input(case);
    let answer = match case["op"].as_str().unwrap() {
        "parse-cert" => SealingKey::from_pem(&input, now)
            .map(|key| (u64::from(key.certificate().bits()), key.fingerprint().to_string()))
            .map_err(|error| (certificate_kind(&error), error.to_string())),
        "parse-private-key" => KeyPair::from_private_pem(&input)
            .map(|key| (key.bits() as u64, key.fingerprint().to_string()))
            .map_err(|error| (key_kind(&error), error.to_string())),
        _ => return judge_recovery(case, &input),
    };
    let expected = (case["ok"]["bits"].as_u64(), case["ok"]["fingerprint"].as_str(), case["error"].as_str());
    let same = match &answer {
        Ok((bits, fingerprint)) => expected == (Some(*bits), Some(fingerprint), None),
        Err((kind, _)) => expected == (None, None, Some(kind)),
    };
    same.then_some(()).ok_or_else(|| format!("{answer:?}, but {expected:?} was expected"))
}

fn judge_recovery(case: &Value, input: &[u8]) -> Result<(), String> {
    let answer = recovery::read(input)
        .map(|keys| keys.iter().map(|key| key.fingerprint().to_string()).collect::<BTreeSet<_>>());
    let expected = case["ok"]["fingerprints"]
        .as_array()
        .map(|list| list.iter().map(|text| text.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>());
    let same = match &answer {
        Ok(found) => Some(found) == expected.as_ref(),
        Err(error) => Some(recovery_kind(error)) == case["error"].as_str(),
    };
    same.then_some(())
        .ok_or_else(|| format!("{answer:?}, but {expected:?} or {} was expected", case["error"]))
}

fn recovery_kind(error: &RecoveryError) -> &'static str {
    match error {
        RecoveryError::Pem(error) | RecoveryError::Secret { source: error, .. } => key_kind(error),
        RecoveryError::Decode(_) => "decode",
        RecoveryError::Empty => "empty",
    }
}

fn certificate_kind(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Missing => "no-certificate",
        CertificateError::Malformed(_)
        | CertificateError::KeySize { .. }
        | CertificateError::OtherKey { .. } => "bad-certificate",
        CertificateError::NotRsa(_) => "not-rsa",
        CertificateError::Expired { .. } => "expired",
    }
}

fn key_kind(error: &KeyError) -> &'static str {
    match error {
        KeyError::Missing(_) => "no-private-key",
        KeyError::NotInSecret => "no-tls-key",
        KeyError::NotRsa(_) => "not-rsa",
        KeyError::Size { .. } | KeyError::Generate { .. } | KeyError::Certificate(_) => "other",
    }
}
