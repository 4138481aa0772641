//! Watches: changes of a resource from a revision on, bookmarks, and streamed initial lists.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    sync::watch::Receiver,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until},
};

use super::{
    api::Api, request::Request, resource::Resource, selectors::Selector, status::Refusal, store::Change,
    view::View,
};

/// Opens a watch; its body ends with the time limit, a fault, the server, or an expired revision.
pub(super) fn watch(
    request: &Request,
    resource: Arc<Resource>,
    view: View,
    user: &str,
    api: Arc<Api>,
) -> Result<Body, Refusal> {
    let selector =
        Selector::parse(request.param("labelSelector"), request.param("fieldSelector"), &resource)?;
    let bookmarks = request.flag("allowWatchBookmarks");
    let streams_list = request.flag("sendInitialEvents");
    if streams_list && request.param("resourceVersionMatch") != "NotOlderThan" {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(Refusal::new(
            422,
            "Invalid",
            format!("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: {why}"),
        ));
    }
    let from = request.param("resourceVersion");
    let limit =
        request.param("timeoutSeconds").parse().ok().filter(|s| *s > 0).map_or(LONGEST, Duration::from_secs);
    let mut tick = interval_at(Instant::now() + api.bookmark_every, api.bookmark_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch = Watch {
        revisions: api.store.revisions(),
        cuts: api.faults.cuts(),
        ends: api.ends(),
        namespace: request.namespace.clone(),
        bookmarks,
        deadline: Instant::now() + limit,
        drops_after_first: api.faults.take_drop(request, user),
        revision: 0,
        pending: VecDeque::new(),
        over: false,
        resource,
        view,
        selector,
        tick,
        api,
    };
    watch.cuts.mark_unchanged();
    if streams_list || matches!(from, "" | "0") {
        watch.start_with_all(streams_list);
    } else {
        watch.revision =
            from.parse().map_err(|_| Refusal::bad_request(format!("invalid resource version {from:?}")))?;
    }
    Ok(Body::from_stream(stream::unfold(watch, |mut watch| async {
        watch.next().await.map(|bytes| (Ok::<_, std::io::Error>(bytes), watch))
    })))
}

struct Watch {
    api: Arc<Api>,
    resource: Arc<Resource>,
    view: View,
    selector: Selector,
    namespace: String,
    bookmarks: bool,
    /// Everything up to here has been sent.
    revision: u64,
    pending: VecDeque<Bytes>,
    revisions: Receiver<u64>,
    cuts: Receiver<u64>,
    ends: Receiver<bool>,
    tick: Interval,
    deadline: Instant,
    drops_after_first: bool,
    over: bool,
}

impl Watch {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.pending.pop_front() {
                self.over |= self.drops_after_first;
                return Some(bytes);
            }
            if self.over {
                return None;
            }
            self.revisions.borrow_and_update();
            self.read_changes();
            if !self.pending.is_empty() {
                continue;
            }
            tokio::select! {
                changed = self.revisions.changed() => changed.ok()?,
                _ = self.cuts.changed() => return None,
                _ = self.ends.changed() => return None,
                _ = self.tick.tick(), if self.bookmarks => {
                    let revision = self.revision;
                    self.send("BOOKMARK", &self.view.bookmark(&self.resource, revision, false));
                }
                () = sleep_until(self.deadline) => {
                    self.over = true;
                    if self.bookmarks {
                        self.send("BOOKMARK", &self.view.bookmark(&self.resource, self.revision, false));
                    }
                }
            }
        }
    }

    /// All objects as additions, then (for a streamed list) the bookmark that ends them.
    fn start_with_all(&mut self, marks_the_end: bool) {
        let id = self.resource.id();
        let (objects, revision) =
            self.api.store.with(|data| (data.list(&id, &self.namespace), data.revision));
        self.revision = revision;
        for object in &objects {
            if self.selector.matches(object) {
                self.send("ADDED", &self.view.object(object, &self.resource));
            }
        }
        if marks_the_end {
            self.send("BOOKMARK", &self.view.bookmark(&self.resource, revision, true));
        }
    }

    fn read_changes(&mut self) {
        let id = self.resource.id();
        let (changes, now) =
            self.api.store.with(|data| (data.changes_after(&id, self.revision), data.revision));
        let Some(changes) = changes else {
            let message = format!("too old resource version: {} ({now})", self.revision);
            self.send("ERROR", &Refusal::expired(message).to_value());
            self.over = true;
            return;
        };
        for (_, change) in changes {
            if let Some((kind, object)) = self.event_of(&change) {
                self.send(kind, &self.view.object(&object, &self.resource));
            }
        }
        self.revision = self.revision.max(now);
    }

    /// What a change means to this watch: an object may enter or leave what it selects.
    fn event_of(&self, change: &Change) -> Option<(&'static str, Arc<Value>)> {
        let wanted = |object: &Value| {
            (self.namespace.is_empty() || super::meta::namespace(object) == self.namespace)
                && self.selector.matches(object)
        };
        let before = change.before.as_deref().is_some_and(wanted);
        let after = !change.deleted && wanted(&change.after);
        match (before, after) {
            (false, true) => Some(("ADDED", Arc::clone(&change.after))),
            (true, true) => Some(("MODIFIED", Arc::clone(&change.after))),
            (true, false) if change.deleted => Some(("DELETED", Arc::clone(&change.after))),
            (true, false) => {
                // The last state that was selected, with the revision of the change.
                let mut last = change.before.as_deref().cloned()?;
                last["metadata"]["resourceVersion"] = change.after["metadata"]["resourceVersion"].clone();
                Some(("DELETED", Arc::new(last)))
            }
            (false, false) => None,
        }
    }

    fn send(&mut self, kind: &str, object: &Value) {
        let mut line = json!({"type": kind, "object": object}).to_string();
        line.push('\n');
        self.pending.push_back(line.into());
    }
}

/// A watch without a limit of its own ends after this long, as the real server's do.
const LONGEST: Duration = Duration::from_mins(30);
