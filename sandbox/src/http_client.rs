//! Plain HTTP requests, one connection each, to the controller's ports.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// GET.
pub async fn get(at: SocketAddr, path: &str) -> io::Result<Answer> {
    send(at, Request::get(path).body(Vec::new()).map_err(io::Error::other)?).await
}

/// POST.
pub async fn post(at: SocketAddr, path: &str, body: Vec<u8>) -> io::Result<Answer> {
    send(at, Request::post(path).body(body).map_err(io::Error::other)?).await
}

/// Sends the request as it is, with `host` added, and reads the whole answer within a minute.
pub async fn send(at: SocketAddr, request: Request<Vec<u8>>) -> io::Result<Answer> {
    tokio::time::timeout(Duration::from_mins(1), exchange(at, request)).await?
}

async fn exchange(at: SocketAddr, mut request: Request<Vec<u8>>) -> io::Result<Answer> {
    let stream = TokioIo::new(TcpStream::connect(at).await?);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let host = at.to_string().parse().map_err(io::Error::other)?;
    request.headers_mut().entry("host").or_insert(host);
    let answer = sender
        .send_request(request.map(|body| Full::new(Bytes::from(body))))
        .await
        .map_err(io::Error::other)?;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    connection.abort();
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}
