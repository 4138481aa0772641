//! No template and no data make a render panic or hang.
#![no_main]

mod input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| input::render(bytes));
