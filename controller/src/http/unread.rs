//! What is left of a request's body when its answer is ready.
//!
//! Closed with bytes unread, a connection is reset, and Go's HTTP client, hence the API server's proxy, reports a
//! failed write in place of the answer. A short rest is read, so that the connection goes on; a longer one is told to
//! stop by `Connection: close`, and read while the connection closes (see [`super::io::Timed`]). So is the rest of a
//! body that was read in part: whoever read it has waited for it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Bytes, HttpBody};
use http::{HeaderValue, header};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// A body that is handed back when it is dropped before its end.
pub(super) struct Watched<B: HttpBody + Unpin> {
    body: Option<B>,
    was_read: bool,
    back: Option<oneshot::Sender<Left<B>>>,
}

/// What is left of a body.
pub(super) struct Left<B> {
    body: B,
    was_read: bool,
}

/// Where the rest of a body comes back.
pub(super) struct Rest<B>(oneshot::Receiver<Left<B>>);

/// Watches a body.
pub(super) fn watch<B: HttpBody + Unpin>(body: B) -> (Watched<B>, Rest<B>) {
    let (back, rest) = oneshot::channel();
    (Watched { body: Some(body), was_read: false, back: Some(back) }, Rest(rest))
}

impl<B> Rest<B> {
    /// The rest; nothing of a body that was read to its end.
    pub(super) fn left(mut self) -> Option<Left<B>> {
        self.0.try_recv().ok()
    }
}

impl<B: HttpBody + Unpin> Left<B> {
    /// The answer, as it has to be given with this rest. `may_wait`: a moment for it to come.
    pub(super) async fn settle<T>(self, may_wait: bool, mut answer: http::Response<T>) -> http::Response<T> {
        let Self { body, was_read } = self;
        if was_read || !may_wait || !is_short_and_here(body).await {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

/// Reads a short body that comes at once to its end.
async fn is_short_and_here<B: HttpBody + Unpin>(mut body: B) -> bool {
    if body.size_hint().lower() > SHORT {
        return false;
    }
    let all = async {
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            length += frame.data_ref().map_or(0, |data| bytes::Buf::remaining(data) as u64);
            if length > SHORT {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(BRIEFLY, all).await.unwrap_or(false)
}

impl<B: HttpBody + Unpin> Drop for Watched<B> {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take())
            && !body.is_end_stream()
        {
            // Nobody waits for it when the connection has ended.
            let _ended = back.send(Left { body, was_read: self.was_read });
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.was_read = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        if frame.is_none() {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

/// The most that is read for the sake of a connection that could be used again.
const SHORT: u64 = 64 << 10;
/// How long such a rest may take.
const BRIEFLY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::stream;
    use http_body_util::StreamBody;

    use super::*;

    fn chunks(lengths: &[usize]) -> Body {
        let frames: Vec<_> = lengths.iter().map(|length| Ok::<_, axum::Error>(vec![b'x'; *length])).collect();
        Body::from_stream(stream::iter(frames))
    }

    async fn closes(body: Body, reads: usize, may_wait: bool) -> bool {
        let (mut watched, rest) = watch(body);
        for _ in 0..reads {
            let _frame = watched.frame().await;
        }
        drop(watched);
        match rest.left() {
            None => false,
            Some(left) => {
                let answer = left.settle(may_wait, http::Response::new(())).await;
                answer.headers().contains_key(header::CONNECTION)
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_short_rest_that_nobody_began_to_read_keeps_the_connection() {
        let silent = || Body::new(StreamBody::new(stream::pending::<Result<Frame<Bytes>, axum::Error>>()));
        assert!(!closes(Body::empty(), 0, true).await && !closes(Body::empty(), 0, false).await);
        assert!(!closes(chunks(&[10, 10]), 0, true).await, "short and here");
        assert!(closes(chunks(&[10, 10]), 0, false).await, "nobody may wait for it");
        assert!(closes(chunks(&[10, 10]), 1, true).await, "who began to read it has waited");
        assert!(!closes(chunks(&[70_000]), 2, true).await, "it was read to its end");
        assert!(closes(chunks(&[40_000, 40_000]), 0, true).await);
        assert!(closes(Body::from(vec![0; 70_000]), 0, true).await);
        assert!(closes(silent(), 0, true).await);
    }
}
