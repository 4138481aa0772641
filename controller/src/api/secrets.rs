//! Secrets over the wire: what is sent is built once, in a buffer that is wiped; of what was written only the
//! metadata comes back; errors carry none of the API server's words.

use bytes::Bytes;
use http::{Method, header};
use http_body_util::BodyExt as _;
use k8s_openapi::{api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Client, client::Body, core::Status};
use serde::Deserialize;
use zeroize::{Zeroize as _, Zeroizing};

use crate::api::{
    error::{ApiError, Request},
    secret_json,
};

/// The Secrets of one namespace.
pub struct Secrets<'a> {
    client: &'a Client,
    namespace: &'a str,
}

/// What the answer to a write is read as.
#[derive(Deserialize)]
struct Written {
    metadata: ObjectMeta,
}

impl<'a> Secrets<'a> {
    /// The Secrets of a namespace.
    pub fn new(client: &'a Client, namespace: &'a str) -> Self {
        Self { client, namespace }
    }

    /// A Secret, if there is one of this name. Of a name that no Secret can have, nobody is asked.
    pub async fn get(&self, name: &str) -> Result<Option<Secret>, ApiError> {
        if !can_be_a_name(name) {
            return Ok(None);
        }
        let request = self.request("get");
        let answer = self.send(&request, Method::GET, &self.path(Some(name)), WHOLE, None).await?;
        match answer {
            Ok(body) => decoded(request, &body).map(Some),
            Err(status) if status.code == 404 => Ok(None),
            Err(status) => Err(ApiError::of_secret(request, &named(name), *status)),
        }
    }

    /// Makes a Secret; gives its metadata as stored.
    pub async fn create(&self, secret: &Secret) -> Result<ObjectMeta, ApiError> {
        self.write("create", Method::POST, &self.path(None), secret).await
    }

    /// Puts a Secret in the place of the one of its name; gives its metadata as stored.
    pub async fn replace(&self, secret: &Secret) -> Result<ObjectMeta, ApiError> {
        let path = self.path(secret.metadata.name.as_deref());
        self.write("update", Method::PUT, &path, secret).await
    }

    async fn write(
        &self,
        verb: &'static str,
        method: Method,
        path: &str,
        secret: &Secret,
    ) -> Result<ObjectMeta, ApiError> {
        let request = self.request(verb);
        let body = secret_json::encode(secret);
        match self.send(&request, method, path, METADATA, Some(body)).await? {
            Ok(body) => decoded::<Written>(request, &body).map(|written| written.metadata),
            Err(status) => Err(ApiError::of_secret(request, secret, *status)),
        }
    }

    async fn send(
        &self,
        request: &Request,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Result<Zeroizing<Vec<u8>>, Box<Status>>, ApiError> {
        let unanswered = |error| ApiError::new(request.clone(), error);
        let mut sent = http::Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        if body.is_some() {
            sent = sent.header(header::CONTENT_TYPE, JSON);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(Bytes::from_owner(body)));
        let sent = sent.body(body).map_err(|error| unanswered(kube::Error::HttpError(error)))?;
        let answer = self.client.send(sent).await.map_err(unanswered)?;
        let code = answer.status();
        let text = collected(answer.into_body()).await.map_err(unanswered)?;
        if code.is_success() {
            return Ok(Ok(text));
        }
        // Proxies answer in their own form; their words are not passed on anyway.
        let mut status: Box<Status> = serde_json::from_slice(&text).unwrap_or_default();
        status.code = code.as_u16();
        Ok(Err(status))
    }

    fn path(&self, name: Option<&str>) -> String {
        let collection = format!("/api/v1/namespaces/{}/secrets", self.namespace);
        name.map_or(collection.clone(), |name| format!("{collection}/{name}"))
    }

    fn request(&self, verb: &'static str) -> Request {
        Request::core(verb, "secrets", self.namespace)
    }
}

/// Whether the API server takes this as the name of an object: only such a name is part of a path as it stands.
fn can_be_a_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let ends = [label.bytes().next(), label.bytes().next_back()];
        ends.iter().all(|end| end.is_some_and(|byte| byte.is_ascii_alphanumeric()))
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

/// The whole body in one buffer that is wiped; so is each piece of which nobody else has a part.
async fn collected(mut body: Body) -> Result<Zeroizing<Vec<u8>>, kube::Error> {
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        pieces.extend(frame?.into_data());
    }
    let mut whole = Zeroizing::new(Vec::with_capacity(pieces.iter().map(Bytes::len).sum()));
    for piece in pieces {
        whole.extend_from_slice(&piece);
        if let Ok(mut piece) = piece.try_into_mut() {
            piece.zeroize();
        }
    }
    Ok(whole)
}

/// A reader's own words would quote what it read.
fn decoded<T: serde::de::DeserializeOwned>(request: Request, body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::Other {
        request,
        code: 200,
        message: "what does not read as a Secret".to_owned(),
    })
}

fn named(name: &str) -> Secret {
    Secret {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        ..Secret::default()
    }
}

const LONGEST_NAME: usize = 253;
const JSON: &str = "application/json";
const WHOLE: &str = JSON;
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_name_becomes_part_of_a_path() {
        for name in ["a", "sealed-secrets-key", "a.b-c.1", "0", &"a".repeat(253)] {
            assert!(can_be_a_name(name), "{name}");
        }
        let bad =
            ["", ".", "..", "a..b", "../pods", "a/b", "a b", "a%", "a?b", "A", "-a", "a-", "a-.b", "\u{e4}"];
        for name in bad.into_iter().chain([&*"a".repeat(254)]) {
            assert!(!can_be_a_name(name), "{name}");
        }
    }
}
