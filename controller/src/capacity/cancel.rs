//! Work that nobody wants any more, and what it cost.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

/// Tells work that nobody wants it any more, and adds up what it cost; copies are one token.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Token>);

#[derive(Debug, Default)]
struct Token {
    cancelled: AtomicBool,
    told: Notify,
    /// Nanoseconds.
    spent: AtomicU64,
}

impl Cancel {
    /// Says that the work is not wanted any more. What has not begun will not; what runs may ask.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }

    /// Whether that was said.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until that is said.
    pub async fn cancelled(&self) {
        let told = self.0.told.notified();
        let mut told = std::pin::pin!(told);
        // Heard from here on, so that what is said between the question and the wait is not missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }

    /// Processor time that its jobs took so far.
    pub fn spent(&self) -> Duration {
        Duration::from_nanos(self.0.spent.load(Ordering::Relaxed))
    }

    pub(super) fn spend(&self, cost: Duration) {
        self.0.spent.fetch_add(u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether both are copies of one token.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
