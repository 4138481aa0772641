//! One value sealed and opened, and what a ring of many keys costs.
#![allow(clippy::unwrap_used, reason = "a failed bench may panic")]
#![allow(clippy::disallowed_methods, reason = "benches read files")]
#![allow(missing_docs, reason = "criterion writes functions of its own")]

use std::{fs, hint::black_box, path::Path, sync::Arc};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jiff::{SignedDuration, Timestamp};
use sealed_secrets_core::{Fingerprint, KeyPair, KeyRing, Label, Scope, keys::KeySpec};

const VALUE: [u8; 64] = [7; 64];

fn pair(name: &str) -> KeyPair {
    let file = |end: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys");
        fs::read(folder.join(format!("{name}.{end}"))).unwrap()
    };
    KeyPair::from_pem(&file("key"), &file("crt")).unwrap()
}

fn label() -> Label {
    Scope::Strict.label("namespace", "name")
}

fn one_key(criterion: &mut Criterion) {
    for (bits, name) in [("2048", "c"), ("4096", "a")] {
        let pair = pair(name);
        let (key, label) = (pair.sealing_key().unwrap(), label());
        let sealed = key.seal(&label, &VALUE);
        criterion.bench_with_input(BenchmarkId::new("seal", bits), &VALUE, |bencher, value| {
            bencher.iter(|| key.seal(black_box(&label), black_box(value)));
        });
        criterion.bench_with_input(BenchmarkId::new("unseal", bits), &sealed, |bencher, sealed| {
            bencher.iter(|| pair.open(black_box(&label), black_box(sealed)).unwrap());
        });
    }
}

/// Keys of 2048 bits, as sixty of 4096 would take minutes to make; the number of tries is what counts.
fn ring_of(count: i64) -> KeyRing {
    let spec = KeySpec { bits: 2048, lifetime: SignedDuration::from_hours(1), common_name: String::new() };
    let pair = |age| {
        Arc::new(KeyPair::generate(&spec, Timestamp::from_second(1_800_000_000 - age).unwrap()).unwrap())
    };
    KeyRing::new((0..count).map(pair).collect())
}

fn many_keys(criterion: &mut Criterion) {
    for count in [1, 10, 60] {
        let (ring, label) = (ring_of(count), label());
        let oldest = ring.pairs().last().unwrap().clone();
        let sealed = oldest.sealing_key().unwrap().seal(&label, &VALUE);
        let mut bench = |name: &str, first: &[Fingerprint]| {
            criterion.bench_with_input(BenchmarkId::new(name, count), &sealed, |bencher, sealed| {
                bencher.iter(|| ring.open(black_box(&label), black_box(sealed), first).unwrap());
            });
        };
        bench("oldest key, unknown", &[]);
        bench("oldest key, known", &[*oldest.fingerprint()]);
    }
}

criterion_group!(benches, one_key, many_keys);
criterion_main!(benches);
