//! What a write asks for, as RBAC names it.

use ::http::{Method, Uri};

/// Verb, resource and place of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) place: Place,
    /// Empty where the API server chooses it.
    name: String,
}

/// What one verdict is about: RBAC seldom tells names apart, and there may be thousands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    verb: &'static str,
    group: String,
    resource: String,
    subresource: String,
    /// Empty for the whole cluster.
    namespace: String,
}

impl Asked {
    /// What a write of an object asks for; nothing for a read, and for what is no object.
    pub(super) fn of_write(method: &Method, uri: &Uri) -> Option<Self> {
        let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
        let (group, rest) = match *parts.as_slice() {
            ["api", _, ref rest @ ..] => ("", rest),
            ["apis", group, _, ref rest @ ..] => (group, rest),
            _ => return None,
        };
        let (namespace, rest) = match *rest {
            ["namespaces", namespace, _, ..] => (namespace, &rest[2..]),
            _ => ("", rest),
        };
        let mut rest = rest.iter().copied();
        let resource = rest.next()?;
        let (name, subresource) = (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
        let verb = match *method {
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if name.is_empty() => "deletecollection",
            Method::DELETE => "delete",
            _ => return None,
        };
        let [group, resource, subresource, namespace, name] =
            [group, resource, subresource, namespace, name].map(str::to_owned);
        Some(Self { place: Place { verb, group, resource, subresource, namespace }, name })
    }

    /// The question whether the one who asks may do this.
    pub(super) fn review(&self) -> serde_json::Value {
        let Place { verb, group, resource, subresource, namespace } = &self.place;
        serde_json::json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": subresource,
                "namespace": namespace, "name": self.name,
            } },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_named_as_rbac_names_it() {
        for (method, path, expected) in [
            (Method::POST, "/api/v1/namespaces/ns/secrets", Some(["create", "", "secrets", "", "ns", ""])),
            (
                Method::PUT,
                "/api/v1/namespaces/ns/secrets/a?x=y",
                Some(["update", "", "secrets", "", "ns", "a"]),
            ),
            (
                Method::PUT,
                "/apis/bitnami.com/v1alpha1/namespaces/ns/sealedsecrets/a/status",
                Some(["update", "bitnami.com", "sealedsecrets", "status", "ns", "a"]),
            ),
            (Method::PATCH, "/api/v1/namespaces/ns/events/e", Some(["patch", "", "events", "", "ns", "e"])),
            (
                Method::DELETE,
                "/api/v1/namespaces/ns/secrets/a",
                Some(["delete", "", "secrets", "", "ns", "a"]),
            ),
            (
                Method::DELETE,
                "/api/v1/namespaces/ns/secrets",
                Some(["deletecollection", "", "secrets", "", "ns", ""]),
            ),
            (Method::POST, "/api/v1/namespaces", Some(["create", "", "namespaces", "", "", ""])),
            (Method::GET, "/api/v1/namespaces/ns/secrets/a", None),
            (Method::POST, "/healthz", None),
        ] {
            let found = Asked::of_write(&method, &path.parse().expect("a good URI"));
            let shown = found.as_ref().map(|Asked { place, name }| {
                [place.verb, &place.group, &place.resource, &place.subresource, &place.namespace, name]
            });
            assert_eq!(shown, expected, "{method} {path}");
        }
    }
}
