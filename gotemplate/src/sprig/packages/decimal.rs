//! Exact decimal arithmetic, as the library behind Sprig's `addf` family does it.

use num_bigint::{BigInt, Sign};

/// `digits` times ten to the power of `exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

/// Places that a quotient keeps.
const PLACES: i64 = 16;

impl Decimal {
    /// The shortest decimal that reads as this float; nothing for infinities and NaN.
    pub(crate) fn from_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
        let exponent: i64 = exponent.parse().ok()?;
        Some(Self { digits, exponent: exponent - i64::try_from(fraction.len()).ok()? })
    }

    /// The float nearest to this.
    pub(crate) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// About how many bytes it takes, which is also how long operations on it last.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.digits.bits() / 8).unwrap_or(usize::MAX).saturating_add(16)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self { digits: self.digits_at(exponent) + other.digits_at(exponent), exponent }
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.plus(&Self { digits: -&other.digits, exponent: other.exponent })
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self { digits: &self.digits * &other.digits, exponent: self.exponent + other.exponent }
    }

    /// The quotient to 16 places, halves away from zero; nothing for a division by zero.
    pub(crate) fn divided_by(&self, other: &Self) -> Option<Self> {
        if other.digits.sign() == Sign::NoSign {
            return None;
        }
        let shift = self.exponent - other.exponent + PLACES;
        let (over, under) = if shift >= 0 {
            (&self.digits * power_of_ten(shift), other.digits.clone())
        } else {
            (self.digits.clone(), &other.digits * power_of_ten(-shift))
        };
        let (mut quotient, rest) = (&over / &under, &over % &under);
        if BigInt::from(rest.magnitude() * 2u32) >= BigInt::from(under.magnitude().clone()) {
            quotient += if over.sign() == under.sign() { 1 } else { -1 };
        }
        Some(Self { digits: quotient, exponent: -PLACES })
    }

    fn digits_at(&self, exponent: i64) -> BigInt {
        &self.digits * power_of_ten(self.exponent - exponent)
    }
}

fn power_of_ten(exponent: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_float(number).expect("a finite number")
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert_eq!(decimal(0.1).plus(&decimal(0.2)).to_float().to_string(), "0.3");
        assert_eq!(decimal(1.1).times(&decimal(1.1)).to_float().to_string(), "1.21");
        assert_eq!(decimal(0.3).minus(&decimal(0.1)).to_float().to_string(), "0.2");
        assert!(decimal(1e308).plus(&decimal(1e308)).to_float().is_infinite());
    }

    #[test]
    fn quotients_round_half_away_from_zero() {
        let quotient = |a, b| decimal(a).divided_by(&decimal(b)).map(|quotient| quotient.to_float());
        assert_eq!(quotient(1.0, 7.0), Some(0.142_857_142_857_142_9));
        assert_eq!(quotient(-1.0, 2e16), Some(-1e-16));
        assert_eq!(quotient(1.0, 1e300), Some(0.0));
        assert_eq!(quotient(1.0, 0.0), None);
        assert!(Decimal::from_float(f64::NAN).is_none());
    }
}
