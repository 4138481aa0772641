//! Sealing and unsealing on all cores, without a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sealed_secrets_core::keys::KeySpec;
use sealed_secrets_core::{KeyPair, KeyRing, Label, SealingKey};

use super::Failure;
use super::openssl::{Rates, cores};

/// A key of 4096 bits, and a value sealed to it.
pub(super) struct Yardstick {
    sealing: SealingKey,
    ring: KeyRing,
    label: Label,
    sealed: Vec<u8>,
}

impl Yardstick {
    pub(super) fn new() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let pair = Arc::new(new_key(4096, Timestamp::now()).map_err(|error| error.to_string())?);
        let sealing = pair.sealing_key().map_err(ToString::to_string)?.clone();
        let label = Label::from("bench/bench".to_owned());
        let sealed = sealing.seal(&label, VALUE);
        Ok(Self { sealing, ring: KeyRing::new(vec![pair]), label, sealed })
    }

    /// Values sealed and unsealed a second.
    pub(super) fn measure(&self) -> Rates {
        let open =
            || self.ring.open(&self.label, &self.sealed, &[]).expect("what was sealed to the key opens");
        Rates { public: rate(|| drop(self.sealing.seal(&self.label, VALUE))), private: rate(|| drop(open())) }
    }
}

/// A new key, valid from a minute before `now`, so that nobody's clock is behind it.
pub(crate) fn new_key(bits: u32, now: Timestamp) -> Result<KeyPair, Failure> {
    let spec = KeySpec { bits, lifetime: SignedDuration::from_hours(24 * 365), common_name: String::new() };
    Ok(KeyPair::generate(&spec, now - SignedDuration::from_mins(1))?)
}

/// How often `work` is done a second by one thread for each core.
fn rate(work: impl Fn() + Sync) -> f64 {
    let done = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores() {
            scope.spawn(|| {
                while start.elapsed() < SPAN {
                    work();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "a second has few operations")]
    let done = done.into_inner() as f64;
    done / start.elapsed().as_secs_f64()
}

const SPAN: Duration = Duration::from_secs(1);
/// As long as a good password.
const VALUE: &[u8] = b"correct horse battery staple 42!";
