//! What the fuzzer does with its bytes as a manifest. The regression test of `sealed-secrets-core` compiles this file,
//! too, so that it runs just what the fuzzer runs.

use std::fmt::{Debug, Write as _};

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Bounds, DecodeError, Document, Format, Other, Problem},
    merge,
};

/// Reads the bytes with every reader, twice, and within bounds.
pub(crate) fn read(bytes: &[u8]) {
    assert_eq!(answers(bytes), answers(bytes), "reading twice gives the same");
    let free = manifest::sealed_secret(bytes);
    let small = Bounds { nodes: 30, depth: 4, aliased: 16 };
    for bounds in [Bounds::NETWORK, small] {
        match manifest::sealed_secret_within(bytes, &bounds) {
            Err(DecodeError { problem: Problem::Bound { .. }, .. }) => {}
            bounded => assert_eq!(bounded, free, "bounds change no answer"),
        }
        drop(manifest::secrets_within(bytes, &bounds));
    }
    edit(bytes);
}

/// What every reader answers, as text to be compared.
fn answers(bytes: &[u8]) -> String {
    let mut out = String::new();
    match manifest::secrets(bytes) {
        Ok(secrets) => out.push_str(&manifest::write_secrets(&secrets, Format::Json)),
        Err(error) => show(&error, &mut out),
    }
    match manifest::backed_up_secrets(bytes) {
        Ok(secrets) => out.push_str(&manifest::write_secrets(&secrets, Format::Yaml)),
        Err(error) => show(&error, &mut out),
    }
    match manifest::documents(bytes) {
        Ok(documents) => documents.iter().for_each(|document| match document {
            Document::Secret { secret, .. } => {
                out.push_str(&manifest::write_secrets(std::slice::from_ref(secret), Format::Yaml));
            }
            Document::Other(Other { kind, name, source, .. }) => show(&(kind, name, &**source), &mut out),
            Document::LeftOut { .. } => {}
        }),
        Err(error) => show(&error, &mut out),
    }
    show(&manifest::sealed_secrets(bytes), &mut out);
    show(&manifest::sealed_secret(bytes), &mut out);
    show(&manifest::entries(bytes, true), &mut out);
    show(&manifest::yaml_to_json(bytes), &mut out);
    out
}

fn show(value: &impl Debug, out: &mut String) {
    write!(out, "{value:?}").expect("writing to a String does not fail");
}

/// Puts an item into the text as `--merge-into` does.
fn edit(bytes: &[u8]) {
    let mut new = SealedSecret::default();
    new.spec.encrypted_data.insert("item".to_owned(), "AQ==".to_owned());
    new.spec.template.metadata.labels = Some([("label".to_owned(), "value".to_owned())].into());
    let Ok(target) = merge::target(bytes, "", "") else { return };
    for format in [None, Some(Format::Json)] {
        drop(merge::into(bytes, &target, &new, format));
    }
}
