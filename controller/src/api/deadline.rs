//! Each request to the API server has a deadline, its answer included: see [`limits`](super::limits).
//!
//! `tower`'s timeout ends with the head of an answer; a body that stops in the middle would hold its work item for ever.

use std::{
    pin::Pin,
    task::{self, Poll},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use kube::client::Body;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tower::{BoxError, Layer, Service};

use super::{
    answer_limit::is_watch,
    limits::{LIST, REQUEST},
};

/// The API server took too long.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs())]
struct Late(Duration);

/// Gives each request its deadline.
#[derive(Clone, Copy, Debug)]
pub struct Deadline;

impl<S> Layer<S> for Deadline {
    type Service = Timely<S>;

    fn layer(&self, inner: S) -> Timely<S> {
        Timely(inner)
    }
}

/// A service whose answers come in time, or an error does.
#[derive(Clone, Debug)]
pub struct Timely<S>(S);

impl<S, B> Service<::http::Request<Body>> for Timely<S>
where
    S: Service<::http::Request<Body>, Response = ::http::Response<B>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = ::http::Response<TimelyBody<B>>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: ::http::Request<Body>) -> Self::Future {
        let watches = is_watch(request.uri());
        let within = if watches || is_list(request.uri()) { LIST } else { REQUEST };
        let answer = self.0.call(request);
        async move {
            let end = Instant::now() + within;
            let answer = timeout_at(end, answer).await.map_err(|_| Late(within))?.map_err(Into::into)?;
            Ok(answer.map(|inner| TimelyBody {
                inner: Box::pin(inner),
                end: (!watches).then(|| (Box::pin(sleep_until(end)), within)),
            }))
        }
        .boxed()
    }
}

/// A body that ends in time, or in an error.
pub struct TimelyBody<B> {
    inner: Pin<Box<B>>,
    end: Option<(Pin<Box<Sleep>>, Duration)>,
}

impl<B> HttpBody for TimelyBody<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        if let Poll::Ready(frame) = self.inner.as_mut().poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if let Some((end, within)) = &mut self.end
            && end.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(Late(*within).into())));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Lists come in pages.
fn is_list(uri: &::http::Uri) -> bool {
    uri.query().unwrap_or_default().split('&').any(|pair| pair.starts_with("limit="))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;
    use http_body_util::{BodyExt as _, StreamBody};
    use hyper::body::Bytes;
    use tower::ServiceExt as _;

    use super::*;

    /// Answers after `head` with a body whose only frame comes after another `body`; how long did reading it all take?
    async fn read(uri: &str, head: Duration, body: Duration) -> (bool, Duration) {
        let inner = tower::service_fn(move |_: ::http::Request<Body>| async move {
            tokio::time::sleep(head).await;
            let frame = stream::once(async move {
                tokio::time::sleep(body).await;
                Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"x")))
            });
            Ok::<_, Infallible>(::http::Response::new(StreamBody::new(frame)))
        });
        let begun = Instant::now();
        let request = ::http::Request::get(uri).body(Body::empty()).expect("a request");
        let answer = Deadline.layer(inner).oneshot(request).await;
        let good = match answer {
            Ok(answer) => answer.into_body().collect().await.is_ok(),
            Err(_) => false,
        };
        (good, begun.elapsed())
    }

    const SHORT: Duration = Duration::from_secs(4);
    const LONG: Duration = Duration::from_secs(7);
    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_in_time_or_an_error_does() {
        assert_eq!(read("/api/v1/secrets/a", SHORT, SHORT).await, (true, SHORT * 2));
        assert_eq!(read("/api/v1/secrets/a", HOUR, SHORT).await, (false, REQUEST));
        assert_eq!(read("/api/v1/secrets/a", LONG, LONG).await, (false, REQUEST), "body and head together");
        assert_eq!(read("/api/v1/secrets?limit=250", LONG, LONG).await, (true, LONG * 2));
        assert_eq!(read("/api/v1/secrets?limit=250", SHORT, HOUR).await, (false, LIST));
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_is_answered_in_time_and_lasts() {
        assert_eq!(read("/api/v1/secrets?watch=true", SHORT, HOUR).await, (true, SHORT + HOUR));
        assert_eq!(read("/api/v1/secrets?watch=true", HOUR, SHORT).await, (false, LIST));
    }
}
