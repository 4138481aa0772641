//! No text makes the parser panic or hang.
#![no_main]

mod input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| input::parse(bytes));
