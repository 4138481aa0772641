//! The private operations of a request: one job for each item, in the lane of requests, up to the first that fails.

use std::sync::Arc;

use sealed_secrets_core::{
    Fingerprint, KeyRing, Label, SealedSecret,
    reseal::{self, Opened},
};

use super::{
    Web,
    account::Reservation,
    object::{Failure, brief},
    refused::Refused,
};
use crate::capacity::pool::{Cancel, Claim};

/// Opens ciphertexts one after the other for one request.
pub(super) struct Opening<'a> {
    web: &'a Web,
    claim: Claim,
    ring: Arc<KeyRing>,
    /// Gives the scope; its ciphertexts are taken out.
    shell: Arc<SealedSecret>,
    label: Arc<Label>,
    reservation: Arc<Reservation>,
    /// The key that opened the last one, as it most likely opens the next one.
    last: Vec<Fingerprint>,
    /// The keys that opened something, each once.
    keys: Vec<Fingerprint>,
    operations: usize,
}

impl<'a> Opening<'a> {
    /// An opening of `items` ciphertexts; refused if these are more than private operations are allowed.
    pub(super) fn new(
        web: &'a Web,
        ring: &Arc<KeyRing>,
        shell: &Arc<SealedSecret>,
        reservation: &Arc<Reservation>,
        items: usize,
    ) -> Result<Self, Failure> {
        // Addresses take turns on the threads. Within one, each request has one job at a time, and each caller
        // a few requests at work, so that callers of the API server's proxy take turns too.
        let opening = Self {
            web,
            claim: Claim::http(reservation.caller().peer.to_string()),
            ring: Arc::clone(ring),
            label: Arc::new(shell.label()),
            shell: Arc::clone(shell),
            reservation: Arc::clone(reservation),
            last: Vec::new(),
            keys: Vec::new(),
            operations: 0,
        };
        opening.check(items)?;
        Ok(opening)
    }

    /// The keys that opened something, each once, in the order of their first use.
    pub(super) fn into_keys(self) -> Vec<Fingerprint> {
        self.keys
    }

    fn check(&self, operations: usize) -> Result<(), Failure> {
        let most = self.web.settings.limits.operations;
        if operations > most { Err(Failure::Refused(Refused::Operations { most })) } else { Ok(()) }
    }

    /// Opens one, and makes of it on the same thread what is to become of it. When the caller hangs up this
    /// future is dropped: a job that has not begun then never does.
    pub(super) async fn one<T, F>(&mut self, text: String, then: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Opened) -> T + Send + 'static,
    {
        // Where several keys are tried for each item, the tries run past the bound before the items do.
        self.check(self.operations + 1)?;
        let (ring, shell, first) = (Arc::clone(&self.ring), Arc::clone(&self.shell), self.last.clone());
        let (metrics, reservation, label) =
            (Arc::clone(&self.web.metrics), Arc::clone(&self.reservation), Arc::clone(&self.label));
        let job = move || {
            let opened = reseal::open_text(&shell, &label, &text, &ring, &first);
            let tries = opened.as_ref().map_or_else(|unopened| unopened.tries, |opened| opened.tries);
            #[expect(clippy::cast_precision_loss, reason = "as many as there are keys")]
            metrics.http_operations.inc_by(tries as f64);
            drop(reservation);
            opened.map(|opened| (then(&opened), opened.key, opened.tries))
        };
        let done = self.web.pool.run(self.claim.clone(), &Cancel::default(), job).await;
        let (made, key, tries) = match done {
            Ok(Ok(done)) => done,
            Ok(Err(unopened)) => return Err(Failure::Unopened(brief(&unopened.error))),
            Err(_) => return Err(Failure::Broken),
        };
        self.last = vec![key];
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
        self.operations += tries;
        Ok(made)
    }
}
