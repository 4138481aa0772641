//! What the SealedSecrets of a storm look like: some of each scope and shape, sealed to one of the keys.

use sealed_secrets_core::{Scope, SealingKey, names};
use serde_json::{Value, json};

use super::random::Random;

/// Namespaces are called so, with a number.
pub(super) const NAMESPACE: &str = "churn-";
const NAMESPACES: usize = 8;

/// One SealedSecret's place in the world; its number decides its scope and shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(pub(super) usize);

impl Place {
    pub(super) fn namespace(self) -> String {
        format!("{NAMESPACE}{}", self.0 % NAMESPACES)
    }

    pub(super) fn name(self) -> String {
        format!("app-{}", self.0)
    }

    /// Whether a Secret made by hand is there first.
    pub(super) fn is_foreign(self) -> bool {
        self.0 % 11 == 10
    }

    fn scope(self) -> Scope {
        match self.0 % 5 {
            0 => Scope::NamespaceWide,
            1 => Scope::ClusterWide,
            _ => Scope::Strict,
        }
    }

    /// A SealedSecret with new values, sealed to `key`.
    pub(super) fn sealed(self, key: &SealingKey, random: &mut Random) -> Value {
        let (namespace, name) = (self.namespace(), self.name());
        let label = self.scope().label(&namespace, &name);
        let items = 1 + random.below(3);
        let seal = |item: usize, value: String| {
            (format!("item-{item}"), json!(key.seal_to_text(&label, value.as_bytes())))
        };
        let encrypted: serde_json::Map<String, Value> =
            (0..items).map(|item| seal(item, format!("value-{:x}", random.next()))).collect();
        let annotations = self.scope().annotation().map(|name| json!({name: "true"}));
        json!({"apiVersion": names::API_VERSION, "kind": names::KIND,
            "metadata": {"namespace": namespace, "name": name, "annotations": annotations.unwrap_or(json!({}))},
            "spec": {"encryptedData": encrypted, "template": self.template(random)}})
    }

    fn template(self, random: &mut Random) -> Value {
        let labels = json!({"round": format!("r{}", random.below(1000))});
        match self.0 % 4 {
            0 => json!({}),
            1 => json!({"metadata": {"labels": labels, "annotations": {"note": "by churn"}}}),
            2 => json!({"type": "example.com/churn", "metadata": {"labels": labels}}),
            _ => {
                json!({"data": {"plain": "text", "config.yaml": "first: {{ index . \"item-0\" }}\nplain: {{ .plain }}\n"}})
            }
        }
    }

    /// A Secret that somebody made by hand.
    pub(super) fn by_hand(self) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"mine": "stays"},
            "metadata": {"namespace": self.namespace(), "name": self.name()}})
    }
}

/// Every namespace of the world.
pub(super) fn namespaces() -> impl Iterator<Item = String> {
    (0..NAMESPACES).map(|number| format!("{NAMESPACE}{number}"))
}
