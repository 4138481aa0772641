//! An API server inside this process.

use std::io;

use crate::tokens::StaticTokens;

/// A running embedded API server; everything in it is gone with it.
pub struct Server {}

impl Server {
    /// Listens with TLS on a free port of 127.0.0.1 (see [`crate::certificates::Authority`]).
    pub async fn start(_tokens: &StaticTokens) -> io::Result<Self> {
        todo!()
    }

    /// `https://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        todo!()
    }

    /// Certificate of the authority, PEM.
    pub fn ca(&self) -> &str {
        todo!()
    }

    /// Ends the listener and every watch.
    pub async fn stop(self) {
        todo!()
    }
}
