//! Verdicts that are known: one question for each place in a while, however many objects wait for its answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::OnceCell, time::Instant};

use super::asked::{Asked, Place};

/// What the API server says of a write that it refused with 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A rule allows it: admission has refused it.
    Allowed,
    /// No rule allows it.
    Denied,
    /// It did not say.
    Unknown,
}

/// Verdicts by place, each with the instant of its question.
#[derive(Default)]
pub(super) struct Verdicts(Mutex<HashMap<Place, Known>>);

#[derive(Clone)]
struct Known {
    since: Instant,
    verdict: Arc<OnceCell<Verdict>>,
}

impl Verdicts {
    /// What is known of this place, or what `review` says: whether it is allowed, if anything.
    pub(super) async fn of(&self, asked: &Asked, review: impl Future<Output = Option<bool>>) -> Verdict {
        let cell = self.cell(&asked.place, Instant::now());
        let said = async {
            match review.await {
                Some(true) => Verdict::Allowed,
                Some(false) => Verdict::Denied,
                None => Verdict::Unknown,
            }
        };
        *cell.get_or_init(|| said).await
    }

    fn cell(&self, place: &Place, now: Instant) -> Arc<OnceCell<Verdict>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| now.duration_since(known.since) < KEPT);
        if known.len() >= MOST {
            known.clear();
        }
        let fresh = || Known { since: now, verdict: Arc::default() };
        Arc::clone(&known.entry(place.clone()).or_insert_with(fresh).verdict)
    }
}

/// A role that was corrected counts after this long at the latest.
const KEPT: Duration = Duration::from_mins(1);
/// Each is about 300 bytes.
const MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn asked(namespace: &str) -> Asked {
        let uri = format!("/api/v1/namespaces/{namespace}/secrets").parse().expect("a good URI");
        Asked::of_write(&::http::Method::POST, &uri).expect("a write")
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_asked_about_once_a_minute() {
        let (verdicts, asks) = (Verdicts::default(), Cell::new(0));
        let ask = |namespace: &'static str, answer| {
            let (verdicts, asks) = (&verdicts, &asks);
            async move {
                let review = async {
                    asks.set(asks.get() + 1);
                    tokio::task::yield_now().await;
                    answer
                };
                verdicts.of(&asked(namespace), review).await
            }
        };
        let both = tokio::join!(ask("a", Some(false)), ask("a", Some(true)));
        assert_eq!((both, asks.get()), ((Verdict::Denied, Verdict::Denied), 1));
        assert_eq!((ask("b", Some(true)).await, asks.get()), (Verdict::Allowed, 2));
        assert_eq!((ask("c", None).await, asks.get()), (Verdict::Unknown, 3));
        tokio::time::advance(KEPT).await;
        assert_eq!((ask("a", Some(true)).await, asks.get()), (Verdict::Allowed, 4));
    }

    #[test]
    fn many_places_do_not_fill_the_memory() {
        let (verdicts, now) = (Verdicts::default(), Instant::now());
        for number in 0..3 * MOST {
            let _cell = verdicts.cell(&asked(&format!("ns-{number}")).place, now);
        }
        assert!(verdicts.0.lock().expect("nobody panicked").len() <= MOST);
    }
}
