//! One list and watch, kept up for ever: errors are told once, waited out and tried again.

use std::{fmt::Debug, pin::pin, time::Duration};

use futures::StreamExt as _;
use kube::{
    Api, Resource,
    runtime::watcher::{self, Event},
};
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Request, chain};

/// Lists and watches; `handle` hears every event. Without the verb `watch` it lists again now and then.
pub async fn follow<K>(
    resource: &'static str,
    namespace: &str,
    source: impl Fn() -> (Api<K>, watcher::Config),
    mut handle: impl FnMut(Event<K>),
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut told = String::new();
    loop {
        let (api, config) = source();
        let mut events = pin!(watcher::watcher(api, config));
        let mut wait = FIRST_WAIT;
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    if matches!(event, Event::InitDone | Event::Apply(_)) {
                        (wait, told) = (FIRST_WAIT, String::new());
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
                    if matches!(trouble, Trouble::Unwatchable(_)) {
                        break;
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
        tokio::time::sleep(RELIST).await;
    }
}

/// What an error of the watch means.
enum Trouble {
    /// Expected now and then: a new list follows.
    Usual,
    /// Somebody should read this.
    Worth(String),
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
            watcher::Error::InitialListFailed(kube::Error::Api(status)) => {
                Self::Worth(ApiError::new(request("list"), kube::Error::Api(status.clone())).to_string())
            }
            watcher::Error::WatchStartFailed(kube::Error::Api(status)) if status.code == 403 => {
                let error = ApiError::new(request("watch"), kube::Error::Api(status.clone()));
                Self::Unwatchable(format!("{error}; until then it is listed every {} s", RELIST.as_secs()))
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

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const RELIST: Duration = Duration::from_secs(30);
