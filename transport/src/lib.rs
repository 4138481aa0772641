//! How an API server is trusted: one way for both binaries, and that of Go's programs, whose clusters they are used in.

mod trust;

use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use kube::Config;

pub use trust::client_config;

/// Why there is no TLS for a configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file with the roots cannot be read.
    #[error("open {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The roots, the client's certificate or the system's roots cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The name that the server's certificate is to have is no host name.
    #[error("--tls-server-name {0:?} is no host name")]
    ServerName(String),
}

/// TLS on top of a route, where the URL asks for it.
pub fn secured<C>(config: &Config, route: C) -> Result<HttpsConnector<C>, TlsError> {
    let builder = HttpsConnectorBuilder::new().with_tls_config(client_config(config)?).https_or_http();
    let builder = match &config.tls_server_name {
        Some(name) => {
            let fixed = name.clone().try_into().map_err(|_| TlsError::ServerName(name.clone()))?;
            builder.with_server_name_resolver(FixedServerNameResolver::new(fixed))
        }
        None => builder,
    };
    Ok(builder.enable_http1().wrap_connector(route))
}
