//! What the fuzzer's bytes mean, and what every target does with them. The regression test of
//! `gotemplate` compiles this file, too, so that it runs just what the fuzzer runs.

use std::{cell::Cell, collections::BTreeMap};

use gotemplate::{Env, Limits, Template};

/// Parses the bytes as a template, if they are text at all.
#[allow(dead_code, reason = "each target uses its part")]
pub(crate) fn parse(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Template::parse("key", text));
    }
}

/// Renders: the template up to the first NUL byte, then keys and values in turn, each up to the next.
#[allow(dead_code, reason = "each target uses its part")]
pub(crate) fn render(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    let Some(Ok(text)) = parts.next().map(std::str::from_utf8) else { return };
    let Ok(template) = Template::parse("key", text) else { return };
    let mut data = BTreeMap::new();
    while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
        data.insert(String::from_utf8_lossy(key).into_owned(), value.to_vec());
    }
    // A counter is no randomness, but makes every run of an input the same.
    let counter = Cell::new(0_u8);
    let random = |buffer: &mut [u8]| {
        for byte in buffer {
            counter.set(counter.get().wrapping_mul(5).wrapping_add(113));
            *byte = counter.get();
        }
    };
    // Small limits, so that the fuzzer sees many templates and not a few long ones.
    let limits = Limits {
        output_bytes: 64 << 10,
        value_bytes: 1 << 20,
        steps: 20_000,
        costly_calls: 0,
        ..Limits::default()
    };
    drop(template.render(&data, &Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits }));
}
