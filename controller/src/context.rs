//! What every task shares.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use kube::Client;

use crate::{
    capacity::{pool::Pool, room::Room},
    config::Config,
    keys::store::Store,
    reconcile::templates::TemplateCache,
    report::{events::Events, good_news::GoodNews, metrics::Metrics},
    state::{existing::Existing, index::Index, key::Key, queue::Queue},
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
    /// Room for objects in work.
    pub room: Room,
    /// Threads for private-key operations and renders.
    pub pool: Pool,
    /// Templates that were parsed before.
    pub templates: Arc<TemplateCache>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What people are told.
    pub events: Events,
    /// What they are told when there is time.
    pub good_news: GoodNews,
    /// This replica's name among its peers.
    pub identity: String,
    /// Whether this replica acts.
    pub acting: AtomicBool,
}

impl Context {
    /// Whether this replica acts; the others only answer requests.
    pub fn is_acting(&self) -> bool {
        self.acting.load(Ordering::Acquire)
    }

    /// Shows a changed instance label on the series of an object.
    pub fn refresh_instance(&self, key: &Key) {
        if let Some(instance) = self.index.with(key, |entry| entry.instance.clone()) {
            self.metrics.relabel_condition(key, &instance);
        }
    }
}
