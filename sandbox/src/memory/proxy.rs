//! The service proxy: a request for a Service goes to the address that its endpoints name.
//!
//! Unlike the real server this one forwards to loopback addresses: there is nothing else to forward to.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
};
use serde_json::Value;

use super::{api::Api, request::Request, status::Refusal, store::Data};
use crate::http_client;

/// Forwards the request and brings back the answer as it is.
pub(super) async fn forward(
    request: &Request,
    headers: &HeaderMap,
    body: Bytes,
    api: &Arc<Api>,
) -> Result<Response, Refusal> {
    let target = Target::parse(&request.name)?;
    let address = api.store.with(|data| target.address(&request.namespace, api, data))?;
    let mut onward = http::Request::new(body.to_vec());
    *onward.method_mut() = method(&request.verb);
    *onward.uri_mut() =
        path_and_query(request).parse().map_err(|_| Refusal::bad_request("the proxied path is no path"))?;
    *onward.headers_mut() = forwarded_headers(headers);
    let answer = http_client::send(address, onward).await.map_err(|error| {
        Refusal::unavailable(format!("error trying to reach service: dial tcp {address}: connect: {error}"))
    })?;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in &answer.headers {
        if !HOP_BY_HOP.contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}

/// `[scheme:]name[:port]`.
struct Target<'a> {
    name: &'a str,
    port: &'a str,
}

impl<'a> Target<'a> {
    fn parse(id: &'a str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = id.split(':').collect();
        match parts.as_slice() {
            [name] => Ok(Self { name, port: "" }),
            [name, port] | ["" | "http", name, port] => Ok(Self { name, port }),
            _ => Err(Refusal::bad_request(format!("invalid service request {id:?}"))),
        }
    }

    fn address(&self, namespace: &str, api: &Api, data: &Data) -> Result<SocketAddr, Refusal> {
        let services = api.registry.find("", "v1", "services").ok_or_else(Refusal::no_such_path)?;
        let service = data
            .get("services", namespace, self.name)
            .ok_or_else(|| Refusal::not_found(&services, self.name))?;
        let ports = service["spec"]["ports"].as_array().cloned().unwrap_or_default();
        let port_name = match self.port.parse::<u16>() {
            Ok(number) => {
                let port = ports.iter().find(|p| p["port"] == number).ok_or_else(|| {
                    Refusal::unavailable(format!(
                        "no service port {number} found for service {:?}",
                        self.name
                    ))
                })?;
                port["name"].as_str().unwrap_or_default()
            }
            Err(_) => self.port,
        };
        let none = || Refusal::unavailable(format!("no endpoints available for service {:?}", self.name));
        let endpoints = data.get("endpoints", namespace, self.name).ok_or_else(none)?;
        let subsets = endpoints["subsets"].as_array().into_iter().flatten();
        subsets.into_iter().find_map(|subset| endpoint(subset, port_name)).ok_or_else(none)
    }
}

fn endpoint(subset: &Value, port_name: &str) -> Option<SocketAddr> {
    let ip = subset["addresses"][0]["ip"].as_str()?.parse().ok()?;
    let is_it = |port: &&Value| port["name"].as_str().unwrap_or_default() == port_name;
    let port = subset["ports"].as_array()?.iter().find(is_it)?["port"].as_u64()?;
    Some(SocketAddr::new(ip, u16::try_from(port).ok()?))
}

fn method(verb: &str) -> Method {
    match verb {
        "create" => Method::POST,
        "update" => Method::PUT,
        "patch" => Method::PATCH,
        "delete" => Method::DELETE,
        _ => Method::GET,
    }
}

fn path_and_query(request: &Request) -> String {
    let path = if request.rest.is_empty() { "/" } else { &request.rest };
    match request.query.as_slice() {
        [] => path.to_owned(),
        query => {
            let pairs: Vec<String> =
                query.iter().map(|(n, v)| format!("{}={}", escaped(n), escaped(v))).collect();
            format!("{path}?{}", pairs.join("&"))
        }
    }
}

fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// What the real server passes on: all but credentials and what belongs to one connection.
fn forwarded_headers(headers: &HeaderMap) -> HeaderMap {
    let mut onward = headers.clone();
    for name in HOP_BY_HOP.iter().chain(&[header::AUTHORIZATION, header::HOST, header::CONTENT_LENGTH]) {
        onward.remove(name);
    }
    let client = "127.0.0.1";
    let chain =
        headers.get(X_FORWARDED_FOR).and_then(|v| v.to_str().ok()).map(|chain| format!("{chain}, {client}"));
    let value = HeaderValue::from_str(chain.as_deref().unwrap_or(client));
    onward.insert(X_FORWARDED_FOR, value.unwrap_or_else(|_| HeaderValue::from_static(client)));
    onward
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOP_BY_HOP: &[HeaderName] =
    &[header::CONNECTION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE];
