//! Reading and writing many small documents.
#![allow(missing_docs, reason = "criterion's macros make public items")]

use criterion::{Criterion, criterion_group, criterion_main};
use sealed_secrets_core::manifest::{self, Format};

/// As many as a large repository holds.
const DOCUMENTS: usize = 2000;

fn documents() -> String {
    let one = |number: usize| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s{number}\n  namespace: ns\ndata:\n  user: YWRtaW4=\n  password: aHVudGVyMg==\nstringData:\n  url: postgres://db.example/{number}\n"
        )
    };
    (0..DOCUMENTS).map(one).collect()
}

fn read_and_write(criterion: &mut Criterion) {
    let text = documents();
    criterion.bench_function("read 2000 Secrets", |bench| {
        bench.iter(|| manifest::secrets(text.as_bytes()).map(|objects| objects.len()));
    });
    let objects = manifest::secrets(text.as_bytes()).unwrap_or_default();
    criterion.bench_function("write 2000 Secrets as YAML", |bench| {
        bench.iter(|| manifest::write_secrets(&objects, Format::Yaml).len());
    });
}

criterion_group!(benches, read_and_write);
criterion_main!(benches);
