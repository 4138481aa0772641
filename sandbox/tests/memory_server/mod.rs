//! A memory server for one test, with an administrator who talks to it.
#![allow(dead_code, reason = "each test file uses its part")]

use http::{Method, StatusCode};
use kube::config::{KubeConfigOptions, Kubeconfig};
use sandbox::{
    kubeconfig::Access,
    manifests::Manifests,
    memory::Server,
    objects::{ApiError, Objects},
    tokens::StaticTokens,
};
use serde_json::{Value, json};

pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) client: kube::Client,
    pub(crate) admin: Objects,
    pub(crate) tokens: StaticTokens,
}

impl Running {
    pub(crate) async fn start() -> Self {
        let tokens = StaticTokens::new();
        let server = Server::start(&tokens).await.unwrap();
        let client = client(&server, &tokens.admin).await;
        Self { admin: Objects::new(client.clone()), client, server, tokens }
    }

    /// With the definition of SealedSecrets from `manifests/`.
    pub(crate) async fn with_definition() -> Self {
        let running = Self::start().await;
        running.install(|kind| kind == "CustomResourceDefinition").await;
        running
    }

    /// With all of `manifests/` whose kind is `wanted`.
    pub(crate) async fn install(&self, wanted: impl Fn(&str) -> bool) {
        let manifests = Manifests::of_the_project().unwrap();
        for object in manifests.objects().iter().filter(|o| wanted(o["kind"].as_str().unwrap())) {
            self.admin.apply(object).await.unwrap();
        }
    }

    /// The API as whoever holds `token` sees it.
    pub(crate) async fn objects_with(&self, token: &str) -> Objects {
        Objects::new(client(&self.server, token).await)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.admin.json(Method::GET, path, None).await.unwrap()
    }

    #[track_caller]
    pub(crate) fn check_refusal<'a>(
        &'a self,
        method: &'a Method,
        path: &'a str,
        body: Option<&'a Value>,
        code: u16,
        words: &'a str,
    ) -> impl Future<Output = ()> + 'a {
        let at = std::panic::Location::caller();
        async move {
            let answer = self.admin.json(method.clone(), path, body).await;
            let Err(ApiError::Refused { status, message, .. }) = answer else {
                panic!("{at}: {path}: not refused: {answer:?}")
            };
            assert_eq!((status.as_u16(), message.as_str()), (code, words), "{at}: {method} {path}");
        }
    }

    pub(crate) async fn check_refusal_code(&self, method: &Method, path: &str, code: u16, reason: &str) {
        let request = http::Request::builder().method(method.clone()).uri(path).body(Vec::new()).unwrap();
        match self.client.request_status::<Value>(request).await {
            Err(kube::Error::Api(status)) => {
                assert_eq!((status.code, status.reason.as_str()), (code, reason), "{path}");
            }
            other => panic!("{path}: not refused: {other:?}"),
        }
    }
}

pub(crate) async fn client(server: &Server, token: &str) -> kube::Client {
    let access = Access { server: server.url(), ca: server.ca(), token, namespace: "default" };
    let kubeconfig = Kubeconfig::from_yaml(&access.kubeconfig().to_string()).unwrap();
    let config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    kube::Client::try_from(config).unwrap()
}

pub(crate) fn secret(name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": {"a": "YQ=="}})
}

pub(crate) fn is_gone(error: &ApiError) -> bool {
    error.status() == Some(StatusCode::NOT_FOUND)
}
