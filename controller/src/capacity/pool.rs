//! Threads for work that takes processor time: private-key operations, renders, and what cannot be cut.

use std::{sync::Arc, thread};

use super::executor::{Executor, step_back};
pub use super::{
    cancel::Cancel,
    claim::{Claim, Lane, Priority},
    executor::Ended,
};

/// Threads that live as long as the process; work waits in one schedule for each kind of thread.
#[derive(Clone)]
pub struct Pool {
    crypto: Arc<Executor>,
    render: Arc<Executor>,
    long: Arc<Executor>,
    threads: usize,
}

impl Pool {
    /// Starts one thread per core for private-key operations, and the others.
    pub fn start() -> Self {
        Self::with_threads(thread::available_parallelism().map_or(2, usize::from))
    }

    /// Starts `threads` threads for private-key operations, and the others.
    pub fn with_threads(threads: usize) -> Self {
        Self {
            crypto: Executor::start("crypto", threads, || {}),
            render: Executor::start("render", 1, || {}),
            long: Executor::start("long", 1, step_back),
            threads,
        }
    }

    /// How many jobs one object should have here at once: some for each thread.
    pub fn window(&self) -> usize {
        (self.threads * 2).max(4)
    }

    /// Runs `work`, which is short (one item), on a thread for private-key operations. Dropping the future
    /// cancels what has not begun.
    pub async fn run<T, F>(&self, claim: Claim, cancel: &Cancel, work: F) -> Result<T, Ended>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.crypto.run(claim, cancel, work).await
    }

    /// Runs `work` on the one thread for renders, so that the memory of one render is taken once.
    pub async fn render<T, F>(&self, claim: Claim, cancel: &Cancel, work: F) -> Result<T, Ended>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.render.run(claim, cancel, work).await
    }

    /// Runs `work` that is long and cannot be cut (key generation, password hashes) on the one thread of low
    /// priority.
    pub async fn long<T, F>(&self, claim: Claim, cancel: &Cancel, work: F) -> Result<T, Ended>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.long.run(claim, cancel, work).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Condvar, Mutex, PoisonError,
            atomic::{AtomicU64, Ordering},
        },
        time::Duration,
    };

    use tokio::sync::Notify;

    use super::*;
    use crate::capacity::executor::processor_time;

    fn claim(priority: Priority) -> Claim {
        Claim::unseal(priority, "a")
    }

    /// Holds a thread until it is opened, and tells when it does: what is queued from then on waits.
    #[derive(Default)]
    struct Gate {
        holds: Notify,
        open: Mutex<bool>,
        opened: Condvar,
    }

    impl Gate {
        fn hold(&self) {
            self.holds.notify_one();
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let _open = self.opened.wait_while(open, |open| !*open).unwrap_or_else(PoisonError::into_inner);
        }

        async fn held(&self) {
            self.holds.notified().await;
        }

        fn open(&self) {
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.opened.notify_all();
        }
    }

    #[tokio::test]
    async fn what_somebody_waits_for_overtakes_what_is_only_verified() {
        let (pool, cancel) = (Pool::with_threads(1), Cancel::default());
        let order = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(Gate::default());
        let note = |name: &'static str| {
            let order = Arc::clone(&order);
            move || order.lock().unwrap_or_else(PoisonError::into_inner).push(name)
        };
        let held = Arc::clone(&gate);
        let (block, slow, fast) = tokio::join!(
            pool.run(claim(Priority::Fresh), &cancel, move || held.hold()),
            pool.run(claim(Priority::Verify), &cancel, note("verify")),
            async {
                let fast = pool.run(claim(Priority::Fresh), &cancel, note("fresh"));
                tokio::pin!(fast);
                // Queue it first, then let the thread go.
                assert!(futures::poll!(&mut fast).is_pending());
                gate.open();
                fast.await
            }
        );
        assert!(block.is_ok() && slow.is_ok() && fast.is_ok());
        assert_eq!(*order.lock().unwrap_or_else(PoisonError::into_inner), ["fresh", "verify"]);
    }

    #[tokio::test]
    async fn a_panic_ends_one_job_only() {
        let (pool, cancel) = (Pool::with_threads(1), Cancel::default());
        let panicked = pool.run(claim(Priority::Fresh), &cancel, || panic!("expected in this test")).await;
        assert_eq!(panicked, Err::<(), _>(Ended::Panicked));
        assert_eq!(pool.run(Claim::http("a"), &cancel, || 7).await, Ok(7));
    }

    #[tokio::test]
    async fn what_is_cancelled_or_dropped_before_it_begins_never_does() {
        let (pool, cancel) = (Pool::with_threads(1), Cancel::default());
        let gate = Arc::new(Gate::default());
        let held = Arc::clone(&gate);
        let mut block = Box::pin(pool.run(Claim::http("a"), &cancel, move || held.hold()));
        assert!(futures::poll!(&mut block).is_pending());
        gate.held().await;
        let ran = Arc::new(AtomicU64::new(0));
        let count = |by: u64| {
            let ran = Arc::clone(&ran);
            move || ran.fetch_add(by, Ordering::SeqCst)
        };
        let unwanted = Cancel::default();
        let mut cancelled = Box::pin(pool.run(claim(Priority::Fresh), &unwanted, count(1)));
        let mut dropped = Box::pin(pool.run(claim(Priority::Fresh), &cancel, count(10)));
        let mut wanted = Box::pin(pool.run(claim(Priority::Fresh), &cancel, count(100)));
        assert!(futures::poll!(&mut cancelled).is_pending());
        assert!(futures::poll!(&mut dropped).is_pending());
        assert!(futures::poll!(&mut wanted).is_pending());
        unwanted.cancel();
        unwanted.cancelled().await;
        drop(dropped);
        gate.open();
        assert_eq!(cancelled.await, Err(Ended::Cancelled));
        assert_eq!(wanted.await, Ok(0), "neither of the others ran");
        assert!(block.await.is_ok());
    }

    #[tokio::test]
    async fn what_is_dropped_while_it_waits_holds_nothing_and_what_is_wanted_is_kept() {
        let (pool, cancel) = (Pool::with_threads(1), Cancel::default());
        let gate = Arc::new(Gate::default());
        let held = Arc::clone(&gate);
        let mut block = Box::pin(pool.long(Claim::http("a"), &cancel, move || held.hold()));
        assert!(futures::poll!(&mut block).is_pending());
        gate.held().await;
        let object = Arc::new(vec![0_u8; 1 << 20]);
        let work = || {
            let object = Arc::clone(&object);
            move || object.len()
        };
        let mut wanted = Box::pin(pool.long(claim(Priority::Fresh), &cancel, work()));
        assert!(futures::poll!(&mut wanted).is_pending());
        for _ in 0..60 {
            let mut dropped = Box::pin(pool.long(claim(Priority::Fresh), &cancel, work()));
            assert!(futures::poll!(&mut dropped).is_pending());
        }
        assert_eq!(Arc::strong_count(&object), 2, "its own, and that of the one that is wanted");
        gate.open();
        assert_eq!(wanted.await, Ok(1 << 20));
        assert!(block.await.is_ok());
    }

    #[tokio::test]
    async fn a_token_adds_up_what_its_jobs_cost() {
        let (pool, cancel) = (Pool::with_threads(2), Cancel::default());
        let busy = || {
            let begun = processor_time();
            while processor_time().saturating_sub(begun) < Duration::from_millis(3) {}
        };
        let (one, two) = tokio::join!(
            pool.run(claim(Priority::Fresh), &cancel, busy),
            pool.render(claim(Priority::Fresh), &cancel, busy)
        );
        assert!(one.is_ok() && two.is_ok());
        assert!(cancel.spent() >= Duration::from_millis(6));
        let asleep = Cancel::default();
        let slept = pool.long(claim(Priority::Fresh), &asleep, || thread::sleep(Duration::from_millis(30)));
        assert!(slept.await.is_ok());
        assert!(asleep.spent() < Duration::from_millis(10), "who sleeps takes nothing");
    }
}
