//! Requests that are refused for what they would cost: each with its reason, counted, and told what to do.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use super::respond;
use crate::report::metrics::Metrics;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too much is in flight, of all, of this address or of this caller.
    Bytes,
    /// Too many bodies of this caller are on their way.
    Receiving,
    /// It needs more private operations than one request may have.
    Operations {
        /// What is allowed (`--http-max-operations`).
        most: usize,
    },
    /// Its text has more values, or more levels of them, than are read from the network; told in words.
    Nodes(String),
    /// Too many texts wait to be read.
    Texts,
    /// Too many connections: this one may only ask for health and certificate.
    Connections,
}

impl Refused {
    /// Counts it and gives the answer.
    pub(super) fn answer(self, metrics: &Metrics) -> Response {
        self.count(metrics);
        match self {
            Self::Bytes => later("too much is in flight; try again in a moment\n"),
            Self::Receiving => {
                later("too many of your requests are still on their way; try again in a moment\n")
            }
            Self::Texts => later("too many requests wait to be read; try again in a moment\n"),
            Self::Connections => {
                let mut response = later("too many connections; try again in a moment\n");
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
            Self::Operations { most } => too_large(format!(
                "this object needs more than {most} private-key operations; split it, or raise \
                 --http-max-operations of the controller\n"
            )),
            Self::Nodes(words) => too_large(format!("{words}\n")),
        }
    }

    /// Counts it.
    pub(super) fn count(&self, metrics: &Metrics) {
        metrics.http_refused.with_label_values(&[self.label()]).inc();
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Receiving => "receiving",
            Self::Operations { .. } => "operations",
            Self::Nodes(_) => "nodes",
            Self::Texts => "texts",
            Self::Connections => "connections",
        }
    }
}

fn later(text: &'static str) -> Response {
    let mut response = respond::error(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn too_large(text: String) -> Response {
    respond::error(StatusCode::PAYLOAD_TOO_LARGE, text)
}
