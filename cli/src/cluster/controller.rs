//! The controller, reached through the API server's service proxy.

use http::{Method, StatusCode};
use sealed_secrets_core::names;
use tokio::runtime::{Builder, Runtime};

use super::{
    ClusterError,
    api::{Api, refusal},
    http::Answer,
};
use crate::{
    args::Mode,
    job::Controller,
    problem::{Doing, Problem, Title},
};

/// A controller whose Service has been found.
pub(crate) struct Session {
    runtime: Runtime,
    api: Api,
    /// Path of the service proxy.
    proxy: String,
    /// What all of it is for.
    mode: Mode,
}

/// An answer of the controller to a SealedSecret that was to be sealed anew.
pub(crate) struct Rotated {
    /// The SealedSecret.
    pub(crate) body: Vec<u8>,
    /// Every value was sealed to the newest key before. A controller that does not say so leaves it open.
    pub(crate) was_newest: bool,
}

impl Session {
    /// Reads the kubeconfig and looks the controller's Service up; `mode` is what it is for.
    pub(crate) fn open(controller: &Controller, mode: Mode) -> Result<Self, Problem> {
        let failed = |error| Problem::Cluster { mode, doing: Doing::FindService, error, seen: Vec::new() };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(ClusterError::Runtime(error)))?;
        let api = runtime.block_on(Api::open(controller)).map_err(|error| failed(error.into()))?;
        let proxy = runtime.block_on(api.find(controller, mode))?;
        Ok(Self { runtime, api, proxy, mode })
    }

    /// The certificate that the controller seals with, as it serves it.
    pub(crate) fn certificate(&self) -> Result<Vec<u8>, Problem> {
        let doing = || Doing::FetchCertificate;
        let answer = self.call(Method::GET, "/v1/cert.pem", Vec::new(), doing)?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer, doing()));
        }
        Ok(answer.body)
    }

    /// Whether the controller can open this SealedSecret.
    pub(crate) fn verify(&self, title: &Title, json: Vec<u8>) -> Result<(), Problem> {
        let answer = self.call(Method::POST, "/v1/verify", json, || Doing::Validate(None))?;
        match answer.status {
            StatusCode::CONFLICT => Err(Problem::NotDecryptable(title.clone())),
            status if status.is_success() => Ok(()),
            _ => Err(self.refused(&answer, Doing::Validate(Some(title.clone())))),
        }
    }

    /// The SealedSecret sealed anew, as the controller answers it.
    pub(crate) fn rotate(&self, title: &Title, json: Vec<u8>) -> Result<Rotated, Problem> {
        let answer = self.call(Method::POST, "/v1/rotate", json, || Doing::ReEncrypt(None))?;
        match answer.status {
            StatusCode::CONFLICT => Err(Problem::NotRotatable(title.clone())),
            status if status.is_success() => {
                Ok(Rotated { was_newest: was_newest(&answer), body: answer.body })
            }
            _ => Err(self.refused(&answer, Doing::ReEncrypt(Some(title.clone())))),
        }
    }

    /// One request at a time: a controller's limit is small, and it says itself when to come again.
    fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        doing: impl Fn() -> Doing,
    ) -> Result<Answer, Problem> {
        let answer = self.runtime.block_on(self.api.send(method, &format!("{}{path}", self.proxy), body));
        answer.map_err(|error| Problem::Cluster {
            mode: self.mode,
            doing: doing(),
            error: ClusterError::Transport(error),
            seen: Vec::new(),
        })
    }

    fn refused(&self, answer: &Answer, doing: Doing) -> Problem {
        Problem::Cluster { mode: self.mode, doing, error: refusal(answer), seen: Vec::new() }
    }
}

/// Whether the answer says that all values came from the key that they went to.
fn was_newest(answer: &Answer) -> bool {
    let text = |name: &str| answer.headers.get(name)?.to_str().ok();
    match (text(names::SEALED_FROM), text(names::SEALED_TO)) {
        (Some(from), Some(to)) => from.split(',').all(|key| key == to),
        (_, _) => false,
    }
}
