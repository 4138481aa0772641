//! `/v1/rotate`: a SealedSecret sealed anew to the newest key.

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use futures::StreamExt as _;
use sealed_secrets_core::{manifest, reseal};

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
        let sealed = manifest::sealed_secret(&text).map_err(|error| error.to_string())?;
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
