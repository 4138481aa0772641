//! HTTP by hand, over blocking sockets: requests that no library would send, and the probes beside them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often which answer came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally(pub(super) BTreeMap<String, usize>);

impl Tally {
    /// Counts an answer, or that there was none.
    pub(super) fn add(&mut self, answer: &io::Result<u16>) {
        let name = match answer {
            Ok(status) => status.to_string(),
            Err(error) if is_late(error) => "late".to_owned(),
            Err(_) => "closed".to_owned(),
        };
        *self.0.entry(name).or_default() += 1;
    }

    /// How many answers were not one of these.
    pub(super) fn other_than(&self, wanted: &[&str]) -> usize {
        self.0.iter().filter(|(name, _)| !wanted.contains(&name.as_str())).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(name, count)| format!("{count}×{name}")).collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    /// Connects; each later read or write may take `patience`.
    pub(super) fn open(at: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&at, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Sends bytes as they are.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one whole answer and gives its status.
    pub(super) fn answer(&mut self) -> io::Result<u16> {
        loop {
            if let Some((status, length)) = whole(&self.read) {
                self.read.drain(..length);
                return Ok(status);
            }
            let mut part = [0; 4096];
            match self.stream.read(&mut part)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.read.extend_from_slice(&part[..read]),
            }
        }
    }

    /// Sends a request and reads its answer. A server that answers without reading all of it may close while
    /// we still write: the answer counts, if it can be read.
    pub(super) fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        let sent = self.send(request);
        self.answer().map_err(|error| sent.err().unwrap_or(error))
    }
}

/// Status and length of the answer at the start of these bytes, once it is whole.
fn whole(bytes: &[u8]) -> Option<(u16, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let total = end + length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
    (bytes.len() >= total).then_some((status, total))
}

/// A POST with these further header lines, whole.
pub(super) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = head(path, headers, body.len());
    request.extend_from_slice(body);
    request
}

/// The head of a POST whose body is `length` bytes.
pub(super) fn head(path: &str, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// A GET.
pub(super) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: sandbox\r\n\r\n").into_bytes()
}

/// How a flood of requests is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flood {
    pub(super) at: SocketAddr,
    /// Requests at once, each over a connection of its own.
    pub(super) callers: usize,
    /// Requests altogether.
    pub(super) requests: usize,
    /// No request begins later than this after the start.
    pub(super) within: Duration,
    /// How long one answer is waited for.
    pub(super) patience: Duration,
}

impl Flood {
    /// Sends what `request` gives for each number; blocks until all are answered or given up.
    pub(super) fn send(&self, request: impl Fn(usize) -> Vec<u8> + Sync) -> Tally {
        let (next, tally, start) = (AtomicUsize::new(0), Mutex::new(Tally::default()), Instant::now());
        let caller = || {
            let mut connection = None;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.requests || start.elapsed() > self.within {
                    return;
                }
                let answer = exchange(&mut connection, self.at, self.patience, &request(number));
                tally.lock().expect("no caller panics").add(&answer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.callers {
                scope.spawn(caller);
            }
        });
        tally.into_inner().expect("no caller panics")
    }
}

/// Sends a request over the open connection, or over a new one where there is none or the server has closed it:
/// what is closed between two requests is no answer to the second. After a failure there is no connection.
pub(super) fn exchange(
    connection: &mut Option<Connection>,
    at: SocketAddr,
    patience: Duration,
    request: &[u8],
) -> io::Result<u16> {
    let again = match connection.as_mut().map(|open| open.exchange(request)) {
        Some(Ok(status)) => return Ok(status),
        Some(Err(error)) if is_late(&error) => Err(error),
        Some(Err(_)) | None => Ok(()),
    };
    *connection = None;
    again?;
    let mut new = Connection::open(at, patience)?;
    let status = new.exchange(request)?;
    *connection = Some(new);
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_the_last_byte_of_its_body() {
        let bytes = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\nHTTP/1.1";
        assert_eq!(whole(bytes), Some((503, bytes.len() - 8)));
        assert_eq!(whole(&bytes[..bytes.len() - 9]), None);
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n"), None);
    }

    #[test]
    fn a_request_names_the_length_of_its_body() {
        let request = post("/v1/verify", &[("x-forwarded-for", "10.0.0.1")], b"{}");
        let text = String::from_utf8(request).expect("it is text");
        assert!(text.ends_with("content-length: 2\r\nx-forwarded-for: 10.0.0.1\r\n\r\n{}"), "{text}");
    }

    #[test]
    fn a_connection_that_the_server_has_closed_is_opened_again() {
        let server = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let at = server.local_addr().expect("it is bound");
        let answers = std::thread::spawn(move || {
            for _ in 0..2 {
                let (mut stream, _) = server.accept().expect("somebody connects");
                let mut request = [0; 64];
                let read = stream.read(&mut request).expect("somebody asks");
                assert!(request[..read].starts_with(b"GET /healthz"));
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("it is read");
            }
        });
        let (mut connection, patience) = (None, Duration::from_secs(5));
        for _ in 0..2 {
            let answer = exchange(&mut connection, at, patience, &get("/healthz"));
            assert_eq!(answer.expect("it is answered"), 200);
        }
        answers.join().expect("two connections were made");
    }

    #[test]
    fn answers_are_counted_by_status() {
        let mut tally = Tally::default();
        for answer in [Ok(200), Ok(413), Ok(200), Err(io::ErrorKind::WouldBlock.into())] {
            tally.add(&answer);
        }
        assert_eq!(tally.to_string(), "2×200 1×413 1×late");
        assert_eq!(tally.other_than(&["200", "413"]), 1);
    }
}
