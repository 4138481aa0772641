//! Items put into existing texts: what stays, what is added where, and when a text is written anew.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Format},
    merge::{self, Layout, Obstacle, Target, TargetError},
};

const HEAD: &str = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n";

fn target(text: &str) -> Target {
    merge::target(text.as_bytes(), "", "").unwrap()
}

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
    let merged = merge::into(target.as_bytes(), &self::target(target), new, None).unwrap();
    assert_eq!((merged.text.as_str(), merged.layout), (wanted, Layout::Kept));
    is_merged(target, &merged.text, new);
}

/// Whatever the text looks like, it must hold the old items and the new ones.
#[track_caller]
fn is_merged(target: &str, text: &str, new: &SealedSecret) {
    let mut wanted = self::target(target).object;
    wanted.spec.encrypted_data.extend(new.spec.encrypted_data.clone());
    let found = self::target(text).object;
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
            "# top\n{HEAD}metadata: {{name: a}} # flow\nspec:\n  # items\n  encryptedData:\n    a: \"AgA=\" # first\n    m: AgNEW=\n    z: >-\n      AgZ=\n\n  # inside\n  template:\n    type: Opaque\n"
        ),
    );
}

#[test]
fn a_value_that_is_there_is_replaced_where_it_stands() {
    for old in ["AgOLD=", "'AgOLD='", "|\n      AgO\n      LD=", ">-\n      AgOLD="] {
        let text =
            |value: &str| format!("---\n{HEAD}spec:\n  encryptedData:\n    m: {value}\n    b: AgB= # kept\n");
        check(&text(old), &new(), &text("AgNEW="));
    }
}

#[test]
fn maps_that_are_missing_or_empty_are_made() {
    let items = "    encryptedData:\n        m: AgNEW=\n".replace("    ", "  ");
    for empty in ["", " {}", " null", " # none", " {} # none"] {
        let comment = if empty.contains('#') { " # none" } else { "" };
        let wanted = format!("---\n{HEAD}spec:\n  encryptedData:{comment}\n    m: AgNEW=\n");
        check(&format!("---\n{HEAD}spec:\n  encryptedData:{empty}\n"), &new(), &wanted);
    }
    check(
        &format!("---\n{HEAD}metadata:\n  name: a\n"),
        &new(),
        &format!("---\n{HEAD}metadata:\n  name: a\nspec:\n{items}"),
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
fn line_ends_of_windows_stay() {
    check(
        &format!("---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=").replace('\n', "\r\n"),
        &new(),
        format!("---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\n")
            .replace('\n', "\r\n")
            .trim_end(),
    );
}

/// Compat: the reference's line reader, by which objects are applied and unsealed, ends every line. Its merge alone
/// does not read by lines: it would leave the line end out, and so write another text than the one that was applied.
#[test]
fn a_block_scalar_without_a_line_end_is_read_with_one_and_stays() {
    let items = format!("{HEAD}spec:\n  encryptedData:\n    a: |\n      AgA=");
    let template = format!(
        "{HEAD}spec:\n  encryptedData:\n    b: AgB=\n  template:\n    data:\n      conf: >\n        text"
    );
    for text in [&items, &template] {
        assert_eq!(target(text).object, target(&format!("{text}\n")).object);
        assert_eq!(target(text).object, manifest::sealed_secrets(text.as_bytes()).unwrap()[0]);
    }
    assert_eq!(target(&items).object.spec.encrypted_data["a"], "AgA=\n");
    check(&items, &new(), &format!("{items}\n    m: AgNEW="));
    check(&template, &new(), &template.replace("AgB=\n", "AgB=\n    m: AgNEW=\n"));
    // The new labels end the last line of the text before them: it is the same text only if it was read with a line end.
    check(
        &template,
        &labelled(),
        &format!(
            "{}\n    metadata:\n      annotations:\n        note: 'a: b'\n      labels:\n        app: 'yes'",
            template.replace("AgB=\n", "AgB=\n    m: AgNEW=\n")
        ),
    );
}

#[test]
fn documents_that_follow_stay_as_they_are() {
    let rest = "---\n# other\nkind: ConfigMap\ndata: {a: |+\n  x\n\n}\n"
        .replace("{a: |+\n  x\n\n}", "\n  a: |+\n    x\n\n");
    check(
        &format!("# first\n---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n{rest}"),
        &new(),
        &format!("# first\n---\n{HEAD}spec:\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\n{rest}"),
    );
}

#[test]
fn what_the_definition_does_not_know_stays_too() {
    for (before, after) in [
        ("  unknown: x\n", ""),
        ("", "status: {observedGeneration: 1}\nx-own: [1, 2.50, yes]\n"),
        ("  template: {metadata: {creationTimestamp: null}}\n", ""),
    ] {
        let text = |items| {
            format!(
                "{HEAD}metadata:\n  creationTimestamp: null\nspec:\n  encryptedData:\n    a: AgA=\n{items}{before}{after}"
            )
        };
        check(&text(""), &new(), &text("    m: AgNEW=\n"));
    }
    check(
        "spec:\n  encryptedData:\n    a: AgA=\n",
        &new(),
        "spec:\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\n",
    );
}

#[test]
fn keys_that_read_as_another_type_are_not_taken_for_text() {
    let mut new = new();
    new.spec.encrypted_data = [("on".to_owned(), "AgNEW=".to_owned())].into();
    let text = |items| format!("{HEAD}spec:\n  encryptedData:\n{items}    on: AgA=\n");
    let merged = merge::into(text("").as_bytes(), &target(&text("")), &new, None).unwrap();
    assert_eq!(merged.layout, Layout::Kept);
    assert_eq!(merged.text, format!("{}    'on': AgNEW=\n", text("")));
}

#[test]
fn what_cannot_be_edited_is_written_anew_with_its_comments_and_the_reason() {
    let aliased =
        format!("# top\n{HEAD}# spec\nspec: &s\n  # items\n  encryptedData: &e {{a: AgA=}}\nx: *e\n");
    let merged = merge::into(aliased.as_bytes(), &target(&aliased), &new(), None).unwrap();
    assert_eq!(merged.layout, Layout::Rewritten(Obstacle::Reading));
    assert_eq!(
        merged.text,
        format!(
            "# top\n{HEAD}# spec\nspec:\n  # items\n  encryptedData:\n    a: AgA=\n    m: AgNEW=\nx:\n  a: AgA=\n"
        )
    );
    is_merged(&aliased, &merged.text, &new());
    let alias = format!("x: &e\n  a: AgA=\n{HEAD}spec:\n  encryptedData: *e\n");
    let merged = merge::into(alias.as_bytes(), &target(&alias), &new(), None).unwrap();
    assert_eq!(merged.layout, Layout::Rewritten(Obstacle::Alias));
    is_merged(&alias, &merged.text, &new());
}

fn named(name: &str, namespace: &str) -> String {
    format!(
        "{HEAD}metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  encryptedData:\n    a: AgA=\n"
    )
}

#[test]
fn among_several_the_one_of_the_same_name_and_namespace_is_meant() {
    let text =
        format!("kind: Pod\n---\n{}---\n# b\n{}---\n{}", named("a", "x"), named("b", "x"), named("b", "w"));
    let find = |name, namespace| merge::target(text.as_bytes(), name, namespace);
    let merged = merge::into(text.as_bytes(), &find("b", "w").unwrap(), &new(), None).unwrap();
    assert_eq!(merged.text, format!("{text}    m: AgNEW=\n"));
    assert_eq!(find("a", "").unwrap().object.namespace(), "x");
    assert!(matches!(find("c", "x"), Err(TargetError::NoneFits { found, .. }) if found.len() == 3));
    assert!(matches!(find("a", "w"), Err(TargetError::NoneFits { .. })));
    assert!(matches!(find("b", ""), Err(TargetError::SeveralFit { count: 2, .. })));
}

#[test]
fn the_only_one_is_meant_whatever_it_is_called_and_wherever_it_stands() {
    let text = format!("kind: Pod\n---\n{}", named("a", "x"));
    assert_eq!(merge::target(text.as_bytes(), "other", "ns").unwrap().object.name(), "a");
    let list =
        format!("kind: List\nitems:\n- kind: Pod\n- {}", named("a", "x").trim_end().replace('\n', "\n  "));
    let merged = merge::into(list.as_bytes(), &target(&list), &new(), None).unwrap();
    assert_eq!((merged.text, merged.layout), (format!("{list}\n      m: AgNEW="), Layout::Kept));
}

#[test]
fn json_stays_json_unless_told_otherwise() {
    let target = r#"{"kind":"SealedSecret","apiVersion":"bitnami.com/v1alpha1","spec":{"encryptedData":{"a":"AgA="}}}"#;
    for (format, begin) in [(None, "{\n  \"kind\""), (Some(Format::Yaml), "---\n")] {
        let merged = merge::into(target.as_bytes(), &self::target(target), &new(), format).unwrap();
        assert!(merged.text.starts_with(begin), "{}", merged.text);
        is_merged(target, &merged.text, &new());
    }
    let yaml = format!("{HEAD}spec:\n  encryptedData:\n    a: AgA=\n---\nkind: Other\n");
    let merged = merge::into(yaml.as_bytes(), &self::target(&yaml), &new(), Some(Format::Json)).unwrap();
    assert_eq!(merged.text.matches("\n{\n").count() + 1, 2, "the second document stays: {}", merged.text);
}

#[test]
fn a_target_that_is_no_sealed_secret_is_refused() {
    for target in ["", "# only\n", "kind: Secret\napiVersion: v1\n", "foo: [\n", "- a\n"] {
        assert!(merge::target(target.as_bytes(), "", "").is_err(), "{target:?}");
    }
}

#[test]
fn ciphertexts_are_replaced_in_every_document() {
    let text = format!(
        "# all\n---\n{HEAD}spec:\n  encryptedData:\n    a: AgA= # a\n---\n# b\n{HEAD}spec:\n  encryptedData: {{b: AgB=}}\n"
    );
    let current = manifest::sealed_secrets(text.as_bytes()).unwrap();
    let mut objects = current.clone();
    for object in &mut objects {
        object.spec.encrypted_data.values_mut().for_each(|value| *value = format!("Ag{value}"));
    }
    let replaced = merge::replaced(text.as_bytes(), &current, &objects, None).unwrap();
    let wanted = text.replace(" AgA=", " AgAgA=").replace(": AgB=}", ": \"AgAgB=\"}");
    assert_eq!((replaced.text, replaced.layout), (wanted, Layout::Kept));
    objects[1].spec.template.r#type = Some("other".to_owned());
    let replaced = merge::replaced(text.as_bytes(), &current, &objects, None).unwrap();
    assert_eq!(replaced.layout, Layout::Rewritten(Obstacle::More));
    assert_eq!(manifest::sealed_secrets(replaced.text.as_bytes()).unwrap(), objects);
    assert!(replaced.text.contains("# all\n") && replaced.text.contains("# b\n"), "{}", replaced.text);
}

#[test]
fn ciphertexts_are_replaced_in_a_list_and_in_a_stream_of_json() {
    let list = format!(
        "kind: List # all\nitems:\n- kind: Pod\n- {}",
        named("a", "x").trim_end().replace('\n', "\n  ")
    );
    let json = r#"{"kind": "SealedSecret", "x": 1, "spec": {"encryptedData": {"b": "AgA=", "a": "AgA="}}} {"kind":"Pod"}"#;
    for text in [list.as_str(), json] {
        let current: Vec<_> = manifest::entries(text.as_bytes(), false)
            .unwrap()
            .into_iter()
            .filter_map(|entry| match entry {
                manifest::Entry::Sealed { object, .. } => Some(object),
                manifest::Entry::Other(_) | manifest::Entry::LeftOut { .. } => None,
            })
            .collect();
        let mut wanted = current.clone();
        wanted[0].spec.encrypted_data.values_mut().for_each(|value| *value = "AgNEW=".to_owned());
        let replaced = merge::replaced(text.as_bytes(), &current, &wanted, None).unwrap();
        assert_eq!(replaced.layout, Layout::Kept);
        let dense = |text: &str| text.split_whitespace().collect::<Vec<_>>().concat();
        assert_eq!(dense(&replaced.text), dense(&text.replace("AgA=", "AgNEW=")));
    }
}

#[test]
fn items_that_are_no_map_are_refused_instead_of_an_empty_text() {
    for items in ["[]", "[a]", "\"\"", "5", "true"] {
        let yaml = format!("{HEAD}metadata: {{name: a}}\nspec: {{encryptedData: {items}}}\n");
        let json = format!(
            r#"{{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "spec": {{"encryptedData": {items}}}}}"#
        );
        for text in [yaml, json] {
            let error = merge::into(text.as_bytes(), &target(&text), &new(), None).unwrap_err().to_string();
            assert!(error.contains("spec.encryptedData: expected a map"), "{text}: {error}");
        }
    }
}
