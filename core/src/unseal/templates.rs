//! `spec.template.data`: Go templates over the opened items.

use std::collections::BTreeMap;

use gotemplate::{Budget, Data, Env, ErrorKind, Limit, Limits, Template};

use super::{Items, UnsetVariable};
use crate::{Plaintext, SealedSecret};

/// The parsed templates of one SealedSecret; worth keeping as long as its generation stays. Texts without an action
/// are not among them: they are values as they stand.
#[derive(Debug)]
pub struct CompiledTemplates {
    templates: BTreeMap<String, Result<Template, gotemplate::Error>>,
    /// A template that is refused for its cost; the others are not kept then.
    too_costly: Option<TooCostly>,
}

/// A template that cost more than its object may.
#[derive(Clone, Debug)]
pub(super) struct TooCostly {
    pub(super) item: String,
    pub(super) limit: Limit,
    pub(super) most: u64,
    pub(super) error: gotemplate::Error,
}

/// What became of an object's templates.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) values: BTreeMap<String, Plaintext>,
    pub(super) broken: BTreeMap<String, gotemplate::Error>,
    /// The first few, in the order of items.
    pub(super) unset: Vec<UnsetVariable>,
    pub(super) stopped: Option<Stopped>,
}

/// Why the templates behind one were not rendered.
pub(super) enum Stopped {
    TooCostly(TooCostly),
    Interrupted,
}

impl CompiledTemplates {
    /// Parses every template of an object, all within `limits` together. Errors are kept until the render, so that
    /// they are reported together with those of the items.
    pub fn new(sealed: &SealedSecret, limits: &Limits) -> Self {
        let mut budget = Budget::new(limits);
        let mut templates = BTreeMap::new();
        for (item, text) in &sealed.spec.template.data {
            let Some(text) = text.as_deref().filter(|text| is_template(text)) else { continue };
            let parsed = Template::parse_with(item, text, &mut budget);
            if let Err(error) = &parsed
                && let ErrorKind::Limit(limit) = error.kind
            {
                let too_costly = TooCostly::new(item, limit, limits, error.clone());
                return Self { templates: BTreeMap::new(), too_costly: Some(too_costly) };
            }
            templates.insert(item.clone(), parsed);
        }
        Self { templates, too_costly: None }
    }

    /// Whether there are no templates.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty() && self.too_costly.is_none()
    }

    /// About how many bytes of memory they take, at most.
    pub fn bytes(&self) -> usize {
        let of = |(item, parsed): (&String, &Result<Template, _>)| {
            ENTRY_BYTES + item.len() + parsed.as_ref().map_or(ERROR_BYTES, Template::bytes)
        };
        size_of::<Self>() + self.templates.iter().map(of).sum::<usize>()
    }

    /// Whether a render may call functions that take long by design and cannot be interrupted.
    pub fn is_costly(&self) -> bool {
        self.templates.values().flatten().any(Template::is_costly)
    }

    /// Items whose render may come out differently each time, because of a clock or random bytes. Who finds such an
    /// item in a Secret that was made from the same generation keeps it, or it would be rewritten for ever.
    pub fn volatile_items(&self) -> impl Iterator<Item = &str> {
        let volatile = |parsed: &Result<Template, _>| parsed.as_ref().is_ok_and(Template::is_volatile);
        self.templates.iter().filter(move |(_, parsed)| volatile(parsed)).map(|(item, _)| item.as_str())
    }

    /// Renders every template, also those that lose to an encrypted item: a broken one is never silent. The first one
    /// that runs into a limit is the last.
    pub(super) fn render(
        &self,
        sealed: &SealedSecret,
        items: &Items,
        env: &Env<'_>,
        budget: &mut Budget<'_>,
    ) -> Rendered {
        let mut rendered = Rendered::default();
        if let Some(too_costly) = &self.too_costly {
            rendered.stopped = Some(Stopped::TooCostly(too_costly.clone()));
            return rendered;
        }
        let mut data = None;
        for (item, parsed) in &self.templates {
            let render = |template: &Template| {
                template.render_told(data.get_or_insert_with(|| variables(sealed, items)), env, budget)
            };
            match parsed.as_ref().map_err(Clone::clone).and_then(render) {
                Ok(gotemplate::Rendered { text, unset }) => {
                    rendered.values.insert(item.clone(), Plaintext::new(text));
                    // A sealed item takes the place of its template.
                    if !items.contains_key(item) {
                        let room = MOST_UNSET - rendered.unset.len();
                        let unset = unset.into_iter().take(room);
                        rendered.unset.extend(unset.map(|unset| UnsetVariable::new(item, unset)));
                    }
                }
                Err(error) => match error.kind {
                    ErrorKind::Limit(limit) => {
                        let too_costly = TooCostly::new(item, limit, budget.limits(), error);
                        rendered.stopped = Some(Stopped::TooCostly(too_costly));
                        return rendered;
                    }
                    ErrorKind::Interrupted => {
                        rendered.stopped = Some(Stopped::Interrupted);
                        return rendered;
                    }
                    ErrorKind::Parse | ErrorKind::Exec => _ = rendered.broken.insert(item.clone(), error),
                },
            }
        }
        rendered
    }
}

impl TooCostly {
    fn new(item: &str, limit: Limit, limits: &Limits, error: gotemplate::Error) -> Self {
        Self { item: item.to_owned(), limit, most: limits.most(limit), error }
    }
}

/// More are of no help to who corrects the templates.
const MOST_UNSET: usize = 16;
/// What an entry of a map takes beside its texts.
const ENTRY_BYTES: usize = 128;
/// What an error takes, about.
const ERROR_BYTES: usize = 1024;

/// Whether a text of `template.data` has to be rendered.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// The plain texts of `template.data` as they stand, and over them the opened items.
fn variables(sealed: &SealedSecret, items: &Items) -> Data {
    let texts = sealed.spec.template.data.iter();
    let plain = texts.filter_map(|(item, text)| Some((item.as_str(), text.as_deref()?.as_bytes())));
    let opened =
        items.iter().filter_map(|(item, opened)| Some((item.as_str(), opened.as_ref().ok()?.value.expose())));
    plain.chain(opened).collect()
}
