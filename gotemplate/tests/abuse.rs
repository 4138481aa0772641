//! Templates that eat time, memory or stack end in a limit error, each in a process of its own.
//!
//! Without the harness, because the test starts itself once for each case to measure its peak memory.
#![allow(clippy::disallowed_methods, reason = "the test times processes of its own")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

mod corpus;

use std::{
    env, fs,
    process::{Command, Stdio, exit},
    thread,
    time::{Duration, Instant},
};

use corpus::Case;
use gotemplate::ErrorKind;
use serde_json::json;

const CHOICE: &str = "GOTEMPLATE_ABUSE_CASE";
/// What a case may take before it counts as hung. Debug builds and shared machines are slow.
const HUNG: Duration = Duration::from_mins(1);
/// What a case aims at, from the start of its process; key generation may take longer.
const AIM: Duration = Duration::from_millis(200);
/// What a case may have held at most.
const MOST_KIB: u64 = 64 << 10;

/// Cases that are refused even sooner than by a limit, with the reason.
const BETTER: &[(&str, &str)] =
    &[("abuse-genPrivateKey-02", "the first DSA key is refused, instead of making some of the thousand")];

fn main() {
    if let Ok(id) = env::var(CHOICE) {
        return run(&id);
    }
    let cases = corpus::cases("abuse.jsonl");
    let outcomes: Vec<Outcome> = cases.iter().map(watch).collect();
    let (mut failed, mut slow, mut large) = (0, 0, 0);
    for (case, outcome) in cases.iter().zip(&outcomes) {
        let good = outcome.right && outcome.peak_kib <= MOST_KIB;
        println!(
            "{} {:26} {:>6} ms {:>6} KiB  {}",
            if good { "ok  " } else { "FAIL" },
            case.id,
            outcome.time.as_millis(),
            outcome.peak_kib,
            outcome.text
        );
        failed += usize::from(!good);
        slow += usize::from(outcome.time > AIM);
        large += usize::from(outcome.peak_kib > MOST_KIB);
    }
    for (id, reason) in BETTER {
        println!("better than the reference: {id}: {reason}");
    }
    println!("abuse: {} passed, {failed} failed", cases.len() - failed);
    println!("abuse: {slow} took more than {} ms, {large} more than {MOST_KIB} KiB", AIM.as_millis());
    exit(i32::from(failed > 0));
}

/// How a case went.
struct Outcome {
    right: bool,
    time: Duration,
    peak_kib: u64,
    text: String,
}

/// Runs a case in a child process, and ends that when it hangs.
fn watch(case: &Case) -> Outcome {
    let start = Instant::now();
    let mut child = Command::new(env::current_exe().unwrap())
        .env(CHOICE, &case.id)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > HUNG {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(2));
    }
    let time = start.elapsed();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (peak, text) = text.split_once(' ').unwrap_or(("0", "crashed or hung"));
    Outcome {
        right: output.status.success(),
        time,
        peak_kib: peak.parse().unwrap_or(0),
        text: text.to_owned(),
    }
}

/// Runs one case; prints the peak memory and what came of it.
fn run(id: &str) {
    let case = corpus::cases("abuse.jsonl").into_iter().find(|case| case.id == id).unwrap();
    let outcome = corpus::render(&case.template, &case.data);
    let (got, text) = match &outcome {
        Ok(out) => (json!({ "out": String::from_utf8_lossy(out) }), format!("{} bytes of output", out.len())),
        Err(error) => (
            match error.kind {
                ErrorKind::Limit(_) => json!({ "limit": true }),
                ErrorKind::Parse => json!({ "error": "parse" }),
                ErrorKind::Exec => json!({ "error": "exec" }),
                ErrorKind::Interrupted => json!({ "interrupted": true }),
            },
            error.to_string(),
        ),
    };
    println!("{} {text}", peak_kib());
    let sooner = BETTER.iter().any(|(better, _)| *better == id) && got == json!({ "error": "exec" });
    let right = sooner || got == json!({ "limit": true }) || got == case.expect["or"];
    exit(i32::from(!right));
}

/// The most memory that this process has held; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
