//! The connection to the API server: whom it trusts, and what it does not do by itself.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Secret};
use kube::{
    Api, Client, Config,
    api::PostParams,
    config::{KubeConfigOptions, Kubeconfig},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use sealed_secrets_controller::{
    api::{client, error::ApiError, error::Request, gate::MayWrite, in_flight::InFlight, limits::REQUEST},
    config::ClientRate,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

struct Switch(AtomicBool, InFlight);

impl Switch {
    fn new(open: bool) -> Arc<Self> {
        Arc::new(Self(open.into(), InFlight::default()))
    }
}

impl MayWrite for Switch {
    fn may_write(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn in_flight(&self) -> &InFlight {
        &self.1
    }
}

/// A server whose one certificate is its own root. It answers 500 and counts.
async fn server() -> (SocketAddr, String, Arc<AtomicUsize>) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 4096];
            let _length = stream.read(&mut head).await;
            counted.fetch_add(1, Ordering::Relaxed);
            let answer =
                "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _closed = stream.write_all(answer.as_bytes()).await;
            let _closed = stream.shutdown().await;
        }
    });
    (address, certificate.pem(), requests)
}

async fn connected(address: SocketAddr, root: &str, may_write: &Arc<Switch>) -> Client {
    paced(address, root, may_write, None).await
}

async fn paced(address: SocketAddr, root: &str, may_write: &Arc<Switch>, rate: Option<ClientRate>) -> Client {
    let kubeconfig = json!({
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {
            "server": format!("https://{address}"), "certificate-authority-data": STANDARD.encode(root),
        }}],
        "users": [{"name": "x", "user": {"token": "t"}}],
    });
    let kubeconfig = Kubeconfig::from_yaml(&kubeconfig.to_string()).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    client::build(config, rate, Arc::clone(may_write) as _).unwrap()
}

/// Row 17: what Go's programs accept.
#[tokio::test]
async fn a_server_certificate_that_is_its_own_root_is_trusted_and_nothing_is_tried_again() {
    let (address, root, requests) = server().await;
    let secrets: Api<Secret> = Api::namespaced(connected(address, &root, &Switch::new(true)).await, "ns");
    let error = secrets.get("x").await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(_)), "an answer came through: {error}");
    assert_eq!(requests.load(Ordering::Relaxed), 1, "the client retries nothing by itself");
    // Its twin: another certificate is not trusted.
    let (other, _, _) = server().await;
    let secrets: Api<Secret> = Api::namespaced(connected(other, &root, &Switch::new(true)).await, "ns");
    assert!(!matches!(secrets.get("x").await.unwrap_err(), kube::Error::Api(_)));
}

/// Row 5: writes are looked at before each is sent, leases and reads pass.
#[tokio::test]
async fn no_write_is_sent_by_a_replica_that_does_not_lead() {
    let (address, root, requests) = server().await;
    let switch = Switch::new(false);
    let secrets: Api<Secret> = Api::namespaced(connected(address, &root, &switch).await, "ns");
    let error = secrets.create(&PostParams::default(), &Secret::default()).await.unwrap_err();
    let error = ApiError::new(Request::core("create", "secrets", "ns"), error);
    assert!(matches!(error, ApiError::NotLeading), "{error}");
    assert_eq!(requests.load(Ordering::Relaxed), 0);
    let _read = secrets.get("x").await;
    assert_eq!(requests.load(Ordering::Relaxed), 1, "it still reads");
    switch.0.store(true, Ordering::Relaxed);
    let _write = secrets.create(&PostParams::default(), &Secret::default()).await;
    assert_eq!(requests.load(Ordering::Relaxed), 2);
    assert!(switch.1.is_empty(Instant::now().into()), "both were answered, one by the gate");
}

/// A lease that is given back while a write may still be carried out makes two writers.
#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_is_in_flight_still() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, (_, root, _)) = (listener.local_addr().unwrap(), server().await);
    let switch = Switch::new(true);
    let secrets: Api<Secret> = Api::namespaced(connected(address, &root, &switch).await, "ns");
    let (create, secret) = (PostParams::default(), Secret::default());
    let write = tokio::time::timeout(Duration::from_millis(50), secrets.create(&create, &secret));
    assert!(write.await.is_err(), "the server says nothing");
    assert!(!switch.1.is_empty(Instant::now().into()));
    assert!(switch.1.is_empty((Instant::now() + REQUEST).into()), "its deadline is over");
}

/// A write that waits for its turn is looked at when it is sent; leases do not wait; who came first goes first.
#[tokio::test]
async fn a_lease_that_ends_while_a_write_waits_for_its_turn_stops_it_and_leases_take_none() {
    let (address, root, requests) = server().await;
    let switch = Switch::new(true);
    let rate = ClientRate { per_second: 2.0, burst: 1 };
    let client = paced(address, &root, &switch, Some(rate)).await;
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "ns");
    let _takes_the_turn = secrets.get("x").await;
    let waits = tokio::spawn({
        let secrets = secrets.clone();
        async move { secrets.create(&PostParams::default(), &Secret::default()).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    switch.0.store(false, Ordering::Relaxed);
    let (leases, begun): (Api<Lease>, _) = (Api::namespaced(client, "ns"), Instant::now());
    for _ in 0..3 {
        let _answered = leases.get("x").await;
    }
    assert!(begun.elapsed() < Duration::from_millis(400), "leases waited {:?}", begun.elapsed());
    let error = ApiError::new(Request::core("create", "secrets", "ns"), waits.await.unwrap().unwrap_err());
    assert!(matches!(error, ApiError::NotLeading), "{error}");
    assert_eq!(requests.load(Ordering::Relaxed), 4);
}
