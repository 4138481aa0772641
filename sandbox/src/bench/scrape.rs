//! Numbers from metrics pages: the API server's requests by verb, and the controller's own series.

use std::collections::BTreeMap;
use std::ops::Sub;

use http::Method;
use sandbox::controller::Controller;
use sandbox::http_client;
use sandbox::objects::Objects;

use super::Failure;

/// Requests by `VERB resource`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requests(pub(super) BTreeMap<String, u64>);

impl Requests {
    /// How many requests for the resources of Sealed Secrets the API server has had so far.
    pub(super) async fn read(admin: &Objects) -> Result<Self, Failure> {
        let text = admin.text(Method::GET, "/metrics", "text/plain", Vec::new()).await?;
        let mut counts = BTreeMap::new();
        for (labels, value) in series(&text, "apiserver_request_total") {
            let label = |name: &str| label(labels, name).unwrap_or_default();
            let resource = match label("subresource") {
                "" => label("resource").to_owned(),
                sub => format!("{}/{sub}", label("resource")),
            };
            if OURS.contains(&resource.as_str()) {
                *counts.entry(format!("{} {resource}", label("verb"))).or_default() += whole(value);
            }
        }
        Ok(Self(counts))
    }

    /// How many of them changed something.
    pub(super) fn writes(&self) -> u64 {
        let is_write =
            |name: &str| ["POST", "PUT", "PATCH", "DELETE", "APPLY"].iter().any(|v| name.starts_with(v));
        self.0.iter().filter(|(name, _)| is_write(name)).map(|(_, count)| count).sum()
    }

    /// Takes away requests that the bench itself has made.
    pub(super) fn without(mut self, name: &str, count: u64) -> Self {
        if let Some(all) = self.0.get_mut(name) {
            *all = all.saturating_sub(count);
        }
        self.0.retain(|_, count| *count > 0);
        self
    }
}

impl Sub<&Self> for Requests {
    type Output = Self;

    fn sub(self, earlier: &Self) -> Self {
        let before = |name: &str| earlier.0.get(name).copied().unwrap_or_default();
        let counts =
            self.0.into_iter().map(|(name, count)| (name.clone(), count.saturating_sub(before(&name))));
        Self(counts.filter(|(_, count)| *count > 0).collect())
    }
}

/// The sum of a series of the controller, or nothing when it has no such series.
pub(super) async fn of_controller(controller: &Controller, name: &str) -> Result<Option<f64>, Failure> {
    let text = http_client::get(controller.metrics(), "/metrics").await?.text();
    Ok(series(&text, name).map(|(_, value)| value).reduce(|a, b| a + b))
}

/// Labels and value of each series of this name.
fn series<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
    text.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.split_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        Some((labels, value.trim().parse().ok()?))
    })
}

fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let is_start = |at: &usize| *at == 0 || labels.as_bytes()[at - 1] == b',';
    let start = labels.match_indices(&format!("{name}=\"")).map(|(at, _)| at).find(is_start)?;
    labels[start + name.len() + 2..].split('"').next()
}

fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counters are whole and positive"
    )]
    let whole = value as u64;
    whole
}

const OURS: &[&str] = &["events", "namespaces", "sealedsecrets", "sealedsecrets/status", "secrets"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_told_apart_by_their_labels() {
        let text = "# HELP x y\nx_total{code=\"200\",subresource=\"status\",resource=\"a\"} 3\nx_total 4\nx_totals 5\n";
        let found: Vec<_> = series(text, "x_total").collect();
        assert_eq!(found.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [3.0, 4.0]);
        assert_eq!(label(found[0].0, "resource"), Some("a"));
        assert_eq!(label(found[0].0, "verb"), None);
    }

    #[test]
    fn a_difference_leaves_out_what_did_not_change() {
        let counts =
            |list: &[(&str, u64)]| Requests(list.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect());
        let later = counts(&[("GET secrets", 5), ("POST events", 2), ("LIST secrets", 3)]);
        let change = later - &counts(&[("GET secrets", 5), ("LIST secrets", 1)]);
        assert_eq!(change.writes(), 2);
        assert_eq!(change.without("LIST secrets", 2), counts(&[("POST events", 2)]));
    }
}
