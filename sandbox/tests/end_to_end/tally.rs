//! Counts per corpus and backend, printed at the end: `scenarios (kubernetes): 98 passed, 0 failed`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Shared by all tests.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    corpora: Arc<Mutex<BTreeMap<String, Count>>>,
}

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    notes: Vec<String>,
}

impl Tally {
    /// One case of a corpus has been judged.
    pub(crate) fn count(&self, corpus: &str, passed: bool) {
        let mut corpora = self.corpora.lock().unwrap();
        let count = corpora.entry(corpus.to_owned()).or_default();
        if passed { count.passed += 1 } else { count.failed += 1 }
    }

    /// A case that is answered unlike the reference, or cannot run, with the reason.
    pub(crate) fn note(&self, corpus: &str, note: String) {
        self.corpora.lock().unwrap().entry(corpus.to_owned()).or_default().notes.push(note);
    }

    pub(crate) fn print(&self) {
        for (corpus, count) in self.corpora.lock().unwrap().iter() {
            println!("{corpus}: {} passed, {} failed", count.passed, count.failed);
            for note in &count.notes {
                println!("    {note}");
            }
        }
    }
}
