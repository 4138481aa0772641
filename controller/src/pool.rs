//! Private-key operations and renders: as many threads as cores, never the async ones.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use tokio::sync::oneshot;

/// What goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Only verified again: after a restart, a new list, a change of keys.
    Verify,
    /// Somebody waits for it.
    Fresh,
}

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads with two queues; they live as long as the process.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: Mutex<Jobs>,
    wake: Condvar,
}

#[derive(Default)]
struct Jobs {
    fresh: VecDeque<Job>,
    verify: VecDeque<Job>,
}

impl Pool {
    /// Starts one thread per core.
    pub fn start() -> Self {
        Self::with_threads(thread::available_parallelism().map_or(2, usize::from))
    }

    /// Starts `threads` threads.
    pub fn with_threads(threads: usize) -> Self {
        let shared = Arc::new(Shared { jobs: Mutex::default(), wake: Condvar::new() });
        for number in 0..threads.max(1) {
            let shared = Arc::clone(&shared);
            let spawned =
                thread::Builder::new().name(format!("crypto-{number}")).spawn(move || shared.work());
            // With fewer threads than cores we are slower, not wrong.
            if let Err(error) = spawned {
                tracing::warn!(%error, "cannot start a thread for private-key operations");
            }
        }
        Self { shared }
    }

    /// Runs `work` on a thread of the pool; `None` when it panicked.
    pub async fn run<T, F>(&self, priority: Priority, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (give, take) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more: not even started. Otherwise the receiver may be gone, which is fine.
            if !give.is_closed() {
                let _gone = give.send(work());
            }
        });
        self.shared.push(priority, job);
        take.await.ok()
    }
}

impl Shared {
    fn push(&self, priority: Priority, job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        match priority {
            Priority::Fresh => jobs.fresh.push_back(job),
            Priority::Verify => jobs.verify.push_back(job),
        }
        drop(jobs);
        self.wake.notify_one();
    }

    fn work(&self) {
        loop {
            let job = {
                let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
                loop {
                    if let Some(job) = jobs.fresh.pop_front().or_else(|| jobs.verify.pop_front()) {
                        break job;
                    }
                    jobs = self.wake.wait(jobs).unwrap_or_else(PoisonError::into_inner);
                }
            };
            // A panic ends one job, not the thread.
            let _panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_somebody_waits_for_overtakes_what_is_only_verified() {
        let pool = Pool::with_threads(1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let gate = Arc::new(std::sync::Barrier::new(2));
        let note = |name: &'static str| {
            let order = Arc::clone(&order);
            move || order.lock().unwrap_or_else(PoisonError::into_inner).push(name)
        };
        let held = Arc::clone(&gate);
        let (block, slow, fast) = tokio::join!(
            pool.run(Priority::Fresh, move || held.wait().is_leader()),
            pool.run(Priority::Verify, note("verify")),
            async {
                let fast = pool.run(Priority::Fresh, note("fresh"));
                tokio::pin!(fast);
                // Queue it first, then let the thread go.
                assert!(futures::poll!(&mut fast).is_pending());
                gate.wait();
                fast.await
            }
        );
        assert!(block.is_some() && slow.is_some() && fast.is_some());
        assert_eq!(*order.lock().unwrap_or_else(PoisonError::into_inner), ["fresh", "verify"]);
    }

    #[tokio::test]
    async fn a_panic_ends_one_job_only() {
        let pool = Pool::with_threads(1);
        assert_eq!(pool.run(Priority::Fresh, || panic!("expected in this test")).await, None::<()>);
        assert_eq!(pool.run(Priority::Fresh, || 7).await, Some(7));
    }
}
