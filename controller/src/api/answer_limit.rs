//! A limit on answers of the API server, since one page of a list is held in memory at once.
//!
//! A page counts objects, and any tenant may store objects of more than a mebibyte: a page of 250 of them would not
//! fit into the container. Watches are streams of single objects and stay without limit.

use std::{
    error::Error,
    task::{self, Poll},
};

use futures::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use http_body_util::{LengthLimitError, Limited};
use kube::client::Body;
use tower::{Layer, Service};

/// Most bytes of an answer that is no watch: one object of the largest size that an API server takes (3 MiB) fits.
pub const MOST_BYTES: usize = 4 << 20;
/// What is said of a single object that does not fit.
pub const WORDS: &str = "an object is too large to be listed: nothing is seen until it is deleted; look for it with \
    `kubectl get sealedsecrets,secrets -A -o json`, by the size of its annotations";

/// Whether an answer was longer than [`MOST_BYTES`].
pub fn is_exceeded(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Cuts answers after [`MOST_BYTES`]: whoever reads on gets an error.
#[derive(Clone, Copy, Debug)]
pub struct AnswerLimit;

impl<S> Layer<S> for AnswerLimit {
    type Service = Cut<S>;

    fn layer(&self, inner: S) -> Cut<S> {
        Cut(inner)
    }
}

/// A service whose answers are limited.
#[derive(Clone, Debug)]
pub struct Cut<S>(S);

impl<S, B> Service<::http::Request<Body>> for Cut<S>
where
    S: Service<::http::Request<Body>, Response = ::http::Response<B>>,
    S::Future: Send + 'static,
{
    type Response = ::http::Response<Limited<B>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: ::http::Request<Body>) -> Self::Future {
        let most = if is_watch(request.uri()) { usize::MAX } else { MOST_BYTES };
        self.0.call(request).map_ok(move |answer| answer.map(|body| Limited::new(body, most))).boxed()
    }
}

pub(super) fn is_watch(uri: &::http::Uri) -> bool {
    uri.query().unwrap_or_default().split('&').any(|pair| matches!(pair, "watch=true" | "watch=1"))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt as _, Full};
    use hyper::body::Bytes;
    use tower::ServiceExt as _;

    use super::*;

    async fn read(uri: &str, length: usize) -> Result<usize, kube::Error> {
        let inner = tower::service_fn(move |_: ::http::Request<Body>| async move {
            Ok::<_, Infallible>(::http::Response::new(Full::new(Bytes::from(vec![b'x'; length]))))
        });
        let request = ::http::Request::get(uri).body(Body::empty()).expect("a request");
        let answer = AnswerLimit.layer(inner).oneshot(request).await.expect("it never fails");
        let body = answer.into_body().collect().await.map_err(kube::Error::Service)?;
        Ok(body.to_bytes().len())
    }

    #[tokio::test]
    async fn a_page_that_would_not_fit_is_cut_and_recognised() {
        let error =
            read("/apis/x/sealedsecrets?limit=250", MOST_BYTES + 1).await.expect_err("it is too long");
        assert!(is_exceeded(&error));
        assert!(is_exceeded(&kube::runtime::watcher::Error::InitialListFailed(error)));
    }

    #[tokio::test]
    async fn a_page_that_fits_and_a_watch_of_any_length_are_read_in_full() {
        assert_eq!(read("/api/v1/secrets?limit=250", MOST_BYTES).await.ok(), Some(MOST_BYTES));
        assert_eq!(read("/api/v1/secrets?watch=true", MOST_BYTES * 2).await.ok(), Some(MOST_BYTES * 2));
    }

    #[test]
    fn another_error_is_not_taken_for_it() {
        assert!(!is_exceeded(&kube::Error::LinesCodecMaxLineLengthExceeded));
    }
}
