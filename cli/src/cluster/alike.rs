//! Services that could be the controller's, for one that was looked for under another name.

use std::fmt;

use serde_json::Value;

/// A Service that looks like a controller's; printed as the flags that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alike {
    namespace: String,
    name: String,
}

impl fmt::Display for Alike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--controller-namespace={} --controller-name={}", self.namespace, self.name)
    }
}

/// Those of a list as the API server answers it.
pub(crate) fn among(list: &[u8]) -> Vec<Alike> {
    let list: Value = serde_json::from_slice(list).unwrap_or_default();
    let services = list.get("items").and_then(Value::as_array).into_iter().flatten();
    services.filter_map(|service| alike(service.get("metadata")?)).collect()
}

/// By its label, as charts set it, or by its name; the Service beside it serves metrics only.
fn alike(metadata: &Value) -> Option<Alike> {
    let text = |pointer| metadata.pointer(pointer).and_then(Value::as_str);
    let (namespace, name) = (text("/namespace")?, text("/name")?);
    let labelled = text("/labels/app.kubernetes.io~1name") == Some("sealed-secrets");
    let is_one = (labelled || name.contains("sealed-secrets")) && !name.ends_with("-metrics");
    is_one.then(|| Alike { namespace: namespace.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flags(services: &[(&str, &str, Option<&str>)]) -> Vec<String> {
        let items: Vec<_> = services
            .iter()
            .map(|(namespace, name, label)| {
                json!({"metadata": {"namespace": namespace, "name": name, "labels": {"app.kubernetes.io/name": label}}})
            })
            .collect();
        let list = json!({ "kind": "ServiceList", "items": items }).to_string();
        among(list.as_bytes()).iter().map(Alike::to_string).collect()
    }

    #[test]
    fn a_controller_is_known_by_its_name_or_label_and_printed_as_flags() {
        let services = [
            ("infra", "sealed-secrets", None),
            ("infra", "sealed-secrets-metrics", Some("sealed-secrets")),
            ("default", "kubernetes", None),
            ("tools", "vault", Some("sealed-secrets")),
        ];
        assert_eq!(
            flags(&services),
            [
                "--controller-namespace=infra --controller-name=sealed-secrets",
                "--controller-namespace=tools --controller-name=vault"
            ]
        );
    }

    #[test]
    fn what_is_no_list_names_none() {
        assert!(among(b"404 page not found").is_empty() && among(b"{\"items\": [{}, 1]}").is_empty());
    }
}
