//! No text makes a reader of manifests panic or hang, and what it answers is the same each time.
#![no_main]

mod manifest_input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| manifest_input::read(bytes));
