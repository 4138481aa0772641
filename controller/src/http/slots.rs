//! Requests of one caller at work at once: few, so that a caller with many gets no larger share of the threads.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::caller::Caller;

/// Who is at work, or waits for it; others are not in the table.
#[derive(Clone, Default)]
pub(super) struct Slots {
    by_caller: Arc<Mutex<HashMap<Caller, Waiting>>>,
}

struct Waiting {
    slots: Arc<Semaphore>,
    requests: usize,
}

impl Slots {
    /// Waits until fewer than [`AT_ONCE`] requests of this caller are at work, in order of arrival.
    pub(super) async fn take(&self, caller: Caller) -> Slot {
        let slots = {
            let mut table = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = table
                .entry(caller)
                .or_insert_with(|| Waiting { slots: Arc::new(Semaphore::new(AT_ONCE)), requests: 0 });
            entry.requests += 1;
            Arc::clone(&entry.slots)
        };
        let mut slot = Slot { slots: self.clone(), caller, permit: None };
        // It is never closed.
        slot.permit = slots.acquire_owned().await.ok();
        slot
    }
}

/// One request of a caller in progress; its slot is free again when it is dropped.
pub(super) struct Slot {
    slots: Slots,
    caller: Caller,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut table = self.slots.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
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
        let slots = Slots::default();
        let caller = |hash| Caller { peer: IpAddr::from([10, 0, 0, 1]), hash };
        let (first, second) = (slots.take(caller(1)).await, slots.take(caller(1)).await);
        let mut third = Box::pin(slots.take(caller(1)));
        let mut fourth = Box::pin(slots.take(caller(1)));
        assert!(futures::poll!(&mut third).is_pending() && futures::poll!(&mut fourth).is_pending());
        assert!(slots.take(caller(2)).now_or_never().is_some());
        drop(first);
        let third = third.await;
        // One that hangs up while it waits leaves nothing behind.
        drop((second, third, fourth));
        assert!(slots.by_caller.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
