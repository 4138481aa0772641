//! Every name on the wire, once, with where it comes from.

/// API group of the custom resource (the published definition).
pub const GROUP: &str = "bitnami.com";
/// API version within [`GROUP`].
pub const VERSION: &str = "v1alpha1";
/// `apiVersion` of a SealedSecret.
pub const API_VERSION: &str = "bitnami.com/v1alpha1";
/// Kind of the custom resource.
pub const KIND: &str = "SealedSecret";
/// Plural of the custom resource, as in URLs.
pub const PLURAL: &str = "sealedsecrets";
/// Set to `"true"`: the value opens under any name and namespace.
pub const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";
/// Set to `"true"`: the value opens under any name of its namespace.
pub const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";
/// On an existing Secret: the controller may take it over.
pub const MANAGED: &str = "sealedsecrets.bitnami.com/managed";
/// On an existing Secret: the controller merges into it.
pub const PATCH: &str = "sealedsecrets.bitnami.com/patch";
/// In a template: the Secret gets no ownerReference.
pub const SKIP_SET_OWNER_REFERENCES: &str = "sealedsecrets.bitnami.com/skip-set-owner-references";
/// Label of a sealing key's Secret.
pub const KEY_LABEL: &str = "sealedsecrets.bitnami.com/sealed-secrets-key";
/// Value of [`KEY_LABEL`] of a key in use.
pub const KEY_ACTIVE: &str = "active";
/// `kubectl apply` keeps the whole object here, plaintext included.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The same, of kubecfg.
pub const KUBECFG_LAST_APPLIED: &str = "kubecfg.ksonnet.io/last-applied-configuration";
/// On a SealedSecret: its Secret is put back at once when it was edited by hand (not in the reference).
pub const REPAIR_DRIFT: &str = "sealedsecrets.bitnami.com/repair-drift";
/// Header of a rotate answer: fingerprints of the keys that the values were sealed to, with commas (not in the
/// reference).
pub const SEALED_FROM: &str = "sealed-secrets-from-keys";
/// Header of a rotate answer: fingerprint of the key that they are sealed to now (not in the reference).
pub const SEALED_TO: &str = "sealed-secrets-to-key";
