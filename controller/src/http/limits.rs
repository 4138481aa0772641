//! What strangers may take of this process. The sum is in ARCHITECTURE.md, *Memory of the servers*.

use std::time::Duration;

/// What the service port gives at most, to all callers together and to one of them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Private operations of one request (`--http-max-operations`).
    pub operations: usize,
    /// Bytes of all requests in flight: bodies, then what was read from them, then answers until they are sent.
    pub bytes: usize,
    /// Of these, what connections from one address may hold: others stay served.
    pub peer_bytes: usize,
    /// Of these, what one caller behind such an address may hold.
    pub caller_bytes: usize,
    /// Time in which a body need not keep to a pace, and that it may stand still.
    pub grace: Duration,
    /// Bytes per second that a body must keep up with after that.
    pub pace: u64,
    /// Connections.
    pub connections: ConnectionLimits,
}

/// How many connections a port holds at once.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// All together.
    pub most: usize,
    /// From one address. The API server's proxy has one address for all its callers.
    pub per_peer: usize,
    /// More, that may only ask for health and certificate.
    pub reserve: usize,
}

impl Limits {
    /// What the controller runs with; `operations` comes from the command line.
    pub fn new(operations: usize) -> Self {
        Self {
            operations,
            bytes: 10 << 20,
            peer_bytes: 8 << 20,
            caller_bytes: 4 << 20,
            grace: Duration::from_secs(10),
            pace: 1024,
            connections: ConnectionLimits { most: 256, per_peer: 208, reserve: 32 },
        }
    }
}

impl ConnectionLimits {
    /// Of the metrics port: whoever scrapes comes rarely and alone.
    pub const METRICS: Self = Self { most: 32, per_peer: 16, reserve: 0 };
}

/// What a request is charged besides its body: its headers, its task and its names in tables.
pub(super) const PER_REQUEST: usize = 16 << 10;
/// What hyper keeps of a request's head; more is answered 431. The API server's proxy adds some hundred bytes.
pub(super) const MOST_HEADER_BYTES: usize = 16 << 10;
/// What the API server takes as a request, and with it the largest body that is looked at.
pub(super) const MOST_KEPT: usize = 3 << 20;
/// The largest body that is read to its end, so that the sender hears the answer; what is over the limit
/// is dropped as it comes.
pub(super) const MOST_DRAINED: usize = 16 << 20;
