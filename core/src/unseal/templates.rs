//! `spec.template.data`: Go templates over the opened items.

use std::{collections::BTreeMap, ops::Deref};

use crate::{Plaintext, SealedSecret};

/// The parsed templates of one SealedSecret; worth keeping as long as its generation stays.
#[derive(Debug)]
pub struct CompiledTemplates {
    templates: BTreeMap<String, Compiled>,
}

#[derive(Debug)]
struct Compiled {
    text: String,
    parsed: Result<Parsed, gotemplate::Error>,
}

#[derive(Debug)]
enum Parsed {
    /// Nothing to render: the text is the value.
    Literal,
    Template(gotemplate::Template),
}

/// Values by item, and errors by item.
pub(super) type Rendered = (BTreeMap<String, Plaintext>, BTreeMap<String, gotemplate::Error>);

impl CompiledTemplates {
    /// Parses every template of an object. Errors are kept until the render, so that they are reported
    /// together with those of the items.
    pub fn new(sealed: &SealedSecret) -> Self {
        let compile = |(item, text): (&String, &Option<String>)| {
            let text = text.clone()?;
            let parsed = if text.contains("{{") {
                gotemplate::Template::parse(item, &text).map(Parsed::Template)
            } else {
                Ok(Parsed::Literal)
            };
            Some((item.clone(), Compiled { text, parsed }))
        };
        Self { templates: sealed.spec.template.data.iter().filter_map(compile).collect() }
    }

    /// Whether there are no templates.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// Items whose render may come out differently each time, because of a clock or random bytes. Who finds such an
    /// item in a Secret that was made from the same generation keeps it, or it would be rewritten for ever.
    pub fn volatile_items(&self) -> impl Iterator<Item = &str> {
        let volatile = |compiled: &Compiled| matches!(&compiled.parsed, Ok(Parsed::Template(template)) if template.is_volatile());
        self.templates.iter().filter(move |(_, compiled)| volatile(compiled)).map(|(item, _)| item.as_str())
    }

    /// Renders every template, also those that lose to an encrypted item: a broken one is never silent.
    pub(super) fn render(&self, values: &BTreeMap<String, Plaintext>, env: &gotemplate::Env<'_>) -> Rendered {
        let variables = self.variables(values);
        let mut rendered = BTreeMap::new();
        let mut broken = BTreeMap::new();
        for (item, compiled) in &self.templates {
            let value = match &compiled.parsed {
                Ok(Parsed::Literal) => Ok(compiled.text.clone().into_bytes()),
                Ok(Parsed::Template(template)) => template.render(&variables, env),
                Err(error) => Err(error.clone()),
            };
            match value {
                Ok(bytes) => _ = rendered.insert(item.clone(), Plaintext::new(bytes)),
                Err(error) => _ = broken.insert(item.clone(), error),
            }
        }
        (rendered, broken)
    }

    /// The plain texts of `template.data` as they stand, and over them the opened items.
    fn variables(&self, values: &BTreeMap<String, Plaintext>) -> Variables {
        let plain = self.templates.iter().map(|(item, compiled)| (item, compiled.text.as_bytes()));
        let opened = values.iter().map(|(item, value)| (item, value.expose()));
        Variables(plain.chain(opened).map(|(item, value)| (item.clone(), value.to_vec())).collect())
    }
}

/// What templates see; wiped when dropped.
struct Variables(BTreeMap<String, Vec<u8>>);

impl Deref for Variables {
    type Target = BTreeMap<String, Vec<u8>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Variables {
    fn drop(&mut self) {
        self.0.values_mut().for_each(zeroize::Zeroize::zeroize);
    }
}
