//! The text format of metrics, and comparisons such as `>=1`.

use std::collections::BTreeMap;

use serde_json::Value;

/// A series: a name and its labels.
#[derive(Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    labels: BTreeMap<String, String>,
}

impl Series {
    /// Reads `name` or `name{label="value",…}`.
    pub(super) fn parse(text: &str) -> Self {
        let (name, rest) = text.split_once('{').unwrap_or((text, ""));
        let mut labels = BTreeMap::new();
        let mut rest = rest.trim_end_matches('}');
        while let Some((label, after)) = rest.split_once("=\"") {
            let end = closing_quote(after);
            labels.insert(label.trim_start_matches(',').to_owned(), after[..end].to_owned());
            rest = after.get(end + 1..).unwrap_or_default();
        }
        Self { name: name.to_owned(), labels }
    }

    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Whether it has this name and at least these labels.
    fn matches(&self, wanted: &Self) -> bool {
        self.name == wanted.name
            && wanted.labels.iter().all(|(label, value)| self.labels.get(label) == Some(value))
    }
}

/// Every series of an exposition and its value.
pub(super) fn series(text: &str) -> impl Iterator<Item = (Series, f64)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        Some((Series::parse(series), value.parse().ok()?))
    })
}

/// Sum of the series that match, or nothing when none does.
pub(super) fn sum(text: &str, wanted: &str) -> Option<f64> {
    let wanted = Series::parse(wanted);
    let values: Vec<f64> = series(text).filter(|(s, _)| s.matches(&wanted)).map(|(_, value)| value).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

/// Whether `value` is what `wanted` says: `>=1`, `==2`, `3`.
pub(super) fn holds(wanted: &Value, value: f64) -> bool {
    let text = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let number = text.trim_start_matches(['<', '>', '=']);
    let limit: f64 = number.trim().parse().unwrap_or_else(|_| panic!("{text:?} is no comparison"));
    match &text[..text.len() - number.len()] {
        ">=" => value >= limit,
        "<=" => value <= limit,
        ">" => value > limit,
        "<" => value < limit,
        "" | "==" => (value - limit).abs() < f64::EPSILON,
        other => panic!("{other:?} is no comparison"),
    }
}

/// Where the label's value ends; a backslash protects what follows it.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at,
            '\\' if !escaped => escaped = true,
            _ => escaped = false,
        }
    }
    text.len()
}
