//! Scalar fields: text, whole numbers, booleans, times, bytes.

use golang::base64;
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};

use zeroize::Zeroizing;

use super::{Reader, mismatch};
use crate::manifest::{
    error::{Fault, Problem},
    float,
    node::{Node, Value},
};

impl Reader {
    /// Text; `None` for null.
    pub(super) fn text(&self, node: Node<'_>) -> Result<Option<String>, Fault> {
        let text = match node.value() {
            _ if !self.coerce => None,
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(number) => Some(number.to_string()),
            Value::Uint(number) => Some(number.to_string()),
            Value::Float(number) => {
                if !number.is_finite() {
                    *self.odd_texts.borrow_mut().entry(node.id()).or_default() += 1;
                }
                Some(float::shortest_32(number))
            }
            Value::Null | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
        };
        if text.is_some() { Ok(text) } else { Self::own_text(node) }
    }

    /// Text that is never made of other types: `kind` and `apiVersion`.
    pub(super) fn own_text(node: Node<'_>) -> Result<Option<String>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.to_owned())),
            other => Err(mismatch(node.at(), "text", &other)),
        }
    }

    /// A text field: empty is absent, null changes nothing.
    pub(super) fn set_text(&self, field: &mut Option<String>, node: Node<'_>) -> Result<(), Fault> {
        if let Some(text) = self.text(node)? {
            *field = Some(text).filter(|text| !text.is_empty());
        }
        Ok(())
    }

    pub(super) fn integer(&self, node: Node<'_>) -> Result<Option<i64>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            Value::Float(number) if self.yaml => {
                whole(number).map(Some).ok_or_else(|| Fault::new(node.at(), NOT_WHOLE))
            }
            other => Err(mismatch(node.at(), "a whole number", &other)),
        }
    }

    pub(super) fn boolean(node: Node<'_>) -> Result<Option<bool>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(value)),
            other => Err(mismatch(node.at(), "true or false", &other)),
        }
    }

    /// Compat: Go's zero time is no time.
    pub(super) fn time(node: Node<'_>) -> Result<Option<Time>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::Text(text) => {
                let time = rfc3339(text).ok_or_else(|| Fault::new(node.at(), Problem::Time))?;
                Ok(Some(Time(time)).filter(|_| !text.starts_with("0001-01-01T00:00:00")))
            }
            other => Err(mismatch(node.at(), "a time", &other)),
        }
    }

    /// Bytes: base64 text, or a list of numbers below 256.
    pub(super) fn bytes(&self, node: Node<'_>) -> Result<Option<Vec<u8>>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::Text(text) => {
                let bytes = base64::decode(text.as_bytes());
                bytes.map(Some).map_err(|error| Fault::new(node.at(), Problem::Base64(error.at)))
            }
            Value::List(items) => {
                // Sized once: a growing list would leave copies of a secret behind.
                let mut bytes = Zeroizing::new(Vec::with_capacity(items.clone().count()));
                for item in items {
                    let number = self.integer(item)?.unwrap_or(0);
                    bytes.push(u8::try_from(number).map_err(|_| Fault::new(item.at(), NOT_A_BYTE))?);
                }
                Ok(Some(std::mem::take(&mut *bytes)))
            }
            other => Err(mismatch(node.at(), "base64 text", &other)),
        }
    }
}

const NOT_WHOLE: Problem =
    Problem::Type { wanted: "a whole number", found: "a number with a fraction or out of range" };
const NOT_A_BYTE: Problem = Problem::Type { wanted: "a byte", found: "a number over 255 or below 0" };

/// A float that is a whole number of 64 bits.
fn whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "used only if whole and in range")]
    let as_integer = number as i64;
    (number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number)).then_some(as_integer)
}

/// The one layout that Go's reader of Kubernetes times takes; fractions of seconds are dropped.
fn rfc3339(text: &str) -> Option<Timestamp> {
    let pattern = b"dddd-dd-ddTdd:dd:dd";
    let (head, tail) = text.as_bytes().split_at_checked(pattern.len())?;
    let fits =
        |(byte, wanted): (&u8, &u8)| if *wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted };
    let zone_at = tail.iter().position(|byte| matches!(byte, b'Z' | b'+' | b'-'))?;
    let (fraction, zone) = tail.split_at(zone_at);
    let zone_fits = match zone {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    let fraction_fits = match fraction {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !head.iter().zip(pattern).all(fits) || !zone_fits || !fraction_fits || &head[17..] == b"60" {
        return None;
    }
    format!("{}{}", std::str::from_utf8(head).ok()?, std::str::from_utf8(zone).ok()?).parse().ok()
}
