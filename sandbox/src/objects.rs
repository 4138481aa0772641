//! The API as a client sees it, object by object, as JSON: nothing is hidden by a type.

use std::time::{Duration, Instant};

use http::{Method, Request, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};

use crate::http_client::Answer;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The server answered, and not with success.
    #[error("{method} {path}: {status}: {message}")]
    Refused {
        /// Verb of the request.
        method: Method,
        /// Path of the request.
        path: String,
        /// Status code of the answer.
        status: StatusCode,
        /// `message` of the answered Status, or the body.
        message: String,
    },
    /// There was no answer.
    #[error("{path}: no answer from the API server")]
    NoAnswer {
        /// Path of the request.
        path: String,
        /// Why.
        source: Box<kube::Error>,
    },
    /// The answer is not JSON.
    #[error("{path}: the answer is not JSON")]
    NotJson {
        /// Path of the request.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The sandbox does not know where objects of this kind live.
    #[error("kind {0:?} has no path in sandbox/src/objects.rs")]
    UnknownKind(String),
    /// An object kept changing under our hands, or did not become what was waited for.
    #[error("gave up waiting: {0}")]
    TooLate(String),
}

impl ApiError {
    /// Status code, if there was an answer.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::NoAnswer { .. } | Self::NotJson { .. } | Self::UnknownKind(_) | Self::TooLate(_) => None,
        }
    }

    fn is(&self, wanted: StatusCode) -> bool {
        self.status() == Some(wanted)
    }
}

/// How a patch is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// RFC 7386.
    Merge,
    /// RFC 6902.
    Json,
}

/// The objects that one user of an API server may see and change.
#[derive(Clone)]
pub struct Objects {
    client: kube::Client,
}

impl Objects {
    /// The objects that `client` may see and change.
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// The object, or nothing when there is none.
    pub async fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>, ApiError> {
        match self.json(Method::GET, &path(kind, namespace, name)?, None).await {
            Err(error) if error.is(StatusCode::NOT_FOUND) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// The objects of `kind` in `namespace` (in all, when that is empty).
    pub async fn list(&self, kind: &str, namespace: &str) -> Result<Vec<Value>, ApiError> {
        let mut answer = self.json(Method::GET, &path(kind, namespace, "")?, None).await?;
        match answer["items"].take() {
            Value::Array(items) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// Creates the object.
    pub async fn create(&self, object: &Value) -> Result<Value, ApiError> {
        let path = path(kind_of(object), namespace_of(object), "")?;
        self.json(Method::POST, &path, Some(object)).await
    }

    /// Replaces the object, whatever version is there.
    pub async fn replace(&self, object: &Value) -> Result<Value, ApiError> {
        let path = path(kind_of(object), namespace_of(object), name_of(object))?;
        for _ in 0..CONFLICTS {
            let current = self.json(Method::GET, &path, None).await?;
            let mut next = object.clone();
            next["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"].clone();
            match self.json(Method::PUT, &path, Some(&next)).await {
                Err(ApiError::Refused { status: StatusCode::CONFLICT, message, .. })
                    if message.contains("the object has been modified") => {}
                answer => return answer,
            }
        }
        Err(ApiError::TooLate(format!("{path} changes faster than it can be replaced")))
    }

    /// Creates the object or replaces the one that is there.
    pub async fn apply(&self, object: &Value) -> Result<Value, ApiError> {
        match self.get(kind_of(object), namespace_of(object), name_of(object)).await? {
            None => self.create(object).await,
            Some(_) => self.replace(object).await,
        }
    }

    /// Deletes the object; a missing one is fine.
    pub async fn delete(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        propagation: Option<&str>,
    ) -> Result<(), ApiError> {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
        if let Some(policy) = propagation {
            options["propagationPolicy"] = policy.into();
        }
        match self.json(Method::DELETE, &path(kind, namespace, name)?, Some(&options)).await {
            Err(error) if error.is(StatusCode::NOT_FOUND) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Patches the object, or its `subresource` when that is not empty.
    pub async fn patch(&self, target: Target<'_>, how: PatchType, patch: &Value) -> Result<Value, ApiError> {
        let mut place = path(target.kind, target.namespace, target.name)?;
        if !target.subresource.is_empty() {
            place = format!("{place}/{}", target.subresource);
        }
        let content_type = match how {
            PatchType::Merge => "application/merge-patch+json",
            PatchType::Json => "application/json-patch+json",
        };
        let text = self.text(Method::PATCH, &place, content_type, patch.to_string().into_bytes()).await?;
        parse(&place, &text)
    }

    /// Sends JSON (or nothing), reads JSON.
    pub async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let body = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
        let text = self.text(method, path, "application/json", body).await?;
        parse(path, &text)
    }

    /// Sends bytes, reads text: `/metrics` and the like.
    pub async fn text(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Result<String, ApiError> {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header("content-type", content_type)
            .header("accept", "application/json, text/plain")
            .body(body);
        let request = request.map_err(|error| no_answer(path, kube::Error::HttpError(error)))?;
        let answer = self.send(request).await?;
        let text = answer.text();
        match StatusCode::from_u16(answer.status) {
            Ok(status) if !status.is_success() => {
                let told = serde_json::from_str::<Value>(&text).ok();
                let message = told.and_then(|s| s["message"].as_str().map(str::to_owned)).unwrap_or(text);
                Err(ApiError::Refused { method, path: path.to_owned(), status, message })
            }
            _ => Ok(text),
        }
    }

    /// Sends a request as it is and gives the answer whatever its status.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, ApiError> {
        let path = request.uri().path().to_owned();
        let no_answer = |error| no_answer(&path, error);
        let answer = self.client.send(request.map(Body::from)).await.map_err(no_answer)?;
        let (parts, body) = answer.into_parts();
        let body = body.collect_bytes().await.map_err(no_answer)?.to_vec();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// Asks again and again until `wanted` gives something; says what was waited for when it never does.
    pub async fn wait_for<T, F>(&self, what: &str, within: Duration, mut wanted: F) -> Result<T, ApiError>
    where
        F: AsyncFnMut(&Self) -> Result<Option<T>, ApiError>,
    {
        let start = Instant::now();
        loop {
            if let Some(found) = wanted(self).await? {
                return Ok(found);
            }
            if start.elapsed() > within {
                return Err(ApiError::TooLate(what.to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// An object, or a part of it that has its own path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// Kind.
    pub kind: &'a str,
    /// Namespace; empty for objects that have none.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// `status`, or empty for the object itself.
    pub subresource: &'a str,
}

/// Path of an object, or of the collection when `name` is empty.
pub fn path(kind: &str, namespace: &str, name: &str) -> Result<String, ApiError> {
    let (_, base, plural, namespaced) =
        KINDS.iter().find(|k| k.0 == kind).ok_or_else(|| ApiError::UnknownKind(kind.to_owned()))?;
    let mut path = (*base).to_owned();
    if *namespaced && !namespace.is_empty() {
        path = format!("{path}/namespaces/{namespace}");
    }
    path = format!("{path}/{plural}");
    Ok(if name.is_empty() { path } else { format!("{path}/{name}") })
}

/// Whether objects of this kind live in namespaces, as far as the sandbox knows.
pub fn is_namespaced(kind: &str) -> bool {
    KINDS.iter().any(|known| known.0 == kind && known.3)
}

/// `kind` of an object.
pub fn kind_of(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// `metadata.namespace` of an object.
pub fn namespace_of(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// `metadata.name` of an object.
pub fn name_of(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn no_answer(path: &str, source: kube::Error) -> ApiError {
    ApiError::NoAnswer { path: path.to_owned(), source: Box::new(source) }
}

fn parse(path: &str, text: &str) -> Result<Value, ApiError> {
    serde_json::from_str(text).map_err(|source| ApiError::NotJson { path: path.to_owned(), source })
}

const CONFLICTS: usize = 20;

/// Kind, where its group lives, plural, whether it lives in a namespace.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("ClusterRole", "/apis/rbac.authorization.k8s.io/v1", "clusterroles", false),
    ("ClusterRoleBinding", "/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", false),
    ("ConfigMap", "/api/v1", "configmaps", true),
    ("CustomResourceDefinition", "/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", false),
    ("Deployment", "/apis/apps/v1", "deployments", true),
    ("Endpoints", "/api/v1", "endpoints", true),
    ("EndpointSlice", "/apis/discovery.k8s.io/v1", "endpointslices", true),
    ("Event", "/api/v1", "events", true),
    ("Lease", "/apis/coordination.k8s.io/v1", "leases", true),
    ("Namespace", "/api/v1", "namespaces", false),
    ("NetworkPolicy", "/apis/networking.k8s.io/v1", "networkpolicies", true),
    ("Pod", "/api/v1", "pods", true),
    ("PodDisruptionBudget", "/apis/policy/v1", "poddisruptionbudgets", true),
    ("Role", "/apis/rbac.authorization.k8s.io/v1", "roles", true),
    ("RoleBinding", "/apis/rbac.authorization.k8s.io/v1", "rolebindings", true),
    ("SealedSecret", "/apis/bitnami.com/v1alpha1", "sealedsecrets", true),
    ("Secret", "/api/v1", "secrets", true),
    ("Service", "/api/v1", "services", true),
    ("ServiceAccount", "/api/v1", "serviceaccounts", true),
];
