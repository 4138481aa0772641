//! Bodies: read within limits of size, time and pace, and within the account.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody as _},
    extract::Request,
    http::StatusCode,
    response::Response,
};
use futures::StreamExt as _;

use super::{
    Web,
    account::Reservation,
    caller::Caller,
    limits::{MOST_DRAINED, MOST_KEPT, PER_REQUEST},
    refused::Refused,
    respond,
};

/// A body and what it holds of the account.
pub(super) struct Received {
    pub(super) text: Vec<u8>,
    pub(super) reservation: Arc<Reservation>,
}

/// The body of a POST, or the answer to give instead.
pub(super) async fn body(web: &Web, request: Request) -> Result<Received, Response> {
    // Compat: the reference never looks at the method, so a GET is an empty object to it.
    if matches!(*request.method(), respond::GET | respond::HEAD) {
        return Err(failed());
    }
    if let Some(refused) = respond::only(&request, &[respond::POST]) {
        return Err(refused);
    }
    let caller = request.extensions().get::<Caller>().copied();
    let caller = caller.unwrap_or_else(|| web.limiter.caller(&request));
    let reading = Reading::new(web, request.into_body());
    match tokio::time::timeout(web.settings.read_timeout, reading.all(web, caller)).await {
        Ok(received) => received,
        Err(_) => Err(respond::empty(StatusCode::REQUEST_TIMEOUT)),
    }
}

fn failed() -> Response {
    respond::empty(StatusCode::INTERNAL_SERVER_ERROR)
}

struct Reading {
    chunks: BodyDataStream,
    /// What `Content-Length` says.
    declared: Option<usize>,
    begun: Instant,
    length: usize,
    grace: Duration,
    pace: u64,
}

impl Reading {
    fn new(web: &Web, body: Body) -> Self {
        let declared = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let (grace, pace) = (web.settings.limits.grace, web.settings.limits.pace);
        Self { chunks: body.into_data_stream(), declared, begun: Instant::now(), length: 0, grace, pace }
    }

    async fn all(mut self, web: &Web, caller: Caller) -> Result<Received, Response> {
        let Some(_place) = web.receiving.take(caller) else {
            let grace = self.grace.min(BRIEFLY);
            return Err(self.refuse(web, Refused::Receiving, grace).await);
        };
        let declared = self.declared.unwrap_or(0);
        if declared > MOST_KEPT {
            self.drain().await?;
            return Err(failed());
        }
        let Some(reservation) = web.account.open(caller, PER_REQUEST + declared) else {
            let grace = self.grace;
            return Err(self.refuse(web, Refused::Bytes, grace).await);
        };
        let mut text = Vec::with_capacity(declared);
        while let Some(chunk) = self.next().await? {
            if self.length > MOST_KEPT {
                drop((text, reservation));
                self.drain().await?;
                return Err(failed());
            }
            if self.length > text.capacity() {
                // By steps, not by doubling: what is charged is close to what is there.
                let wanted = self.length.next_multiple_of(STEP).min(MOST_KEPT);
                if !reservation.resize(PER_REQUEST + wanted) {
                    drop((text, reservation));
                    let grace = self.grace;
                    return Err(self.refuse(web, Refused::Bytes, grace).await);
                }
                text.reserve_exact(wanted - text.len());
            }
            text.extend_from_slice(&chunk);
        }
        Ok(Received { text, reservation })
    }

    /// The next chunk, from a sender who keeps a pace.
    async fn next(&mut self) -> Result<Option<Bytes>, Response> {
        let slow = || respond::empty(StatusCode::REQUEST_TIMEOUT);
        let chunk = tokio::time::timeout(self.grace, self.chunks.next()).await.map_err(|_| slow())?;
        let Some(chunk) = chunk.transpose().map_err(|_| failed())? else { return Ok(None) };
        self.length = self.length.saturating_add(chunk.len());
        // Many large bodies at once would else keep the two threads from a small request: megabytes of each in turn.
        tokio::task::yield_now().await;
        let late = self.begun.elapsed().saturating_sub(self.grace).as_secs().saturating_mul(self.pace);
        if (self.length as u64) < late { Err(slow()) } else { Ok(Some(chunk)) }
    }

    /// Reads the rest without keeping it: a sender who is cut off does not hear the answer.
    async fn drain(&mut self) -> Result<(), Response> {
        if self.declared.is_some_and(|length| length > MOST_DRAINED) {
            return Err(failed());
        }
        while self.next().await?.is_some() {
            if self.length > MOST_DRAINED {
                return Err(failed());
            }
        }
        Ok(())
    }

    async fn refuse(mut self, web: &Web, refused: Refused, grace: Duration) -> Response {
        // However the rest comes in, or does not: this is the answer.
        let _rest = tokio::time::timeout(grace, self.drain()).await;
        refused.answer(&web.metrics)
    }
}

/// How long a body is waited for that has no place: its connection is what there is too little of.
const BRIEFLY: Duration = Duration::from_secs(1);
const STEP: usize = 256 << 10;
