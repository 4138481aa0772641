//! What costly functions cost, in the units of [`crate::Limits::costly_calls`].

use crate::{context::Context, error::Failure};

/// A costly piece of work.
#[derive(Clone, Copy)]
pub(super) enum Cost {
    /// A bcrypt of cost 10, or a small key.
    Small,
    /// An RSA key of 2048 bits.
    Medium,
    /// An scrypt of 32 MiB.
    Heavy,
    /// An RSA key of 4096 bits.
    Large,
}

/// Pays before the work is done.
pub(super) fn pay(ctx: &mut Context<'_>, cost: Cost) -> Result<(), Failure> {
    let units = match cost {
        Cost::Small => 1,
        Cost::Medium => 4,
        Cost::Heavy => 8,
        Cost::Large => 16,
    };
    ctx.costly(units)
}
