//! Refusals as the API server words them: `Status` objects with code, reason and details.

use serde_json::{Map, Value, json};

use super::resource::Resource;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// HTTP status code.
    pub(super) code: u16,
    /// One word for machines.
    pub(super) reason: &'static str,
    /// One sentence for people.
    pub(super) message: String,
    /// Which object, which fields.
    pub(super) details: Map<String, Value>,
}

/// One field that validation refuses.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FieldError {
    /// `FieldValueRequired` and the like.
    pub(super) reason: &'static str,
    /// Path of the field.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

impl FieldError {
    pub(super) fn required(field: impl Into<String>, why: &str) -> Self {
        let message =
            if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self { reason: "FieldValueRequired", field: field.into(), message }
    }

    pub(super) fn invalid(field: impl Into<String>, value: &str, why: &str) -> Self {
        let message = format!("Invalid value: {value:?}: {why}");
        Self { reason: "FieldValueInvalid", field: field.into(), message }
    }

    pub(super) fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self { reason: "FieldValueForbidden", field: field.into(), message: format!("Forbidden: {why}") }
    }

    pub(super) fn too_long(field: impl Into<String>, limit: usize) -> Self {
        let message = format!("Too long: may not be more than {limit} bytes");
        Self { reason: "FieldValueTooLong", field: field.into(), message }
    }

    fn text(&self) -> String {
        format!("{}: {}", self.field, self.message)
    }
}

impl Refusal {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Map::new() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(super) fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.id())).about(resource, name)
    }

    /// A path that nothing serves.
    pub(super) fn no_such_path() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(super) fn already_exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.id()))
            .about(resource, name)
    }

    pub(super) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.id());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    pub(super) fn stale(resource: &Resource, name: &str) -> Self {
        Self::conflict(resource, name, STALE)
    }

    /// A revision that the history no longer holds.
    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(super) fn invalid(resource: &Resource, name: &str, errors: &[FieldError]) -> Self {
        let texts: Vec<String> = errors.iter().map(FieldError::text).collect();
        let list = if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(", ")) };
        let mut refusal =
            Self::new(422, "Invalid", format!("{} {name:?} is invalid: {list}", resource.qualified_kind()))
                .about(resource, name);
        refusal.details.insert("kind".to_owned(), resource.kind.as_str().into());
        let causes =
            errors.iter().map(|e| json!({"reason": e.reason, "message": e.message, "field": e.field}));
        refusal.details.insert("causes".to_owned(), causes.collect());
        refusal
    }

    pub(super) fn too_many_requests(retry_after: u32) -> Self {
        let text = "The server has received too many requests and has asked us to try again later";
        let mut refusal = Self::new(429, "TooManyRequests", text);
        refusal.details.insert("retryAfterSeconds".to_owned(), retry_after.into());
        refusal
    }

    pub(super) fn internal(message: &str) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {message}"))
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }

    /// Names the object that the refusal speaks of.
    pub(super) fn about(mut self, resource: &Resource, name: &str) -> Self {
        if !name.is_empty() {
            self.details.insert("name".to_owned(), name.into());
        }
        if !resource.group.is_empty() {
            self.details.insert("group".to_owned(), resource.group.as_str().into());
        }
        self.details.insert("kind".to_owned(), resource.plural.as_str().into());
        self
    }

    /// Seconds after which to try again, where the refusal says so.
    pub(super) fn retry_after(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds").and_then(Value::as_u64)
    }

    /// The `Status` object.
    pub(super) fn to_value(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_empty() {
            status["details"] = Value::Object(self.details.clone());
        }
        status
    }
}

const STALE: &str =
    "the object has been modified; please apply your changes to the latest version and try again";
