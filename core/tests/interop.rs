//! A second implementation of the envelope, on pure Rust crates and the layout alone, opens what this one
//! seals, and the other way round.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{fs, path::Path};

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use rsa::{Oaep, PrivateKey, PublicKey, pkcs1::DecodeRsaPrivateKey as _, rand_core::UnwrapErr};
use sealed_secrets_core::{KeyPair, Label, SealingKey};
use sha2::Sha256;

const LABELS: [&str; 4] = ["", "ns", "ns/name", "ключ/🔑 with\0zero"];
const LENGTHS: [usize; 5] = [0, 1, 15, 16, 100_000];

/// The two implementations' view of one key.
struct Key {
    pair: KeyPair,
    sealing: SealingKey,
    other: PrivateKey,
}

fn key(name: &str) -> Key {
    let file = |end: &str| {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys").join(format!("{name}.{end}"));
        fs::read_to_string(path).unwrap()
    };
    let private = file("key");
    Key {
        pair: KeyPair::from_private_pem(private.as_bytes()).unwrap(),
        sealing: SealingKey::from_pem(file("crt").as_bytes(), "2026-11-23T12:00:00Z".parse().unwrap())
            .unwrap(),
        other: PrivateKey::from_pkcs1_pem(&private).unwrap(),
    }
}

fn value(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

#[test]
fn the_other_opens_what_we_seal() {
    for key in [key("c"), key("a")] {
        for label in LABELS {
            for length in LENGTHS {
                let sealed = key.sealing.seal(&Label::from(label.to_owned()), &value(length));
                assert_eq!(
                    open(&key.other, label, &sealed).unwrap(),
                    value(length),
                    "{label:?}, {length} bytes"
                );
                assert!(open(&key.other, "else", &sealed).is_none());
            }
        }
    }
}

#[test]
fn we_open_what_the_other_seals() {
    for key in [key("c"), key("a")] {
        for label in LABELS {
            for length in LENGTHS {
                let sealed = seal(&key.other.to_public_key(), label, &value(length));
                let opened = key.pair.open(&Label::from(label.to_owned()), &sealed).unwrap();
                assert_eq!(opened.expose(), value(length), "{label:?}, {length} bytes");
                assert!(key.pair.open(&Label::from("else".to_owned()), &sealed).is_err());
            }
        }
    }
}

fn open(key: &PrivateKey, label: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = sealed.split_first_chunk()?;
    let (block, body) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let padding = Oaep::<Sha256>::new_with_label(label.as_bytes());
    let session = key.decrypt(padding, block).ok()?;
    Aes256Gcm::new_from_slice(&session).unwrap().decrypt(&[0; 12].into(), body).ok()
}

fn seal(key: &PublicKey, label: &str, value: &[u8]) -> Vec<u8> {
    let session: [u8; 32] = rand::random();
    let mut rng = UnwrapErr(rand::rngs::SysRng);
    let padding = Oaep::<Sha256>::new_with_label(label.as_bytes());
    let block = key.encrypt(&mut rng, padding, &session).unwrap();
    let body = Aes256Gcm::new_from_slice(&session).unwrap().encrypt(&[0; 12].into(), value).unwrap();
    [&u16::try_from(block.len()).unwrap().to_be_bytes()[..], &block, &body].concat()
}
