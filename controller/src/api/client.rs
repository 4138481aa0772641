//! The connection to the API server.

use std::{
    sync::Arc,
    task::{self, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Incoming};
use hyper_timeout::TimeoutConnector;
use hyper_util::{
    client::legacy::{Client as HyperClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use kube::{
    Client,
    client::{Body, ClientBuilder, ConfigExt as _},
};
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt as _, util::BoxService};

use super::{
    answer_limit::AnswerLimit,
    deadline::Deadline,
    gate::{self, Gate, MayWrite},
    kubeconfig::{self, KubeconfigError},
    limits::{CONNECT, SILENCE},
    permission::Permission,
};
use crate::{capacity::gcra::Rate, config::ClientRate};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Neither in a cluster nor with a kubeconfig.
    #[error(transparent)]
    Config(#[from] KubeconfigError),
    /// Its trust cannot be used.
    #[error("the API server's authority cannot be used: {0}")]
    Tls(#[from] transport::TlsError),
    /// The configuration cannot be used.
    #[error(
        "the configuration for the API server cannot be used: correct the kubeconfig or the pod's service account"
    )]
    Build(#[source] kube::Error),
}

/// Connects from within a cluster or by kubeconfig, limited to a rate only when one was given. Writes pass while
/// `may_write` says so.
pub async fn connect(rate: Option<ClientRate>, may_write: Arc<dyn MayWrite>) -> Result<Client, ClientError> {
    // In a cluster the service account wins over a kubeconfig that happens to lie around.
    let config = match kube::Config::incluster() {
        Ok(config) => config,
        Err(error) => kubeconfig::load(error).await?,
    };
    build(config, rate, may_write)
}

/// A client for this configuration, as [`connect`] makes it.
pub fn build(
    mut config: kube::Config,
    rate: Option<ClientRate>,
    may_write: Arc<dyn MayWrite>,
) -> Result<Client, ClientError> {
    // Compressing lists costs both sides more than the local network does.
    config.disable_compression = true;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    // Who tries again is said in one place, `api::retry`: a hidden retry outlasts a lease.
    config.default_retry = false;
    tracing::info!(server = %config.cluster_url, "asking the API server");
    let builder = builder(config)?
        .with_layer(&AnswerLimit)
        .with_layer(&Permission::default())
        .with_layer(&Gate(may_write))
        .with_layer(&Deadline);
    Ok(match rate {
        None => builder.build(),
        Some(rate) => builder.with_layer(&Pace::new(rate)).build(),
    })
}

/// The client's lowest layers. kube's own refuse a server certificate that is its own root, which small clusters have
/// and Go's programs accept; a proxy is reached by kube's.
fn builder(config: kube::Config) -> Result<ClientBuilder<GenericService>, ClientError> {
    if config.proxy_url.is_some() {
        return ClientBuilder::try_from(config).map_err(ClientError::Build);
    }
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let mut connector = TimeoutConnector::new(transport::secured(&config, http)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_reset_reader_on_write(config.reset_reader_on_write);
    let client: HyperClient<_, Body> = HyperClient::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(ClientError::Build)?)
        .layer(config.extra_headers_layer().map_err(ClientError::Build)?)
        .map_err(BoxError::from)
        .service(client)
        .map_response(|answer: ::http::Response<Incoming>| {
            answer.map(|body| Box::new(body.map_err(BoxError::from)) as Box<DynBody>)
        });
    Ok(ClientBuilder::new(BoxService::new(service), config.default_namespace))
}

type DynBody = dyn HttpBody<Data = Bytes, Error = BoxError> + Send + Unpin;
type GenericService = BoxService<::http::Request<Body>, ::http::Response<Box<DynBody>>, BoxError>;

/// Holds requests back to a rate.
#[derive(Clone)]
struct Pace {
    rate: Rate,
    origin: Instant,
    /// Held while one waits: who came first goes first.
    full_at: Arc<Mutex<Duration>>,
}

impl Pace {
    fn new(rate: ClientRate) -> Self {
        let burst = rate.burst.saturating_sub(1);
        Self {
            rate: Rate::new(f64::from(rate.per_second), burst),
            origin: Instant::now(),
            full_at: Arc::default(),
        }
    }

    async fn turn(&self) {
        let mut full_at = self.full_at.lock().await;
        loop {
            let (verdict, next) = self.rate.step(*full_at, self.origin.elapsed());
            *full_at = next;
            if verdict.allowed {
                return;
            }
            tokio::time::sleep(verdict.retry_after).await;
        }
    }
}

impl<S> Layer<S> for Pace {
    type Service = Paced<S>;

    fn layer(&self, inner: S) -> Paced<S> {
        Paced { inner, pace: self.clone() }
    }
}

/// A service that waits for its turn.
struct Paced<S> {
    inner: S,
    pace: Pace,
}

impl<S> Service<::http::Request<Body>> for Paced<S>
where
    S: Service<::http::Request<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<S::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: ::http::Request<Body>) -> Self::Future {
        // A lease does not wait behind the work that it is for.
        let pace = (!gate::is_of_lease(request.uri())).then(|| self.pace.clone());
        // The gate is passed and the deadline begins when the answer is first asked for.
        let answer = self.inner.call(request);
        async move {
            if let Some(pace) = pace {
                pace.turn().await;
            }
            answer.await
        }
        .boxed()
    }
}
