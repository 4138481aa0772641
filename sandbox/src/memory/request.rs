//! What a request asks for, read from method, path and query as the API server reads them.

use axum::{
    extract::Query,
    http::{Method, Uri},
};

/// One request, understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Request {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; of a plain path, the method.
    pub(crate) verb: String,
    /// The path, for what is not a resource.
    pub(super) path: String,
    /// Whether the path names a resource.
    pub(super) is_resource: bool,
    pub(super) group: String,
    pub(super) version: String,
    /// Empty: all namespaces, or none.
    pub(super) namespace: String,
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) subresource: String,
    /// What follows the subresource: the path that a proxy forwards.
    pub(super) rest: String,
    /// Query, in order.
    pub(super) query: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn parse(method: &Method, uri: &Uri) -> Self {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|q| q.0).unwrap_or_default();
        let mut request = Self { path: uri.path().to_owned(), query, ..Self::default() };
        request.read_path(uri.path());
        request.verb = request.read_verb(method);
        if matches!(request.verb.as_str(), "list" | "watch" | "deletecollection") {
            request.name = request.name_in_selector();
        }
        request
    }

    /// The last value of a query parameter.
    pub(super) fn param(&self, name: &str) -> &str {
        self.query.iter().rev().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// A query parameter that is a yes or a no.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.param(name), "true" | "1")
    }

    /// `resource` or `resource/subresource`, as roles name it.
    pub(super) fn resource_path(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    fn read_path(&mut self, path: &str) {
        let mut parts: Vec<String> = path.split('/').filter(|p| !p.is_empty()).map(percent_decoded).collect();
        let prefix = match parts.first().map(String::as_str) {
            Some("api") if parts.len() > 2 => 2,
            Some("apis") if parts.len() > 3 => 3,
            _ => return,
        };
        self.is_resource = true;
        self.group = if prefix == 3 { parts[1].clone() } else { String::new() };
        self.version.clone_from(&parts[prefix - 1]);
        let rest = parts.split_off(prefix);
        let of_namespace = |part: &str| matches!(part, "status" | "finalize");
        let rest = match rest.as_slice() {
            [first, namespace, tail @ ..] if first == "namespaces" => {
                self.namespace.clone_from(namespace);
                if tail.is_empty() || of_namespace(&tail[0]) { rest.as_slice() } else { tail }
            }
            _ => rest.as_slice(),
        };
        let part = |i: usize| rest.get(i).cloned().unwrap_or_default();
        (self.resource, self.name, self.subresource) = (part(0), part(1), part(2));
        if self.subresource == "proxy" {
            // From the raw path: what is forwarded keeps its escapes and slashes.
            self.rest = path.split_once("/proxy").map_or_else(String::new, |(_, rest)| rest.to_owned());
        }
    }

    fn read_verb(&self, method: &Method) -> String {
        let named = !self.name.is_empty();
        let verb = match *method {
            _ if !self.is_resource => return method.as_str().to_lowercase(),
            Method::POST => "create",
            Method::GET | Method::HEAD if named => "get",
            Method::GET | Method::HEAD if self.flag("watch") => "watch",
            Method::GET | Method::HEAD => "list",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if named => "delete",
            Method::DELETE => "deletecollection",
            _ => "",
        };
        verb.to_owned()
    }

    /// A list of one name counts as a request for that name: a role may grant just that.
    fn name_in_selector(&self) -> String {
        let terms = self.param("fieldSelector").split(',');
        terms
            .into_iter()
            .find_map(|t| t.strip_prefix("metadata.name="))
            .unwrap_or_default()
            .trim_start_matches('=')
            .to_owned()
    }
}

/// Percent escapes decoded; what is no escape stays.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) if bytes[i] == b'%' => {
                out.push(byte);
                i += 3;
            }
            _ => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &Method, uri: &str) -> Request {
        Request::parse(method, &uri.parse().expect("a test writes good URIs"))
    }

    #[test]
    fn a_namespace_is_a_resource_of_its_own() {
        let request = parse(&Method::GET, "/api/v1/namespaces/a");
        assert_eq!((request.resource.as_str(), request.name.as_str()), ("namespaces", "a"));
        assert_eq!((request.verb.as_str(), request.namespace.as_str()), ("get", "a"));
    }

    #[test]
    fn the_proxied_path_keeps_its_escapes() {
        let request = parse(&Method::POST, "/api/v1/namespaces/a/services/http:b:http/proxy/v1/ro%20tate");
        assert_eq!((request.name.as_str(), request.rest.as_str()), ("http:b:http", "/v1/ro%20tate"));
        assert_eq!((request.verb.as_str(), request.resource_path().as_str()), ("create", "services/proxy"));
    }

    #[test]
    fn a_group_without_a_resource_is_discovery() {
        assert!(!parse(&Method::GET, "/apis/bitnami.com/v1alpha1").is_resource);
        assert!(parse(&Method::GET, "/apis/bitnami.com/v1alpha1/sealedsecrets").is_resource);
    }

    #[test]
    fn a_list_of_one_name_is_authorized_by_that_name() {
        let request = parse(&Method::GET, "/api/v1/secrets?watch=1&fieldSelector=metadata.name%3Dx");
        assert_eq!((request.verb.as_str(), request.name.as_str()), ("watch", "x"));
    }
}
