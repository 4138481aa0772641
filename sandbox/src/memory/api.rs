//! The API itself: every request from its headers to its answer.
//!
//! ```text
//! request ──▶ who? (auth) ──▶ may they? (rbac) ──▶ fault? ──▶ list, watch, get, write, delete, proxy ──▶ calls
//! ```

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{
    auth::{self, Tokens, User},
    body::{as_json, read, refused, respond, torn},
    calls::Calls,
    delete::{self, Deleted},
    discovery, faults,
    faults::Faults,
    list, meta,
    patch::PatchKind,
    proxy, rbac,
    request::Request,
    resource::{Registry, Resource},
    review,
    status::Refusal,
    store::Store,
    view::View,
    write::{Part, Writer},
};
use crate::tokens::StaticTokens;

/// Everything that requests share.
pub(super) struct Api {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
    pub(super) bookmark_every: Duration,
    end: watch::Sender<bool>,
}

impl Api {
    pub(super) fn new(tokens: &StaticTokens) -> Self {
        Self {
            store: Store::new(),
            registry: Registry::new(),
            tokens: Tokens::new(tokens),
            faults: Faults::new(),
            calls: Calls::default(),
            bookmark_every: Duration::from_secs(5),
            end: watch::Sender::new(false),
        }
    }

    /// Ends every watch.
    pub(super) fn end(&self) {
        self.end.send_replace(true);
    }

    pub(super) fn ends(&self) -> watch::Receiver<bool> {
        self.end.subscribe()
    }

    /// Answers one request.
    pub(super) async fn answer(
        self: &Arc<Self>,
        request: Request,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let mut user = User::new("", &[]);
        let answer = self.authorized(&request, &headers, &mut user);
        let effect = answer.is_ok().then(|| self.faults.take(&request, &user.name)).flatten();
        if let Some(faults::Effect::Latency(delay)) = effect {
            tokio::time::sleep(delay).await;
        }
        let answer = match (answer, effect.and_then(|e| e.refusal(&request))) {
            (Err(refusal), _) | (Ok(()), Some(refusal)) => Err(refusal),
            (Ok(()), None) => self.dispatch(&request, &headers, body, &user).await,
        };
        let response = answer.unwrap_or_else(|refusal| refused(&refusal, &request));
        self.calls.record(&request, &user.name, response.status().as_u16());
        if effect == Some(faults::Effect::TornResponse) { torn(response).await } else { response }
    }

    fn authorized(&self, request: &Request, headers: &HeaderMap, user: &mut User) -> Result<(), Refusal> {
        self.store.with(|data| {
            *user = self.tokens.user(headers, data)?;
            if let Some(other) = auth::impersonated(headers) {
                let impersonate = Request {
                    verb: "impersonate".to_owned(),
                    is_resource: true,
                    resource: "users".to_owned(),
                    name: other.name.clone(),
                    ..Request::default()
                };
                rbac::authorize(user, &impersonate, data)?;
                *user = other;
            }
            rbac::authorize(user, request, data)
        })
    }

    async fn dispatch(
        self: &Arc<Self>,
        request: &Request,
        headers: &HeaderMap,
        body: Bytes,
        user: &User,
    ) -> Result<Response, Refusal> {
        if !request.is_resource {
            return self.plain(&request.path);
        }
        let body = if request.subresource == "proxy" { body } else { as_json(headers, body)? };
        if request.group == "authorization.k8s.io" && request.verb == "create" {
            let review =
                self.store.with(|data| review::answer(&request.resource, &read(&body)?, user, data))?;
            return Ok(respond(StatusCode::CREATED, &review));
        }
        let resource = self
            .registry
            .find(&request.group, &request.version, &request.resource)
            .filter(|r| r.namespaced || request.namespace.is_empty() || r.plural == "namespaces")
            .ok_or_else(Refusal::no_such_path)?;
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        match (resource.plural.as_str(), request.subresource.as_str()) {
            ("services", "proxy") => return proxy::forward(request, headers, body, self).await,
            ("serviceaccounts", "token") if request.verb == "create" => {
                return self.issue_token(request, &read(&body)?);
            }
            (_, "status") if resource.status => {}
            (_, "") => {}
            _ => return Err(Refusal::no_such_path()),
        }
        let view = View::of_accept(accept)?;
        match request.verb.as_str() {
            "watch" => {
                let body = super::watch::watch(request, resource, view, &user.name, Arc::clone(self))?;
                let answer = Response::builder().header(header::CONTENT_TYPE, "application/json");
                Ok(answer.body(body).expect("the header is good"))
            }
            "list" => {
                let answer = self.store.with(|data| list::list(request, &resource, view, data))?;
                Ok(respond(StatusCode::OK, &answer))
            }
            "get" => {
                let found = self.store.with(|data| writer(request, &resource).find(&request.name, data))?;
                Ok(respond(StatusCode::OK, &view.object(&found, &resource)))
            }
            "delete" | "deletecollection" => self.delete(request, &resource, view, &body),
            _ => self.write(request, &resource, view, headers, &body),
        }
    }

    fn write(
        &self,
        request: &Request,
        resource: &Resource,
        view: View,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        let part = if request.subresource == "status" { Part::Status } else { Part::Main };
        let writer = writer(request, resource);
        let content_type =
            headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (code, object) = match request.verb.as_str() {
            "create" if request.name.is_empty() => {
                let body = read(body)?;
                (StatusCode::CREATED, self.store.with(|data| writer.create(body, data))?)
            }
            "update" => {
                let body = read(body)?;
                (StatusCode::OK, self.store.with(|data| writer.update(&request.name, body, part, data))?)
            }
            "patch" => {
                let patch = (PatchKind::of_content_type(content_type)?, &read(body)?);
                (StatusCode::OK, self.store.with(|data| writer.patch(&request.name, patch, part, data))?)
            }
            _ => {
                let message = "the server does not allow this method on the requested resource";
                return Err(Refusal::new(405, "MethodNotAllowed", message));
            }
        };
        self.serve_definitions(resource);
        Ok(respond(code, &view.object(&object, resource)))
    }

    fn delete(
        &self,
        request: &Request,
        resource: &Resource,
        view: View,
        body: &[u8],
    ) -> Result<Response, Refusal> {
        let body = if body.is_empty() { json!({}) } else { read(body)? };
        let options = delete::Options::parse(&body, |name| request.param(name).to_owned())?;
        let now = Timestamp::now();
        if request.verb == "deletecollection" {
            let list = self.store.with(|data| {
                let list = list::list(request, resource, View::Whole, data)?;
                for object in list["items"].as_array().into_iter().flatten() {
                    delete::delete(
                        resource,
                        (meta::namespace(object), meta::name(object)),
                        &options,
                        now,
                        data,
                    )?;
                }
                Ok::<_, Refusal>(list)
            })?;
            return Ok(respond(StatusCode::OK, &list));
        }
        let place = (writer_namespace(request, resource), request.name.as_str());
        let deleted = self.store.with(|data| delete::delete(resource, place, &options, now, data))?;
        self.serve_definitions(resource);
        Ok(match deleted {
            Deleted::Waiting(object) => respond(StatusCode::OK, &view.object(&object, resource)),
            Deleted::Gone(object) => {
                let mut details =
                    json!({"name": request.name, "kind": resource.plural, "uid": meta::text(&object, "uid")});
                if !resource.group.is_empty() {
                    details["group"] = resource.group.as_str().into();
                }
                let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
                respond(StatusCode::OK, &status)
            }
        })
    }

    /// Health, version, discovery and metrics.
    fn plain(&self, path: &str) -> Result<Response, Refusal> {
        match path.trim_end_matches('/') {
            "/healthz" | "/livez" | "/readyz" => Ok(Response::new(Body::from("ok"))),
            "/metrics" => Ok(Response::new(Body::from(self.calls.metrics()))),
            // An empty document of protobuf: kubectl asks for it before it applies a list, and checks no more than
            // what it finds there; the server checks each object.
            "/openapi/v2" => Ok(Response::builder()
                .header(header::CONTENT_TYPE, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
                .body(Body::empty())
                .expect("the header is good")),
            path => {
                let document = discovery::document(path, &self.registry).ok_or_else(Refusal::no_such_path)?;
                Ok(respond(StatusCode::OK, &document))
            }
        }
    }

    fn issue_token(&self, request: &Request, body: &Value) -> Result<Response, Refusal> {
        let accounts = self.registry.find("", "v1", "serviceaccounts").ok_or_else(Refusal::no_such_path)?;
        let account = self.store.with(|data| data.get("serviceaccounts", &request.namespace, &request.name));
        let account = account.ok_or_else(|| Refusal::not_found(&accounts, &request.name))?;
        let token = self.tokens.issue(&request.namespace, &request.name, meta::text(&account, "uid"));
        let lifetime = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600).clamp(600, 1 << 32);
        let expires = Timestamp::now() + jiff::SignedDuration::from_secs(lifetime);
        let answer = json!({"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": request.name, "namespace": request.namespace},
            "spec": body["spec"], "status": {"token": token, "expirationTimestamp": meta::instant(expires)}});
        Ok(respond(StatusCode::CREATED, &answer))
    }

    /// A change of a definition changes what is served, before its writer hears of success.
    fn serve_definitions(&self, changed: &Resource) {
        if changed.plural == "customresourcedefinitions" {
            let definitions = self.store.with(|data| data.list(&changed.id(), ""));
            self.registry.serve(&definitions);
        }
    }
}

fn writer<'a>(request: &'a Request, resource: &'a Resource) -> Writer<'a> {
    let namespace = writer_namespace(request, resource);
    Writer { resource, namespace, now: Timestamp::now(), dry_run: !request.param("dryRun").is_empty() }
}

/// A namespace's own path names it twice; it lives in none.
fn writer_namespace<'a>(request: &'a Request, resource: &Resource) -> &'a str {
    if resource.namespaced { &request.namespace } else { "" }
}
