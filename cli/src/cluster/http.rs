//! HTTP/1.1 with TLS, proxies and a deadline.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::{
    body::Incoming,
    rt::{Read, ReadBufCursor, Write},
};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection, HttpConnector, proxy::SocksV5, proxy::Tunnel},
    },
    rt::TokioExecutor,
};
use kube::{
    Config,
    client::{Body, ConfigExt as _},
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _, util::BoxCloneService};

use transport::secured;

use super::{
    Cause, HttpError,
    url::{Login, without_login},
};

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A way to one server.
pub(crate) struct Http {
    service: BoxCloneService<Request<Body>, Response<Incoming>, BoxError>,
    /// For a proxy that takes whole requests: the credentials of its URL.
    forward_auth: Option<HeaderValue>,
    timeout: Duration,
}

/// The deadline of a request where the command line names none.
pub(crate) fn deadline() -> Duration {
    Duration::from_secs(30)
}

impl Http {
    /// Trust, client certificate and credentials come from `config`, the proxy from the caller.
    pub(crate) fn new(config: &Config, proxy: Option<&str>, timeout: Duration) -> Result<Self, HttpError> {
        let route = Route::new(config, proxy)?;
        let forward_auth = match &route {
            Route::Forward { proxy, .. } => Login::of(proxy).and_then(|login| login.basic()),
            Route::Direct(_) | Route::Tunnel(_) | Route::TlsTunnel(_) | Route::Socks(_) => None,
        };
        let connector = secured(config, route)?;
        let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
        // As in Go, the login of a URL goes before every other one.
        let auth = match Login::of(&config.cluster_url) {
            Some(_) => None,
            None => config.auth_layer().map_err(|error| HttpError::Auth(Box::new(error)))?,
        };
        let service = ServiceBuilder::new().option_layer(auth).map_err(BoxError::from).service(client);
        Ok(Self { service: BoxCloneService::new(service.map_err(BoxError::from)), forward_auth, timeout })
    }

    /// Sends one request.
    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, Cause> {
        let (mut head, body) = request.into_parts();
        head.headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some(value) = Login::of(&head.uri).and_then(|login| login.basic()) {
            head.headers.insert(header::AUTHORIZATION, value);
        }
        head.uri = without_login(head.uri);
        if let Some(value) = &self.forward_auth {
            head.headers.insert(header::PROXY_AUTHORIZATION, value.clone());
        }
        let body = if body.is_empty() { Body::empty() } else { Body::from(body) };
        let exchange = async {
            let answer = self.service.clone().oneshot(Request::from_parts(head, body)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LARGEST_ANSWER).collect().await?.to_bytes().to_vec();
            Ok::<_, BoxError>(Answer { status: head.status, headers: head.headers, body })
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Cause::of(error.as_ref())),
            Err(_) => Err(Cause::Timeout(self.timeout)),
        }
    }
}

/// How a connection is made.
#[derive(Clone)]
enum Route {
    Direct(HttpConnector),
    /// Plain http through a proxy: it gets the whole URL.
    Forward {
        proxy: Uri,
        connector: HttpConnector,
    },
    /// https through a proxy: a tunnel, TLS from end to end.
    Tunnel(Tunnel<HttpConnector>),
    TlsTunnel(Box<Tunnel<TlsConnector>>),
    Socks(SocksV5<HttpConnector>),
}

type TlsConnector = hyper_rustls::HttpsConnector<HttpConnector>;

impl Route {
    fn new(config: &Config, proxy: Option<&str>) -> Result<Self, HttpError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let Some(text) = proxy else { return Ok(Self::Direct(connector)) };
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let bad = || HttpError::Proxy(text.as_str().into());
        let proxy: Uri = text.parse().map_err(|_| bad())?;
        let plain = config.cluster_url.scheme_str() != Some("https");
        match proxy.scheme_str().map(str::to_lowercase).as_deref() {
            Some("http") if plain => Ok(Self::Forward { proxy, connector }),
            Some("http") => Ok(Self::Tunnel(authorized(Tunnel::new(proxy.clone(), connector), &proxy))),
            Some("https") => {
                let tls = secured(&Config::new(proxy.clone()), connector)?;
                Ok(Self::TlsTunnel(Box::new(authorized(Tunnel::new(proxy.clone(), tls), &proxy))))
            }
            Some("socks5" | "socks5h") => {
                let socks = SocksV5::new(without_login(proxy.clone()), connector);
                Ok(Self::Socks(match Login::of(&proxy) {
                    Some(login) => {
                        let (user, password) = login.texts().ok_or_else(bad)?;
                        socks.with_auth(user, password)
                    }
                    None => socks,
                }))
            }
            _ => Err(bad()),
        }
    }
}

fn authorized<C>(tunnel: Tunnel<C>, proxy: &Uri) -> Tunnel<C> {
    match Login::of(proxy).and_then(|login| login.basic()) {
        Some(value) => tunnel.with_auth(value),
        None => tunnel,
    }
}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let route = self.clone();
        Box::pin(async move {
            Ok(match route {
                Self::Direct(connector) => Stream::new(connector.oneshot(target).await?, false),
                Self::Forward { proxy, connector } => Stream::new(connector.oneshot(proxy).await?, true),
                Self::Tunnel(tunnel) => Stream::new(tunnel.oneshot(target).await?, false),
                Self::TlsTunnel(tunnel) => Stream::new(tunnel.oneshot(target).await?, false),
                Self::Socks(socks) => Stream::new(socks.oneshot(target).await?, false),
            })
        })
    }
}

/// A connection of whatever kind.
struct Stream {
    io: Box<dyn Io>,
    /// Whether requests must name the whole URL.
    forwarded: bool,
}

trait Io: Read + Write + Unpin + Send {}
impl<T: Read + Write + Unpin + Send> Io for T {}

impl Stream {
    fn new(io: impl Io + 'static, forwarded: bool) -> Self {
        Self { io: Box::new(io), forwarded }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.forwarded)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_ANSWER: usize = 64 << 20;
const USER_AGENT: &str = concat!("kubeseal/v", env!("CARGO_PKG_VERSION"));
