//! Requests of one caller at work at once: few, so that a caller with many gets no larger share of the threads.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::caller::Caller;

/// Who is at work, or waits for it; others are not in the table.
#[derive(Clone, Default)]
pub(super) struct Turns {
    by_caller: Arc<Mutex<HashMap<Caller, Waiting>>>,
}

struct Waiting {
    turns: Arc<Semaphore>,
    requests: usize,
}

impl Turns {
    /// Waits until fewer than [`AT_ONCE`] requests of this caller are at work, in order of arrival.
    pub(super) async fn take(&self, caller: Caller) -> Turn {
        let turns = {
            let mut table = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = table
                .entry(caller)
                .or_insert_with(|| Waiting { turns: Arc::new(Semaphore::new(AT_ONCE)), requests: 0 });
            entry.requests += 1;
            Arc::clone(&entry.turns)
        };
        let mut turn = Turn { turns: self.clone(), caller, permit: None };
        // It is never closed.
        turn.permit = turns.acquire_owned().await.ok();
        turn
    }
}

/// A turn at work; over when dropped.
pub(super) struct Turn {
    turns: Turns,
    caller: Caller,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut table = self.turns.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = table.get_mut(&self.caller) {
            entry.requests -= 1;
            if entry.requests == 0 {
                table.remove(&self.caller);
            }
        }
        if table.is_empty() {
            // A table keeps the room that a crowd once needed.
            table.shrink_to_fit();
        }
    }
}

const AT_ONCE: usize = 2;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_caller_waits_for_himself_and_for_nobody_else() {
        let turns = Turns::default();
        let caller = |hash| Caller { peer: IpAddr::from([10, 0, 0, 1]), hash };
        let (first, second) = (turns.take(caller(1)).await, turns.take(caller(1)).await);
        let mut third = Box::pin(turns.take(caller(1)));
        let mut fourth = Box::pin(turns.take(caller(1)));
        assert!(futures::poll!(&mut third).is_pending() && futures::poll!(&mut fourth).is_pending());
        assert!(turns.take(caller(2)).now_or_never().is_some());
        drop(first);
        let third = third.await;
        // One that hangs up while it waits leaves nothing behind.
        drop((second, third, fourth));
        assert!(turns.by_caller.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
