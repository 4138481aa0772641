//! The schedule against a simulated clock: jobs take the time that they say.

use std::{cmp::Reverse, collections::BTreeMap};

use super::*;

/// Threads and a clock that jumps to the end of the next job.
struct Sim {
    schedule: Schedule<Job>,
    now: Instant,
    begun: Instant,
    running: Vec<(Reverse<Instant>, Permit, Job)>,
    /// When which job started.
    log: Vec<(Duration, Job)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Job {
    owner: &'static str,
    cost: Duration,
}

impl Sim {
    fn new(rules: Rules) -> Self {
        let now = Instant::now();
        Self { schedule: Schedule::new(rules), now, begun: now, running: vec![], log: vec![] }
    }

    fn push(&mut self, lane: Lane, owner: &'static str, millis: u64, times: usize) {
        let job = Job { owner, cost: Duration::from_millis(millis) };
        for _ in 0..times {
            self.schedule.push(lane, &owner.into(), false, job, self.now);
        }
    }

    fn start(&mut self) {
        while let Some((permit, job)) = self.schedule.pick() {
            self.log.push((self.now - self.begun, job));
            self.running.push((Reverse(self.now + job.cost), permit, job));
        }
    }

    /// Goes on until a time, or until there is nothing to do.
    fn run(&mut self, millis: u64) {
        let end = self.begun + Duration::from_millis(millis);
        loop {
            self.start();
            let Some(next) = (0..self.running.len()).max_by_key(|at| self.running[*at].0) else { break };
            if self.running[next].0.0 > end {
                break;
            }
            let (Reverse(at), permit, job) = self.running.remove(next);
            self.now = at;
            self.schedule.finish(permit, job.cost, at);
        }
        self.now = self.now.max(end);
    }

    fn share(&self, owner: &str) -> f64 {
        let time = |picked: &dyn Fn(&Job) -> bool| -> f64 {
            self.log.iter().filter(|(_, job)| picked(job)).map(|(_, job)| job.cost.as_secs_f64()).sum()
        };
        time(&|job| job.owner == owner) / time(&|_| true)
    }

    fn started(&self, owner: &str) -> u128 {
        self.log.iter().find(|(_, job)| job.owner == owner).map_or(u128::MAX, |(at, _)| at.as_millis())
    }
}

#[test]
fn owners_get_the_same_time_whatever_their_jobs_cost() {
    for (costs, threads) in [([1, 10], 1), ([2, 50], 1), ([1, 10], 4), ([3, 3], 2), ([1, 400], 2)] {
        let mut sim = Sim::new(Rules::threads(threads));
        sim.push(Lane::Fresh, "a", costs[0], 20_000);
        sim.push(Lane::Fresh, "b", costs[1], 20_000);
        sim.run(4_000);
        let share = sim.share("a");
        assert!((0.42..0.58).contains(&share), "{costs:?} on {threads}: {share}");
    }
}

#[test]
fn an_owner_holds_at_most_half_of_the_threads_while_another_waits_and_all_while_none_does() {
    for (threads, alone, beside) in [(1, 1, 0), (2, 2, 1), (3, 3, 1), (4, 4, 2), (8, 8, 4)] {
        let mut sim = Sim::new(Rules::threads(threads));
        sim.push(Lane::Fresh, "a", 10, 100);
        sim.start();
        assert_eq!(sim.running.len(), alone);
        let mut sim = Sim::new(Rules::threads(threads));
        sim.push(Lane::Verify, "b", 10, 100);
        sim.push(Lane::Fresh, "a", 10, 100);
        sim.start();
        let held = sim.running.iter().filter(|(_, _, job)| job.owner == "b").count();
        assert_eq!(held, beside, "on {threads}, although its work is only verified");
        assert_eq!(sim.running.len(), threads, "no thread idles while anything waits");
    }
}

#[test]
fn somebody_new_is_served_as_soon_as_a_thread_is_free() {
    for threads in [1, 2, 4] {
        let mut sim = Sim::new(Rules::threads(threads));
        sim.push(Lane::Fresh, "flood", 5, 10_000);
        sim.push(Lane::Fresh, "other flood", 7, 10_000);
        sim.run(1_000);
        sim.push(Lane::Fresh, "new", 5, 3);
        sim.run(1_100);
        assert!(sim.started("new") <= 1_007, "on {threads}: {} ms", sim.started("new"));
        let last = sim.log.iter().rfind(|(_, job)| job.owner == "new").map(|(at, _)| at.as_millis());
        assert!(last.is_some_and(|last| last <= 1_040), "and so are its other items: {last:?}");
    }
}

#[test]
fn who_was_costly_goes_behind_who_was_not_until_that_is_past() {
    for (rest, first) in [(100, "light"), (40_000, "heavy")] {
        let mut sim = Sim::new(Rules::threads(1));
        sim.push(Lane::Fresh, "heavy", 10, 100);
        sim.run(1_000 + rest);
        sim.log.clear();
        sim.push(Lane::Fresh, "heavy", 10, 1);
        sim.push(Lane::Fresh, "light", 10, 1);
        sim.start();
        assert_eq!(sim.log[0].1.owner, first, "after {rest} ms");
    }
}

#[test]
fn who_was_costly_is_not_shut_out_by_an_endless_row_of_others() {
    let mut sim = Sim::new(Rules::threads(1));
    sim.push(Lane::Fresh, "heavy", 10, 100);
    sim.run(500);
    sim.log.clear();
    for number in 0..100 {
        sim.schedule.push(
            Lane::Fresh,
            &format!("n{number}").into(),
            false,
            Job { owner: "other", cost: Duration::from_millis(2) },
            sim.now,
        );
    }
    sim.run(700);
    assert!(sim.log.iter().take(20).filter(|(_, job)| job.owner == "heavy").count() >= 2, "{:?}", sim.log);
}

#[test]
fn requests_take_at_most_half_of_the_threads_and_none_that_unsealing_wants_but_a_small_share() {
    for (threads, most) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
        let mut sim = Sim::new(Rules::threads(threads));
        sim.push(Lane::Http, "caller", 2, 10_000);
        sim.start();
        assert_eq!(sim.running.len(), most, "of {threads}");
        sim.push(Lane::Fresh, "a", 2, 10_000);
        sim.push(Lane::Fresh, "b", 2, 10_000);
        sim.run(2_000);
        let share = sim.share("caller");
        assert!((0.03..0.08).contains(&share), "on {threads}: {share}");
    }
}

#[test]
fn what_is_only_verified_goes_on_beside_an_endless_row_of_fresh_objects() {
    let mut sim = Sim::new(Rules::threads(2));
    sim.push(Lane::Fresh, "a", 2, 10_000);
    sim.push(Lane::Fresh, "b", 2, 10_000);
    sim.push(Lane::Verify, "c", 2, 10_000);
    sim.run(2_000);
    let share = sim.share("c");
    assert!((0.03..0.08).contains(&share), "{share}");
}

#[test]
fn requests_of_many_callers_take_turns() {
    let mut sim = Sim::new(Rules::threads(2));
    sim.push(Lane::Http, "busy", 2, 10_000);
    sim.run(100);
    for caller in ["x", "y", "z"] {
        sim.push(Lane::Http, caller, 2, 5);
    }
    sim.run(200);
    for caller in ["x", "y", "z"] {
        assert!(sim.started(caller) <= 140, "{caller}: {}", sim.started(caller));
    }
}

#[test]
fn a_job_that_was_costly_comes_after_the_others_of_its_owner() {
    let mut schedule = Schedule::new(Rules::threads(1));
    let (owner, now) = ("a".into(), Instant::now());
    for (job, costly) in [(1, true), (2, false), (3, false)] {
        schedule.push(Lane::Fresh, &owner, costly, job, now);
    }
    let mut order = vec![];
    while let Some((permit, job)) = schedule.pick() {
        order.push(job);
        schedule.finish(permit, Duration::from_millis(1), now);
    }
    assert_eq!(order, [2, 3, 1]);
}

#[test]
fn of_objects_in_work_some_room_always_stays_for_who_comes_next() {
    let mut sim = Sim::new(Rules::objects(32));
    let mut held = BTreeMap::new();
    for (owner, takes) in [("a", 16), ("b", 8), ("c", 4), ("d", 2), ("e", 1)] {
        sim.push(Lane::Fresh, owner, 10, 100);
        sim.start();
        for (_, _, job) in &sim.running {
            *held.entry(job.owner).or_insert(0) += 1;
        }
        assert_eq!(held.remove(owner), Some(takes), "{owner}");
        held.clear();
    }
    // In the long run those who are there share alike.
    sim.run(1_000);
    for owner in ["a", "b", "c", "d", "e"] {
        assert!((0.15..0.25).contains(&sim.share(owner)), "{owner}: {}", sim.share(owner));
    }
}

#[test]
fn objects_that_are_only_verified_leave_slots_for_fresh_ones() {
    let mut sim = Sim::new(Rules::objects(32));
    for owner in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        sim.push(Lane::Verify, owner, 10, 100);
    }
    sim.start();
    assert_eq!(sim.running.len(), 24);
}

#[test]
fn owners_are_forgotten_in_time_and_their_number_is_bounded() {
    let mut schedule = Schedule::new(Rules::threads(1));
    let mut now = Instant::now();
    let mut serve = |number: usize, now: Instant| {
        schedule.push(Lane::Http, &number.to_string().into(), false, (), now);
        let (permit, ()) = schedule.pick().expect("a free slot");
        schedule.finish(permit, Duration::from_millis(1), now);
        schedule.accounts[1].len()
    };
    for number in 0..20_000 {
        let (owners, idle) = serve(number, now);
        assert!(owners <= 4_098 && idle <= 4_098, "{owners} {idle}");
    }
    now += Duration::from_secs(61);
    assert_eq!(serve(0, now), (1, 1));
}
