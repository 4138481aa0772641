//! A panic that a test asks for.

use crate::state::key::Key;

/// The object that is to run into it: `SEALED_SECRETS_PANIC_ON=[task:]NAMESPACE/NAME`.
#[derive(Clone, Debug)]
pub struct PanicOn {
    key: Key,
    /// In the task that reconciles, not on a thread for private-key operations.
    pub in_task: bool,
}

impl PanicOn {
    /// Reads the variable.
    pub fn parse(text: &str) -> Option<Self> {
        let (in_task, place) = text.strip_prefix("task:").map_or((false, text), |place| (true, place));
        let (namespace, name) = place.split_once('/')?;
        Some(Self { key: Key::new(namespace, name), in_task })
    }

    /// Whether it means this object.
    pub fn is_for(&self, key: &Key) -> bool {
        self.key == *key
    }
}
