//! Threads that take one job after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::oneshot;

use super::{
    cancel::Cancel,
    claim::Claim,
    schedule::{Rules, Schedule},
};

/// Why work gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It panicked.
    Panicked,
    /// It was cancelled before it began.
    Cancelled,
}

/// Runs a job and says how much processor time it took.
type Job = Box<dyn FnOnce() -> Duration + Send>;

/// A job that waits; empty once nobody waits for it any more, so that what it would work on is free at once.
#[derive(Clone)]
struct Waiting(Arc<Mutex<Option<Job>>>);

/// Takes a job back when dropped, unless it has begun.
struct TakesBack(Waiting);

impl Waiting {
    fn take(&self) -> Option<Job> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for TakesBack {
    fn drop(&mut self) {
        // Dropped outside the lock, which a thread may wait for.
        drop(self.0.take());
    }
}

/// Threads of one kind, with what waits for them.
pub(super) struct Executor {
    schedule: Mutex<Schedule<Waiting>>,
    wake: Condvar,
}

impl Executor {
    /// Starts the threads, each with `first`.
    pub(super) fn start(name: &str, threads: usize, first: fn()) -> Arc<Self> {
        let schedule = Mutex::new(Schedule::new(Rules::threads(threads)));
        let executor = Arc::new(Self { schedule, wake: Condvar::new() });
        for number in 0..threads.max(1) {
            let working = Arc::clone(&executor);
            let named = thread::Builder::new().name(format!("{name}-{number}"));
            let spawned = named.spawn(move || {
                first();
                working.work();
            });
            // With fewer threads than cores we are slower, not wrong.
            if let Err(error) = spawned {
                tracing::warn!(%error, name, "cannot start a thread");
            }
        }
        executor
    }

    /// Runs `work` in its turn.
    pub(super) async fn run<T, F>(&self, claim: Claim, cancel: &Cancel, work: F) -> Result<T, Ended>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (give, take) = oneshot::channel();
        let token = cancel.clone();
        let job: Job = Box::new(move || {
            if token.is_cancelled() || give.is_closed() {
                let _gone = give.send(Err(Ended::Cancelled));
                return Duration::ZERO;
            }
            let begun = processor_time();
            // A panic ends one job, not the thread.
            let made = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Ended::Panicked);
            let cost = processor_time().saturating_sub(begun);
            token.spend(cost);
            // Nobody may wait any more, which is fine.
            let _gone = give.send(made);
            cost
        });
        let waiting = Waiting(Arc::new(Mutex::new(Some(job))));
        let _takes_back = TakesBack(waiting.clone());
        self.lock().push(claim.lane, &claim.owner, false, waiting, Instant::now());
        self.wake.notify_one();
        take.await.unwrap_or(Err(Ended::Panicked))
    }

    fn work(&self) {
        let mut schedule = self.lock();
        loop {
            match schedule.pick() {
                Some((permit, waiting)) => {
                    drop(schedule);
                    let cost = waiting.take().map_or(Duration::ZERO, |job| job());
                    schedule = self.lock();
                    schedule.finish(permit, cost, Instant::now());
                }
                None => schedule = self.wake.wait(schedule).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Schedule<Waiting>> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Processor time that this thread took so far: what others take meanwhile is not charged.
pub(super) fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Lets every other thread go first.
#[cfg(target_os = "linux")]
pub(super) fn step_back() {
    // On Linux a priority belongs to a thread; without it we are less polite, not wrong.
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LOWEST) {
        tracing::debug!(%error, "cannot lower the priority of a thread");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn step_back() {}

#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;
