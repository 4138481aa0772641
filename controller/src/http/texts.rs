//! The thread that turns texts into objects and objects into texts, one after the other.
//!
//! Neither belongs on the threads for private operations, where a large text would hold up unsealing, nor on those
//! that serve connections. As there is one, what exists only while a text is read or written exists once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use tokio::sync::{mpsc, oneshot};

/// The thread's queue; the thread ends with its last holder.
#[derive(Clone)]
pub struct Texts {
    queue: mpsc::Sender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotDone {
    /// Too many wait already.
    Busy,
    /// The work panicked, or there is no thread.
    Broken,
}

impl Texts {
    /// Starts the thread.
    pub fn start() -> Self {
        let (queue, mut jobs) = mpsc::channel::<Job>(MOST_WAITING);
        let work = move || {
            while let Some(job) = jobs.blocking_recv() {
                // A panic ends one job, not the thread.
                let _panicked = catch_unwind(AssertUnwindSafe(job));
            }
        };
        if let Err(error) = thread::Builder::new().name("texts".to_owned()).spawn(work) {
            tracing::warn!(%error, "cannot start a thread for texts: verify and rotate will answer 500");
        }
        Self { queue }
    }

    /// Runs `work` in its turn. Not begun when the future is dropped before that.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, NotDone>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (give, take) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !give.is_closed() {
                let _gone = give.send(work());
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NotDone::Busy,
            mpsc::error::TrySendError::Closed(_) => NotDone::Broken,
        })?;
        take.await.map_err(|_| NotDone::Broken)
    }
}

/// A caller behind this many others is better told to come back.
const MOST_WAITING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let texts = Texts::start();
        assert_eq!(texts.run(|| panic!("expected in this test")).await, Err::<(), _>(NotDone::Broken));
        assert_eq!(texts.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun_and_the_queue_has_an_end() {
        let texts = Texts::start();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (start, started) = oneshot::channel();
        let held = tokio::spawn({
            let texts = texts.clone();
            let work = move || {
                let _ = start.send(());
                wait.recv().is_ok()
            };
            async move { texts.run(work).await }
        });
        started.await.expect("the thread begins");
        let (tell, told) = std::sync::mpsc::channel();
        let mut waiting = vec![];
        let refused = loop {
            let tell = tell.clone();
            let mut run = Box::pin(texts.run(move || tell.send(()).is_ok()));
            match futures::poll!(&mut run) {
                std::task::Poll::Ready(refused) => break refused,
                std::task::Poll::Pending => waiting.push(run),
            }
        };
        assert_eq!(refused, Err(NotDone::Busy));
        assert_eq!(waiting.len(), MOST_WAITING);
        drop(waiting);
        go.send(()).expect("the thread waits");
        assert_eq!(held.await.expect("no panic"), Ok(true));
        // What nobody waits for is still taken out of the queue, one after the other.
        while texts.queue.capacity() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(texts.run(|| ()).await, Ok(()));
        assert!(told.try_recv().is_err(), "none of them ran");
    }
}
