//! Bodies of requests and answers: JSON in, JSON out, refusals, and answers that break off.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

use super::{protobuf, request::Request, status::Refusal};

/// A body as JSON, whichever of the formats of Kubernetes it came in.
pub(super) fn as_json(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    let format = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !format.starts_with("application/vnd.kubernetes.protobuf") {
        return Ok(body);
    }
    Ok(protobuf::read(&body)?.to_string().into())
}

/// A body that must be an object or a list.
pub(super) fn read(body: &[u8]) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("the body of the request is not JSON: {error}")))?;
    if value.is_object() || value.is_array() {
        Ok(value)
    } else {
        Err(Refusal::bad_request("the body of the request is no object"))
    }
}

/// An object as an answer.
pub(super) fn respond(code: StatusCode, value: &Value) -> Response {
    let answer = Response::builder().status(code).header(header::CONTENT_TYPE, "application/json");
    answer.body(Body::from(value.to_string())).expect("status and header are good")
}

/// A refusal as an answer; a watch hears of an expired revision inside the stream, as from the real server.
pub(crate) fn refused(refusal: &Refusal, request: &Request) -> Response {
    let status = refusal.to_value();
    if refusal.code == 410 && request.verb == "watch" {
        return respond(StatusCode::OK, &json!({"type": "ERROR", "object": status}));
    }
    let code = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(code, &status);
    if let Some(seconds) = refusal.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The first half of the answer, then a broken connection.
pub(crate) async fn torn(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Response::from_parts(parts, Body::from_stream(futures::stream::iter([Ok(half), Err(broken)])))
}
