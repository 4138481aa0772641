//! What every task shares.

use std::sync::Arc;

use kube::Client;

use crate::{
    capacity::{
        memory::MemoryBudget,
        pool::{Pool, Priority},
    },
    config::Config,
    keys::store::Store,
    leader::Leadership,
    reconcile::templates::TemplateCache,
    report::{deferred::DeferredEvents, events::Events, metrics::Metrics},
    state::{entry::Entry, existing::Existing, index::Index, queue::Queue},
};

/// What every task shares.
pub struct Context {
    /// What we were told.
    pub config: Config,
    /// The API server.
    pub client: Client,
    /// The keys.
    pub keys: Arc<Store>,
    /// The SealedSecrets.
    pub index: Index,
    /// Which Secrets exist.
    pub existing: Existing,
    /// What is due.
    pub queue: Queue,
    /// Memory for objects in work.
    pub memory: MemoryBudget,
    /// Threads for private-key operations and renders.
    pub pool: Pool,
    /// Templates that were parsed before.
    pub templates: Arc<TemplateCache>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What people are told.
    pub events: Arc<Events>,
    /// What they are told when there is time.
    pub deferred: DeferredEvents,
    /// This replica's name among its peers.
    pub identity: String,
    /// Whether this replica leads.
    pub leadership: Arc<Leadership>,
}

impl Context {
    /// Forgets all objects: another replica leads, and what is known gets old.
    pub fn forget_objects(&self) {
        let mut inner = self.index.lock();
        let known: Vec<_> = inner.objects.keys().cloned().collect();
        for key in &known {
            inner.forget(key);
            self.metrics.forget_condition(key);
            self.metrics.forget_namespace(key.namespace());
            self.queue.forget(key);
        }
        self.existing.forget();
    }

    /// Makes every object due that `which` picks, unless it is being deleted.
    pub fn wake(&self, which: impl Fn(&Entry) -> bool, priority: Priority) {
        let mut due = Vec::new();
        for (key, entry) in &mut self.index.lock().objects {
            if which(entry) && !entry.is_deleting() {
                entry.need_reconcile();
                due.push(key.clone());
            }
        }
        for key in &due {
            self.queue.push(key, priority);
        }
    }
}
