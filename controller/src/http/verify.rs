//! `/v1/verify`: whether every item of a SealedSecret opens.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use sealed_secrets_core::reseal;

use super::{
    Web,
    reseal::{body, object},
    respond,
};
use crate::pool::Priority;

/// 200 if every item opens, 409 if not, 500 if it is no SealedSecret. Templates have no say.
pub(super) async fn verify(State(web): State<Web>, request: Request) -> Response {
    let text = match body(&web, request).await {
        Ok(text) => text,
        Err(response) => return response,
    };
    let (ring, accept) = (web.keys.ring(), web.accept_v1_data);
    let verdict = web.pool.run(Priority::Fresh, move || {
        let sealed = object(&text).map_err(|error| {
            tracing::info!(error, "verify: not a SealedSecret");
            StatusCode::INTERNAL_SERVER_ERROR
        })?;
        reseal::verify(&sealed, &ring, accept).map_err(|error| {
            tracing::info!(%error, "verify: does not open");
            StatusCode::CONFLICT
        })
    });
    match verdict.await {
        Some(Ok(())) => respond::empty(StatusCode::OK),
        Some(Err(status)) => respond::empty(status),
        None => respond::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
