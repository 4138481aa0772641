//! Label and field selectors.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{resource::Resource, status::Refusal};

/// Which objects a list, a watch or a collective deletion means.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    labels: Vec<(String, Condition)>,
    fields: Vec<(String, Condition)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Exists,
    Absent,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
}

impl Selector {
    /// Reads both query parameters; refuses syntax and fields that the resource does not select by.
    pub(super) fn parse(labels: &str, fields: &str, resource: &Resource) -> Result<Self, Refusal> {
        let labels = terms(labels).map(label_term).collect::<Option<_>>();
        let labels = labels
            .ok_or_else(|| Refusal::bad_request("unable to parse requirement of the label selector"))?;
        let fields = terms(fields).map(|term| field_term(term, resource)).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|(name, condition)| condition.holds(labels.get(name).and_then(Value::as_str)))
            && self.fields.iter().all(|(path, condition)| condition.holds(Some(field(object, path))))
    }
}

impl Condition {
    fn holds(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Exists, value) => value.is_some(),
            (Self::Absent, value) => value.is_none(),
            (Self::In(set), value) => value.is_some_and(|v| set.contains(v)),
            // Compat: what lacks the label differs from every value.
            (Self::NotIn(set), value) => value.is_none_or(|v| !set.contains(v)),
        }
    }
}

/// Splits at commas outside parentheses.
fn terms(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|term| !term.is_empty())
}

fn label_term(term: &str) -> Option<(String, Condition)> {
    let one = |value: &str| BTreeSet::from([value.trim().to_owned()]);
    let (name, condition) = if let Some((name, list)) = term.strip_suffix(')').and_then(|t| t.split_once('('))
    {
        let set = list.split(',').map(|v| v.trim().to_owned()).collect();
        let (name, operator) = name.trim().rsplit_once(' ')?;
        let condition = match operator {
            "in" => Condition::In(set),
            "notin" => Condition::NotIn(set),
            _ => return None,
        };
        (name, condition)
    } else if let Some((name, value)) = term.split_once("!=") {
        (name, Condition::NotIn(one(value)))
    } else if let Some((name, value)) = term.split_once('=') {
        (name, Condition::In(one(value.trim_start_matches('='))))
    } else if let Some(name) = term.strip_prefix('!') {
        (name, Condition::Absent)
    } else {
        (term, Condition::Exists)
    };
    let name = name.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!name.is_empty() && name.chars().all(legal)).then(|| (name.to_owned(), condition))
}

fn field_term(term: &str, resource: &Resource) -> Result<(String, Condition), Refusal> {
    let invalid = || Refusal::bad_request(format!("invalid field selector: {term:?}; can't understand it"));
    let (path, value, equal) = if let Some((path, value)) = term.split_once("!=") {
        (path, value, false)
    } else {
        let (path, value) = term.split_once('=').ok_or_else(invalid)?;
        (path, value.trim_start_matches('='), true)
    };
    let selectable = match resource.plural.as_str() {
        "secrets" => ["type"].as_slice(),
        "events" => EVENT_FIELDS,
        "namespaces" => &["status.phase"],
        "pods" => &["spec.nodeName", "status.phase"],
        _ => &[],
    };
    if !matches!(path, "metadata.name" | "metadata.namespace") && !selectable.contains(&path) {
        return Err(Refusal::bad_request(format!("field label not supported: {path}")));
    }
    let set = BTreeSet::from([value.to_owned()]);
    Ok((path.to_owned(), if equal { Condition::In(set) } else { Condition::NotIn(set) }))
}

fn field<'a>(object: &'a Value, path: &str) -> &'a str {
    if path == "source" {
        return object["source"]["component"].as_str().unwrap_or_default();
    }
    path.split('.').fold(object, |value, part| &value[part]).as_str().unwrap_or_default()
}

const EVENT_FIELDS: &[&str] = &[
    "involvedObject.apiVersion",
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "involvedObject.uid",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::memory::resource::Registry;

    #[track_caller]
    fn check(labels: &str, object: &Value, expected: bool) {
        let secrets = Registry::new().find("", "v1", "secrets").expect("secrets are built in");
        let selector = Selector::parse(labels, "", &secrets).expect("a good selector");
        assert_eq!(selector.matches(object), expected, "{labels}");
    }

    #[test]
    fn label_selectors_mean_what_they_mean_in_the_api_server() {
        let object = json!({"metadata": {"labels": {"app": "a", "tier": "db"}}});
        for yes in
            ["", "app", "app=a", "app == a", "app in (b, a),tier", "!other", "other!=x", "other notin (x)"]
        {
            check(yes, &object, true);
        }
        for no in ["app=b", "app!=a", "!app", "app notin (a,b)", "other", "other in (x)", "app,tier=web"] {
            check(no, &object, false);
        }
    }

    #[test]
    fn a_secret_cannot_be_selected_by_what_it_holds() {
        let secrets = Registry::new().find("", "v1", "secrets").expect("secrets are built in");
        let refusal = Selector::parse("", "data.password=x", &secrets).expect_err("no such field");
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (400, "field label not supported: data.password")
        );
    }
}
