//! The meter that several parses and renders share.

use std::fmt;

use crate::{
    error::Failure,
    limits::{Limit, Limits, NODE_BYTES},
};

/// What is left of [`Limits`], counted down by every parse and render that is given it. What one template spends is
/// gone for the next, whether it succeeded or failed; only the output of a failed render is not counted, since it is
/// dropped.
#[derive(Clone)]
pub struct Budget<'a> {
    pub(crate) limits: Limits,
    pub(crate) meter: Meter,
    pub(crate) interrupted: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl<'a> Budget<'a> {
    /// All of these limits, and nobody who interrupts.
    pub fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), meter: Meter::new(limits), interrupted: None }
    }

    /// Asks `interrupted` every thousand steps or so and before every costly call; once it says yes, the render ends
    /// in [`crate::ErrorKind::Interrupted`]. It should be as cheap as reading an atomic. A single call is not cut: the
    /// longest are those of [`Limits::costly_calls`].
    #[must_use]
    pub fn interrupted_by(mut self, interrupted: &'a (dyn Fn() -> bool + Sync)) -> Self {
        self.interrupted = Some(interrupted);
        self
    }

    /// The limits that it began with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Steps spent so far: a measure of the time that renders took.
    pub fn steps_spent(&self) -> u64 {
        self.limits.steps - self.meter.steps()
    }
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limits", &self.limits)
            .field("left", &self.meter)
            .finish_non_exhaustive()
    }
}

/// Counts down what may still be spent.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    pub(crate) template_bytes: usize,
    /// Bytes of syntax trees.
    pub(crate) tree_bytes: usize,
    pub(crate) output: usize,
    bytes: usize,
    /// Steps that may be taken without a question to the caller.
    slice: u64,
    /// Steps beyond those.
    reserve: u64,
    costly: usize,
    depth: usize,
}

impl Meter {
    fn new(limits: &Limits) -> Self {
        Self {
            template_bytes: limits.template_bytes,
            tree_bytes: limits.nodes.saturating_mul(NODE_BYTES),
            output: limits.output_bytes,
            bytes: limits.value_bytes,
            slice: 0,
            reserve: limits.steps,
            costly: limits.costly_calls,
            depth: limits.depth,
        }
    }

    /// Steps that are left.
    pub(crate) fn steps(&self) -> u64 {
        self.slice + self.reserve
    }

    /// Pays for memory before it is taken.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Failure::Limit(Limit::ValueBytes))?;
        Ok(())
    }

    /// Pays for steps out of the current slice, if there are as many in it.
    pub(crate) fn step(&mut self, steps: usize) -> bool {
        let left = self.slice.checked_sub(steps as u64);
        self.slice = left.unwrap_or(self.slice);
        left.is_some()
    }

    /// Pays for steps out of all that are left, and begins a new slice of at most `most`.
    pub(crate) fn next_slice(&mut self, steps: usize, most: u64) -> Result<(), Failure> {
        let left = self.steps().checked_sub(steps as u64).ok_or(Failure::Limit(Limit::Steps))?;
        self.slice = left.min(most);
        self.reserve = left - self.slice;
        Ok(())
    }

    /// Pays for a key, a bcrypt or an scrypt.
    pub(crate) fn costly(&mut self, units: usize) -> Result<(), Failure> {
        self.costly = self.costly.checked_sub(units).ok_or(Failure::Limit(Limit::CostlyCalls))?;
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

    /// Comes back from every level at once after a render, and has the next one ask the caller first.
    pub(crate) fn surface(&mut self, limits: &Limits) {
        self.depth = limits.depth;
        (self.slice, self.reserve) = (0, self.steps());
    }
}
