//! Pure: what to do about a lease.

use std::time::{Duration, Instant};

/// Who holds a lease, as the API server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeaseRecord {
    /// The replica; empty: nobody.
    pub(super) holder: String,
    /// Changes with each renewal.
    pub(super) version: String,
    /// How long a holder may stay silent.
    pub(super) silence: Duration,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// There is no lease: make it.
    Create,
    /// It is free: take it.
    Take,
    /// It is ours: say that we live.
    Renew,
    /// Another replica lives.
    Wait,
}

/// The last version that was seen, and since when: clocks of replicas are never compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    version: String,
    since: Instant,
    silence: Duration,
}

/// Decides, and remembers what was seen.
pub(super) fn decide(record: Option<&LeaseRecord>, me: &str, seen: &mut Option<Seen>, now: Instant) -> Act {
    let Some(record) = record else { return Act::Create };
    if record.holder == me {
        return Act::Renew;
    }
    if record.holder.is_empty() {
        return Act::Take;
    }
    match seen {
        Some(seen) if seen.version == record.version => {
            if now.saturating_duration_since(seen.since) >= record.silence { Act::Take } else { Act::Wait }
        }
        Some(_) | None => {
            *seen = Some(Seen { version: record.version.clone(), since: now, silence: record.silence });
            Act::Wait
        }
    }
}

/// When to look again: often enough to renew in time, and exactly when the silence of another has lasted long enough.
pub(super) fn next_look(seen: Option<&Seen>, now: Instant) -> Duration {
    let left = seen.map(|seen| (seen.since + seen.silence).saturating_duration_since(now));
    left.filter(|left| !left.is_zero()).map_or(ROUND, |left| ROUND.min(left))
}

/// How long a holder may stay silent before another takes the lease.
pub(super) const SILENCE: Duration = Duration::from_secs(15);
/// A lease is taken over at most this, and a round trip, after its silence.
const ROUND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn record(holder: &str, version: &str) -> LeaseRecord {
        LeaseRecord {
            holder: holder.to_owned(),
            version: version.to_owned(),
            silence: Duration::from_secs(15),
        }
    }

    #[test]
    fn a_free_lease_is_taken_and_our_own_renewed() {
        let now = Instant::now();
        assert_eq!(decide(None, "me", &mut None, now), Act::Create);
        assert_eq!(decide(Some(&record("", "1")), "me", &mut None, now), Act::Take);
        assert_eq!(decide(Some(&record("me", "1")), "me", &mut None, now), Act::Renew);
    }

    #[test]
    fn another_replica_keeps_it_as_long_as_it_renews() {
        let (mut seen, begin) = (None, Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(decide(Some(&record("other", "1")), "me", &mut seen, at(0)), Act::Wait);
        assert_eq!(decide(Some(&record("other", "1")), "me", &mut seen, at(14)), Act::Wait);
        assert_eq!(decide(Some(&record("other", "2")), "me", &mut seen, at(20)), Act::Wait, "it has renewed");
        assert_eq!(decide(Some(&record("other", "2")), "me", &mut seen, at(34)), Act::Wait);
        assert_eq!(decide(Some(&record("other", "2")), "me", &mut seen, at(35)), Act::Take);
    }

    #[test]
    fn a_silent_lease_is_looked_at_the_moment_it_may_be_taken() {
        let (mut seen, begin) = (None, Instant::now());
        decide(Some(&record("other", "1")), "me", &mut seen, begin);
        assert_eq!(next_look(seen.as_ref(), begin), ROUND);
        let nearly = begin + Duration::from_millis(14_700);
        assert_eq!(next_look(seen.as_ref(), nearly), Duration::from_millis(300));
        assert_eq!(next_look(seen.as_ref(), begin + Duration::from_secs(16)), ROUND);
        assert_eq!(next_look(None, begin), ROUND);
    }
}
