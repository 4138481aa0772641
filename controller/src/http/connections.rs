//! Which connections are open, and which one goes when there are too many.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::limits::ConnectionLimits;

/// The open connections of one port.
#[derive(Clone)]
pub(super) struct Connections {
    limits: ConnectionLimits,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// By order of arrival.
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    peer: IpAddr,
    reserved: bool,
    /// Since which moment, in arrivals and answers counted together, it has no request; `None` while it has one.
    waiting: Option<u64>,
    close: Arc<Notify>,
}

impl Connections {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, open: Arc::default() }
    }

    /// Lets a connection in, if need be in place of one that has no request (idle, or still sending its head)
    /// and has had none for longest. `None`: there is no such one, and the reserve is taken too.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Ticket> {
        let mut open = self.open();
        let reserved = open.make_room(peer, self.limits)?;
        open.next += 1;
        let (id, close) = (open.next, Arc::new(Notify::new()));
        let entry = Entry { peer, reserved, waiting: Some(id), close: Arc::clone(&close) };
        open.entries.insert(id, entry);
        drop(open);
        Some(Ticket { connections: self.clone(), id, reserved, close })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_busy(&self, id: u64, busy: bool) {
        let mut open = self.open();
        open.next += 1;
        let now = open.next;
        if let Some(entry) = open.entries.get_mut(&id) {
            entry.waiting = (!busy).then_some(now);
        }
    }
}

impl Open {
    /// Whether a new connection of `peer` belongs to the reserve; `None` if there is no place at all.
    fn make_room(&mut self, peer: IpAddr, limits: ConnectionLimits) -> Option<bool> {
        let (of_peer, all) = (self.count(|e| !e.reserved && e.peer == peer), self.count(|e| !e.reserved));
        if of_peer < limits.per_peer && all < limits.most {
            return Some(false);
        }
        let evicted = if of_peer >= limits.per_peer {
            self.evict(|entry| !entry.reserved && entry.peer == peer)
        } else {
            // Who holds most loses first, so that a crowd does not push out the few of somebody else.
            self.largest().is_some_and(|largest| self.evict(|e| !e.reserved && e.peer == largest))
        };
        if evicted {
            return Some(false);
        }
        let reserve_left = self.count(|entry| entry.reserved) < limits.reserve;
        (reserve_left || self.evict(|entry| entry.reserved)).then_some(true)
    }

    fn count(&self, which: impl Fn(&Entry) -> bool) -> usize {
        self.entries.values().filter(|entry| which(entry)).count()
    }

    /// The peer with most connections that are not reserved, one of which at least has no request.
    fn largest(&self) -> Option<IpAddr> {
        let mut counts = BTreeMap::<IpAddr, (usize, bool)>::new();
        for entry in self.entries.values().filter(|entry| !entry.reserved) {
            let (count, waits) = counts.entry(entry.peer).or_default();
            *count += 1;
            *waits |= entry.waiting.is_some();
        }
        let waiting = counts.into_iter().filter(|(_, (_, waits))| *waits);
        waiting.max_by_key(|(_, (count, _))| *count).map(|(peer, _)| peer)
    }

    /// Closes the connection that has had no request for longest; false if all of these have one.
    fn evict(&mut self, which: impl Fn(&Entry) -> bool) -> bool {
        let waiting = self.entries.iter().filter(|(_, entry)| which(entry));
        let oldest = waiting.filter_map(|(id, entry)| Some((entry.waiting?, *id))).min();
        let entry = oldest.and_then(|(_, id)| self.entries.remove(&id));
        if let Some(entry) = &entry {
            entry.close.notify_one();
        }
        entry.is_some()
    }
}

/// One open connection; its place is free again when this is dropped.
pub(super) struct Ticket {
    connections: Connections,
    id: u64,
    /// Whether it may only ask for health and certificate.
    pub(super) reserved: bool,
    close: Arc<Notify>,
}

impl Ticket {
    /// Until another connection needs the place.
    pub(super) async fn evicted(&self) {
        self.close.notified().await;
    }

    /// A request begins; it lasts until the last clone is dropped.
    pub(super) fn request(&self) -> Busy {
        self.connections.set_busy(self.id, true);
        Busy { _request: Arc::new(OneRequest { connections: self.connections.clone(), id: self.id }) }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.open().entries.remove(&self.id);
    }
}

/// As long as one is held, the connection has a request and is not closed for another one.
#[derive(Clone)]
pub(super) struct Busy {
    _request: Arc<OneRequest>,
}

struct OneRequest {
    connections: Connections,
    id: u64,
}

impl Drop for OneRequest {
    fn drop(&mut self) {
        self.connections.set_busy(self.id, false);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const LIMITS: ConnectionLimits = ConnectionLimits { most: 4, per_peer: 3, reserve: 1 };

    fn peer(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    fn is_evicted(ticket: &Ticket) -> bool {
        ticket.evicted().now_or_never().is_some()
    }

    #[test]
    fn the_oldest_connection_without_a_request_makes_room() {
        let connections = Connections::new(LIMITS);
        let tickets: Vec<_> = (0..3).map(|_| connections.admit(peer(1)).expect("room")).collect();
        // The first has answered last, so that the second is the oldest that waits.
        drop(tickets[0].request());
        let next = connections.admit(peer(1)).expect("room is made");
        assert!(!next.reserved);
        let evicted: Vec<_> = tickets.iter().map(is_evicted).collect();
        assert_eq!(evicted, [false, true, false]);
    }

    #[test]
    fn a_crowd_loses_its_own_connections_first() {
        let connections = Connections::new(LIMITS);
        let honest = connections.admit(peer(1)).expect("room");
        let crowd: Vec<_> = (0..3).map(|_| connections.admit(peer(2)).expect("room")).collect();
        let _third = connections.admit(peer(3)).expect("room is made");
        assert!(!is_evicted(&honest) && is_evicted(&crowd[0]));
    }

    #[test]
    fn beyond_requests_in_flight_there_is_a_reserve_and_beyond_that_nothing() {
        let connections = Connections::new(LIMITS);
        let mut held = vec![];
        for number in [1, 1, 2, 2] {
            let ticket = connections.admit(peer(number)).expect("room");
            held.push((ticket.request(), ticket));
        }
        let health = connections.admit(peer(3)).expect("the reserve");
        assert!(health.reserved);
        let next = connections.admit(peer(3)).expect("the reserve turns over");
        assert!(next.reserved && is_evicted(&health));
        let busy = next.request();
        assert!(connections.admit(peer(3)).is_none());
        drop((busy, held));
        assert!(connections.admit(peer(3)).is_some_and(|ticket| !ticket.reserved));
    }

    #[test]
    fn a_request_lasts_until_its_answer_is_dropped_and_a_place_ends_with_its_connection() {
        let connections = Connections::new(ConnectionLimits { most: 1, per_peer: 1, reserve: 0 });
        let ticket = connections.admit(peer(1)).expect("room");
        let request = ticket.request();
        let answer = request.clone();
        drop(request);
        assert!(connections.admit(peer(1)).is_none());
        drop(answer);
        let next = connections.admit(peer(1)).expect("it has no request");
        drop(ticket);
        assert_eq!(connections.open().entries.len(), 1, "the evicted one takes no other's place away");
        drop(next);
        assert!(connections.open().entries.is_empty());
    }
}
