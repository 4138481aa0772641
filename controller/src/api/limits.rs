//! How long a request may take. Who tries it again, and when, stands in [`retry`](super::retry).

use std::time::Duration;

/// From the first byte sent to the last one received. A webhook may take ten seconds by default; what takes longer than
/// this is tried again, and found done or not.
pub const REQUEST: Duration = Duration::from_secs(10);
/// Of a page of a list, and of the head of a watch: an API server that has just started answers them late.
pub const LIST: Duration = Duration::from_secs(30);
/// A watch hears a bookmark every minute; silence of this length means that the peer is gone.
pub const SILENCE: Duration = Duration::from_mins(5);
/// To connect.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Of one look at the lease, with its renewal.
pub const LEASE_ROUND: Duration = Duration::from_secs(3);
