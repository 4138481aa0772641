//! How late the API server's watch is: a watcher of all namespaces, as the controller is one, that only looks for the
//! fresh SealedSecrets. What it waits, the controller waits too, before it can do anything.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::{AsyncBufReadExt as _, StreamExt as _};
use sandbox::objects::path;

use super::Failure;
use super::bounds::Worst;

/// Fresh SealedSecrets that the API server has taken, with the moment of its answer; and their events.
#[derive(Clone, Default)]
pub(super) struct Lags {
    made: Arc<Mutex<Made>>,
}

#[derive(Default)]
struct Made {
    waited_for: HashMap<String, Instant>,
    /// Their events came before the answers.
    early: HashSet<String>,
    worst: Worst,
}

impl Lags {
    /// The API server has answered the creation.
    pub(super) fn made(&self, name: &str) {
        let mut made = self.lock();
        if !made.early.remove(name) {
            made.waited_for.insert(name.to_owned(), Instant::now());
        }
    }

    /// What was seen so far, and how long the oldest that was not seen is waited for.
    pub(super) fn worst(&self) -> Worst {
        let made = self.lock();
        let mut worst = made.worst;
        if let Some(oldest) = made.waited_for.values().min() {
            worst.add(oldest.elapsed(), false);
        }
        worst
    }

    fn seen(&self, name: &str) {
        let mut made = self.lock();
        let lag = if let Some(at) = made.waited_for.remove(name) {
            at.elapsed()
        } else {
            made.early.insert(name.to_owned());
            Duration::ZERO
        };
        made.worst.add(lag, false);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches until `goes_on` says no.
    pub(super) async fn watch(
        &self,
        client: kube::Client,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), Failure> {
        let all = format!("{}?watch=1&resourceVersion=0", path("SealedSecret", "", "")?);
        while goes_on() {
            let request = http::Request::get(&all).body(Vec::new())?;
            let lines = client.request_stream(request).await?.lines();
            let mut lines = std::pin::pin!(lines);
            while goes_on() {
                match tokio::time::timeout(LOOK, lines.next()).await {
                    Ok(Some(line)) => self.line(&line?),
                    // The server ends a watch now and then.
                    Ok(None) => break,
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// An event of a fresh SealedSecret, which is small, is told by its beginning alone: the others are large.
    fn line(&self, line: &str) {
        if line.len() > LARGEST || !line.starts_with(ADDED) {
            return;
        }
        let name = line.split_once(NAME).and_then(|(_, rest)| rest.split('"').next());
        if let Some(number) = name {
            self.seen(&format!("fresh-{number}"));
        }
    }
}

const LOOK: Duration = Duration::from_millis(100);
const ADDED: &str = "{\"type\":\"ADDED\"";
const NAME: &str = "\"name\":\"fresh-";
const LARGEST: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_ends_the_wait_and_what_is_not_seen_counts_as_it_waits() {
        let lags = Lags::default();
        lags.made("fresh-3");
        lags.line(r#"{"type":"MODIFIED","object":{"metadata":{"name":"fresh-3"}}}"#);
        lags.line(r#"{"type":"ADDED","object":{"metadata":{"name":"other"}}}"#);
        assert_eq!(lags.lock().waited_for.len(), 1);
        std::thread::sleep(Duration::from_millis(5));
        assert!(lags.worst().longest >= Duration::from_millis(5) && lags.worst().count == 1);
        lags.line(r#"{"type":"ADDED","object":{"metadata":{"name":"fresh-3"}}}"#);
        assert!(lags.lock().waited_for.is_empty() && lags.worst().longest >= Duration::from_millis(5));
        lags.line(r#"{"type":"ADDED","object":{"metadata":{"name":"fresh-4"}}}"#);
        lags.made("fresh-4");
        assert!(lags.lock().waited_for.is_empty(), "its event came before the answer");
    }
}
