//! `/v1/rotate`: a SealedSecret sealed anew to the newest key.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderValue, StatusCode},
    response::Response,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealed_secrets_core::{
    Fingerprint, SealedSecret, names,
    reseal::{self, Opened},
};

use super::{
    Web,
    account::Reservation,
    body::{Received, body},
    connections::Busy,
    limits::PER_REQUEST,
    object::{self, Failure, Object},
    open::Opening,
    refused::Refused,
    respond,
};

/// The same object with other ciphertexts; 500 if that cannot be.
pub(super) async fn rotate(State(web): State<Web>, request: Request) -> Response {
    let busy = request.extensions().get::<Busy>().cloned();
    let mut received = match body(&web, request).await {
        Ok(received) => received,
        Err(response) => return response,
    };
    without_trailing_marker(&mut received.text);
    match sealed_anew(&web, received).await {
        Ok((json, reservation, keys)) => {
            let answer = Bytes::from_owner(Answer { json, _reservation: reservation, _busy: busy });
            let mut answer = respond::with_type(StatusCode::OK, "text/plain; charset=utf-8", answer);
            keys.write_headers(&mut answer);
            answer
        }
        Err(Failure::Refused(refused)) => refused.answer(&web.metrics),
        Err(Failure::NotRead(error) | Failure::Unfit(error) | Failure::Unopened(error)) => {
            tracing::info!(error, "rotate: refused");
            respond::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(Failure::NoSealingKey) => {
            tracing::info!("rotate: there is no key to seal with");
            respond::empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(Failure::Broken) => respond::empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The keys of an answer, by their fingerprints. Fingerprints are public: they follow from the certificates.
struct Keys {
    from: Vec<Fingerprint>,
    to: Fingerprint,
}

impl Keys {
    /// Says in headers to which keys the values were sealed and to which they are now, so that a caller can leave
    /// alone what is on the newest key already. The reference sends neither.
    fn write_headers(&self, answer: &mut Response) {
        // One that was sealed to more keys than this is not on the newest one alone, which is all a caller asks.
        let from: Vec<_> = self.from.iter().take(MOST_TOLD).map(ToString::to_string).collect();
        for (name, text) in [(names::SEALED_FROM, from.join(",")), (names::SEALED_TO, self.to.to_string())] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                answer.headers_mut().insert(name, value);
            }
        }
    }
}

async fn sealed_anew(web: &Web, received: Received) -> Result<(Vec<u8>, Arc<Reservation>, Keys), Failure> {
    let _slot = web.slots.take(received.reservation.caller()).await;
    let (Object { shell, items, blob }, reservation) =
        object::read(web, received, without_server_fields).await?;
    let ring = web.keys.ring();
    let key = reseal::sealing_key(&ring).map_err(|_| Failure::NoSealingKey)?.clone();
    let to = *ring.newest().ok_or(Failure::NoSealingKey)?.fingerprint();
    let (label, shell) = (shell.label(), Arc::new(shell));
    let seal = move |opened: &Opened| reseal::seal_text(opened, &key, &label);
    let count = items.len() + usize::from(blob.is_some());
    let mut opening = Opening::new(web, &ring, &shell, &reservation, count)?;
    let mut fresh = BTreeMap::new();
    for (item, text) in items {
        fresh.insert(item, one(&mut opening, &reservation, text, seal.clone()).await?);
    }
    let blob = match blob {
        Some(text) => Some(one(&mut opening, &reservation, text, seal).await?),
        None => None,
    };
    let keys = Keys { from: opening.into_keys(), to };
    let mut sealed = Arc::unwrap_or_clone(shell);
    sealed.spec.encrypted_data = fresh;
    sealed.spec.data = blob;
    // Object and answer are there together for a moment, hence on the thread for texts.
    let write = move || {
        let mut json = Vec::with_capacity(reservation.bytes());
        serde_json::to_writer(&mut json, &sealed).map_err(|_| Failure::Broken)?;
        drop(sealed);
        json.shrink_to_fit();
        let there = reservation.resize(PER_REQUEST + json.len());
        if there { Ok((json, reservation, keys)) } else { Err(Failure::Refused(Refused::Bytes)) }
    };
    web.texts.run(write).await?
}

/// One value sealed anew; a longer key makes it longer, which is charged.
async fn one<F>(
    opening: &mut Opening<'_>,
    reservation: &Reservation,
    text: String,
    seal: F,
) -> Result<String, Failure>
where
    F: FnOnce(&Opened) -> String + Send + 'static,
{
    let before = text.len();
    let fresh = opening.one(text, seal).await?;
    let grown = fresh.len().saturating_sub(before);
    if reservation.resize(reservation.bytes() + grown) {
        Ok(fresh)
    } else {
        Err(Failure::Refused(Refused::Bytes))
    }
}

/// An answer until it is sent: it is charged, and its connection has a request.
struct Answer {
    json: Vec<u8>,
    _reservation: Arc<Reservation>,
    _busy: Option<Busy>,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}

/// What a cluster adds to an object has no place in the one that goes back to Git.
fn without_server_fields(mut sealed: SealedSecret) -> SealedSecret {
    let ObjectMeta { name, namespace, labels, annotations, .. } = sealed.metadata;
    sealed.metadata = ObjectMeta { name, namespace, labels, annotations, ..ObjectMeta::default() };
    sealed.status = None;
    sealed
}

/// Compat: a document marker at the end begins no second document here.
fn without_trailing_marker(text: &mut Vec<u8>) {
    let end = text.trim_ascii_end();
    let kept = match end.strip_suffix(b"---") {
        Some(before) if before.ends_with(b"\n") => before.len(),
        Some(_) | None => end.len(),
    };
    text.truncate(kept);
}

/// Fingerprints in a header.
const MOST_TOLD: usize = 8;
