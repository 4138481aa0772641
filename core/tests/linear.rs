//! Reading takes time and memory in proportion to the text, whatever stands in it.
//!
//! Each construct's text is doubled ten times. The slope of time over size, both as logarithms, is 1 where reading is
//! linear and 2 where it is quadratic. Memory is counted by the allocator, so that it is the same in every run; time
//! is the least of several runs, and sizes that take less than a few milliseconds say nothing.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed test may panic, and the table is to be seen"
)]
#![allow(clippy::disallowed_methods, reason = "tests measure time")]

#[path = "linear/constructs.rs"]
mod constructs;

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use constructs::{Construct, MOST_MEMORY};
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};
use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Bound, Bounds, Problem},
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The allocator counts for the whole process, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const DOUBLINGS: u32 = 10;
/// What reading the largest text should take.
const TIME: Duration = Duration::from_millis(20);
/// A text by which the speed of reading is found.
const TRIAL: usize = 32 << 10;
/// Memory is counted, so that it is the same in every run.
const STEEPEST_MEMORY: f64 = 1.1;
/// Large texts leave the processor's caches: reading them takes up to 1.15 on small machines. Quadratic is 2.
const STEEPEST_TIME: f64 = 1.3;
/// Shorter runs are mostly noise.
const LONG_ENOUGH: Duration = Duration::from_millis(2);
/// What a reader takes for itself.
const OWN_MEMORY: usize = 4 << 10;
/// Texts that memory is counted for, whatever the speed of the machine. Smaller ones are outweighed by what every
/// reading takes.
const MEMORY_SIZES: [usize; 5] = [32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10];
/// What still looks steep is measured again.
const ATTEMPTS: usize = 20;

struct Measured {
    size: usize,
    time: Duration,
}

/// The memory that `read` takes beyond what was there before, and its time.
fn measured(read: fn(&[u8]), text: &[u8]) -> (Duration, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let start = processor_time();
    read(text);
    (processor_time().saturating_sub(start), ALLOCATOR.peak_usage().saturating_sub(before))
}

/// The time of this thread alone: a busy machine takes it away, but does not count it.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// The slope of the line through these points, as logarithms.
fn slope(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let points: Vec<_> = points.map(|(x, y)| (x.ln(), y.max(1e-9).ln())).collect();
    let mean = |axis: fn(&(f64, f64)) -> f64| {
        points.iter().map(axis).sum::<f64>() / f64::from(u32::try_from(points.len()).unwrap())
    };
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let products = points.iter().map(|point| (point.0 - x) * (point.1 - y));
    products.sum::<f64>() / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

#[expect(clippy::cast_precision_loss, reason = "sizes of a test")]
fn float(size: usize) -> f64 {
    size as f64
}

fn time_slope(sizes: &[Measured]) -> f64 {
    let long: Vec<_> = sizes.iter().filter(|one| one.time >= LONG_ENOUGH).collect();
    let long = if long.len() >= 3 { long } else { sizes[sizes.len() - 4..].iter().collect() };
    slope(long.iter().map(|one| (float(one.size), one.time.as_secs_f64())))
}

/// The slope of memory over size, and the bytes of memory for each byte of the largest text.
fn memory(construct: &Construct) -> (f64, f64) {
    let points = MEMORY_SIZES.map(|size| {
        let text = (construct.text)(size);
        let (_, memory) = measured(construct.read, text.as_bytes());
        // A few kibibytes that do not grow with the text are as good as none.
        (float(text.len()), float(memory.max(MEMORY_SIZES[0])))
    });
    let (size, memory) = points[points.len() - 1];
    (slope(points.into_iter()), (memory - float(OWN_MEMORY)) / size)
}

/// The smallest text, such that the largest takes some time, and not much.
fn smallest(construct: &Construct) -> usize {
    let text = (construct.text)(TRIAL);
    let time = (0..3).map(|_| measured(construct.read, text.as_bytes()).0).min().unwrap();
    let (mut size, mut expected) = (LEAST_SMALLEST, time * 4);
    while expected < TIME && size < MOST_SMALLEST {
        size *= 2;
        expected *= 2;
    }
    size
}

/// From 128 KB at the end to a few megabytes.
const LEAST_SMALLEST: usize = (TRIAL * 4) >> DOUBLINGS;
const MOST_SMALLEST: usize = 2 << 10;

fn sizes(construct: &Construct) -> Vec<Measured> {
    let smallest = smallest(construct);
    let mut sizes: Vec<Measured> = Vec::new();
    for attempt in 0..ATTEMPTS {
        for doubling in 0..=DOUBLINGS {
            let text = (construct.text)(smallest << doubling);
            let (time, _) = measured(construct.read, text.as_bytes());
            match sizes.get_mut(doubling as usize) {
                Some(known) => known.time = known.time.min(time),
                None => sizes.push(Measured { size: text.len(), time }),
            }
        }
        if attempt > 0 && time_slope(&sizes) <= STEEPEST_TIME {
            break;
        }
    }
    sizes
}

#[test]
fn every_construct_takes_time_and_memory_in_proportion_to_its_text() {
    let _measuring = alone();
    let mut table = format!(
        "{:44} {:>10} {:>12} {:>14} {:>12}\n",
        "construct", "time slope", "memory slope", "memory / text", "MB/s"
    );
    let mut failures = Vec::new();
    for construct in constructs::all() {
        let sizes = sizes(&construct);
        let last = sizes.last().unwrap();
        let (time, (memory, share)) = (time_slope(&sizes), memory(&construct));
        let speed = float(last.size) / last.time.as_secs_f64() / 1e6;
        writeln!(table, "{:44} {time:10.2} {memory:12.2} {share:14.1} {speed:12.1}", construct.name).unwrap();
        let most = construct.more_memory.map_or(MOST_MEMORY, |(most, _)| most);
        if time > STEEPEST_TIME || memory > STEEPEST_MEMORY || share > most {
            failures.push(format!("{}: {time:.2}, {memory:.2}, {share:.1}", construct.name));
        }
    }
    // Past the harness's capture: the table is the result.
    std::io::stdout().write_all(table.as_bytes()).unwrap();
    assert!(failures.is_empty(), "not linear, or too much memory: {failures:?}");
}

#[test]
fn a_slope_tells_linear_from_quadratic() {
    let _measuring = alone();
    let points = |power: i32| (8..18).map(move |n| (f64::from(1 << n), f64::from(1 << n).powi(power)));
    assert!((slope(points(1)) - 1.0).abs() < 1e-9);
    assert!((slope(points(2)) - 2.0).abs() < 1e-9);
}

/// 3 MB, as large as a request may be.
const REQUEST: usize = 3 << 20;

#[test]
fn reading_stops_at_the_bounds() {
    let _measuring = alone();
    let repeated = |head: &str, part: &str| format!("{head}{}", part.repeat(REQUEST / part.len()));
    let keys = |head: &str| (0..380_000).fold(head.to_owned(), |text, key| text + &format!("k{key}: \n"));
    let json_keys = (0..250_000).fold("{".to_owned(), |text, key| text + &format!("\"k{key}\":0,"));
    let laughs = (1..9).fold(format!("z: [{}]\na0: &a0 x\n", "0,".repeat(1000)), |text, level| {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        text + &format!("a{level}: &a{level} [{aliases}]\n")
    });
    let long = format!("a: &a {}\nb:\n{}", "x".repeat(100_000), "- *a\n".repeat(1000));
    let cases = [
        ("zeros", repeated("[", "0,"), Bound::Nodes),
        ("nulls", repeated("[", "~,"), Bound::Nodes),
        ("entries", repeated("", "-\n"), Bound::Nodes),
        ("pairs", repeated("[", "?:,"), Bound::Nodes),
        ("keys", keys(""), Bound::Nodes),
        ("JSON keys", json_keys, Bound::Nodes),
        ("JSON list", repeated("{\"a\":[", "0,"), Bound::Nodes),
        ("nesting", repeated("", "["), Bound::Depth),
        ("JSON nesting", repeated("{\"a\":", "["), Bound::Depth),
        ("block nesting", repeated("", "- "), Bound::Depth),
        ("aliases of aliases", laughs, Bound::Nodes),
        ("aliases of a long text", long, Bound::Aliased),
    ];
    for (name, text, wanted) in cases {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let error = manifest::sealed_secret_within(text.as_bytes(), &Bounds::NETWORK).unwrap_err();
        let memory = ALLOCATOR.peak_usage().saturating_sub(before);
        let Problem::Bound { bound, most } = error.problem else { panic!("{name}: {error}") };
        assert_eq!(bound, wanted, "{name}");
        assert!(error.to_string().contains(&format!("more than {most} {bound}")), "{name}: {error}");
        assert!(error.place.is_some(), "{name}: {error}");
        assert!(memory < 2 << 20, "{name}: {memory} bytes");
    }
}

#[test]
fn an_honest_object_is_within_the_bounds() {
    let _measuring = alone();
    let items = |number: usize| {
        (0..number).fold(String::new(), |text, item| text + &format!("    item-{item}: AgBY{item}==\n"))
    };
    let labels = (0..50).fold(String::new(), |text, label| text + &format!("        label-{label}: value\n"));
    let data =
        (0..2000).fold(String::new(), |text, item| text + &format!("      item-{item}: '{{{{ .a }}}}'\n"));
    let text = format!(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: a\n  namespace: b\nspec:\n  encryptedData:\n{}  template:\n    metadata:\n      labels:\n{labels}    data:\n{data}",
        items(2000)
    );
    let object = manifest::sealed_secret_within(text.as_bytes(), &Bounds::NETWORK).unwrap();
    assert_eq!(object.spec.encrypted_data.len(), 2000);
    let json = manifest::write_sealed_secrets(std::slice::from_ref(&object), manifest::Format::Json);
    assert_eq!(manifest::sealed_secret_within(json.as_bytes(), &Bounds::NETWORK).unwrap(), object);
    // Aliases are honest, too.
    let text = "kind: Secret\nstringData: {a: &a 'a certificate', b: *a, c: *a}\n";
    assert_eq!(manifest::secrets_within(text.as_bytes(), &Bounds::NETWORK).unwrap()[0].string_data.len(), 3);
}

#[test]
fn documents_count_against_the_bounds_together() {
    let _measuring = alone();
    let documents = |number: usize| "kind: Secret\n---\n".repeat(number);
    let most = Bounds::NETWORK.nodes / (Bounds::DOCUMENT + 3);
    assert_eq!(manifest::secrets_within(documents(most).as_bytes(), &Bounds::NETWORK).unwrap().len(), most);
    let error = manifest::secrets_within(documents(most + 2).as_bytes(), &Bounds::NETWORK).unwrap_err();
    assert!(matches!(error.problem, Problem::Bound { bound: Bound::Nodes, .. }), "{error}");
    assert_eq!(manifest::secrets(documents(most + 2).as_bytes()).unwrap().len(), most + 2);
}

#[test]
fn objects_of_the_api_server_are_read_up_to_their_bound() {
    let _measuring = alone();
    let read = |text: &str| serde_json::from_str::<SealedSecret>(text).unwrap();
    let zeros = format!(
        "{{\"metadata\":{{\"name\":\"a\"}},\"spec\":{{\"encryptedData\":{{\"b\":[{}0]}}}}}}",
        "0,".repeat(REQUEST / 2)
    );
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let object = read(&zeros);
    let memory = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(memory < 4 << 20, "{memory} bytes");
    assert_eq!(object.name(), "a");
    assert_eq!(
        object.flaws.last().unwrap().to_string(),
        "the object does not fit its definition: it holds more than 50000 values"
    );

    let items = (0..5000).fold(String::new(), |text, item| text + &format!("\"item-{item}\":\"AgBY\","));
    let honest = read(&format!("{{\"spec\":{{\"encryptedData\":{{{items}\"z\":\"\"}}}}}}"));
    assert_eq!((honest.flaws.len(), honest.spec.encrypted_data.len()), (0, 5001));
}

#[test]
fn an_object_with_many_flaws_names_the_first() {
    let _measuring = alone();
    let wrong = (0..1000).fold(String::new(), |text, item| text + &format!("\"item-{item:03}\":1,"));
    let text = format!("{{\"spec\":{{\"template\":{{\"data\":{{{wrong}\"z\":1}}}}}}}}");
    let flaws = serde_json::from_str::<SealedSecret>(&text).unwrap().flaws;
    assert_eq!((flaws.len(), flaws[0].path.as_str()), (100, "spec.template.data.item-000"));
}

#[test]
fn texts_are_allocated_once_and_as_long_as_they_are() {
    let _measuring = alone();
    // A text that grew would have left copies of a secret behind, and room at its end.
    let long = "0123456789".repeat(1000);
    let texts = [
        long.clone(),
        format!("'{long}'"),
        format!("'it''s {long}'"),
        format!("\"\\n{long}\\u00e9\""),
        format!("|\n    {long}\n    {long}\n"),
        format!("{long}\n    {long}"),
    ];
    for text in texts {
        let document = format!("kind: SealedSecret\nspec:\n  encryptedData:\n   a: {text}\n");
        let object = manifest::sealed_secret(document.as_bytes()).unwrap();
        let value = &object.spec.encrypted_data["a"];
        assert!(value.len() >= long.len());
        assert_eq!(value.capacity(), value.len(), "{}", &text[..10]);
    }
    let json = format!("{{\"spec\":{{\"encryptedData\":{{\"a\":\"{long}\\n\"}}}}}}");
    let object = manifest::sealed_secret(json.as_bytes()).unwrap();
    assert_eq!(object.spec.encrypted_data["a"].capacity(), long.len() + 1);
}
