//! Threads for work that takes processor time: private-key operations, renders, and what cannot be cut.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{Notify, oneshot};

pub use crate::capacity::schedule::Lane;
use crate::capacity::schedule::{Rules, Schedule};

/// What goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Only verified again: after a restart, a new list, a change of keys.
    Verify,
    /// Somebody waits for it.
    Fresh,
}

/// For whom work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The class of work.
    pub lane: Lane,
    /// Who is served in turn with others of the lane: a namespace, or a caller.
    pub owner: Arc<str>,
}

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

/// Why work gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It panicked.
    Panicked,
    /// It was cancelled before it began.
    Cancelled,
}

impl Priority {
    /// Its lane.
    pub fn lane(self) -> Lane {
        match self {
            Self::Fresh => Lane::Fresh,
            Self::Verify => Lane::Verify,
        }
    }
}

impl Claim {
    /// Work for an object of a namespace.
    pub fn unseal(priority: Priority, namespace: &str) -> Self {
        Self { lane: priority.lane(), owner: namespace.into() }
    }

    /// Work for a caller on the service port.
    pub fn http(caller: impl Into<Arc<str>>) -> Self {
        Self { lane: Lane::Http, owner: caller.into() }
    }
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

    fn spend(&self, cost: Duration) {
        self.0.spent.fetch_add(u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether both are copies of one token.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
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

/// Threads that live as long as the process; work waits in one [`Schedule`] for each kind of thread.
#[derive(Clone)]
pub struct Pool {
    crypto: Arc<Executor>,
    render: Arc<Executor>,
    long: Arc<Executor>,
    threads: usize,
}

struct Executor {
    schedule: Mutex<Schedule<Waiting>>,
    wake: Condvar,
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

impl Executor {
    fn start(name: &str, threads: usize, first: fn()) -> Arc<Self> {
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

    async fn run<T, F>(&self, claim: Claim, cancel: &Cancel, work: F) -> Result<T, Ended>
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
                Some((held, waiting)) => {
                    drop(schedule);
                    let cost = waiting.take().map_or(Duration::ZERO, |job| job());
                    schedule = self.lock();
                    schedule.finish(held, cost, Instant::now());
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
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// Lets every other thread go first.
#[cfg(target_os = "linux")]
fn step_back() {
    // On Linux a priority belongs to a thread; without it we are less polite, not wrong.
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LOWEST) {
        tracing::debug!(%error, "cannot lower the priority of a thread");
    }
}

#[cfg(not(target_os = "linux"))]
fn step_back() {}

#[cfg(target_os = "linux")]
const LOWEST: i32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

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
