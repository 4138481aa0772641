//! Writes that were sent and not answered yet: while there are any, the lease is not given to another replica.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::limits::REQUEST;

/// Counts the writes of this process that the API server may still carry out.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    sent: usize,
    /// Until then a write whose caller has gone may still be carried out.
    unanswered_until: Option<Instant>,
}

/// One write. Dropped without [`Write::answered`], nobody knows whether it is carried out, and when.
#[derive(Debug)]
pub struct Write {
    of: InFlight,
    answered: bool,
}

impl InFlight {
    /// A write that is sent now.
    pub fn begin(&self) -> Write {
        self.lock().sent += 1;
        Write { of: self.clone(), answered: false }
    }

    /// Whether every write that was sent has been answered, or would have been within its deadline.
    pub fn is_empty(&self, now: Instant) -> bool {
        let inner = self.lock();
        inner.sent == 0 && inner.unanswered_until.is_none_or(|until| until <= now)
    }

    /// Waits until all are answered, but not for ever; says whether they are.
    pub async fn all_answered(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while !self.is_empty(Instant::now()) {
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write {
    /// The API server has answered: the write has been carried out or refused.
    pub fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        let mut inner = self.of.lock();
        inner.sent -= 1;
        if !self.answered {
            inner.unanswered_until = inner.unanswered_until.max(Some(Instant::now() + REQUEST));
        }
    }
}

const POLL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_counts_until_its_deadline() {
        let writes = InFlight::default();
        assert!(writes.is_empty(Instant::now()));
        let (first, second) = (writes.begin(), writes.begin());
        first.answered();
        assert!(!writes.all_answered(Duration::from_secs(2)).await, "one is under way");
        drop(second);
        assert!(!writes.is_empty(Instant::now()), "it may still be carried out");
        tokio::time::advance(REQUEST).await;
        assert!(writes.is_empty(Instant::now()));
        writes.begin().answered();
        assert!(writes.all_answered(Duration::from_secs(2)).await);
    }
}
