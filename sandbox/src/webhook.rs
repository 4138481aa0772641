//! A validating webhook for a real API server: it refuses what a test tells it to, and counts what it was asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, extract::State, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    certificates::Authority,
    memory::TlsListener,
    objects::{ApiError, Objects},
};

/// A running webhook. Its configuration stays in the API server until [`Self::withdraw`].
pub struct Webhook {
    known: Arc<Mutex<Known>>,
    url: String,
    ca: String,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Known {
    refused: BTreeSet<String>,
    asked: BTreeMap<String, usize>,
}

impl Webhook {
    /// Listens with TLS on a free port of 127.0.0.1, and refuses nothing.
    pub async fn start() -> io::Result<Self> {
        let authority = Authority::for_server(&["127.0.0.1"]).map_err(io::Error::other)?;
        let listener = TlsListener::bind(&authority).await?;
        let address = axum::serve::Listener::local_addr(&listener)?;
        let known = Arc::<Mutex<Known>>::default();
        let router = Router::new().route("/", post(review)).with_state(Arc::clone(&known));
        let task = tokio::spawn(async move {
            // It only ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { known, url: format!("https://{address}/"), ca: authority.ca, task })
    }

    /// Has the API server ask about these creations and updates of one namespace: resources as roles name them.
    pub async fn install(
        &self,
        admin: &Objects,
        namespace: &str,
        resources: &[&str],
    ) -> Result<(), ApiError> {
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": NAME},
            "webhooks": [{
                "name": NAME, "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": self.url, "caBundle": STANDARD.encode(&self.ca)},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "rules": [{"operations": ["CREATE", "UPDATE"], "apiGroups": ["*"], "apiVersions": ["*"],
                    "resources": resources}],
            }],
        });
        admin.json(http::Method::POST, PATH, Some(&configuration)).await.map(drop)
    }

    /// Takes the configuration out of the API server.
    pub async fn withdraw(&self, admin: &Objects) -> Result<(), ApiError> {
        admin.json(http::Method::DELETE, &format!("{PATH}/{NAME}"), None).await.map(drop)
    }

    /// Refuses these resources from now on, and no others.
    pub fn refuse(&self, resources: &[&str]) {
        self.known().refused = resources.iter().map(|&resource| resource.to_owned()).collect();
    }

    /// How often it was asked about a resource.
    pub fn asked(&self, resource: &str) -> usize {
        self.known().asked.get(resource).copied().unwrap_or_default()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn review(State(known): State<Arc<Mutex<Known>>>, Json(review): Json<Value>) -> Json<Value> {
    let request = &review["request"];
    let part = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let resource = request["resource"]["resource"].as_str().unwrap_or_default();
    let resource = match part("subResource").as_str() {
        "" => resource.to_owned(),
        subresource => format!("{resource}/{subresource}"),
    };
    let allowed = {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = !known.refused.contains(&resource);
        *known.asked.entry(resource).or_default() += 1;
        allowed
    };
    Json(json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {"uid": part("uid"), "allowed": allowed, "status": {"code": 403, "message": REFUSAL}},
    }))
}

/// What it says when it refuses.
pub const REFUSAL: &str = "not on this day";
const NAME: &str = "refusals.sandbox.example.com";
const PATH: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
