//! `SubjectAccessReview` and its kin: what `kubectl auth can-i` asks.

use serde_json::{Value, json};

use super::{auth::User, rbac, request::Request, status::Refusal, store::Data};

/// Answers a review of the user who asks, or of the one whom it names.
pub(super) fn answer(resource: &str, review: &Value, user: &User, data: &Data) -> Result<Value, Refusal> {
    let spec = &review["spec"];
    let subject = match resource {
        "selfsubjectaccessreviews" => user.clone(),
        "subjectaccessreviews" => named_user(spec),
        _ => return Err(Refusal::no_such_path()),
    };
    let allowed = rbac::allows(&subject, &asked(spec), data);
    let mut answer = review.clone();
    answer["status"] = json!({"allowed": allowed});
    Ok(answer)
}

fn named_user(spec: &Value) -> User {
    let groups = spec["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    User { name: spec["user"].as_str().unwrap_or_default().to_owned(), groups: groups.collect() }
}

fn asked(spec: &Value) -> Request {
    let (of_resource, of_path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let is_resource = of_resource.is_object();
    let from = if is_resource { of_resource } else { of_path };
    let text = |field: &str| from[field].as_str().unwrap_or_default().to_owned();
    Request {
        verb: text("verb"),
        path: text("path"),
        is_resource,
        group: text("group"),
        version: text("version"),
        namespace: text("namespace"),
        resource: text("resource"),
        name: text("name"),
        subresource: text("subresource"),
        ..Request::default()
    }
}
