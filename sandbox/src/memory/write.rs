//! Create, update, patch: what the server fills in, keeps, and refuses.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{meta, patch::PatchKind, resource::Resource, status::Refusal, store::Data, validate};

/// Which part of the object a write may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All but the status, where that is a subresource.
    Main,
    /// Only the status.
    Status,
}

/// A write to one object: of what kind, where, when.
pub(super) struct Writer<'a> {
    pub(super) resource: &'a Resource,
    /// As in the URL.
    pub(super) namespace: &'a str,
    pub(super) now: Timestamp,
    /// `dryRun=All`: everything is checked, nothing is stored.
    pub(super) dry_run: bool,
}

impl Writer<'_> {
    pub(super) fn create(&self, body: Value, data: &mut Data) -> Result<Arc<Value>, Refusal> {
        let mut object = validate::decode(self.resource, body)?;
        self.place(&mut object)?;
        self.check_namespace(data)?;
        if !meta::text(&object, "resourceVersion").is_empty() {
            // Compat: the real server has no better code for this either.
            return Err(Refusal::new(500, "", "resourceVersion should not be set on objects to be created"));
        }
        if meta::name(&object).is_empty() && !meta::text(&object, "generateName").is_empty() {
            let name = format!("{}{}", meta::text(&object, "generateName"), meta::name_suffix());
            meta::set(&mut object, "name", Some(name.into()));
        }
        meta::set(&mut object, "uid", Some(meta::new_uid().into()));
        meta::set(&mut object, "creationTimestamp", Some(meta::instant(self.now)));
        meta::set(&mut object, "deletionTimestamp", None);
        meta::set(&mut object, "deletionGracePeriodSeconds", None);
        let generation = self.resource.counts_generations().then(|| 1.into());
        meta::set(&mut object, "generation", generation);
        if self.resource.status
            && let Some(fields) = object.as_object_mut()
        {
            fields.remove("status");
        }
        self.fill_in(&mut object);
        validate::check(self.resource, &object, None)?;
        let name = meta::name(&object).to_owned();
        if data.get(&self.resource.id(), self.namespace, &name).is_some() {
            return Err(Refusal::already_exists(self.resource, &name));
        }
        Ok(self.store(object, data))
    }

    pub(super) fn update(
        &self,
        name: &str,
        body: Value,
        part: Part,
        data: &mut Data,
    ) -> Result<Arc<Value>, Refusal> {
        let old = self.find(name, data)?;
        let mut object = validate::decode(self.resource, body)?;
        self.place(&mut object)?;
        let given = meta::name(&object);
        if !given.is_empty() && given != name {
            let message =
                format!("the name of the object ({given}) does not match the name on the URL ({name})");
            return Err(Refusal::bad_request(message));
        }
        meta::set(&mut object, "name", Some(name.into()));
        self.check_version(&object, &old)?;
        let object = self.merged(object, &old, part);
        validate::check(self.resource, &object, Some(&old))?;
        if object == *old {
            return Ok(old);
        }
        if meta::is_terminating(&object) && is_released(&object) {
            if !self.dry_run {
                data.put(&self.resource.id(), object.clone());
                data.remove(&self.resource.id(), self.namespace, name);
            }
            return Ok(Arc::new(object));
        }
        Ok(self.store(object, data))
    }

    pub(super) fn patch(
        &self,
        name: &str,
        (kind, patch): (PatchKind, &Value),
        part: Part,
        data: &mut Data,
    ) -> Result<Arc<Value>, Refusal> {
        if kind == PatchKind::Apply && data.get(&self.resource.id(), self.namespace, name).is_none() {
            return self.create(patch.clone(), data);
        }
        let old = self.find(name, data)?;
        let patched = kind.apply(patch, &old)?;
        self.update(name, patched, part, data)
    }

    pub(super) fn find(&self, name: &str, data: &Data) -> Result<Arc<Value>, Refusal> {
        let found = data.get(&self.resource.id(), self.namespace, name);
        found.ok_or_else(|| Refusal::not_found(self.resource, name))
    }

    /// The namespace of the URL is the object's; another one in the body is a mistake.
    fn place(&self, object: &mut Value) -> Result<(), Refusal> {
        let given = meta::namespace(object);
        if !given.is_empty() && given != self.namespace {
            return Err(Refusal::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        let namespace = self.resource.namespaced.then(|| self.namespace.into());
        meta::set(object, "namespace", namespace);
        Ok(())
    }

    fn check_namespace(&self, data: &Data) -> Result<(), Refusal> {
        if !self.resource.namespaced {
            return Ok(());
        }
        let namespace = data.get("namespaces", "", self.namespace).ok_or_else(|| {
            let mut refusal =
                Refusal::new(404, "NotFound", format!("namespaces {:?} not found", self.namespace));
            refusal.details.insert("name".to_owned(), self.namespace.into());
            refusal.details.insert("kind".to_owned(), "namespaces".into());
            refusal
        })?;
        if meta::is_terminating(&namespace) {
            let message = format!(
                "{} is forbidden: unable to create new content in namespace {} because it is being terminated",
                self.resource.id(),
                self.namespace
            );
            let mut refusal = Refusal::new(403, "Forbidden", message);
            let cause = json!({
                "reason": "NamespaceTerminating",
                "message": format!("namespace {} is being terminated", self.namespace),
                "field": "metadata.namespace",
            });
            refusal.details.insert("causes".to_owned(), json!([cause]));
            return Err(refusal);
        }
        Ok(())
    }

    fn check_version(&self, object: &Value, old: &Value) -> Result<(), Refusal> {
        let name = meta::name(object);
        let (version, uid) = (meta::text(object, "resourceVersion"), meta::text(object, "uid"));
        if !uid.is_empty() && uid != meta::text(old, "uid") {
            let is = meta::text(old, "uid");
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {is}");
            return Err(Refusal::conflict(self.resource, name, &why));
        }
        if version.is_empty() && !self.resource.allows_unconditional_update() {
            let error = super::status::FieldError {
                reason: "FieldValueInvalid",
                field: "metadata.resourceVersion".to_owned(),
                message: "Invalid value: 0x0: must be specified for an update".to_owned(),
            };
            return Err(Refusal::invalid(self.resource, name, &[error]));
        }
        if !version.is_empty() && version != meta::text(old, "resourceVersion") {
            return Err(Refusal::stale(self.resource, name));
        }
        Ok(())
    }

    /// What the stored object becomes: the server's own fields stay, the other part stays.
    fn merged(&self, new: Value, old: &Value, part: Part) -> Value {
        let mut object = match part {
            Part::Main => {
                let mut object = new;
                if self.resource.status {
                    copy(old, &mut object, "status");
                }
                object
            }
            Part::Status => {
                let mut object = old.clone();
                copy(&new, &mut object, "status");
                object
            }
        };
        let server_owned = [
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
        ];
        for field in server_owned {
            meta::set(&mut object, field, old["metadata"].get(field).cloned());
        }
        self.fill_in(&mut object);
        if self.resource.counts_generations() && specification(&object) != specification(old) {
            let generation = old["metadata"]["generation"].as_i64().unwrap_or_default() + 1;
            meta::set(&mut object, "generation", Some(generation.into()));
        }
        object
    }

    /// What the server adds of its own accord.
    fn fill_in(&self, object: &mut Value) {
        match self.resource.plural.as_str() {
            "namespaces" => {
                let name = meta::name(object).to_owned();
                object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name.into();
                if object["status"]["phase"].is_null() {
                    object["status"]["phase"] = "Active".into();
                }
            }
            "customresourcedefinitions" => {
                let established = |kind: &str| serde_json::json!({"type": kind, "status": "True"});
                object["status"]["conditions"] =
                    ["NamesAccepted", "Established"].map(established).into_iter().collect();
            }
            _ => {}
        }
    }

    fn store(&self, object: Value, data: &mut Data) -> Arc<Value> {
        if self.dry_run { Arc::new(object) } else { data.put(&self.resource.id(), object) }
    }
}

/// Whether nothing holds a terminating object any more.
pub(super) fn is_released(object: &Value) -> bool {
    meta::list(object, "finalizers").is_empty() && object["kind"] != "Namespace"
}

fn copy(from: &Value, to: &mut Value, field: &str) {
    match (from.get(field), to.as_object_mut()) {
        (Some(value), _) => to[field] = value.clone(),
        (None, Some(fields)) => drop(fields.remove(field)),
        (None, None) => {}
    }
}

/// Everything but metadata and status.
fn specification(object: &Value) -> Value {
    let mut rest = object.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("metadata");
        fields.remove("status");
    }
    rest
}
