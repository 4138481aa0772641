//! The Service's way to a controller that runs as a plain process instead of a Pod.
//!
//! The API server's service proxy wants an endpoint whose target is a Pod with that very address, so
//! there is one on paper: placed on a node that does not exist, and patched to Running.

use std::net::{IpAddr, SocketAddr};

use serde_json::json;

use crate::objects::{ApiError, Objects, PatchType, Target};

/// Creates the Pod that stands for the controller's process.
pub(super) async fn place_pod(admin: &Objects, service: (&str, &str), host: IpAddr) -> Result<(), ApiError> {
    let (namespace, name) = service;
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": pod_name(name)},
        "spec": {"nodeName": "sandbox", "containers": [{"name": "controller", "image": "process-of-the-sandbox"}]}});
    admin.apply(&pod).await?;
    let running = json!({"status": {"phase": "Running", "podIP": host, "podIPs": [{"ip": host}],
        "conditions": [{"type": "Ready", "status": "True"}]}});
    let target = Target { kind: "Pod", namespace, name: &pod_name(name), subresource: "status" };
    admin.patch(target, PatchType::Merge, &running).await?;
    Ok(())
}

/// Points the Service at the address where the controller listens.
pub(super) async fn publish(admin: &Objects, service: (&str, &str), at: SocketAddr) -> Result<(), ApiError> {
    let (namespace, name) = service;
    let found = admin.get("Service", namespace, name).await?.unwrap_or_default();
    let port_name = found["spec"]["ports"][0]["name"].as_str().unwrap_or_default();
    let target = json!({"kind": "Pod", "namespace": namespace, "name": pod_name(name)});
    let ports = json!([{"name": port_name, "port": at.port(), "protocol": "TCP"}]);
    admin
        .apply(&json!({"apiVersion": "v1", "kind": "Endpoints",
            "metadata": {"namespace": namespace, "name": name},
            "subsets": [{"addresses": [{"ip": at.ip(), "targetRef": target}], "ports": ports}]}))
        .await?;
    admin
        .apply(&json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"namespace": namespace, "name": format!("{name}-sandbox"),
                "labels": {"kubernetes.io/service-name": name}},
            "endpoints": [{"addresses": [at.ip()], "conditions": {"ready": true}, "targetRef": target}],
            "ports": ports}))
        .await?;
    Ok(())
}

fn pod_name(service: &str) -> String {
    format!("{service}-sandbox")
}
