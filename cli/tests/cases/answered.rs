//! Recorded cases that are answered otherwise, each with the reason.

use super::{Changes, Reasons};

const NOTHING_SKIPPED: &str =
    "a broken document is an error with its place, and never left out without a word";
const NO_PANIC: &str = "the reference panics here; a missing map is made";
const EMPTY_TARGET: &str = "the reference panics here; an empty target is refused";
const SEALED_ONLY: &str = "only SealedSecrets are sent to the controller, and nothing at all is no success";
const NO_EMPTY_FILE: &str = "a job that writes nothing leaves no empty file behind";
const N_IS_ENOUGH: &str = "with -n the kubeconfig is not needed, so a broken one does no harm";
const EVERY_KEY: &str = "a key file that holds no key is named, and every key of a file is used";
const ALL_DOCUMENTS: &str = "all documents are opened, or none; no input is an error";

/// Answered as the case's own "better" asks for.
pub(crate) const BETTER: &Reasons = &[
    (
        "cert-sources/a-file-name-with-a-bad-percent-escape-fails-as-a-url",
        "what has no scheme is a file name, whatever characters it has",
    ),
    ("cluster/a-service-answer-of-another-kind", "the reference panics here"),
    (
        "cluster/a-user-without-credentials-is-asked-for-a-name-on-stdout-and-fails",
        "stdout is for the output: the request is sent without credentials",
    ),
    ("cluster/fetch-cert-when-the-service-has-no-ports-panics", "the reference panics here"),
    ("cluster/re-encrypt-f-with-one-broken-document-of-two-drops-the-broken-one-from", NOTHING_SKIPPED),
    ("cluster/validate-of-a-secret-posts-it-as-a-sealedsecret-without-items", SEALED_ONLY),
    ("cluster/validate-of-broken-yaml-succeeds-and-posts-nothing", SEALED_ONLY),
    ("cluster/validate-of-comments-only-succeeds-and-posts-nothing", SEALED_ONLY),
    ("cluster/validate-with-w-leaves-an-empty-file", NO_EMPTY_FILE),
    ("input-errors/a-line-inside-a-block-scalar-cuts-the-document", NOTHING_SKIPPED),
    ("input-errors/invalid-utf-8-in-a-json-value", "bytes that are no text are refused, not replaced"),
    (
        "merge-into/a-cluster-wide-target-and-a-strict-input-mixes-scopes",
        "new items get the scope of the target: of another scope they could not be opened there",
    ),
    ("merge-into/a-multi-document-target-only-the-first-document-survives", "the other documents stay"),
    ("merge-into/a-target-without-annotations-and-an-input-with-annotations-panics", NO_PANIC),
    ("merge-into/a-target-without-encrypteddata-panics", NO_PANIC),
    ("merge-into/a-target-without-template-and-an-input-with-labels-panics", NO_PANIC),
    ("merge-into/an-empty-target-panics", EMPTY_TARGET),
    ("merge-into/an-empty-yaml-target-with-o-yaml-panics", EMPTY_TARGET),
    (
        "merge-into/status-of-the-target-is-kept",
        "times that were never set are left out, not written as null",
    ),
    ("merge-into/w-beside-merge-into-the-merge-goes-to-the-target-and-an-empty-w-file-a", NO_EMPTY_FILE),
    ("merge-into/w-out-yaml-beside-merge-into-makes-the-merged-target-yaml", NO_EMPTY_FILE),
    ("multi-doc/a-bad-separator-line-between-documents", NOTHING_SKIPPED),
    ("multi-doc/a-broken-first-document-is-skipped-without-a-word", NOTHING_SKIPPED),
    ("multi-doc/a-broken-middle-document-is-skipped-without-a-word", NOTHING_SKIPPED),
    ("multi-doc/a-broken-second-document-is-skipped-without-a-word", NOTHING_SKIPPED),
    (
        "multi-doc/a-configmap-with-base64-data-between-two-secrets-is-sealed-like-a-secr",
        "sealed, a ConfigMap would become a Secret: among Secrets it is refused in JSON and stays as it is in YAML",
    ),
    ("multi-doc/json-and-then-garbage", NOTHING_SKIPPED),
    ("multi-doc/two-json-values-and-then-garbage", "the reference never ends here"),
    (
        "namespaces/a-broken-kubeconfig-with-n-other-than-the-input-no-mismatch-is-seen",
        "-n is checked, whatever the kubeconfig says",
    ),
    ("namespaces/a-broken-kubeconfig-with-n-the-namespace-is-lost", N_IS_ENOUGH),
    ("output-format/w-naming-a-directory", "the reference writes nothing and reports success"),
    ("output-format/w-replaces-a-symbolic-link-by-a-file", "links are followed"),
    ("raw/a-broken-kubeconfig-fails-even-with-n", N_IS_ENOUGH),
    ("recovery/a-garbage-key-file-beside-a-good-one-is-skipped", EVERY_KEY),
    ("recovery/a-pem-file-with-two-keys-uses-only-the-first", EVERY_KEY),
    ("recovery/a-two-document-input-only-the-first-document-is-opened", ALL_DOCUMENTS),
    ("recovery/an-empty-input-gives-an-empty-secret", ALL_DOCUMENTS),
    ("recovery/an-input-of-comments-only-gives-an-empty-secret", ALL_DOCUMENTS),
    ("seal/f-with-a-directory", "the reference never ends here"),
];

const BYTE_FOR_BYTE: &str = "nothing but the new items changes in a YAML target, byte for byte";
const KEEPS_ITS_FORMAT: &str = "without -o the target keeps its format";
const NOTHING_NEW: &str = "where nothing is added, nothing is written";
const LOG_IN: &str = "credentials that are not accepted have nothing to do with the controller's name";
const NO_UID: &str = "an API server refuses an owner without a uid";

/// Answered better than the reference, where the case itself accepts no other result.
pub(crate) const CHANGED: &Changes = &[
    (
        "cluster/re-encrypt-f-of-a-yaml-file-stays-yaml-by-its-extension",
        BYTE_FOR_BYTE,
        r#"{"files":{"s.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "cluster/the-service-answers-401",
        LOG_IN,
        r#"{"stderr_contains":["the reason is Unauthorized","log in again"]}"#,
    ),
    (
        "merge-into/a-cluster-wide-target-and-scope-cluster-wide",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/a-namespace-wide-target-and-a-namespace-wide-input-by-annotation",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/a-new-key-is-added-to-a-yaml-target-with-o-yaml",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/a-target-with-empty-encrypteddata",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/a-target-without-kind-is-accepted",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0},"docs":{"0":{"kind":null}}}}}"#,
    ),
    (
        "merge-into/a-target-without-namespace-takes-the-one-of-the-input-for-sealing-only",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/a-target-without-template-and-a-new-key",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0},"docs":{"0":{"spec":{"template":null}}}}}}"#,
    ),
    (
        "merge-into/a-yaml-target-without-o-becomes-json",
        KEEPS_ITS_FORMAT,
        r#"{"files":{"t.yaml":{"shape":{"format":"yaml","separators":0,"indent":null}}}}"#,
    ),
    (
        "merge-into/annotations-are-merged-and-the-input-wins",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/comments-and-order-of-a-yaml-target-are-lost",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/creationtimestamp-null-in-the-target",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0},"docs":{"0":{"metadata":{"creationTimestamp":"$null"},"spec":{"template":{"metadata":{"creationTimestamp":"$null"}}}}}}}}"#,
    ),
    (
        "merge-into/empty-data-with-allow-empty-data-rewrites-the-target",
        NOTHING_NEW,
        r#"{"files":{"t.json":null}}"#,
    ),
    (
        "merge-into/labels-are-merged-and-the-input-wins",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/the-input-may-come-from-f",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/the-metadata-of-the-target-itself-is-kept",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0}}}}"#,
    ),
    (
        "merge-into/unknown-fields-of-the-target-are-dropped",
        BYTE_FOR_BYTE,
        r#"{"files":{"t.yaml":{"shape":{"starts_with_separator":false,"separators":0},"docs":{"0":{"extra":true,"spec":{"unknownField":"x"}}}}}}"#,
    ),
    (
        "recovery/a-v1-list-of-sealedsecrets-fails",
        "each SealedSecret of a List is opened",
        r#"{"exit":0,"stderr_contains":[],"stdout":null,"stdout_docs":[{"kind":"Secret","apiVersion":"v1","metadata":{"name":"mysecret","namespace":"myns"},"data":{"old":"b2xkdmFsdWU="}}]}"#,
    ),
];

/// Recovered Secrets whose owner has no uid: they are printed without it.
pub(crate) const OWNERLESS: (&str, &[&str]) = (
    NO_UID,
    &[
        "recovery/a-base64-ciphertext-with-a-newline-in-it",
        "recovery/a-binary-item",
        "recovery/a-bundle-of-several-key-secrets-in-one-yaml-stream",
        "recovery/a-cluster-wide-sealedsecret-without-namespace",
        "recovery/a-list-backup-in-json-opens-a-sealedsecret",
        "recovery/a-list-backup-in-yaml",
        "recovery/a-missing-value-renders-as-no-value",
        "recovery/a-pem-file-with-a-certificate-before-the-key",
        "recovery/a-pem-file-with-text-before-the-key",
        "recovery/a-pem-file-with-two-keys-uses-only-the-first",
        "recovery/a-pkcs-1-pem-key-opens-a-sealedsecret",
        "recovery/a-pkcs-8-pem-key-opens-a-sealedsecret",
        "recovery/a-renamed-namespace-wide-sealedsecret-opens",
        "recovery/a-sealedsecret-without-kind-and-apiversion-is-opened",
        "recovery/a-secret-backup-in-yaml-opens-a-sealedsecret",
        "recovery/a-two-document-input-only-the-first-document-is-opened",
        "recovery/an-encrypted-item-wins-over-template-data-of-the-same-key",
        "recovery/f-reads-the-sealedsecret-from-a-file",
        "recovery/items-sealed-with-different-keys-of-a-list-backup",
        "recovery/json-in-and-json-out",
        "recovery/labels-of-the-sealedsecret-itself-are-not-copied",
        "recovery/metadata-type-and-immutable-of-the-template-are-used",
        "recovery/n-and-scope-do-not-change-recovery",
        "recovery/name-and-namespace-come-from-the-sealedsecret-and-not-from-the-templat",
        "recovery/no-template-at-all",
        "recovery/o-yaml-writes-a-yaml-secret",
        "recovery/recovery-goes-before-validate-and-re-encrypt",
        "recovery/recovery-needs-no-certificate-and-reads-none",
        "recovery/sealed-secrets-recovery-private-key-gives-the-key",
        "recovery/sprig-functions-work",
        "recovery/the-second-key-of-a-list-backup-is-tried-too",
    ],
);
