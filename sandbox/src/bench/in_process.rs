//! Sealing and unsealing on all cores, without a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sealed_secrets_core::keys::KeySpec;
use sealed_secrets_core::{KeyPair, KeyRing, Label};

use super::Failure;
use super::openssl::{Rates, cores};

/// Values sealed and unsealed a second, with a key of 4096 bits.
pub(super) fn measure() -> Result<Rates, Box<dyn std::error::Error + Send + Sync>> {
    let pair = Arc::new(new_key(4096, Timestamp::now()).map_err(|error| error.to_string())?);
    let sealing = pair.sealing_key().map_err(ToString::to_string)?.clone();
    let ring = KeyRing::new(vec![pair]);
    let label = Label::from("bench/bench".to_owned());
    let sealed = sealing.seal(&label, VALUE);
    let public = rate(|| drop(sealing.seal(&label, VALUE)));
    let private = rate(|| drop(ring.open(&label, &sealed, &[]).expect("what was sealed to the key opens")));
    Ok(Rates { private, public })
}

/// A new key, valid from a minute before `now`, so that nobody's clock is behind it.
pub(super) fn new_key(bits: u32, now: Timestamp) -> Result<KeyPair, Failure> {
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

const SPAN: Duration = Duration::from_secs(2);
/// As long as a good password.
const VALUE: &[u8] = b"correct horse battery staple 42!";
