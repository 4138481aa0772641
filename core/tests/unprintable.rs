//! What must stay secret cannot be printed by accident.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{fs, path::Path};

use sealed_secrets_core::{KeyPair, Plaintext};

#[test]
fn a_key_pair_prints_no_byte_of_its_private_key() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys/c.key");
    let pair = KeyPair::from_private_pem(&fs::read(file).unwrap()).unwrap();
    let printed = format!("{pair:?}");
    assert!(printed.contains("PrivateKey(2048 bits)"), "{printed}");
    // A list of decimal bytes, as a derived `Debug` of a vector writes it, is far longer.
    assert!(!printed.contains("pkcs8") && printed.len() < 2000, "{} characters", printed.len());
}

#[test]
fn a_plaintext_prints_its_length_alone() {
    assert_eq!(format!("{:?}", Plaintext::new(b"hunter2".to_vec())), "Plaintext(7 bytes)");
}
