//! Lists: pages of one consistent state, and the tokens that lead from page to page.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    meta, request::Request, resource::Resource, selectors::Selector, status::Refusal, store::Data, view::View,
};

/// Answers a list, or one page of it.
pub(super) fn list(
    request: &Request,
    resource: &Resource,
    view: View,
    data: &Data,
) -> Result<Value, Refusal> {
    let selector = Selector::parse(request.param("labelSelector"), request.param("fieldSelector"), resource)?;
    let limit: usize = request.param("limit").parse().unwrap_or_default();
    let (revision, after) = match request.param("continue") {
        "" => (wanted_revision(request, data)?, None),
        token => Token::read(token).map(|t| (t.revision, Some((t.namespace, t.name))))?,
    };
    let all = match data.list_at(&resource.id(), &request.namespace, revision) {
        Some(all) => all,
        None if after.is_some() => return Err(Refusal::expired(PAGE_TOO_OLD)),
        None => {
            return Err(Refusal::expired(format!(
                "The resourceVersion for the provided list is too old: {revision}"
            )));
        }
    };
    let follows = |o: &Arc<Value>| after.as_ref().is_none_or(|after| meta::key(o) > *after);
    let mut objects: Vec<_> = all.into_iter().filter(|o| follows(o) && selector.matches(o)).collect();
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if limit > 0 && objects.len() > limit {
        let last = &objects[limit - 1];
        metadata["continue"] =
            Token { revision, namespace: meta::namespace(last).into(), name: meta::name(last).into() }
                .write()
                .into();
        metadata["remainingItemCount"] = (objects.len() - limit).into();
        objects.truncate(limit);
    }
    let objects: Vec<&Value> = objects.iter().map(Arc::as_ref).collect();
    Ok(view.list(&objects, resource, &metadata))
}

/// The state that the request asks for; without a word, and for `0`, the latest.
fn wanted_revision(request: &Request, data: &Data) -> Result<u64, Refusal> {
    let given = request.param("resourceVersion");
    if matches!(given, "" | "0") {
        return Ok(data.revision);
    }
    let revision: u64 = given
        .parse()
        .map_err(|_| Refusal::bad_request(format!("resourceVersion: Invalid value: {given:?}: invalid")))?;
    if revision > data.revision {
        let message = format!("Too large resource version: {revision}, current: {}", data.revision);
        let mut refusal = Refusal::new(504, "Timeout", message);
        refusal.details.insert("retryAfterSeconds".to_owned(), 1.into());
        return Err(refusal);
    }
    Ok(if request.param("resourceVersionMatch") == "Exact" { revision } else { data.revision })
}

/// Where the next page begins, and in which state.
struct Token {
    revision: u64,
    namespace: String,
    name: String,
}

impl Token {
    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.revision, self.namespace, self.name]).to_string())
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let read = serde_json::from_slice::<(u64, String, String)>(&bytes);
        let (revision, namespace, name) =
            read.map_err(|_| Refusal::bad_request("continue key is not valid: encoded in an unknown way"))?;
        Ok(Self { revision, namespace, name })
    }
}

const PAGE_TOO_OLD: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.";
