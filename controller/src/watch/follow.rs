//! One list and watch, kept up for ever: errors are told once, waited out and tried again.

use std::{fmt::Debug, pin::pin, time::Duration};

use futures::StreamExt as _;
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt as _,
        utils::Backoff,
        watcher::{self, DefaultBackoff, Event},
    },
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::api::{
    answer_limit,
    error::{ApiError, Request, chain},
};

/// Lists and watches for ever; `handle` hears every event. Without the verb `watch` it lists again now and then. Where a
/// page of the list is longer than an answer may be, it is listed again in smaller pages.
pub async fn follow<K>(
    resource: &'static str,
    namespace: &str,
    source: impl Fn() -> (Api<K>, watcher::Config),
    mut handle: impl FnMut(Event<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    follow_while_pages_fit(resource, namespace, &source, &mut handle).await;
    for page in SMALLER_PAGES {
        tracing::info!(resource, namespace, "large objects: listing in pages of {page}");
        let smaller = || {
            let (api, config) = source();
            (api, config.page_size(page))
        };
        follow_while_pages_fit(resource, namespace, &smaller, &mut handle).await;
    }
    loop {
        tracing::warn!(resource, namespace, "{}", answer_limit::WORDS);
        tokio::time::sleep(RELIST).await;
        let one = || {
            let (api, config) = source();
            (api, config.page_size(1))
        };
        follow_while_pages_fit(resource, namespace, &one, &mut handle).await;
    }
}

/// Lists and watches like [`follow`], until a page of the list is longer than an answer may be.
pub async fn follow_while_pages_fit<K>(
    resource: &'static str,
    namespace: &str,
    source: &impl Fn() -> (Api<K>, watcher::Config),
    handle: &mut impl FnMut(Event<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut told = String::new();
    let mut blind = FIRST_RELIST;
    loop {
        let (api, config) = source();
        let mut events = pin!(watcher::watcher(api, config).backoff(Waits::default()));
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    if matches!(event, Event::InitDone | Event::Apply(_)) {
                        told.clear();
                    }
                    if matches!(event, Event::Apply(_) | Event::Delete(_)) {
                        blind = FIRST_RELIST;
                    }
                    handle(event);
                }
                Err(error) => {
                    let trouble = Trouble::new(&error, resource, namespace);
                    if let Trouble::Unwatchable(text) | Trouble::Worth(text) = &trouble
                        && *text != told
                    {
                        tracing::warn!(resource, namespace, "{text}");
                        told.clone_from(text);
                    }
                    match trouble {
                        Trouble::Unwatchable(_) => break,
                        Trouble::Large => return,
                        Trouble::Usual | Trouble::Worth(_) => {}
                    }
                }
            }
        }
        // An API server that has just started may not know its roles yet.
        tokio::time::sleep(blind).await;
        blind = (blind * 2).min(RELIST);
    }
}

/// kube's waits between tries; they begin anew after an event, and after a watch that has lived for [`LIVED`]. kube alone
/// counts from the error before, with the wait: a quiet watch that is cut every minute would stay at the longest wait.
#[derive(Default)]
struct Waits {
    kube: DefaultBackoff,
    /// When the last wait is over and the watch is opened again.
    opened: Option<Instant>,
}

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let now = Instant::now();
        if self.opened.is_some_and(|opened| now.saturating_duration_since(opened) > LIVED) {
            self.kube.reset();
        }
        let wait = self.kube.next()?;
        self.opened = Some(now + wait);
        Some(wait)
    }
}

impl Backoff for Waits {
    fn reset(&mut self) {
        self.kube.reset();
    }
}

/// What an error of the watch means.
enum Trouble {
    /// Expected now and then: a new list follows.
    Usual,
    /// Somebody should read this.
    Worth(String),
    /// A page of the list is longer than an answer may be.
    Large,
    /// The verb `watch` is missing: only lists work.
    Unwatchable(String),
}

impl Trouble {
    fn new(error: &watcher::Error, resource: &'static str, namespace: &str) -> Self {
        let group = if resource == sealed_secrets_core::names::PLURAL {
            sealed_secrets_core::names::GROUP
        } else {
            ""
        };
        let request = |verb| Request { verb, group, resource, namespace: namespace.to_owned() };
        match error {
            watcher::Error::InitialListFailed(cause) if answer_limit::is_exceeded(cause) => Self::Large,
            watcher::Error::InitialListFailed(kube::Error::Api(status)) => {
                Self::Worth(ApiError::new(request("list"), kube::Error::Api(status.clone())).to_string())
            }
            watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
                match ApiError::new(request("watch"), kube::Error::Api(status.clone())) {
                    error @ ApiError::Forbidden { .. } => Self::Unwatchable(format!(
                        "{error}; until then it is listed every {} s",
                        RELIST.as_secs()
                    )),
                    ApiError::Undecided { .. }
                    | ApiError::Terminating { .. }
                    | ApiError::NotFound { .. }
                    | ApiError::Conflict { .. }
                    | ApiError::Invalid { .. }
                    | ApiError::NotAdmitted { .. }
                    | ApiError::NotLeading
                    | ApiError::Busy { .. }
                    | ApiError::Other { .. }
                    | ApiError::Unreachable { .. } => Self::Worth(chain(error)),
                }
            }
            watcher::Error::WatchError(status) if status.code == 410 => Self::Usual,
            watcher::Error::WatchFailed(_) => Self::Usual,
            watcher::Error::InitialListFailed(_)
            | watcher::Error::WatchStartFailed(_)
            | watcher::Error::WatchError(_)
            | watcher::Error::NoResourceVersion => Self::Worth(chain(error)),
        }
    }
}

/// Watches that live longer than this and are soon opened again are six requests a minute at most, which burdens no API
/// server; and it is less than any usual time limit of a proxy.
const LIVED: Duration = Duration::from_secs(10);
const RELIST: Duration = Duration::from_secs(30);
const FIRST_RELIST: Duration = Duration::from_secs(1);
/// Objects in a page, one after the other, until an answer fits.
const SMALLER_PAGES: [u32; 3] = [32, 2, 1];
