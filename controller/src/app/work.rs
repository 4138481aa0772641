//! Watches and workers: while this replica leads, and until the process stops.

use std::sync::Arc;

use tokio::{sync::watch, task::JoinSet};

use crate::{config::Namespaces, context::Context, reconcile::worker, watch as watching};

/// Works whenever this replica leads and the keys are known. Ends when told to stop, after the objects in work.
pub(super) async fn work(context: Arc<Context>, mut stop: watch::Receiver<bool>) {
    let mut acting = context.leadership.subscribe();
    let mut loaded = context.keys.subscribe();
    loop {
        let ready = async {
            acting.wait_for(|acts| *acts).await.is_ok() && loaded.wait_for(|keys| keys.loaded).await.is_ok()
        };
        tokio::select! {
            ready = ready => if !ready { return },
            Ok(_) = stop.wait_for(|stop| *stop) => return,
        }
        let mut watches = watches(&context);
        let workers = worker::run(Arc::clone(&context), stop.clone());
        tokio::select! {
            // Told to stop: the watches go on until the last object is done.
            () = workers => return,
            _ = acting.wait_for(|acts| !*acts) => {}
        }
        // In the middle: what they would write is refused by now. None is left that could see an object afterwards.
        watches.shutdown().await;
        context.forget_objects();
    }
}

/// All watches; they end when the set is dropped.
fn watches(context: &Arc<Context>) -> JoinSet<()> {
    let mut watches = JoinSet::new();
    let namespaces = match &context.config.namespaces {
        Namespaces::All => vec![None],
        Namespaces::Listed(names) => names.iter().cloned().map(Some).collect(),
    };
    watches.spawn(watching::namespaces::mention_missing(Arc::clone(context)));
    for namespace in namespaces {
        watches.spawn(watching::sealed::watch(Arc::clone(context), namespace.clone()));
        watches.spawn(watching::secrets::watch(Arc::clone(context), namespace));
    }
    watches
}
