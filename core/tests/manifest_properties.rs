//! Whatever is written is read back; whatever is read never panics, never hangs, and its error shows no value.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use sealed_secrets_core::{
    Plaintext, SealedSecret, Secret,
    manifest::{self, Format},
    merge,
};

/// Texts with what YAML and JSON trip over.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9+/=._-]{0,12}",
        2 => prop::sample::select(vec![
            "\n", "\n\n", " ", "  ", "\t", ": ", " #", "- ", "? ", "---\n", "...", "{{ .x }}", "{", "}", "[", ",", "'", "\"",
            "\\", "yes", "~", "null", "0x1f", "1e3", "<<", "|", ">", "%", "@", "!", "&a", "*a", "\r\n", "\r", "\u{85}",
            "\u{2028}", "\u{feff}", "\u{7f}", "\u{1}", "\u{fffe}", "😀", "é", "\u{a0}",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(text(), text(), 0..4)
}

prop_compose! {
    fn sealed_secret()(items in texts(), data in texts(), labels in texts(), annotations in texts(), name in text(), immutable in any::<Option<bool>>()) -> SealedSecret {
        let mut object = SealedSecret {
            api_version: "bitnami.com/v1alpha1".to_owned(),
            kind: "SealedSecret".to_owned(),
            ..SealedSecret::default()
        };
        object.metadata.name = Some(name).filter(|name| !name.is_empty());
        object.metadata.annotations = Some(annotations).filter(|map| !map.is_empty());
        object.spec.encrypted_data = items;
        object.spec.template.data = data.into_iter().map(|(item, value)| (item, Some(value))).collect();
        object.spec.template.metadata.labels = Some(labels).filter(|map| !map.is_empty());
        object.spec.template.immutable = immutable;
        object
    }
}

proptest! {
    #[test]
    fn sealed_secrets_are_read_back(objects in prop::collection::vec(sealed_secret(), 1..3)) {
        for format in [Format::Yaml, Format::Json] {
            let text = manifest::write_sealed_secrets(&objects, format);
            prop_assert_eq!(&manifest::sealed_secrets(text.as_bytes()).unwrap(), &objects);
        }
    }

    #[test]
    fn secrets_are_read_back(values in prop::collection::btree_map(text(), prop::collection::vec(any::<u8>(), 0..40), 0..4), plain in texts()) {
        let data = values.iter().map(|(item, bytes)| (item.clone(), Plaintext::new(bytes.clone()))).collect();
        let string_data = plain.iter().map(|(item, text)| (item.clone(), Plaintext::new(text.clone().into_bytes()))).collect();
        let object = Secret { data, string_data, ..Secret::default() };
        for format in [Format::Yaml, Format::Json] {
            let text = manifest::write_secrets(std::slice::from_ref(&object), format);
            let read = manifest::secrets(text.as_bytes()).unwrap().pop().unwrap();
            let expose = |map: &BTreeMap<String, Plaintext>| map.iter().map(|(item, value)| (item.clone(), value.expose().to_vec())).collect::<BTreeMap<_, _>>();
            prop_assert_eq!(expose(&read.data), values.clone());
            prop_assert_eq!(expose(&read.string_data), plain.clone().into_iter().map(|(item, text)| (item, text.into_bytes())).collect::<BTreeMap<_, _>>());
        }
    }

    #[test]
    fn any_merge_gives_the_merged_object(target in sealed_secret(), new in sealed_secret()) {
        let text = manifest::write_sealed_secrets(std::slice::from_ref(&target), Format::Yaml);
        let merged = merge::into(text.as_bytes(), &merge::target(text.as_bytes(), "", "").unwrap(), &new, None).unwrap();
        let mut wanted = target.clone();
        wanted.spec.encrypted_data.extend(new.spec.encrypted_data.clone());
        if let Some(labels) = &new.spec.template.metadata.labels {
            wanted.spec.template.metadata.labels.get_or_insert_default().extend(labels.clone());
        }
        prop_assert_eq!(merge::target(merged.text.as_bytes(), "", "").unwrap().object, wanted);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (manifest::secrets(&bytes), manifest::sealed_secrets(&bytes), manifest::sealed_secret(&bytes));
    }

    #[test]
    fn errors_show_no_value(lines in prop::collection::vec(text(), 0..8)) {
        // A value that no name of an item may look like.
        let secret = "hunter2 hunter2";
        let text = lines.join("\n");
        for text in [
            format!("kind: Secret\nstringData:\n  a: {secret}\n{text}"),
            format!("{text}\ndata:\n  a: {secret}\n"),
            format!("{{\"data\": {{\"a\": \"{secret}\"}}}} {text}"),
            format!("{text}{secret}{text}"),
            format!("metadata: {{creationTimestamp: {secret}}}\n{text}"),
        ] {
            for error in [manifest::secrets(text.as_bytes()).err(), manifest::sealed_secret(text.as_bytes()).err()] {
                let shown = error.map(|error| format!("{error} {error:?}")).unwrap_or_default();
                prop_assert!(!shown.contains("hunter2"), "{}", shown);
            }
        }
    }
}
