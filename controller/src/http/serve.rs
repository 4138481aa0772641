//! Serves a router on an address until told to stop, with bounds on connections, heads and times.

use std::{convert::Infallible, io, pin::Pin, sync::Arc, task::Context, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::Request,
    response::Response,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::Service as _;

use super::{
    caller::Peer,
    connections::{Busy, Connections, Ticket},
    io::Timed,
    limits::{ConnectionLimits, MOST_HEADER_BYTES},
    refused::Refused,
    unread,
};
use crate::report::metrics::Metrics;

/// What a port serves, and how long and how often.
#[derive(Clone)]
pub struct Port {
    /// For everybody.
    pub router: Router,
    /// For connections beyond the limit.
    pub reserve: Router,
    /// How many connections there may be.
    pub connections: ConnectionLimits,
    /// How long a head may take to arrive, and an idle connection to ask again.
    pub header_timeout: Duration,
    /// How long an answer may take to go out.
    pub write_timeout: Duration,
    /// Where refusals are counted.
    pub metrics: Arc<Metrics>,
}

/// Binds an address in Go's form: `:8080` is every interface.
pub async fn bind(address: &str) -> io::Result<TcpListener> {
    match address.strip_prefix(':') {
        // Both families where there are two, IPv4 alone where IPv6 is switched off.
        Some(port) => match TcpListener::bind(format!("[::]:{port}")).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind(format!("0.0.0.0:{port}")).await,
        },
        None => TcpListener::bind(address).await,
    }
}

/// Serves until `stop` turns true, then lets open requests end.
pub async fn serve(listener: TcpListener, port: Port, mut stop: watch::Receiver<bool>) {
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(port.connections);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = Peer(peer.ip().to_canonical());
                match connections.admit(peer.0) {
                    Some(ticket) => {
                        tokio::spawn(converse(&port, stream, peer, ticket, &graceful));
                    }
                    // Dropped, hence closed.
                    None => Refused::Connections.count(&port.metrics),
                }
            }
            // Out of file descriptors, most likely: others have to close first.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    // Who connects now is refused, and asks another replica.
    drop(listener);
    let _in_time = tokio::time::timeout(LAST_REQUESTS, graceful.shutdown()).await;
}

/// One connection, until it ends or another needs its place.
fn converse(
    port: &Port,
    stream: TcpStream,
    peer: Peer,
    ticket: Ticket,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    let (router, header_timeout) = if ticket.reserved {
        (port.reserve.clone(), port.header_timeout.min(RESERVED_HEADER_TIMEOUT))
    } else {
        (port.router.clone(), port.header_timeout)
    };
    let ticket = Arc::new(ticket);
    let of_requests = Arc::clone(&ticket);
    // Whoever comes by the reserve shall not keep it.
    let may_wait = !ticket.reserved;
    let service = service_fn(move |request: Request<Incoming>| {
        let (mut router, busy) = (router.clone(), of_requests.request());
        let (head, body) = request.into_parts();
        let (body, rest) = unread::watch(body);
        let mut request = Request::from_parts(head, Body::new(body));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(busy.clone());
        // A router is always ready.
        let answering = router.call(request);
        let of_answer = Arc::clone(&of_requests);
        async move {
            let Ok::<Response, Infallible>(response) = answering.await;
            let (response, busy) = match rest.left() {
                None => (response, busy),
                Some(left) => {
                    // While nothing but the rest of a body is waited for, another connection may take the place.
                    drop(busy);
                    (left.settle(may_wait, response).await, of_answer.request())
                }
            };
            Ok::<_, Infallible>(response.map(|body| Answer { body, _busy: busy }))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MOST_HEADER_BYTES)
        .keep_alive(!ticket.reserved);
    let stream = TokioIo::new(Timed::new(stream, port.write_timeout));
    let connection = graceful.watch(http.serve_connection(stream, service));
    async move {
        tokio::select! {
            // A caller that hangs up is its own affair.
            _hung_up = connection => {}
            () = ticket.evicted() => {}
        }
    }
}

/// A body with which a request ends.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

const LAST_REQUESTS: Duration = Duration::from_secs(5);
const RESERVED_HEADER_TIMEOUT: Duration = Duration::from_secs(2);
