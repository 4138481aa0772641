//! Whether the process works, and whether it should be asked.
//!
//! The two differ: a controller whose key Secrets were deleted has no certificate to serve, and is not to be killed, for
//! it still holds the keys. Deployments made for the reference probe `/healthz` for both.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{Web, respond};

/// `/healthz`, for liveness: an answer says that the process lives and its runtime works.
pub(super) async fn lives(request: Request) -> Response {
    if let Some(refused) = respond::only(&request, &[respond::GET, respond::HEAD]) {
        return refused;
    }
    respond::text(StatusCode::OK, "ok\n")
}

/// `/readyz`, for readiness: there is a certificate to seal with, and a candidate for leadership may become a leader.
pub(super) async fn is_ready(State(web): State<Web>, request: Request) -> Response {
    if let Some(refused) = respond::only(&request, &[respond::GET, respond::HEAD]) {
        return refused;
    }
    if web.keys.ring().newest().is_none() {
        return respond::text(StatusCode::SERVICE_UNAVAILABLE, "no sealing key yet\n");
    }
    if !web.leadership.can_lead() {
        return respond::text(StatusCode::SERVICE_UNAVAILABLE, "not allowed to use leases: see the log\n");
    }
    respond::text(StatusCode::OK, "ok\n")
}
