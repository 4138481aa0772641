//! Who asks: the address of the connection, and whom the API server's proxy names behind it.
//!
//! The service proxy *appends* its client's address to `X-Forwarded-For`, as a last element after whatever
//! the client wrote there itself (Go's `httputil.ReverseProxy`, used by apimachinery's `UpgradeAwareHandler`, joins
//! the prior values and the address with `", "`; a scenario on the real API server holds that in
//! `sandbox/tests/end_to_end`). So the last element alone is the API server's word, and everything before it
//! is the caller's. Who connects without the proxy can write all of it, which is why the connection's own
//! address is always part of the identity, and what one address may do has a limit of its own.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, Ipv4Addr},
};

use axum::http::{HeaderMap, Request};

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// A caller without the length of his name: address, and a keyed hash of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Caller {
    pub(super) peer: IpAddr,
    pub(super) hash: u64,
}

/// Tells callers apart by a hash whose key nobody knows, so that nobody can meet another one's bucket on purpose.
#[derive(Default)]
pub(super) struct Callers {
    key: RandomState,
}

impl Callers {
    /// The caller of a request.
    pub(super) fn of<B>(&self, request: &Request<B>) -> Caller {
        // A router that is called without a connection, as tests do, has one peer for all.
        let peer =
            request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let peer = peer.to_canonical();
        Caller { peer, hash: self.key.hash_one((peer, last_element(request.headers()))) }
    }

    /// The bucket of a caller on a path.
    pub(super) fn on_path(&self, caller: Caller, path: &str) -> u64 {
        self.key.hash_one((caller.hash, path))
    }

    /// The bucket of everybody behind an address.
    pub(super) fn of_peer(&self, peer: IpAddr) -> u64 {
        self.key.hash_one(peer)
    }
}

/// The last element of the last `X-Forwarded-For`; empty without one.
fn last_element(headers: &HeaderMap) -> &[u8] {
    let last =
        headers.get_all("x-forwarded-for").iter().next_back().map_or(&[][..], |value| value.as_bytes());
    last.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(callers: &Callers, peer: [u8; 4], forwarded: &[&'static str]) -> Caller {
        let mut request = Request::new(());
        request.extensions_mut().insert(Peer(peer.into()));
        for value in forwarded {
            request.headers_mut().append("x-forwarded-for", value.parse().expect("a header value"));
        }
        callers.of(&request)
    }

    #[test]
    fn only_the_last_element_and_the_peer_tell_callers_apart() {
        let callers = Callers::default();
        let proxy = [10, 0, 0, 1];
        let alice = caller(&callers, proxy, &["192.0.2.7"]);
        assert_eq!(caller(&callers, proxy, &["made, up,192.0.2.7 "]), alice);
        assert_eq!(caller(&callers, proxy, &["made", "up, 192.0.2.7"]), alice);
        assert_ne!(caller(&callers, proxy, &["192.0.2.7, 192.0.2.8"]), alice, "another caller of the proxy");
        assert_ne!(caller(&callers, [10, 0, 0, 2], &["192.0.2.7"]), alice, "somebody who poses as the proxy");
        assert_ne!(callers.on_path(alice, "/v1/verify"), callers.on_path(alice, "/v1/rotate"));
    }

    #[test]
    fn another_process_hashes_otherwise() {
        let (one, other) = (Callers::default(), Callers::default());
        assert_ne!(caller(&one, [1; 4], &["x"]).hash, caller(&other, [1; 4], &["x"]).hash);
    }
}
