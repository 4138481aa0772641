//! A connection whose peer has to take an answer in time, and hears it although it still sends.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

use super::limits::MOST_DRAINED;

/// Ends with an error when what is written once has not gone out after `timeout`, whether it moves slowly or not.
pub(super) struct Timed<S> {
    stream: S,
    timeout: Duration,
    /// Runs from the first write that had to wait until everything is written.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Set when the last answer is out: what still comes in is read and dropped for so long.
    closing: Option<Closing>,
}

struct Closing {
    deadline: Pin<Box<Sleep>>,
    left: usize,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, timeout: Duration) -> Self {
        Self { stream, timeout, deadline: None, closing: None }
    }

    fn wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let timeout = self.timeout;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Pending => this.wait(context),
            written @ Poll::Ready(_) => written,
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write_vectored(context, parts) {
            Poll::Pending => this.wait(context),
            written @ Poll::Ready(_) => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The server flushes when nothing of an answer is left to write.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.deadline = None;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    /// Says that no more is sent, then reads what the peer still sends until it stops: closed with bytes unread,
    /// the connection would be reset, and the answer lost.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let closing = this.closing.get_or_insert_with(|| Closing {
            deadline: Box::pin(tokio::time::sleep(LINGERS)),
            left: MOST_DRAINED,
        });
        let mut dropped = [0; 4096];
        while closing.left > 0 && closing.deadline.as_mut().poll(context).is_pending() {
            let mut into = ReadBuf::new(&mut dropped);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut into))?;
            let length = into.filled().len();
            closing.left = if length == 0 { 0 } else { closing.left.saturating_sub(length) };
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

/// Long enough for a peer at the other end of the world; another connection may take its place meanwhile.
const LINGERS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_an_answer_byte_by_byte_is_left() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut timed = Timed::new(ours, Duration::from_secs(10));
        let slow = tokio::spawn(async move {
            while theirs.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let error = timed.write_all(&[0; 1000]).await.expect_err("it takes a thousand seconds");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        slow.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_has_its_own_time() {
        let (ours, mut theirs) = tokio::io::duplex(1);
        let mut timed = Timed::new(ours, Duration::from_secs(10));
        tokio::spawn(async move {
            while theirs.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        for _ in 0..10 {
            timed.write_all(&[0; 5]).await.expect("five seconds");
            timed.flush().await.expect("nothing waits");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_goes_on_sending_is_read_for_a_second_and_one_that_stops_is_left_at_once() {
        for (sends, seconds) in [(None, 1), (Some(3), 0)] {
            let (ours, mut theirs) = tokio::io::duplex(16);
            let mut timed = Timed::new(ours, Duration::from_secs(10));
            let sender = tokio::spawn(async move {
                for _ in 0..sends.unwrap_or(u32::MAX) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if theirs.write_all(&[0; 100]).await.is_err() {
                        return;
                    }
                }
            });
            let begun = tokio::time::Instant::now();
            timed.shutdown().await.expect("it closes");
            assert_eq!(begun.elapsed().as_secs(), seconds, "{sends:?}");
            drop(timed);
            sender.await.expect("it was not cut off before");
        }
    }
}
