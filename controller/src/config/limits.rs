//! What the templates of one object may cost together, by flag.

use gotemplate::{Limit, Limits};

use super::{flags::Values, value_error::ValueError};

/// The limits that the flags ask for.
pub(super) fn read(values: &Values) -> Result<Limits, ValueError> {
    Ok(Limits {
        steps: least_one(values, STEPS)?,
        value_bytes: least_one(values, BYTES)?,
        output_bytes: least_one(values, OUTPUT)?,
        costly_calls: least_one(values, COSTLY)?,
        nodes: least_one(values, NODES)?,
        ..Limits::object()
    })
}

/// The flag that raises a limit; some are what Kubernetes or a thread can take, and fixed.
pub fn flag(limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::Steps => Some(STEPS),
        Limit::ValueBytes => Some(BYTES),
        Limit::OutputBytes => Some(OUTPUT),
        Limit::CostlyCalls => Some(COSTLY),
        Limit::Nodes => Some(NODES),
        Limit::TemplateBytes | Limit::Depth | Limit::RegexBytes => None,
    }
}

fn least_one<T: TryFrom<i64>>(values: &Values, flag: &'static str) -> Result<T, ValueError> {
    let found = values.int(flag);
    T::try_from(found).ok().filter(|_| found >= 1).ok_or(ValueError::Range {
        flag,
        must: "at least 1",
        found: found.to_string(),
    })
}

const STEPS: &str = "template-max-steps";
const BYTES: &str = "template-max-bytes";
const OUTPUT: &str = "template-max-output";
const COSTLY: &str = "template-max-costly";
const NODES: &str = "template-max-nodes";
