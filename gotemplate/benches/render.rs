//! Templates as people write them: parse once, render many. `cargo bench -p gotemplate`
#![allow(clippy::unwrap_used, reason = "a failed bench may panic")]
#![allow(missing_docs, reason = "the macros of criterion make undocumented functions")]

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gotemplate::{Env, Limits, Template};

/// Cases that spend their time in deliberately slow cryptography, not in the engine.
const SLOW_BY_DESIGN: &[&str] =
    &["htpasswd", "bcrypt", "genPrivateKey", "genCA", "genSelfSignedCert", "derivePassword"];

fn real_world(bench: &mut Criterion) {
    let cases: Vec<_> = corpus::cases("real-world.jsonl")
        .into_iter()
        .filter(|case| !SLOW_BY_DESIGN.iter().any(|name| case.template.contains(name)))
        .filter_map(|case| Template::parse("key", &case.template).ok().map(|template| (case, template)))
        .collect();
    let random = |buffer: &mut [u8]| buffer.fill(7);
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: Limits::default() };
    let mut group = bench.benchmark_group("real-world");
    group.throughput(Throughput::Elements(cases.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for (case, _) in &cases {
                black_box(Template::parse("key", black_box(&case.template))).unwrap();
            }
        });
    });
    group.bench_function("render", |bencher| {
        bencher.iter(|| {
            for (case, template) in &cases {
                drop(black_box(template.render(black_box(&case.data), &env)));
            }
        });
    });
    group.finish();
}

fn long_loop(bench: &mut Criterion) {
    let text = "{{ range 10000 }}{{ if eq . 5000 }}half{{ else }}{{ . }}{{ end }},{{ end }}";
    let template = Template::parse("key", text).unwrap();
    let random = |buffer: &mut [u8]| buffer.fill(7);
    let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: Limits::default() };
    bench.bench_function("ten thousand iterations", |bencher| {
        bencher.iter(|| template.render(&std::collections::BTreeMap::new(), &env).unwrap());
    });
}

criterion_group!(benches, real_world, long_loop);
criterion_main!(benches);
