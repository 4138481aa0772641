//! Why a write was refused with 403. RBAC and admission answer with the same code, reason and details, so the API server
//! is asked what the service account may do. A read needs no question: admission sees no reads.

use std::{
    error::Error,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http_body_util::BodyExt as _;
use hyper::body::Body as HttpBody;
use kube::client::Body;
use serde::Deserialize;
use tokio::{sync::Mutex, time::timeout};
use tower::{BoxError, Layer, Service, ServiceExt as _};

use super::{
    asked::Asked,
    verdicts::{Verdict, Verdicts},
};

/// A write was refused, and not by admission alone as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No rule allows it.
    #[error("no rule allows it")]
    Denied,
    /// The API server did not say whether one does.
    #[error("whether a rule allows it is not known")]
    Unknown,
}

/// The refusal that an error stands for, if it comes from here.
pub fn refusal(error: &(dyn Error + 'static)) -> Option<Refused> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref() {
            return Some(*refused);
        }
        cause = error.source();
    }
    None
}

/// Asks after a 403 to a write. What admission refused passes as it stands; the rest becomes an error.
#[derive(Clone, Default)]
pub struct Permission(Arc<Verdicts>);

impl<S> Layer<S> for Permission {
    type Service = Reviewed<S>;

    fn layer(&self, inner: S) -> Reviewed<S> {
        Reviewed { inner: Arc::new(Mutex::new(inner)), verdicts: Arc::clone(&self.0) }
    }
}

/// A service behind [`Permission`].
pub struct Reviewed<S> {
    /// Held while a request is handed over, not while it is answered.
    inner: Arc<Mutex<S>>,
    verdicts: Arc<Verdicts>,
}

impl<S, B> Service<::http::Request<Body>> for Reviewed<S>
where
    S: Service<::http::Request<Body>, Response = ::http::Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes> + Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: ::http::Request<Body>) -> Self::Future {
        let asked = Asked::of_write(request.method(), request.uri());
        let (inner, verdicts) = (Arc::clone(&self.inner), Arc::clone(&self.verdicts));
        async move {
            let answer = send(&inner, request).await?;
            let Some(asked) = asked.filter(|_| answer.status() == ::http::StatusCode::FORBIDDEN) else {
                return Ok(answer);
            };
            let review = async { timeout(REVIEW, review(&inner, &asked)).await.ok().flatten() };
            match verdicts.of(&asked, review).await {
                Verdict::Allowed => Ok(answer),
                Verdict::Denied => Err(Refused::Denied.into()),
                Verdict::Unknown => Err(Refused::Unknown.into()),
            }
        }
        .boxed()
    }
}

async fn send<S>(inner: &Mutex<S>, request: ::http::Request<Body>) -> Result<S::Response, BoxError>
where
    S: Service<::http::Request<Body>>,
    S::Error: Into<BoxError>,
{
    let answer = {
        let mut service = inner.lock().await;
        service.ready().await.map_err(Into::into)?.call(request)
    };
    answer.await.map_err(Into::into)
}

/// The part of a `SelfSubjectAccessReview` that counts.
#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    allowed: bool,
}

/// Whether the service account may do this; nothing if the API server does not say.
async fn review<S, B>(inner: &Mutex<S>, asked: &Asked) -> Option<bool>
where
    S: Service<::http::Request<Body>, Response = ::http::Response<B>>,
    S::Error: Into<BoxError>,
    B: HttpBody<Data = Bytes>,
{
    let request = ::http::Request::post(REVIEWS)
        .header(::http::header::CONTENT_TYPE, "application/json")
        .header(::http::header::ACCEPT, "application/json")
        .body(Body::from(asked.review().to_string().into_bytes()))
        .ok()?;
    let answer = send(inner, request).await.ok().filter(|answer| answer.status().is_success())?;
    let text = answer.into_body().collect().await.ok()?.to_bytes();
    serde_json::from_slice::<Review>(&text).ok().map(|review| review.status.allowed)
}

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Within the deadline of the write, and of a look at the lease.
const REVIEW: Duration = Duration::from_secs(2);
