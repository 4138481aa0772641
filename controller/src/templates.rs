//! Parsed templates, kept from one look at an object to the next of the same generation.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use sealed_secrets_core::{SealedSecret, unseal::CompiledTemplates};

/// The parsed templates of the objects that have any. A spec never changes without its generation, so what was
/// parsed for one stays right for it.
#[derive(Debug, Default)]
pub struct TemplateCache(Mutex<BTreeMap<String, Parsed>>);

#[derive(Debug)]
struct Parsed {
    generation: i64,
    templates: Arc<CompiledTemplates>,
}

impl TemplateCache {
    /// The templates of this object: those parsed before for its generation, or parsed now.
    pub fn of(&self, sealed: &SealedSecret) -> Arc<CompiledTemplates> {
        let (Some(uid), Some(generation)) = (&sealed.metadata.uid, sealed.metadata.generation) else {
            return Arc::new(CompiledTemplates::new(sealed));
        };
        let held = self.lock().get(uid).filter(|held| held.generation == generation).map(Parsed::share);
        held.unwrap_or_else(|| {
            // Outside the lock: parsing a long text must not hold up other objects.
            let templates = Arc::new(CompiledTemplates::new(sealed));
            if !templates.is_empty() {
                self.keep(uid, Parsed { generation, templates: Arc::clone(&templates) });
            }
            templates
        })
    }

    fn keep(&self, uid: &str, parsed: Parsed) {
        let mut held = self.lock();
        if held.len() >= MOST && !held.contains_key(uid) {
            held.pop_first();
        }
        held.insert(uid.to_owned(), parsed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Parsed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parsed {
    fn share(&self) -> Arc<CompiledTemplates> {
        Arc::clone(&self.templates)
    }
}

/// Objects with templates are few, and parsing one again costs microseconds; uids are random, so whichever goes is
/// as good as any.
const MOST: usize = 500;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(uid: usize, generation: i64, template: &str) -> SealedSecret {
        serde_json::from_value(json!({
            "metadata": { "name": "app", "namespace": "ns", "uid": format!("{uid:04}"), "generation": generation },
            "spec": { "encryptedData": {}, "template": { "data": { "k": template } } },
        }))
        .expect("an object")
    }

    #[test]
    fn templates_are_parsed_once_for_each_generation() {
        let cache = TemplateCache::default();
        let first = cache.of(&object(1, 1, "{{ .a }}"));
        assert!(Arc::ptr_eq(&first, &cache.of(&object(1, 1, "{{ .a }}"))));
        let second = cache.of(&object(1, 2, "{{ uuidv4 }}"));
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(second.volatile_items().collect::<Vec<_>>(), ["k"]);
        assert!(
            !Arc::ptr_eq(&first, &cache.of(&object(2, 1, "{{ .a }}"))),
            "another object, another template"
        );
    }

    #[test]
    fn the_cache_does_not_grow_without_end() {
        let cache = TemplateCache::default();
        (0..MOST * 2).for_each(|uid| drop(cache.of(&object(uid, 1, "{{ .a }}"))));
        assert_eq!(cache.lock().len(), MOST);
    }
}
