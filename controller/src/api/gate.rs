//! Writes are sent only while this replica leads: looked at before every one, in one place.

use std::{
    error::Error,
    sync::Arc,
    task::{self, Poll},
};

use futures::{FutureExt as _, future::BoxFuture};
use kube::client::Body;
use tower::{BoxError, Layer, Service};

use super::in_flight::InFlight;

/// Says whether a write may be sent now.
pub trait MayWrite: Send + Sync {
    /// Whether this replica leads for longer than a write may take.
    fn may_write(&self) -> bool;

    /// Where writes are counted that are sent.
    fn in_flight(&self) -> &InFlight;
}

/// A write was not sent.
#[derive(Debug, thiserror::Error)]
#[error("this replica does not lead")]
struct Shut;

/// Whether an error comes from here.
pub fn was_shut(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<Shut>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Lets reads pass, and leases; other writes while `may_write` says so.
#[derive(Clone)]
pub struct Gate(pub Arc<dyn MayWrite>);

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner, gate: self.clone() }
    }
}

/// A service behind a [`Gate`].
pub struct Gated<S> {
    inner: S,
    gate: Gate,
}

impl<S> Service<::http::Request<Body>> for Gated<S>
where
    S: Service<::http::Request<Body>>,
    S::Response: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: ::http::Request<Body>) -> Self::Future {
        let passes = request.method() == ::http::Method::GET || is_of_lease(request.uri());
        let gate = Arc::clone(&self.gate.0);
        let answer = self.inner.call(request);
        // Looked at when it is sent, not when it is made: a layer above may let it wait in between.
        async move {
            if passes {
                return answer.await.map_err(Into::into);
            }
            // Counted before it is looked at: who shuts the gate and finds none in flight can be sure of it.
            let write = gate.in_flight().begin();
            if !gate.may_write() {
                write.answered();
                return Err(Shut.into());
            }
            let answer = answer.await.map_err(Into::into);
            if answer.is_ok() {
                write.answered();
            }
            answer
        }
        .boxed()
    }
}

/// Whether a request is about leases.
pub(super) fn is_of_lease(uri: &::http::Uri) -> bool {
    uri.path().starts_with(LEASES)
}

const LEASES: &str = "/apis/coordination.k8s.io/";
