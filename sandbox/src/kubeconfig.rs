//! Kubeconfigs: how a user of a backend reaches it, in the file format that every tool reads.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The address of an API server, the authority that vouches for it, and a user's token.
pub struct Access<'a> {
    /// `https://host:port`.
    pub server: &'a str,
    /// PEM.
    pub ca: &'a str,
    /// Bearer token; empty for none.
    pub token: &'a str,
    /// Namespace of the context.
    pub namespace: &'a str,
}

impl Access<'_> {
    /// The kubeconfig as an object; its JSON text is a YAML text as well.
    pub fn kubeconfig(&self) -> Value {
        let user = if self.token.is_empty() { json!({}) } else { json!({"token": self.token}) };
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "sandbox",
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox", "namespace": self.namespace}}],
            "clusters": [{"name": "sandbox", "cluster": {
                "server": self.server,
                "certificate-authority-data": STANDARD.encode(self.ca),
            }}],
            "users": [{"name": "sandbox", "user": user}],
        })
    }
}
