//! Every flag, sorted by name.

use super::flag::{Default, Flag, Origin};

/// Every flag: the reference's, then marked as such those that it lacks.
pub static FLAGS: &[Flag] = &[
    flag("accept-deprecated-v1-data", Default::Bool(true), "Open the deprecated spec.data"),
    flag(
        "additional-namespaces",
        Default::Text(""),
        "Comma-separated namespaces to serve besides the controller's own; overrides --all-namespaces",
    ),
    flag(
        "all-namespaces",
        Default::Bool(true),
        "Serve the whole cluster, or only the controller's namespace",
    ),
    ours(
        "http-max-operations",
        Default::Int(2048),
        "Private-key operations of one request to verify and rotate at most",
    ),
    flag("key-cutoff-time", Default::Text(""), "Make a new key if the newest is older than this (RFC1123Z)"),
    flag(
        "key-order-priority",
        Default::Text("CertNotBefore"),
        "What makes a key the newest: CertNotBefore or SecretCreationTimestamp",
    ),
    flag("key-prefix", Default::Text("sealed-secrets-key"), "Prefix of the names of key Secrets"),
    flag("key-renew-period", Default::Duration(2_592_000), "Age at which a new key is made (0: never)"),
    flag("key-size", Default::Int(4096), "Modulus of new keys in bits: 2048, 3072, 4096 or 8192"),
    flag("key-ttl", Default::Duration(315_360_000), "Lifetime of the certificates of new keys"),
    flag("kubeclient-burst", Default::Int(10), "Requests to the API server at once; only when given"),
    flag(
        "kubeclient-qps",
        Default::Float(5.0),
        "Requests to the API server per second; only when given, negative: no limit",
    ),
    flag("label-selector", Default::Text(""), "Serve only SealedSecrets that match this selector"),
    ours(
        "leader-elect",
        Default::Bool(false),
        "Act only while holding a Lease, so that several replicas can run",
    ),
    flag("listen-addr", Default::Text(":8080"), "Address of certificate, verify and rotate"),
    flag("listen-metrics-addr", Default::Text(":8081"), "Address of the metrics"),
    flag("log-format", Default::Text("text"), "text or json"),
    flag("log-info-stdout", Default::Bool(true), "INFO to stdout and the rest to stderr; else all to stderr"),
    flag("log-level", Default::Text("INFO"), "DEBUG, INFO, WARN or ERROR"),
    flag("max-unseal-retries", Default::Int(5), "Retries in quick succession; slower ones follow for ever"),
    flag("metrics-omit-secret-labels", Default::Bool(false), "Leave out the series per SealedSecret"),
    flag("my-cn", Default::Text(""), "Common name of the certificates of new keys"),
    flag("old-gc-behavior", Default::Bool(false), "Delete the Secret of a deleted SealedSecret ourselves"),
    flag("privatekey-annotations", Default::Text(""), "Annotations of new key Secrets: key=value,..."),
    flag("privatekey-labels", Default::Text(""), "Labels of new key Secrets: key=value,..."),
    flag("rate-limit", Default::Int(2), "Requests per second and caller to verify and rotate"),
    flag("rate-limit-burst", Default::Int(2), "Requests beyond that rate at once"),
    flag("read-timeout", Default::Duration(120), "How long a request may take to arrive"),
    ours(
        "repair-drift",
        Default::Bool(false),
        "Put owned Secrets back at once when they were edited by hand",
    ),
    flag("skip-recreate", Default::Bool(false), "Leave Secrets deleted that were deleted by hand"),
    ours(
        "streaming-lists",
        Default::Bool(false),
        "Ask the API server to stream first lists: less memory on both sides",
    ),
    ours(
        "template-max-bytes",
        Default::Int(8_388_608),
        "Bytes of values that the templates of one object may make; an eighth beside password hashes",
    ),
    ours(
        "template-max-costly",
        Default::Int(40),
        "Password hashes that the templates of one object may make; a key counts as 1 to 16",
    ),
    ours(
        "template-max-nodes",
        Default::Int(125_000),
        "Nodes of syntax trees that the templates of one object may have",
    ),
    ours("template-max-output", Default::Int(1_048_576), "Bytes that the templates of one object may print"),
    ours("template-max-steps", Default::Int(1_000_000), "Steps that the templates of one object may take"),
    flag("update-status", Default::Bool(true), "Write the status of SealedSecrets"),
    flag("version", Default::Bool(false), "Print the version and exit"),
    idle("watch-for-secrets", Default::Bool(false), "Key Secrets are always watched"),
    flag("write-timeout", Default::Duration(120), "How long an answer may take"),
];

const fn flag(name: &'static str, default: Default, help: &'static str) -> Flag {
    Flag { name, default, origin: Origin::Reference, help }
}

const fn ours(name: &'static str, default: Default, help: &'static str) -> Flag {
    Flag { name, default, origin: Origin::Ours, help }
}

const fn idle(name: &'static str, default: Default, help: &'static str) -> Flag {
    Flag { name, default, origin: Origin::WithoutEffect, help }
}
