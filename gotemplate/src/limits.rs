//! How much a template may cost, and the meter that stops it.

use crate::error::Failure;

/// What one parse or render may cost. The defaults suit Secrets, which hold at most one mebibyte.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most bytes of template text.
    pub template_bytes: usize,
    /// Most bytes that one render may print.
    pub output_bytes: usize,
    /// Most bytes that one render may make in values, counting those that it has dropped again.
    pub value_bytes: usize,
    /// Most steps: a node executed, an item visited, some tens of bytes copied.
    pub steps: u64,
    /// Most levels of nesting: blocks, parentheses, template calls, values inside values.
    pub depth: usize,
    /// Most units of costly calls: a bcrypt or a small key takes one, an RSA key of 2048 bits four, an
    /// scrypt eight, an RSA key of 4096 bits sixteen.
    pub costly_calls: usize,
    /// Most bytes that a compiled regular expression may take.
    pub regex_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            template_bytes: 4 << 20,
            output_bytes: 4 << 20,
            value_bytes: 32 << 20,
            steps: 1_000_000,
            depth: 500,
            costly_calls: 40,
            regex_bytes: 4 << 20,
        }
    }
}

/// The limit that a template ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::template_bytes`]
    TemplateBytes,
    /// [`Limits::output_bytes`]
    OutputBytes,
    /// [`Limits::value_bytes`]
    ValueBytes,
    /// [`Limits::steps`]
    Steps,
    /// [`Limits::depth`]
    Depth,
    /// [`Limits::costly_calls`]
    CostlyCalls,
    /// [`Limits::regex_bytes`]
    RegexBytes,
}

impl Limit {
    /// What a person would call it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::TemplateBytes => "the template text is too long",
            Self::OutputBytes => "the output is too long",
            Self::ValueBytes => "the values made while rendering take too much memory",
            Self::Steps => "rendering takes too many steps",
            Self::Depth => "it is nested too deeply",
            Self::CostlyCalls => "it calls costly functions (keys, bcrypt, scrypt) too often",
            Self::RegexBytes => "a regular expression is too large",
        }
    }
}

/// Counts down what a render may still spend.
#[derive(Debug)]
pub(crate) struct Meter {
    bytes: usize,
    steps: u64,
    costly: usize,
    depth: usize,
}

/// Copying this many bytes counts as one step.
const BYTES_PER_STEP: usize = 64;

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bytes: limits.value_bytes,
            steps: limits.steps,
            costly: limits.costly_calls,
            depth: limits.depth,
        }
    }

    /// Pays for memory before it is taken; copying it is work, too.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Failure::Limit(Limit::ValueBytes))?;
        self.work(bytes / BYTES_PER_STEP)
    }

    /// Pays for work that takes no memory.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), Failure> {
        self.steps = self.steps.checked_sub(steps as u64).ok_or(Failure::Limit(Limit::Steps))?;
        Ok(())
    }

    /// Pays for a key, a bcrypt or an scrypt.
    pub(crate) fn costly(&mut self) -> Result<(), Failure> {
        self.costly = self.costly.checked_sub(1).ok_or(Failure::Limit(Limit::CostlyCalls))?;
        Ok(())
    }

    /// Goes one level deeper; every `enter` that succeeds is paired with a [`Meter::leave`].
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        self.depth = self.depth.checked_sub(1).ok_or(Failure::Limit(Limit::Depth))?;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth += 1;
    }
}
