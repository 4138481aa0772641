//! `/v1/rotate`: a SealedSecret sealed anew to the newest key.

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use futures::StreamExt as _;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealed_secrets_core::{SealedSecret, manifest, reseal};

use super::{Web, respond};
use crate::pool::Priority;

/// The same object with other ciphertexts; 500 if that cannot be.
pub(super) async fn rotate(State(web): State<Web>, request: Request) -> Response {
    let text = match body(&web, request).await {
        Ok(text) => text,
        Err(response) => return response,
    };
    let (ring, accept) = (web.keys.ring(), web.accept_v1_data);
    let rotated = web.pool.run(Priority::Fresh, move || {
        let sealed = without_server_fields(object(without_trailing_marker(&text))?);
        let fresh = reseal::reseal(&sealed, &ring, accept).map_err(|error| error.to_string())?;
        Ok::<_, String>(fresh.to_value().to_string())
    });
    match rotated.await {
        Some(Ok(json)) => respond::with_type(StatusCode::OK, "text/plain; charset=utf-8", json),
        Some(Err(error)) => {
            tracing::info!(error, "rotate: refused");
            respond::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
        None => respond::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// One object that says what it is. Command lines always say it; what does not is no SealedSecret.
pub(super) fn object(text: &[u8]) -> Result<SealedSecret, String> {
    let sealed = manifest::sealed_secret(text).map_err(|error| error.to_string())?;
    if sealed.kind.is_empty() || sealed.api_version.is_empty() {
        return Err("kind or apiVersion is missing".to_owned());
    }
    Ok(sealed)
}

/// What a cluster adds to an object has no place in the one that goes back to Git.
fn without_server_fields(mut sealed: SealedSecret) -> SealedSecret {
    let ObjectMeta { name, namespace, labels, annotations, .. } = sealed.metadata;
    sealed.metadata = ObjectMeta { name, namespace, labels, annotations, ..ObjectMeta::default() };
    sealed.status = None;
    sealed
}

/// Compat: a document marker at the end begins no second document here.
fn without_trailing_marker(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    match text.strip_suffix(b"---") {
        Some(before) if before.ends_with(b"\n") => before,
        Some(_) | None => text,
    }
}

/// The body of a POST, within limits of size and time, or the answer to give instead.
pub(super) async fn body(web: &Web, request: Request) -> Result<Bytes, Response> {
    let failed = || respond::empty(StatusCode::INTERNAL_SERVER_ERROR);
    // Compat: the reference never looks at the method, so a GET is an empty object to it.
    if matches!(*request.method(), respond::GET | respond::HEAD) {
        return Err(failed());
    }
    if let Some(refused) = respond::only(&request, &[respond::POST]) {
        return Err(refused);
    }
    let reading = read(request.into_body());
    match tokio::time::timeout(web.read_timeout, reading).await {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(failed()),
        Err(_) => Err(respond::empty(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Reads a body; one that no API server would store is read to its end, so that the sender hears the
/// answer, but not kept.
async fn read(body: axum::body::Body) -> Option<Bytes> {
    let mut chunks = body.into_data_stream();
    let (mut text, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length += chunk.len();
        if length > MOST_DRAINED {
            return None;
        }
        if length <= MOST_KEPT {
            text.extend_from_slice(&chunk);
        } else {
            text = Vec::new();
        }
    }
    (length <= MOST_KEPT).then(|| text.into())
}

/// What the API server takes as a request.
const MOST_KEPT: usize = 3 << 20;
const MOST_DRAINED: usize = 16 << 20;
