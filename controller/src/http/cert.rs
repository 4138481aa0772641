//! `/v1/cert.pem`: the certificate to seal with.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{Web, respond};

/// The newest certificate; never one that belongs to another key.
pub(super) async fn cert(State(web): State<Web>, request: Request) -> Response {
    if let Some(refused) = respond::only(&request, &[respond::GET, respond::HEAD]) {
        return refused;
    }
    match web.keys.ring().newest() {
        Some(pair) => {
            respond::with_type(StatusCode::OK, "application/x-pem-file", pair.certificate_pem().to_vec())
        }
        None => {
            respond::error(StatusCode::SERVICE_UNAVAILABLE, "no sealing key yet; try again in a moment\n")
        }
    }
}
