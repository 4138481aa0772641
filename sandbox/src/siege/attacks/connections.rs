//! Connections that hold what they can: long headers, bodies that do not end, answers that nobody reads.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::super::wire::{Connection, Flood, Tally, get, head, post};
use super::{Attack, Failure, Field, Outcome, PATIENCE, Target, blocking, caller};

const TWIN: &str = "200 callers";

pub(super) const ALL: &[Attack] = &[
    Attack::new("addresses of 60 KB", TWIN, |field, target| Box::pin(addresses(field, target, 60_000))),
    Attack::new("addresses of 10 KB", TWIN, |field, target| Box::pin(addresses(field, target, 10_000)))
        .full(),
    Attack::new("held bodies", "slow sender", |field, target| Box::pin(held(field, target))),
    Attack::new("idle connections", TWIN, |field, target| Box::pin(idle(field, target))),
    Attack::new("slow headers", "slow sender", |field, target| Box::pin(slow_headers(field, target))).full(),
    Attack::new("answers not read", TWIN, |field, target| Box::pin(not_read(field, target))),
];

/// Each request names another caller, in as many bytes as a header may have.
async fn addresses(field: &Field, target: Target, bytes: usize) -> Result<Outcome, Failure> {
    let (requests, within) = (field.sized(3000, 600), field.span() * 2);
    let flood = Flood { at: target.http, callers: 8, requests, within, patience: PATIENCE };
    let send = move || {
        flood.send(|number| {
            let address = format!("{number}{}", "1".repeat(bytes));
            post("/v1/verify", &[("x-forwarded-for", &address)], b"{}")
        })
    };
    Ok(Outcome::of(blocking(send).await?.to_string()))
}

/// Opens connections, feeds each for as long as the attack lasts, then looks what was answered.
struct Hold {
    at: SocketAddr,
    span: Duration,
}

impl Hold {
    /// `count` connections at once: what `first` gives is sent at once, what `more` gives every tenth of a second.
    fn run(&self, count: usize, first: impl Fn(usize) -> Vec<u8> + Sync, more: &[u8]) -> Tally {
        let one = |number: usize| self.one(&first(number), more);
        let answers: Vec<io::Result<u16>> = std::thread::scope(|scope| {
            let one = &one;
            let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || one(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no caller panics")).collect()
        });
        let mut tally = Tally::default();
        for answer in &answers {
            tally.add(answer);
        }
        tally
    }

    fn one(&self, first: &[u8], more: &[u8]) -> io::Result<u16> {
        let start = Instant::now();
        let mut connection = Connection::open(self.at, Duration::from_millis(500))?;
        let mut open = connection.send(first).is_ok();
        while start.elapsed() < self.span {
            open = open && (more.is_empty() || connection.send(more).is_ok());
            std::thread::sleep(Duration::from_millis(100));
        }
        connection.answer()
    }
}

/// Bodies of 3 MB less a byte, some that only begin, and some in pieces of a byte.
async fn held(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let hold = Hold { at: target.http, span: field.span() };
    let count = field.sized(60, 40);
    let send = move || {
        let first = |number: usize| {
            let address = caller(number);
            let sent = match number % 3 {
                0 => BODY - 1,
                1 => 1000,
                // Nobody knows how long this one will be.
                _ => return chunked(&address),
            };
            let mut first = head("/v1/verify", &[("x-forwarded-for", &address)], BODY);
            first.resize(first.len() + sent, b' ');
            first
        };
        hold.run(count * 3, first, b"")
    };
    with_new_caller(target, blocking(send)).await
}

/// A body in pieces of a byte, without its end.
fn chunked(address: &str) -> Vec<u8> {
    let lines = format!("transfer-encoding: chunked\r\nhost: sandbox\r\nx-forwarded-for: {address}");
    format!("POST /v1/verify HTTP/1.1\r\n{lines}\r\n\r\n{}", "1\r\n \r\n".repeat(BODY / 6)).into_bytes()
}

/// Connections without a request, on both ports.
async fn idle(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let (count, span) = (field.sized(2000, 500), field.span());
    let open = move || {
        let start = Instant::now();
        let ports = [target.http, target.metrics];
        let open = |number: usize| Connection::open(ports[number % 2], Duration::from_millis(500)).ok();
        let all: Vec<_> = (0..count).take_while(|_| start.elapsed() < span).filter_map(open).collect();
        std::thread::sleep(span);
        format!("{} open", all.len())
    };
    with_new_caller(target, blocking(open)).await
}

/// Headers that never end.
async fn slow_headers(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let hold = Hold { at: target.http, span: field.span() };
    let count = field.sized(300, 100);
    let send =
        move || hold.run(count, |_| b"POST /v1/verify HTTP/1.1\r\nhost: a\r\nx-a: ".to_vec(), b"aaaaaaaa");
    with_new_caller(target, blocking(send)).await
}

/// Many requests on one connection, and not one answer is read.
async fn not_read(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let hold = Hold { at: target.http, span: field.span() };
    let count = field.sized(100, 40);
    let send = move || hold.run(count, |_| get("/v1/cert.pem").repeat(5_000), b"");
    with_new_caller(target, blocking(send)).await
}

/// While it lasts a new caller, as the kubelet is one with each of its probes, must be heard.
async fn with_new_caller<T: ToString>(
    target: Target,
    attack: impl Future<Output = Result<T, Failure>>,
) -> Result<Outcome, Failure> {
    let probe = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        blocking(move || Connection::open(target.http, A_NEW_CALLER_WAITS)?.exchange(&get("/healthz"))).await
    };
    let (answers, health) = tokio::try_join!(attack, probe)?;
    let mut outcome = Outcome::of(answers.to_string());
    outcome.must(health.as_ref().is_ok_and(|status| *status == 200), || {
        format!("a new caller of /healthz gets {health:?}")
    });
    Ok(outcome)
}

/// As the kubelet waits, unless it is told otherwise.
const A_NEW_CALLER_WAITS: Duration = Duration::from_secs(1);
const BODY: usize = 3_000_000;
