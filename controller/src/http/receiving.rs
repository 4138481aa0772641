//! Bodies of one caller on their way at once: each holds a connection that is not given up for another one, and the
//! API server's proxy has one share of these for all its callers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::caller::Caller;

/// Who sends how many bodies; others are not in the table.
#[derive(Clone, Default)]
pub(super) struct Receiving {
    by_caller: Arc<Mutex<HashMap<Caller, usize>>>,
}

impl Receiving {
    /// A place for one more body of this caller, if fewer than [`AT_ONCE`] are on their way.
    pub(super) fn take(&self, caller: Caller) -> Option<Place> {
        let mut table = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = table.entry(caller).or_default();
        if *bodies >= AT_ONCE {
            return None;
        }
        *bodies += 1;
        Some(Place { receiving: self.clone(), caller })
    }
}

/// A body on its way; over when dropped.
pub(super) struct Place {
    receiving: Receiving,
    caller: Caller,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.receiving.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bodies) = table.get_mut(&self.caller) {
            *bodies -= 1;
            if *bodies == 0 {
                table.remove(&self.caller);
            }
        }
        if table.is_empty() {
            // A table keeps the room that a crowd once needed.
            table.shrink_to_fit();
        }
    }
}

/// A body of a usual size is here at once; so many are slow only on purpose.
const AT_ONCE: usize = 16;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_caller_sends_some_bodies_at_once_and_leaves_the_others_theirs() {
        let receiving = Receiving::default();
        let caller = |hash| Caller { peer: IpAddr::from([10, 0, 0, 1]), hash };
        let mut places: Vec<_> = (0..AT_ONCE).filter_map(|_| receiving.take(caller(1))).collect();
        assert_eq!(places.len(), AT_ONCE);
        assert!(receiving.take(caller(1)).is_none());
        let another = receiving.take(caller(2));
        assert!(another.is_some(), "another caller of the same proxy");
        places.pop();
        places.extend(receiving.take(caller(1)));
        assert_eq!(places.len(), AT_ONCE, "a place comes back");
        drop((places, another));
        assert!(receiving.by_caller.lock().unwrap_or_else(PoisonError::into_inner).is_empty());
    }
}
