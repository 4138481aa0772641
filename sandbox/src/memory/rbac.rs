//! Who may do what: the stored Roles, ClusterRoles and bindings, and refusals in the real server's words.

use std::sync::Arc;

use serde_json::Value;

use super::{
    auth::{AUTHENTICATED, User},
    meta,
    request::Request,
    status::Refusal,
    store::Data,
};

/// Refuses what no rule allows.
pub(super) fn authorize(user: &User, request: &Request, data: &Data) -> Result<(), Refusal> {
    if allows(user, request, data) { Ok(()) } else { Err(forbidden(user, request)) }
}

/// Whether any rule allows the request.
pub(super) fn allows(user: &User, request: &Request, data: &Data) -> bool {
    user.is_in("system:masters")
        || is_open_to_all(user, request)
        || rules(user, &request.namespace, data).iter().any(|rule| permits(rule, request))
}

/// The rules that hold for a user in a namespace (in none, when that is empty).
fn rules(user: &User, namespace: &str, data: &Data) -> Vec<Value> {
    let mut bindings: Vec<Arc<Value>> = data.list(&rbac("clusterrolebindings"), "");
    if !namespace.is_empty() {
        bindings.extend(data.list(&rbac("rolebindings"), namespace));
    }
    let mine =
        bindings.iter().filter(|b| array(&b["subjects"]).iter().any(|s| means(s, user, meta::namespace(b))));
    mine.flat_map(|binding| {
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let role = match binding["roleRef"]["kind"].as_str() {
            Some("Role") => data.get(&rbac("roles"), meta::namespace(binding), name),
            _ => data.get(&rbac("clusterroles"), "", name),
        };
        role.map_or_else(Vec::new, |role| array(&role["rules"]).to_vec())
    })
    .collect()
}

fn means(subject: &Value, user: &User, binding_namespace: &str) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => user.name == name,
        Some("Group") => user.is_in(name),
        Some("ServiceAccount") => {
            let namespace = subject["namespace"].as_str().unwrap_or(binding_namespace);
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn permits(rule: &Value, request: &Request) -> bool {
    let has = |field: &str, wanted: &str| array(&rule[field]).iter().any(|v| v == "*" || v == wanted);
    if !has("verbs", &request.verb) {
        return false;
    }
    if !request.is_resource {
        let paths = array(&rule["nonResourceURLs"]).iter().filter_map(Value::as_str);
        return paths
            .into_iter()
            .any(|p| p == request.path || p.strip_suffix('*').is_some_and(|p| request.path.starts_with(p)));
    }
    let any_of_subresource = format!("*/{}", request.subresource);
    let resource = has("resources", &request.resource_path())
        || !request.subresource.is_empty() && has("resources", &any_of_subresource);
    let names = array(&rule["resourceNames"]);
    has("apiGroups", &request.group)
        && resource
        && (names.is_empty() || names.iter().any(|n| *n == request.name))
}

/// What the roles built into every cluster grant: discovery and health, and asking about oneself.
fn is_open_to_all(user: &User, request: &Request) -> bool {
    if request.is_resource {
        let about_oneself =
            request.group == "authorization.k8s.io" && request.resource.starts_with("selfsubject");
        return about_oneself && request.verb == "create" && user.is_in(AUTHENTICATED);
    }
    let public = ["/healthz", "/livez", "/readyz", "/version"];
    let discovery = ["/api", "/apis", "/openapi"];
    let under = |roots: &[&str]| {
        roots.iter().any(|root| request.path == *root || request.path.starts_with(&format!("{root}/")))
    };
    request.verb == "get" && (under(&public) || user.is_in(AUTHENTICATED) && under(&discovery))
}

fn forbidden(user: &User, request: &Request) -> Refusal {
    let Request { verb, group, namespace, resource, name, .. } = request;
    let who = &user.name;
    if !request.is_resource {
        let message = format!("forbidden: User {who:?} cannot {verb} path {:?}", request.path);
        return Refusal::new(403, "Forbidden", message);
    }
    let id = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
    let object = if name.is_empty() { id } else { format!("{id} {name:?}") };
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {namespace:?}")
    };
    let what = request.resource_path();
    let message = format!(
        "{object} is forbidden: User {who:?} cannot {verb} resource {what:?} in API group {group:?} {place}"
    );
    let mut refusal = Refusal::new(403, "Forbidden", message);
    for (field, value) in [("name", name), ("group", group), ("kind", resource)] {
        if !value.is_empty() {
            refusal.details.insert(field.to_owned(), value.as_str().into());
        }
    }
    refusal
}

fn rbac(plural: &str) -> String {
    format!("{plural}.rbac.authorization.k8s.io")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use serde_json::json;

    use super::*;

    fn data() -> Data {
        let mut data = Data::default();
        data.put(
            &rbac("clusterroles"),
            json!({"metadata": {"name": "writer"}, "rules": [
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "update"]},
            {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets/status"], "verbs": ["update"]}]}),
        );
        data.put(
            &rbac("clusterrolebindings"),
            json!({"metadata": {"name": "writer"},
            "roleRef": {"kind": "ClusterRole", "name": "writer"},
            "subjects": [{"kind": "ServiceAccount", "namespace": "kube-system", "name": "controller"}]}),
        );
        data.put(&rbac("roles"), json!({"metadata": {"name": "proxy", "namespace": "kube-system"}, "rules": [
            {"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": ["http:c:"], "verbs": ["get"]}]}));
        data.put(
            &rbac("rolebindings"),
            json!({"metadata": {"name": "proxy", "namespace": "kube-system"},
            "roleRef": {"kind": "Role", "name": "proxy"},
            "subjects": [{"kind": "Group", "name": AUTHENTICATED}]}),
        );
        data
    }

    #[track_caller]
    fn check(user: &User, method: &Method, uri: &str, refusal: Option<&str>) {
        let request = Request::parse(method, &uri.parse().expect("a good URI"));
        let answer = authorize(user, &request, &data()).map_err(|r| r.message);
        assert_eq!(answer.err().as_deref(), refusal);
    }

    #[test]
    fn a_verb_that_no_role_grants_is_refused_in_the_real_servers_words() {
        let controller = User::new("system:serviceaccount:kube-system:controller", &[AUTHENTICATED]);
        check(&controller, &Method::PUT, "/api/v1/namespaces/x/secrets/s", None);
        let expected = r#"secrets "s" is forbidden: User "system:serviceaccount:kube-system:controller" cannot patch resource "secrets" in API group "" in the namespace "x""#;
        check(&controller, &Method::PATCH, "/api/v1/namespaces/x/secrets/s", Some(expected));
        let status = "/apis/bitnami.com/v1alpha1/namespaces/x/sealedsecrets/s/status";
        check(&controller, &Method::PUT, status, None);
        let expected = r#"sealedsecrets.bitnami.com "s" is forbidden: User "system:serviceaccount:kube-system:controller" cannot get resource "sealedsecrets/status" in API group "bitnami.com" in the namespace "x""#;
        check(&controller, &Method::GET, status, Some(expected));
    }

    #[test]
    fn a_name_restricted_rule_opens_that_name_alone() {
        let jane = User::new("jane", &[AUTHENTICATED]);
        check(&jane, &Method::GET, "/api/v1/namespaces/kube-system/services/http:c:/proxy/v1/cert.pem", None);
        let expected = r#"services "http:d:" is forbidden: User "jane" cannot get resource "services/proxy" in API group "" in the namespace "kube-system""#;
        check(&jane, &Method::GET, "/api/v1/namespaces/kube-system/services/http:d:/proxy/x", Some(expected));
        let expected = r#"secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" at the cluster scope"#;
        check(&jane, &Method::GET, "/api/v1/secrets", Some(expected));
    }

    #[test]
    fn nobody_reads_discovery_without_a_name() {
        let nobody = User::new("system:anonymous", &["system:unauthenticated"]);
        check(&nobody, &Method::GET, "/healthz", None);
        check(
            &nobody,
            &Method::GET,
            "/apis",
            Some(r#"forbidden: User "system:anonymous" cannot get path "/apis""#),
        );
    }
}
