//! Owners of one lane take turns: deficit round robin, those that were costly of late behind the others.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::account::{Account, Accounts};

/// Jobs by owner, and the order of the owners.
#[derive(Debug)]
pub(super) struct Rotation<T> {
    flows: HashMap<Arc<str>, Flow<T>>,
    light: VecDeque<Arc<str>>,
    heavy: VecDeque<Arc<str>>,
    /// How many light ones in a row went before heavy ones.
    streak: u32,
}

/// The jobs of one owner.
#[derive(Debug)]
struct Flow<T> {
    jobs: VecDeque<T>,
    /// Those that were costly before: after the others.
    costly: VecDeque<T>,
}

/// Which owners come into question.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// Those of which this holds.
    Allowed(&'a dyn Fn(&Account) -> bool),
    /// All.
    Anybody,
}

impl<T> Default for Rotation<T> {
    fn default() -> Self {
        Self { flows: HashMap::new(), light: VecDeque::new(), heavy: VecDeque::new(), streak: 0 }
    }
}

impl<T> Rotation<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// Puts a job behind the others of its owner, and an owner without jobs behind the others of its kind.
    pub(super) fn push(&mut self, owner: &Arc<str>, job: T, costly: bool, heavy: bool) {
        let flow = self.flows.entry(Arc::clone(owner)).or_insert_with(|| {
            let line = if heavy { &mut self.heavy } else { &mut self.light };
            line.push_back(Arc::clone(owner));
            Flow { jobs: VecDeque::new(), costly: VecDeque::new() }
        });
        if costly { flow.costly.push_back(job) } else { flow.jobs.push_back(job) }
    }

    /// Takes the job whose turn it is.
    pub(super) fn take(&mut self, accounts: &mut Accounts, who: Who<'_>) -> Option<(Arc<str>, T)> {
        // Those that were costly wait, but not for ever.
        let heavy_first = self.streak >= LONGEST_STREAK && !self.heavy.is_empty();
        let first = if heavy_first { self.next_heavy(accounts, who) } else { None };
        let (owner, was_light) = match first {
            Some(owner) => (owner, false),
            None => match self.next_light(accounts, who) {
                Some(owner) => (owner, true),
                None => (self.next_heavy(accounts, who)?, false),
            },
        };
        self.streak = if was_light { self.streak.saturating_add(1) } else { 0 };
        let flow = self.flows.get_mut(&owner)?;
        let job = flow.jobs.pop_front().or_else(|| flow.costly.pop_front())?;
        if flow.jobs.is_empty() && flow.costly.is_empty() {
            self.flows.remove(&owner);
            let line = if was_light { &mut self.light } else { &mut self.heavy };
            // It stands at or near the front: behind those at most that may not hold more.
            if let Some(at) = line.iter().position(|other| *other == owner) {
                line.remove(at);
            }
        }
        Some((owner, job))
    }

    fn next_light(&mut self, accounts: &mut Accounts, who: Who<'_>) -> Option<Arc<str>> {
        let (found, spent) = next(&mut self.light, accounts, who);
        self.heavy.extend(spent);
        found
    }

    fn next_heavy(&mut self, accounts: &mut Accounts, who: Who<'_>) -> Option<Arc<str>> {
        loop {
            let (found, spent) = next(&mut self.heavy, accounts, who);
            // Each round pays back time that was spent: beside that it costs nothing.
            if found.is_some() || spent.is_empty() {
                self.heavy.extend(spent);
                return found;
            }
            self.heavy.extend(spent);
        }
    }
}

/// The first of a line who may and has something left; gives also who had nothing left, for another round.
fn next(
    line: &mut VecDeque<Arc<str>>,
    accounts: &mut Accounts,
    who: Who<'_>,
) -> (Option<Arc<str>>, Vec<Arc<str>>) {
    let (mut barred, mut spent, mut found) = (Vec::new(), Vec::new(), None);
    while let Some(owner) = line.pop_front() {
        let Some(account) = accounts.get_mut(&owner) else { continue };
        if account.replenish() {
            spent.push(owner);
        } else if who.includes(account) {
            found = Some(Arc::clone(&owner));
            line.push_front(owner);
            break;
        } else {
            barred.push(owner);
        }
    }
    barred.into_iter().rev().for_each(|owner| line.push_front(owner));
    (found, spent)
}

impl Who<'_> {
    fn includes(self, account: &Account) -> bool {
        match self {
            Self::Allowed(allowed) => allowed(account),
            Self::Anybody => true,
        }
    }
}

const LONGEST_STREAK: u32 = 8;
