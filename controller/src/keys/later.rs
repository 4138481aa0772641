//! Key Secrets that could not be looked at: each waits by itself, and no other one for it.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::core::v1::Secret;
use tokio::{sync::mpsc, time::Instant};

/// Secrets to look at again, by name and with the time for it.
#[derive(Default)]
pub(super) struct Later {
    waiting: BTreeMap<String, (Instant, Secret)>,
}

impl Later {
    /// Gives a Secret back by [`Later::next`] after a while.
    pub(super) fn add(&mut self, secret: Secret) {
        let name = secret.metadata.name.clone().unwrap_or_default();
        self.waiting.insert(name, (Instant::now() + LOOK_AGAIN, secret));
    }

    /// The next Secret to look at: one that was lost just now, or one whose time has come; `None` when no more can
    /// be lost.
    pub(super) async fn next(&mut self, lost: &mut mpsc::UnboundedReceiver<Secret>) -> Option<Secret> {
        let due =
            self.waiting.iter().min_by_key(|(_, (at, _))| *at).map(|(name, (at, _))| (*at, name.clone()));
        let Some((at, name)) = due else { return lost.recv().await };
        tokio::select! {
            // Those of a list that has many must not keep the others from their turn.
            biased;
            () = tokio::time::sleep_until(at) => self.waiting.remove(&name).map(|(_, secret)| secret),
            secret = lost.recv() => {
                let secret = secret?;
                // The same one: a look now does for both.
                self.waiting.remove(secret.metadata.name.as_deref().unwrap_or_default());
                Some(secret)
            }
        }
    }
}

const LOOK_AGAIN: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Secret {
        let mut secret = Secret::default();
        secret.metadata.name = Some(name.to_owned());
        secret
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_holds_up_nobody_and_comes_once() {
        let (sender, mut lost) = mpsc::unbounded_channel();
        let mut later = Later::default();
        later.add(named("bad"));
        for name in ["b", "c"] {
            sender.send(named(name)).expect("the receiver lives");
        }
        let begun = Instant::now();
        for name in ["b", "c"] {
            assert_eq!(later.next(&mut lost).await, Some(named(name)));
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(later.next(&mut lost).await, Some(named("bad")));
        assert!(begun.elapsed() >= LOOK_AGAIN);
        for _ in 0..3 {
            later.add(named("bad"));
        }
        sender.send(named("bad")).expect("the receiver lives");
        assert_eq!(later.next(&mut lost).await, Some(named("bad")));
        assert!(later.waiting.is_empty(), "one look does for all");
    }
}
