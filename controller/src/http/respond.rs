//! Answers as the reference gives them.

use std::time::Instant;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::Web;

pub(super) const GET: Method = Method::GET;
pub(super) const HEAD: Method = Method::HEAD;
pub(super) const POST: Method = Method::POST;

/// A body of this type.
pub(super) fn with_type(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A text.
pub(super) fn text(status: StatusCode, body: impl Into<Body>) -> Response {
    with_type(status, "text/plain; charset=utf-8", body)
}

/// An error text, as Go's `http.Error` sends it.
pub(super) fn error(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = text(status, body);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A status without body and content type.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// No such path.
pub(super) async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// Refuses other methods than these.
pub(super) fn only(request: &Request, allowed: &[Method]) -> Option<Response> {
    if allowed.contains(request.method()) {
        return None;
    }
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
    let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
    if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
        response.headers_mut().insert(header::ALLOW, names);
    }
    Some(response)
}

/// Counts a request and its duration.
pub(super) async fn measure(State(web): State<Web>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method_label(request.method());
    let path = match request.uri().path() {
        "/v1/verify" => "/v1/verify",
        "/v1/rotate" => "/v1/rotate",
        _ => "/v1/cert.pem",
    };
    let response = next.run(request).await;
    let code = response.status();
    web.metrics.http_requests.with_label_values(&[path, method, code.as_str()]).inc();
    web.metrics.http_seconds.with_label_values(&[path, method]).observe(begun.elapsed().as_secs_f64());
    response
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "get",
        "PUT" => "put",
        "HEAD" => "head",
        "POST" => "post",
        "DELETE" => "delete",
        "CONNECT" => "connect",
        "OPTIONS" => "options",
        "NOTIFY" => "notify",
        "TRACE" => "trace",
        "PATCH" => "patch",
        _ => "unknown",
    }
}
