//! Faults on demand: what an API server does on a bad day, so that tests can see who bears it.

use std::{sync::Mutex, time::Duration};

use tokio::sync::watch;

use super::{request::Request, status::Refusal};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// 409, as if somebody else had changed the object in between.
    Conflict,
    /// 403, as without the verb.
    Forbidden,
    /// 403, as from a webhook or a quota.
    NotAdmitted,
    /// 404.
    NotFound,
    /// 410: the revision is forgotten. A watch gets it as an event.
    Gone,
    /// 429 with `Retry-After` in seconds; 0: without one.
    TooManyRequests(u32),
    /// 500.
    InternalError,
    /// The answer comes this much later.
    Latency(Duration),
    /// The connection breaks in the middle of the answer.
    TornResponse,
    /// The watch ends after its first event, without a word.
    DropWatch,
}

/// A fault and the requests that it hits.
#[derive(Clone, Debug)]
pub struct Fault {
    verb: String,
    resource: String,
    name: Option<String>,
    namespace: Option<String>,
    user: Option<String>,
    effect: Effect,
    times: u32,
}

impl Fault {
    /// Hits the next request with this verb (`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`; `*`: any)
    /// on this resource (`secrets`, `sealedsecrets/status`; `*`: any).
    pub fn on(verb: &str, resource: &str, effect: Effect) -> Self {
        Self {
            verb: verb.to_owned(),
            resource: resource.to_owned(),
            name: None,
            namespace: None,
            user: None,
            effect,
            times: 1,
        }
    }

    /// Hits only requests that name this object.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Hits only requests in this namespace.
    #[must_use]
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Hits only requests of users whose names begin so.
    #[must_use]
    pub fn by(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Hits that many requests instead of one.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn hits(&self, request: &Request, user: &str) -> bool {
        self.user.as_ref().is_none_or(|wanted| user.starts_with(wanted))
            && (self.verb == "*" || self.verb == request.verb)
            && (self.resource == "*" || self.resource == request.resource_path())
            && self.name.as_ref().is_none_or(|name| *name == request.name)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == request.namespace)
    }
}

/// The faults that wait for their requests.
#[derive(Debug)]
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
    cuts: watch::Sender<u64>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { waiting: Mutex::default(), cuts: watch::Sender::new(0) }
    }

    /// Adds a fault; earlier ones hit first.
    pub fn inject(&self, fault: Fault) {
        self.waiting.lock().expect("no holder panics").push(fault);
    }

    /// Forgets every fault that has not hit; says how many hits were left.
    pub fn clear(&self) -> u32 {
        let left = std::mem::take(&mut *self.waiting.lock().expect("no holder panics"));
        left.iter().map(|fault| fault.times).sum()
    }

    /// How many hits are left.
    pub fn left(&self) -> u32 {
        let waiting = self.waiting.lock().expect("no holder panics");
        waiting.iter().fold(0, |left, fault| left.saturating_add(fault.times))
    }

    /// How many hits are left in one namespace.
    pub fn left_within(&self, namespace: &str) -> u32 {
        let waiting = self.waiting.lock().expect("no holder panics");
        let of_it = waiting.iter().filter(|fault| fault.namespace.as_deref() == Some(namespace));
        of_it.fold(0, |left, fault| left.saturating_add(fault.times))
    }

    /// Forgets the faults of one namespace that have not hit; says how many hits were left.
    pub fn clear_within(&self, namespace: &str) -> u32 {
        let mut waiting = self.waiting.lock().expect("no holder panics");
        let (of_it, others) = std::mem::take(&mut *waiting)
            .into_iter()
            .partition(|fault| fault.namespace.as_deref() == Some(namespace));
        *waiting = others;
        let of_it: Vec<Fault> = of_it;
        of_it.iter().fold(0, |left, fault| left.saturating_add(fault.times))
    }

    /// Ends every open watch at once, as a load balancer or a restart does.
    pub fn cut_watches(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    pub(crate) fn cuts(&self) -> watch::Receiver<u64> {
        self.cuts.subscribe()
    }

    /// The fault that this request meets, if any; it is used up by one.
    pub(crate) fn take(&self, request: &Request, user: &str) -> Option<Effect> {
        self.take_if(request, user, |effect| effect != Effect::DropWatch)
    }

    /// Whether this watch is to end early.
    pub(super) fn take_drop(&self, request: &Request, user: &str) -> bool {
        self.take_if(request, user, |effect| effect == Effect::DropWatch).is_some()
    }

    fn take_if(&self, request: &Request, user: &str, wanted: impl Fn(Effect) -> bool) -> Option<Effect> {
        let mut waiting = self.waiting.lock().expect("no holder panics");
        let index = waiting.iter().position(|fault| wanted(fault.effect) && fault.hits(request, user))?;
        let effect = waiting[index].effect;
        waiting[index].times -= 1;
        if waiting[index].times == 0 {
            waiting.remove(index);
        }
        Some(effect)
    }
}

impl Effect {
    /// The refusal that the fault consists of, where it is one.
    pub(crate) fn refusal(self, request: &Request) -> Option<Refusal> {
        match self {
            Self::Conflict => {
                let message = format!(
                    "Operation cannot be fulfilled on {} {:?}: the object has been modified; please apply your changes to the latest version and try again",
                    request.resource, request.name
                );
                Some(Refusal::new(409, "Conflict", message))
            }
            Self::Forbidden => {
                let message = format!(
                    "{} is forbidden: User \"somebody\" cannot {} resource {:?} in API group {:?} in the namespace {:?}",
                    request.resource_path(),
                    request.verb,
                    request.resource_path(),
                    request.group,
                    request.namespace
                );
                Some(Refusal::new(403, "Forbidden", message))
            }
            Self::NotAdmitted => {
                let message = "admission webhook \"policy.example.com\" denied the request: not on this day";
                Some(Refusal::new(403, "Forbidden", message))
            }
            Self::NotFound => {
                let message = format!("{} {:?} not found", request.resource, request.name);
                Some(Refusal::new(404, "NotFound", message))
            }
            Self::Gone => Some(Refusal::expired("The resourceVersion for the provided request is too old")),
            Self::TooManyRequests(0) => Some(Refusal::new(429, "TooManyRequests", "too many requests")),
            Self::TooManyRequests(seconds) => Some(Refusal::too_many_requests(seconds)),
            Self::InternalError => Some(Refusal::internal("a fault was asked for")),
            Self::Latency(_) | Self::TornResponse | Self::DropWatch => None,
        }
    }
}
