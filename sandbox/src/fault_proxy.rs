//! A proxy before an API server, so that requests of a controller fail on demand where the server itself is the real one.
//!
//! ```text
//! controller ──TLS──▶ FaultProxy (faults) ──TLS──▶ kube-apiserver
//! ```
//! A request that a fault refuses never reaches the server; a torn answer belongs to a request that did.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::header,
    response::Response,
};
use futures::StreamExt as _;
use tokio::task::JoinHandle;

use crate::{
    certificates::Authority,
    memory::{Effect, Faults, Refusal, Request, TlsListener, refused, torn},
};

/// A running proxy; its connections are gone with it.
pub struct FaultProxy {
    shared: Arc<Shared>,
    url: String,
    ca: String,
    task: JoinHandle<()>,
}

struct Shared {
    faults: Faults,
    server: kube::Client,
}

impl FaultProxy {
    /// Listens with TLS on a free port of 127.0.0.1; `server` gets the requests, with the credentials that came along.
    pub(crate) async fn start(server: kube::Client) -> io::Result<Self> {
        let authority = Authority::for_server(&["127.0.0.1", "localhost"]).map_err(io::Error::other)?;
        let listener = TlsListener::bind(&authority).await?;
        let address = axum::serve::Listener::local_addr(&listener)?;
        let shared = Arc::new(Shared { faults: Faults::new(), server });
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // It only ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { shared, url: format!("https://{address}"), ca: authority.ca, task })
    }

    /// `https://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Certificate of the proxy's authority, PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// What is to go wrong. Everybody who comes this way counts as a ServiceAccount.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> Response {
    let understood = Request::parse(request.method(), request.uri());
    let effect = shared.faults.take(&understood, USER);
    if let Some(Effect::Latency(delay)) = effect {
        tokio::time::sleep(delay).await;
    }
    if let Some(refusal) = effect.and_then(|effect| effect.refusal(&understood)) {
        return refused(&refusal, &understood);
    }
    let is_watch = understood.verb == "watch";
    let mut cuts = shared.faults.cuts();
    let answer = match forward(&shared, request).await {
        Ok(answer) => answer,
        Err(error) => {
            return refused(&Refusal::unavailable(format!("the server behind: {error}")), &understood);
        }
    };
    match effect {
        Some(Effect::TornResponse) => torn(answer).await,
        // It ends in the middle of a line if need be, as behind a load balancer.
        _ if is_watch => answer.map(|body| {
            let cut = async move { cuts.changed().await.unwrap_or(()) };
            Body::from_stream(body.into_data_stream().take_until(Box::pin(cut)))
        }),
        _ => answer,
    }
}

/// The server's own answer, piece by piece as it comes.
async fn forward(shared: &Shared, request: axum::extract::Request) -> Result<Response, kube::Error> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|error| kube::Error::Service(error.into()))?;
    parts.headers.remove(header::HOST);
    parts.headers.remove(header::CONTENT_LENGTH);
    // What the client between here and the server can undo is of no use to the controller.
    parts.headers.remove(header::ACCEPT_ENCODING);
    let body = kube::client::Body::from(body.to_vec());
    let answer = shared.server.send(http::Request::from_parts(parts, body)).await?;
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove(header::TRANSFER_ENCODING);
    parts.headers.remove(header::CONNECTION);
    Ok(Response::from_parts(parts, Body::new(body)))
}

const USER: &str = "system:serviceaccount:";
