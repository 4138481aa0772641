//! `/v1/verify`: whether every item of a SealedSecret opens.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealed_secrets_core::sealed_secret::{SealedSecret, Template};

use super::{
    Web,
    body::{Received, body},
    object::{self, Failure, Object},
    open::Opening,
    respond,
};

/// 200 if every item opens, 409 if not, 500 if it is no SealedSecret. Templates have no say.
pub(super) async fn verify(State(web): State<Web>, request: Request) -> Response {
    let received = match body(&web, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    let status = match every_item_opens(&web, received).await {
        Ok(()) => StatusCode::OK,
        Err(Failure::Refused(refused)) => return refused.answer(&web.metrics),
        Err(Failure::NotRead(error)) => {
            tracing::info!(error, "verify: not a SealedSecret");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(Failure::Unfit(error) | Failure::Unopened(error)) => {
            tracing::info!(error, "verify: does not open");
            StatusCode::CONFLICT
        }
        Err(Failure::NoSealingKey | Failure::Broken) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    respond::empty(status)
}

async fn every_item_opens(web: &Web, received: Received) -> Result<(), Failure> {
    let _slot = web.slots.take(received.reservation.caller()).await;
    let (Object { shell, items, blob }, reservation) = object::read(web, received, only_scope).await?;
    let count = items.len() + usize::from(blob.is_some());
    let mut opening = Opening::new(web, &web.keys.ring(), &Arc::new(shell), &reservation, count)?;
    for text in items.into_values().chain(blob) {
        opening.one(text, |_| ()).await?;
    }
    Ok(())
}

/// Ciphertexts and what they are bound to; the rest need not be kept while they are opened.
fn only_scope(mut sealed: SealedSecret) -> SealedSecret {
    let ObjectMeta { name, namespace, annotations, .. } = sealed.metadata;
    sealed.metadata = ObjectMeta { name, namespace, annotations, ..ObjectMeta::default() };
    sealed.spec.template = Template::default();
    sealed.status = None;
    sealed
}
