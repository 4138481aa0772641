//! Requests over real sockets, from addresses of choice: every 127.x.y.z is this machine's.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use sealed_secrets_controller::{
    http::{Settings, Web, bind, serve},
    report::metrics::Metrics,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    sync::watch,
};

/// A running service port.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) web: Web,
    pub(crate) series: Arc<Metrics>,
    _stop: watch::Sender<bool>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Server {
    pub(crate) async fn start(keys: &[&str], settings: Settings) -> Self {
        let (web, _store, series) = crate::web(keys, settings);
        let listener = bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, web.clone().port(), stopped));
        Self { address, web, series, _stop: stop }
    }

    /// A connection from 127.0.0.`from`.
    pub(crate) async fn connect(&self, from: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::new(127, 0, 0, from), 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, from: u8, method: &str, path: &str, body: &str) -> Got {
        let mut stream = self.connect(from).await;
        let head = head(method, path, body.len());
        // An answer may come before all is sent.
        let _early = stream.write_all(head.as_bytes()).await;
        let _early = stream.write_all(body.as_bytes()).await;
        answer(stream).await.expect("an answer")
    }

    /// Asserts that health and certificate answer within 100 ms, for somebody without a share in anything.
    pub(crate) async fn is_healthy(&self) {
        for path in ["/healthz", "/v1/cert.pem"] {
            let begun = Instant::now();
            let got = self.ask(200, "GET", path, "").await;
            assert_eq!(got.status, 200, "{path}: {got:?}");
            assert!(begun.elapsed() < Duration::from_millis(100), "{path} took {:?}", begun.elapsed());
        }
    }

    /// A series of `http_refused_total`.
    pub(crate) fn refused(&self, reason: &str) -> u64 {
        self.series.http_refused.with_label_values(&[reason]).get()
    }

    /// Waits until nothing is in flight, which must be soon.
    pub(crate) async fn comes_to_rest(&self) {
        soon("nothing is in flight", || self.web.in_flight() == 0).await;
    }
}

/// Waits until something holds, for five seconds at most.
pub(crate) async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The head of a request that is the last one on its connection.
pub(crate) fn head(method: &str, path: &str, length: usize) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
}

/// Reads an answer up to the end of the connection; `None` when there is none.
pub(crate) async fn answer(mut stream: TcpStream) -> Option<Got> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes)).await;
    // A reset after the answer takes nothing away from it.
    let _reset = read.expect("the connection ends");
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Got { status, head: head.to_lowercase(), body: body.to_owned() })
}
