//! The changes: edits, damage, deletions, drift, keys, restarts.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use sealed_secrets_core::keys::{KeySecret, KeySpec};
use sealed_secrets_core::{KeyPair, SealingKey};
use serde_json::{Value, json};

use super::Settings;
use super::random::Random;
use super::trouble;
use super::world::{self, Place};
use crate::backend::{Backend, BackendError};
use crate::controller::{Controller, Launch};
use crate::objects::{ApiError, PatchType, Target};

/// One kind of change.
#[derive(Clone, Copy, Debug)]
enum Change {
    Edit,
    Damage,
    DeleteSealed,
    DeleteSecret,
    EditSecretByHand,
    AddKey,
    Renew,
    Restart,
    Kill,
}

/// A controller under way, its keys, and the course of the changes.
pub(super) struct Storm<'a> {
    backend: &'a Backend,
    settings: Settings,
    random: Random,
    controller: Option<Controller>,
    /// Keys that the cluster knows, and at the end one that it gets to know late.
    keys: Vec<Arc<KeyPair>>,
    late: Option<Arc<KeyPair>>,
    done: BTreeMap<&'static str, usize>,
}

impl<'a> Storm<'a> {
    /// Makes keys, namespaces and SealedSecrets, some before and some after the controller starts.
    pub(super) async fn gather(backend: &'a Backend, settings: Settings) -> Result<Self, BackendError> {
        let (first, late) = (new_key().await?, new_key().await?);
        let random = Random::new(settings.seed);
        let mut storm = Self {
            backend,
            settings,
            random,
            controller: None,
            keys: vec![first],
            late: Some(late),
            done: BTreeMap::new(),
        };
        for name in world::namespaces() {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            backend.admin().create(&namespace).await?;
        }
        storm.bring(&Arc::clone(&storm.keys[0])).await?;
        for number in 0..settings.objects {
            if number == settings.objects / 2 {
                storm.start().await?;
            }
            if Place(number).is_foreign() {
                backend.admin().create(&Place(number).by_hand()).await?;
            }
            storm.edit(Place(number)).await?;
        }
        Ok(storm)
    }

    /// Makes one change and rests for a moment.
    pub(super) async fn change(&mut self) -> Result<(), BackendError> {
        let change = self.random.weighted(WEIGHTS);
        let place = Place(self.random.below(self.settings.objects));
        match change {
            Change::Edit => self.edit(place).await?,
            Change::Damage => self.damage(place).await?,
            Change::DeleteSealed => self.delete("SealedSecret", place).await?,
            Change::DeleteSecret => self.delete("Secret", place).await?,
            Change::EditSecretByHand => self.edit_by_hand(place).await?,
            Change::AddKey => self.add_key().await?,
            Change::Renew => self.controller()?.signal(Signal::USR1)?,
            Change::Restart => self.restart(Controller::stop).await?,
            Change::Kill => self.restart(Controller::kill).await?,
        }
        *self.done.entry(called(change)).or_default() += 1;
        if let Some(faults) = self.backend.faults().filter(|_| self.settings.faults) {
            *self.done.entry("faults").or_default() += trouble::make(faults, &mut self.random);
        }
        let pause = Duration::from_millis(5 + u64::try_from(self.random.below(60)).unwrap_or_default());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// What was done, and the controller, which keeps running.
    pub(super) async fn end(mut self) -> Result<(BTreeMap<&'static str, usize>, Controller), BackendError> {
        self.take_back_faults();
        // The last chance for everything that was sealed to the late key.
        if let Some(late) = self.late.take() {
            self.bring(&late).await?;
        }
        let controller = self.controller.take().ok_or(io::Error::other("no controller runs"))?;
        Ok((self.done, controller))
    }

    /// Removes the faults that no request met yet; what hit no request was no fault.
    fn take_back_faults(&mut self) {
        let Some(faults) = self.backend.faults() else { return };
        let left = usize::try_from(faults.clear()).unwrap_or(usize::MAX);
        if let Some(made) = self.done.get_mut("faults") {
            *made = made.saturating_sub(left);
        }
    }

    /// A few faults for the requests of a start. Those prepared before are taken back: a running controller hardly ever
    /// lists, so they pile up, and dozens of failed lists in a row keep any controller from being ready in time.
    fn trouble_a_start(&mut self) {
        self.take_back_faults();
        if let Some(faults) = self.backend.faults().filter(|_| self.settings.faults) {
            *self.done.entry("faults").or_default() += trouble::at_start(faults, &mut self.random);
        }
    }

    async fn edit(&mut self, place: Place) -> Result<(), BackendError> {
        let known = self.keys.iter().chain(&self.late);
        let sealing: Vec<&SealingKey> = known.filter_map(|pair| pair.sealing_key().ok()).collect();
        let key = sealing[self.random.below(sealing.len())];
        let sealed = place.sealed(key, &mut self.random);
        Ok(self.backend.admin().apply(&sealed).await.map(drop)?)
    }

    /// An item that nobody can open.
    async fn damage(&mut self, place: Place) -> Result<(), BackendError> {
        let patch =
            json!({"spec": {"encryptedData": {"item-0": format!("AgBB{:04}", self.random.below(10000))}}});
        self.patch("SealedSecret", place, &patch).await
    }

    async fn edit_by_hand(&mut self, place: Place) -> Result<(), BackendError> {
        let value = format!("by hand {}", self.random.below(1000));
        self.patch("Secret", place, &json!({"stringData": {"item-0": value}})).await
    }

    async fn patch(&self, kind: &str, place: Place, patch: &Value) -> Result<(), BackendError> {
        let (namespace, name) = (place.namespace(), place.name());
        let target = Target { kind, namespace: &namespace, name: &name, ..Target::default() };
        unless_absent(self.backend.admin().patch(target, PatchType::Merge, patch).await)
    }

    async fn delete(&self, kind: &str, place: Place) -> Result<(), BackendError> {
        Ok(self.backend.admin().delete(kind, &place.namespace(), &place.name(), None).await?)
    }

    /// The late key first, then new ones.
    async fn add_key(&mut self) -> Result<(), BackendError> {
        let pair = match self.late.take() {
            Some(late) => late,
            None => new_key().await?,
        };
        self.bring(&pair).await?;
        self.keys.push(pair);
        Ok(())
    }

    async fn bring(&self, pair: &KeyPair) -> Result<(), BackendError> {
        let namespace = self.backend.controller_namespace().to_owned();
        let shape = KeySecret { namespace, prefix: "sealed-secrets-key".to_owned(), ..KeySecret::default() };
        let secret = serde_json::to_value(shape.of(pair)).map_err(io::Error::other)?;
        Ok(self.backend.admin().create(&secret).await.map(drop)?)
    }

    async fn start(&mut self) -> Result<(), BackendError> {
        let flags = FLAGS.iter().map(ToString::to_string).collect();
        let mut controller = self.backend.start_controller(Launch { flags, env: Vec::new() }).await?;
        controller.healthy(Duration::from_secs(30)).await?;
        self.controller = Some(controller);
        Ok(())
    }

    async fn restart<E>(
        &mut self,
        end: impl AsyncFnOnce(Controller) -> io::Result<E>,
    ) -> Result<(), BackendError> {
        if let Some(controller) = self.controller.take() {
            end(controller).await?;
        }
        self.trouble_a_start();
        self.start().await
    }

    fn controller(&self) -> io::Result<&Controller> {
        self.controller.as_ref().ok_or_else(|| io::Error::other("no controller runs"))
    }
}

/// What is gone cannot be changed, and need not be.
fn unless_absent(answer: Result<Value, ApiError>) -> Result<(), BackendError> {
    match answer {
        Err(error) if error.status() != Some(http::StatusCode::NOT_FOUND) => Err(error.into()),
        _ => Ok(()),
    }
}

async fn new_key() -> io::Result<Arc<KeyPair>> {
    let spec = KeySpec { bits: 2048, lifetime: SignedDuration::from_hours(24), common_name: String::new() };
    let pair = tokio::task::spawn_blocking(move || KeyPair::generate(&spec, Timestamp::now())).await?;
    pair.map(Arc::new).map_err(io::Error::other)
}

fn called(change: Change) -> &'static str {
    match change {
        Change::Edit => "edits",
        Change::Damage => "damaged items",
        Change::DeleteSealed => "deleted SealedSecrets",
        Change::DeleteSecret => "deleted Secrets",
        Change::EditSecretByHand => "Secrets edited by hand",
        Change::AddKey => "keys brought along",
        Change::Renew => "renewals",
        Change::Restart => "restarts",
        Change::Kill => "kills",
    }
}

const WEIGHTS: &[(Change, usize)] = &[
    (Change::Edit, 500),
    (Change::Damage, 60),
    (Change::DeleteSealed, 120),
    (Change::DeleteSecret, 120),
    (Change::EditSecretByHand, 100),
    (Change::AddKey, 5),
    (Change::Renew, 5),
    (Change::Restart, 5),
    (Change::Kill, 5),
];
const FLAGS: &[&str] = &["--key-size=2048", "--key-renew-period=0", "--repair-drift"];
