//! Texts of any size, one construct each, and who reads them.

use std::fmt::Write as _;

use sealed_secrets_core::{SealedSecret, manifest, merge};

/// Bytes of memory for a byte of text.
pub(crate) const MOST_MEMORY: f64 = 12.0;

/// A kind of text.
pub(crate) struct Construct {
    pub(crate) name: &'static str,
    /// A text of about so many bytes.
    pub(crate) text: Box<dyn Fn(usize) -> String>,
    pub(crate) read: fn(&[u8]),
    /// Where memory may be more, with the reason.
    pub(crate) more_memory: Option<(f64, &'static str)>,
}

/// One object, as over HTTP.
fn single(text: &[u8]) {
    let _ = manifest::sealed_secret(text);
}

/// A stream of Secrets, as the command line reads.
fn secrets(text: &[u8]) {
    let _ = manifest::secrets(text);
}

/// A stream of Secrets among other kinds, with what is odd about them.
fn documents(text: &[u8]) {
    let _ = manifest::documents(text);
}

/// A stream of SealedSecrets, with what is odd about them.
fn entries(text: &[u8]) {
    let _ = manifest::entries(text, false);
}

/// As from the API server.
fn api(text: &[u8]) {
    let _ = serde_json::from_slice::<SealedSecret>(text);
}

fn edited(text: &[u8]) {
    let target = merge::target(text, "", "").unwrap();
    let mut new = SealedSecret::default();
    // Half replaces, half is new.
    for (index, item) in target.object.spec.encrypted_data.keys().enumerate() {
        let item = if index % 2 == 0 { item.clone() } else { format!("{item}-new") };
        new.spec.encrypted_data.insert(item, "AQ==".to_owned());
    }
    let merged = merge::into(text, &target, &new, None).unwrap();
    assert_eq!(merged.layout, merge::Layout::Kept);
}

/// `head`, then `part` as often as it fits, then `tail`.
fn repeated(head: &'static str, part: &'static str, tail: &'static str) -> Box<dyn Fn(usize) -> String> {
    Box::new(move |size| format!("{head}{}{tail}", part.repeat(size.saturating_sub(head.len()) / part.len())))
}

/// `head`, then parts with their number in the place of `#`, then `tail`.
fn numbered(head: &'static str, part: &'static str, tail: &'static str) -> Box<dyn Fn(usize) -> String> {
    Box::new(move |size| {
        let mut text = head.to_owned();
        let (before, after) = part.split_once('#').unwrap();
        for number in 0.. {
            if text.len() >= size {
                break;
            }
            // Not sorted, as an attacker would have it.
            write!(text, "{before}{}{after}", number * 7919 % 1_000_003).unwrap();
        }
        text + tail
    })
}

/// Many pieces nested as deep as most documents may be.
fn nested(open: &'static str, close: &'static str) -> Box<dyn Fn(usize) -> String> {
    const DEPTH: usize = 400;
    Box::new(move |size| {
        let piece = format!("{}{},\n", open.repeat(DEPTH), close.repeat(DEPTH));
        format!("[{}]", piece.repeat(size / piece.len()))
    })
}

type Text = Box<dyn Fn(usize) -> String>;
type Named = (&'static str, Text);
type Read = fn(&[u8]);

pub(crate) fn all() -> Vec<Construct> {
    let yaml = yaml().into_iter().map(|(name, text)| (name, text, single as Read));
    let json = json().into_iter().map(|(name, text)| (name, text, single as Read));
    let streams = streams().into_iter().map(|(name, text)| (name, text, secrets as Read));
    let all = yaml.chain(json).chain(streams).chain(objects()).chain(odd());
    all.map(|(name, text, read)| Construct {
        name,
        text,
        read,
        more_memory: MORE_MEMORY
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, most, why)| (*most, *why)),
    })
    .collect()
}

/// Where the object itself takes more than twelve times its text, or JSON values do that are not ours.
const MORE_MEMORY: &[(&str, f64, &str)] = &[
    ("sealed items put into a text", 30.0, EDIT),
    ("sealed items put into one line", 30.0, EDIT),
    ("API: template items of wrong types", 20.0, API),
    ("API: conditions", 120.0, API),
    ("API: a list of numbers", 30.0, API),
    ("API: an unknown list", 30.0, API),
    ("API: wrong labels", 20.0, API),
];
const EDIT: &str =
    "the objects before and after, the new text, and both as JSON values to be compared; from files only";
const API: &str = "JSON values of serde take 32 bytes each and more; their number is bounded: see counted.rs";

fn yaml() -> Vec<Named> {
    vec![
        ("flow list of zeros", repeated("[", "0,", "]")),
        ("flow list of nulls, not ended", repeated("[", "~,", "")),
        ("flow list of text", repeated("[", "a, ", "]")),
        ("flow list of bare ? pairs", repeated("[", "?:,", "]")),
        ("flow list of pairs", repeated("[", "a: b,", "]")),
        ("flow list on many lines", repeated("[", "0,\n", "]")),
        ("block list without values", repeated("", "-\n", "")),
        ("block list", repeated("", "- a\n", "")),
        ("block lists in a list", repeated("", "- - a\n  - b\n", "")),
        ("block list at its key's column", repeated("a:\n", "- b\n", "")),
        ("flow map of one key", repeated("---\n{", "a,", "}")),
        ("flow map", numbered("---\n{", "k#: v,", "}")),
        ("block map", numbered("", "k#: v\n", "")),
        ("block map without values", numbered("", "k#:\n", "")),
        ("block map with numbers as keys", numbered("", "#: v\n", "")),
        ("block maps in a list", repeated("", "- a: b\n  c: d\n", "")),
        ("? keys", numbered("", "? k#\n: v\n", "")),
        ("? keys without anything", repeated("", "?\n", "")),
        ("long ? keys", repeated("? ", "k", "\n: v\n")),
        ("single-quoted, one", repeated("'", "a text ", "'")),
        ("single-quoted, many", repeated("[", "'a',", "]")),
        ("single-quoted with quotes, one", repeated("'", "it''s ", "'")),
        ("single-quoted with quotes, many", repeated("[", "'''',", "]")),
        ("double-quoted, one", repeated("\"", "a text ", "\"")),
        ("double-quoted, many", repeated("[", "\"a\",", "]")),
        ("double-quoted, folded", repeated("\"", "a text\n  ", "\"")),
        ("escapes, one text", repeated("\"", "\\n", "\"")),
        ("escapes of long characters", repeated("\"", "\\L", "\"")),
        ("escapes, many texts", repeated("[", "\"\\n\",", "]")),
        ("escaped line ends", repeated("\"", "a\\\n", "\"")),
        ("plain, one", repeated("a", " text", "")),
        ("plain, without blanks", repeated("a", "b", "")),
        ("plain on many lines", repeated("a\n", " text\n", "")),
        ("plain with blank lines", repeated("a\n", "\n\n b\n", "")),
        ("plain that looks like a number", repeated("1", "2", "")),
        ("literal block", repeated("|\n", " a line\n", "")),
        ("literal block of blank lines", repeated("|+\n", "\n", "")),
        ("literal blocks", repeated("", "- |\n a\n", "")),
        ("folded block", repeated(">\n", " a line\n", "")),
        ("comments", repeated("", "# a comment\n", "a: b\n")),
        ("short comments", repeated("", "#\n", "a: b\n")),
        ("a long comment", repeated("#", " comment", "\na: b\n")),
        ("comments behind values", repeated("", "- a # comment\n", "")),
        ("blank lines", repeated("a: b\n", "\n", "c: d\n")),
        ("blanks", repeated("a: b\n", " ", "\n")),
        ("anchors", numbered("[", "&a# ,", "]")),
        ("anchors and aliases in turn", numbered("", "- &a# x\n- *a0\n", "")),
        ("aliases of a short text", repeated("- &a x\n", "- *a\n", "")),
        ("aliases of a map", repeated("- &a {b: c}\n- [", "*a,0,0,", "]")),
        ("merge keys", repeated("- &a {b: c}\n", "- {<<: *a, d: e, f: g}\n", "")),
        ("a merge key with many sources", repeated("a: &a {b: c}\nd: [0,0]\n<<: [", "*a,{b: c},", "]")),
        ("tags", repeated("[", "!!str a,", "]")),
        ("short tags", repeated("[", "! ,", "]")),
        ("tags of bytes", repeated("[", "!!binary YQ==,", "]")),
        ("tag directives", numbered("", "%TAG !t#! x\n", "--- a\n")),
        ("nested flow lists", nested("[", "]")),
        ("nested flow maps", nested("{a: ", "}")),
        ("nested pairs", nested("[a: ", "]")),
        ("an error at the end", repeated("", "- a\n", "- [")),
        ("JSON on one line behind ---", numbered("---\n{", "\"k#\": \"v\", ", "\"z\": 0}\n")),
    ]
}

fn json() -> Vec<Named> {
    vec![
        ("JSON list", repeated("{\"a\":[", "0,", "0]}")),
        ("JSON list, not ended", repeated("{\"a\":[", "0,", "")),
        ("JSON list of lists", repeated("{\"a\":[", "[],", "0]}")),
        ("JSON map of one name", repeated("{", "\"\":0,", "\"\":0}")),
        ("JSON map", numbered("{", "\"k#\":0,", "\"z\":0}")),
        ("JSON string", repeated("{\"a\":\"", "a text ", "\"}")),
        ("JSON strings", repeated("{\"a\":[", "\"\",", "0]}")),
        ("JSON escapes, one string", repeated("{\"a\":\"", "\\n", "\"}")),
        ("JSON escapes, many strings", repeated("{\"a\":[", "\"\\n\",", "0]}")),
        ("JSON escapes of four digits", repeated("{\"a\":\"", "\\u00e9", "\"}")),
        ("JSON string, not ended", repeated("{\"a\":\"", "\\\"", "")),
        ("JSON blanks", repeated("{\"a\":", " ", "0}")),
        ("JSON numbers", repeated("{\"a\":[", "1.5e3,", "0]}")),
        ("JSON number", repeated("{\"a\":1", "2", "}")),
        (
            "JSON nested",
            Box::new(|size| {
                format!("{{\"a\":{}0]}}", nested("[", "]")(size).replace("[]", "[0]").trim_end_matches(']'))
            }),
        ),
    ]
}

fn streams() -> Vec<Named> {
    vec![
        ("documents, empty", repeated("", "---\n{}\n", "")),
        ("documents of separators", repeated("", "---\n", "")),
        ("documents of other objects", repeated("", "---\na: b\n", "")),
        ("JSON documents", repeated("", "{\"a\":\"b\"}\n", "")),
        ("JSON documents with escapes", repeated("", "{\"a\":\"\\n\"}\n", "")),
        (
            "JSON documents read as YAML",
            repeated("", "{\"metadata\":{\"generation\":0.0},\"a\":[0,0]}\n", ""),
        ),
        ("JSON that is none", repeated("{\"a\":[", "0,", "}")),
        ("a document without an end of line", repeated("", "- a\n", "- b")),
        ("bytes as numbers", repeated("data:\n  a: [", "0,", "0]\n")),
        ("one Secret of long values", numbered("stringData:\n", "  key#: \"a value of a few words\"\n", "")),
        ("numbers without a JSON form", repeated("kind: Secret\na: [", ".inf,", "0]\n")),
        ("texts without a JSON form", numbered("kind: Secret\nstringData:\n", "  key#: .inf\n", "")),
    ]
}

/// What the notes are about.
fn odd() -> Vec<(&'static str, Text, Read)> {
    const SEALED: &str = "kind: SealedSecret\nmetadata: {name: a}\nspec:\n  encryptedData:\n";
    vec![
        ("odd: repeated items", repeated("kind: Secret\nstringData:\n", "  a: b\n", ""), documents),
        (
            "odd: items, each twice",
            numbered("kind: Secret\nstringData:\n", "  key#: \"a value of a few words\"\n  key: b\n", ""),
            documents,
        ),
        ("odd: JSON items repeated", repeated("{\"data\":{", "\"a\":\"\",", "\"z\":\"\"}}"), documents),
        ("odd: unknown fields", numbered("kind: Secret\n", "k#: v\n", ""), documents),
        (
            "odd: values that comments cut off",
            numbered("kind: Secret\nstringData:\n", "  key#: a value of a few words #x\n", ""),
            documents,
        ),
        ("odd: blanks behind a value", repeated("kind: Secret\nstringData:\n  a: b", " ", "\n"), documents),
        ("odd: objects that are left out", repeated("", "---\na: b\n", ""), documents),
        ("odd: sealed items repeated", repeated(SEALED, "    a: b\n", ""), entries),
        (
            "odd: annotations nobody knows",
            numbered(
                "kind: SealedSecret\nmetadata:\n  annotations:\n",
                "    sealedsecrets.bitnami.com/k#: a value of a few words\n",
                "",
            ),
            entries,
        ),
    ]
}

fn objects() -> Vec<(&'static str, Text, Read)> {
    const SPEC: &str = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec:\n  encryptedData:\n";
    vec![
        ("sealed items, short", numbered(SPEC, "    k#: AgBY\n", ""), single),
        ("sealed items, empty", numbered(SPEC, "    k#:\n", ""), single),
        (
            "sealed items, sealed",
            numbered(SPEC, "    k#: AgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBYAgBY\n", ""),
            single,
        ),
        (
            "sealed items put into a text",
            numbered(SPEC, "    key-#: AgBYAgBYAgBYAgBYAgBYAgBYAgBY\n", ""),
            edited,
        ),
        (
            "sealed items put into one line",
            numbered(
                "---\n{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: a}, spec: {encryptedData: {",
                "key-#: AgBYAgBYAgBYAgBYAgBYAgBYAgBY, ",
                "z: z}}}\n",
            ),
            edited,
        ),
        (
            "API: sealed items",
            numbered(
                "{\"spec\":{\"encryptedData\":{",
                "\"k#\":\"AgBYAgBYAgBYAgBYAgBYAgBY\",",
                "\"z\":\"\"}}}",
            ),
            api,
        ),
        (
            "API: template items of wrong types",
            numbered("{\"spec\":{\"template\":{\"data\":{", "\"k#\":1,", "\"z\":1}}}}"),
            api,
        ),
        ("API: conditions", repeated("{\"status\":{\"conditions\":[", "{},", "{}]}}"), api),
        ("API: a list of numbers", repeated("{\"spec\":{\"data\":[", "0,", "0]}}"), api),
        ("API: an unknown list", repeated("{\"a\":[", "0,", "0]}"), api),
        ("API: wrong labels", numbered("{\"metadata\":{\"labels\":{", "\"k#\":1,", "\"z\":1}}}"), api),
    ]
}
