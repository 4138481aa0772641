//! Items put into existing texts: what stays, what is added where, and when a text is written anew.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Format},
    merge::{self, Layout},
};

const HEAD: &str = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n";
/// What is made where there is no template, as the reference does.
const TEMPLATE: &str = "  template:\n    metadata: {}\n";

fn new() -> SealedSecret {
    let mut new = SealedSecret::default();
    new.spec.encrypted_data.insert("m".to_owned(), "AgNEW=".to_owned());
    new
}

fn labelled() -> SealedSecret {
    let mut new = new();
    new.spec.template.metadata.labels = Some([("app".to_owned(), "yes".to_owned())].into());
    new.spec.template.metadata.annotations = Some([("note".to_owned(), "a: b".to_owned())].into());
    new
}

#[track_caller]
fn check(target: &str, new: &SealedSecret, wanted: &str) {
    let merged = merge::into(target.as_bytes(), new, None).unwrap();
    assert_eq!((merged.text.as_str(), merged.layout), (wanted, Layout::Kept));
    is_merged(target, &merged.text, new);
}

/// Whatever the text looks like, it must hold the old items and the new ones.
#[track_caller]
fn is_merged(target: &str, text: &str, new: &SealedSecret) {
    let mut wanted = merge::target(target.as_bytes()).unwrap();
    wanted.spec.encrypted_data.extend(new.spec.encrypted_data.clone());
    let found = merge::target(text.as_bytes()).unwrap();
    assert_eq!(found.spec.encrypted_data, wanted.spec.encrypted_data);
    assert_eq!(found.metadata, wanted.metadata);
}

#[test]
fn comments_order_and_style_stay() {
    check(
        &format!(
            "# top\n{HEAD}metadata: {{name: a}} # flow\nspec:\n  # items\n  encryptedData:\n    a: \"AgA=\" # first\n    z: >-\n      AgZ=\n\n  # inside\n  template:\n    type: Opaque\n"
        ),
        &new(),
        &format!(
            "---\n# top\n{HEAD}metadata: {{name: a}} # flow\nspec:\n  # items\n  encryptedData:\n    a: \"AgA=\" # first\n    m: AgNEW=\n    z: >-\n      AgZ=\n\n  # inside\n  template:\n    type: Opaque\n    metadata: {{}}\n"
        ),
    );
}

#[test]
fn a_value_that_is_there_is_replaced_where_it_stands() {
    for old in ["AgOLD=", "'AgOLD='", "|\n      AgO\n      LD=", ">-\n      AgOLD="] {
        let text =
            |value: &str| format!("---\n{HEAD}spec:\n  encryptedData:\n    m: {value}\n    b: AgB= # kept\n");
        check(&text(old), &new(), &format!("{}{TEMPLATE}", text("AgNEW=")));
    }
}

#[test]
fn maps_that_are_missing_or_empty_are_made() {
    let items = "    encryptedData:\n        m: AgNEW=\n".replace("    ", "  ");
    for empty in ["", " {}", " null", " # none", " {} # none"] {
        let comment = if empty.contains('#') { " # none" } else { "" };
        let wanted = format!("---\n{HEAD}spec:\n  encryptedData:{comment}\n    m: AgNEW=\n{TEMPLATE}");
        check(&format!("---\n{HEAD}spec:\n  encryptedData:{empty}\n"), &new(), &wanted);
    }
    check(
        &format!("---\n{HEAD}metadata:\n  name: a\n"),
        &new(),
        &format!("---\n{HEAD}metadata:\n  name: a\nspec:\n{items}{TEMPLATE}"),
    );
    check(
        &format!("---\n{HEAD}spec:\n  encryptedData:\n    m: AgM=\n"),
        &labelled(),
        &format!("---\n{HEAD}spec:\n  encryptedData:\n    m: AgNEW=\n  template:\n    metadata:\n      annotations:\n        note: 'a: b'\n      labels:\n        app: \"yes\"\n").replace("\"yes\"", "'yes'"),
    );
}

#[test]
fn flow_style_stays_flow_style() {
    check(
        &format!("---\n{HEAD}spec: {{encryptedData: {{a: AgA=}}, template: {{}}}}\n"),
        &labelled(),
        &format!(
            "---\n{HEAD}spec: {{encryptedData: {{a: AgA=, \"m\": \"AgNEW=\"}}, template: {{\"metadata\": {{\"annotations\": {{\"note\": \"a: b\"}}, \"labels\": {{\"app\": \"yes\"}}}}}}}}\n"
        ),
    );
}

#[test]
fn a_template_that_is_missing_or_empty_gets_its_metadata() {
    for (empty, full) in [
        ("  template: {} # x\n", "  template: {metadata: {}} # x\n"),
        ("  template:\n", "  template: {metadata: {}}\n"),
        ("  template: ~\n", "  template: {metadata: {}}\n"),
        ("  template:\n    metadata: # x\n", "  template:\n    metadata: {} # x\n"),
        ("  template: {type: x}\n", "  template: {type: x, \"metadata\": {}}\n"),
        ("", TEMPLATE),
    ] {
        let text = |value, end| format!("---\n{HEAD}spec:\n  encryptedData:\n    m: {value}\n{end}# end\n");
        check(&text("AgM=", empty), &new(), &text("AgNEW=", full));
    }
    check(
        &format!("---\n{HEAD}spec: {{encryptedData: {{m: AgM=}}}}\n"),
        &new(),
        &format!(
            "---\n{HEAD}spec: {{encryptedData: {{m: \"AgNEW=\"}}, \"template\": {{\"metadata\": {{}}}}}}\n"
        ),
    );
}

#[test]
fn line_ends_of_windows_stay() {
    check(
        &format!("---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=").replace('\n', "\r\n"),
        &new(),
        &format!("---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\n{TEMPLATE}")
            .replace('\n', "\r\n"),
    );
}

#[test]
fn documents_that_follow_stay_as_they_are() {
    let rest = "---\n# other\nkind: ConfigMap\ndata: {a: |+\n  x\n\n}\n"
        .replace("{a: |+\n  x\n\n}", "\n  a: |+\n    x\n\n");
    check(
        &format!("# first\n---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n{rest}"),
        &new(),
        &format!("---\n# first\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\n{TEMPLATE}{rest}"),
    );
}

#[test]
fn what_cannot_be_edited_is_written_anew_and_said_to_be() {
    for target in [
        format!("{HEAD}spec:\n  encryptedData:\n    a: AgA=\n  unknown: x\n"),
        format!("{HEAD}spec: &s\n  encryptedData: &e {{a: AgA=}}\nx: *e\n"),
        "spec:\n  encryptedData:\n    a: AgA=\n".to_owned(),
    ] {
        let merged = merge::into(target.as_bytes(), &new(), None).unwrap();
        assert_eq!(merged.layout, Layout::Rewritten, "{target}");
        assert!(
            merged.text.starts_with("---\napiVersion: bitnami.com/v1alpha1\n")
                && !merged.text.contains("unknown")
        );
        is_merged(&target, &merged.text, &new());
    }
}

#[test]
fn json_stays_json_unless_told_otherwise() {
    let target = r#"{"kind":"SealedSecret","apiVersion":"bitnami.com/v1alpha1","spec":{"encryptedData":{"a":"AgA="}}}"#;
    for (format, begin) in [(None, "{\n  \"kind\""), (Some(Format::Yaml), "---\n")] {
        let merged = merge::into(target.as_bytes(), &new(), format).unwrap();
        assert!(merged.text.starts_with(begin), "{}", merged.text);
        is_merged(target, &merged.text, &new());
    }
    let yaml = format!("{HEAD}spec:\n  encryptedData:\n    a: AgA=\n---\nkind: Other\n");
    let merged = merge::into(yaml.as_bytes(), &new(), Some(Format::Json)).unwrap();
    assert_eq!(merged.text.matches("\n{\n").count() + 1, 2, "the second document stays: {}", merged.text);
}

#[test]
fn a_target_that_is_no_sealed_secret_is_refused() {
    for target in ["", "# only\n", "kind: Secret\napiVersion: v1\n", "foo: [\n", "- a\n"] {
        assert!(merge::into(target.as_bytes(), &new(), None).is_err(), "{target:?}");
    }
}

#[test]
fn ciphertexts_are_replaced_in_every_document() {
    let text = format!(
        "# all\n---\n{HEAD}spec:\n  encryptedData:\n    a: AgA= # a\n---\n# b\n{HEAD}spec:\n  encryptedData: {{b: AgB=}}\n"
    );
    let mut objects = manifest::sealed_secrets(text.as_bytes()).unwrap();
    for object in &mut objects {
        object.spec.encrypted_data.values_mut().for_each(|value| *value = format!("Ag{value}"));
    }
    let replaced = merge::replaced(text.as_bytes(), &objects, None).unwrap();
    let wanted = text
        .replace("# all\n---\n", "---\n# all\n")
        .replace(" AgA=", " AgAgA=")
        .replace("# a\n", &format!("# a\n{TEMPLATE}"))
        .replace(": AgB=}", ": \"AgAgB=\"}")
        + TEMPLATE;
    assert_eq!((replaced.text, replaced.layout), (wanted, Layout::Kept));
}
