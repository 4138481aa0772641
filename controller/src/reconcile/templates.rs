//! Parsed templates, kept from one look at an object to the next of the same generation.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use sealed_secrets_core::{
    SealedSecret,
    unseal::{CompiledTemplates, Limits},
};

/// The parsed templates of the objects that have any. A spec never changes without its generation, so what was
/// parsed for one stays right for it.
#[derive(Debug)]
pub struct TemplateCache {
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_uid: BTreeMap<String, Parsed>,
    bytes: usize,
}

#[derive(Debug)]
struct Parsed {
    generation: i64,
    bytes: usize,
    templates: Arc<CompiledTemplates>,
}

impl TemplateCache {
    /// An empty one. What the templates of one object cost together must stay within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits, kept: Mutex::default() }
    }

    /// What the templates of one object may cost.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The templates of this object: those parsed before for its generation, or parsed now.
    pub fn of(&self, sealed: &SealedSecret) -> Arc<CompiledTemplates> {
        let (Some(uid), Some(generation)) = (&sealed.metadata.uid, sealed.metadata.generation) else {
            return Arc::new(CompiledTemplates::new(sealed, &self.limits));
        };
        let kept =
            self.lock().by_uid.get(uid).filter(|parsed| parsed.generation == generation).map(Parsed::share);
        kept.unwrap_or_else(|| {
            // Outside the lock: parsing a long text must not hold up other objects.
            let templates = Arc::new(CompiledTemplates::new(sealed, &self.limits));
            if !templates.is_empty() {
                let (bytes, templates) = (templates.bytes() + uid.len(), Arc::clone(&templates));
                self.lock().keep(uid, Parsed { generation, bytes, templates });
            }
            templates
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn keep(&mut self, uid: &str, parsed: Parsed) {
        self.bytes -= self.by_uid.remove(uid).map_or(0, |old| old.bytes);
        // One that is large would push out all the others.
        if parsed.bytes > MOST / 8 {
            return;
        }
        while self.bytes + parsed.bytes > MOST {
            let Some((_, old)) = self.by_uid.pop_first() else { break };
            self.bytes -= old.bytes;
        }
        self.bytes += parsed.bytes;
        self.by_uid.insert(uid.to_owned(), parsed);
    }
}

impl Parsed {
    fn share(&self) -> Arc<CompiledTemplates> {
        Arc::clone(&self.templates)
    }
}

/// Bytes. Parsing an ordinary template again costs microseconds; uids are random, so whichever goes is as good as any.
const MOST: usize = 2 << 20;

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
        let cache = TemplateCache::new(Limits::object());
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
    fn the_cache_is_bounded_in_bytes_and_a_large_object_does_not_push_out_the_others() {
        let cache = TemplateCache::new(Limits::object());
        let template = "{{ .a }}".repeat(100);
        (0..2_000).for_each(|uid| drop(cache.of(&object(uid, 1, &template))));
        let held = || {
            let held = cache.lock();
            (held.by_uid.len(), held.bytes)
        };
        let (objects, bytes) = held();
        assert!(objects > 50 && (MOST / 2..=MOST).contains(&bytes), "{objects} {bytes}");
        let large = "x".repeat(MOST / 8) + "{{ .a }}";
        drop(cache.of(&object(9_999, 1, &large)));
        assert_eq!(held(), (objects, bytes), "parsed, and not kept");
        (0..2_000).for_each(|uid| drop(cache.of(&object(uid, 2, "{{ .a }}"))));
        let held = cache.lock();
        assert_eq!(held.bytes, held.by_uid.values().map(|parsed| parsed.bytes).sum::<usize>());
    }
}
