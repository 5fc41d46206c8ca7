//! Values with a unit: weights and dimensions of a product, and the units of number attributes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WeightUnit;

/// A weight in the unit in which the seller gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The amount.
    #[schema(value_type = String)]
    pub value: Decimal,
    /// `g`, `kg`, `lb` or `oz`.
    #[schema(value_type = String)]
    pub unit: WeightUnit,
}

/// A unit of length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LengthUnit {
    /// Millimetres.
    Mm,
    /// Centimetres.
    #[default]
    Cm,
    /// Metres.
    M,
    /// Inches, 25.4 mm.
    In,
}

/// The size of a piece; a missing side is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dimensions {
    /// The length.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub length: Option<Decimal>,
    /// The width.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub width: Option<Decimal>,
    /// The height.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub height: Option<Decimal>,
    /// The unit of all three sides.
    pub unit: LengthUnit,
}

impl Weight {
    /// Returns the weight in grams, rounded to a thousandth.
    #[must_use]
    pub fn grams(&self) -> Decimal {
        self.value.checked_mul(self.unit.grams()).unwrap_or(Decimal::MAX).round_dp(3).normalize()
    }

    /// Returns a stored weight in the seller's unit.
    #[must_use]
    pub fn from_grams(grams: Decimal, unit: WeightUnit) -> Self {
        Self { value: (grams / unit.grams()).round_dp(unit.decimals()).normalize(), unit }
    }
}

impl LengthUnit {
    /// Returns the unit's abbreviation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LengthUnit::Mm => "mm",
            LengthUnit::Cm => "cm",
            LengthUnit::M => "m",
            LengthUnit::In => "in",
        }
    }

    /// Returns the unit with this abbreviation.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [LengthUnit::Mm, LengthUnit::Cm, LengthUnit::M, LengthUnit::In].into_iter().find(|unit| unit.as_str() == name)
    }

    fn millimetres(self) -> Decimal {
        match self {
            LengthUnit::Mm => Decimal::ONE,
            LengthUnit::Cm => Decimal::TEN,
            LengthUnit::M => Decimal::ONE_THOUSAND,
            LengthUnit::In => Decimal::new(254, 1),
        }
    }
}

impl Dimensions {
    /// Returns length, width and height in millimetres, rounded to a thousandth.
    #[must_use]
    pub fn millimetres(&self) -> [Option<Decimal>; 3] {
        let factor = self.unit.millimetres();
        [self.length, self.width, self.height]
            .map(|side| side.map(|side| side.checked_mul(factor).unwrap_or(Decimal::MAX).round_dp(3).normalize()))
    }

    /// Returns stored millimetres in the seller's unit; `None` if no side is known.
    #[must_use]
    pub fn from_millimetres(sides: [Option<Decimal>; 3], unit: LengthUnit) -> Option<Self> {
        if sides.iter().all(Option::is_none) {
            return None;
        }
        let [length, width, height] =
            sides.map(|side| side.map(|side| (side / unit.millimetres()).round_dp(4).normalize()));
        Some(Self { length, width, height, unit })
    }
}

/// The units of each measure, each with its size in the first unit, which is the measure's standard unit.
///
/// Sizes: SI brochure (BIPM, 9th edition) and NIST SP 811 for the inch, foot, pound, ounce, US gallon and horsepower.
const UNITS: &[(&str, &[(&str, &str)])] = &[
    ("length", &[("mm", "1"), ("cm", "10"), ("m", "1000"), ("km", "1000000"), ("in", "25.4"), ("ft", "304.8")]),
    (
        "mass",
        &[("g", "1"), ("mg", "0.001"), ("kg", "1000"), ("t", "1000000"), ("lb", "453.59237"), ("oz", "28.349523125")],
    ),
    ("volume", &[("ml", "1"), ("cl", "10"), ("l", "1000"), ("m3", "1000000"), ("gal", "3785.411784")]),
    ("area", &[("cm2", "1"), ("mm2", "0.01"), ("m2", "10000")]),
    ("power", &[("W", "1"), ("mW", "0.001"), ("kW", "1000"), ("hp", "745.6998715822702")]),
    ("energy", &[("Wh", "1"), ("kWh", "1000"), ("J", "0.00027777777777777778"), ("kJ", "0.27777777777777778")]),
    ("voltage", &[("V", "1"), ("mV", "0.001"), ("kV", "1000")]),
    ("current", &[("A", "1"), ("mA", "0.001")]),
    ("charge", &[("mAh", "1"), ("Ah", "1000")]),
    ("frequency", &[("Hz", "1"), ("kHz", "1000"), ("MHz", "1000000"), ("GHz", "1000000000")]),
    ("time", &[("s", "1"), ("ms", "0.001"), ("min", "60"), ("h", "3600"), ("d", "86400")]),
    ("data", &[("B", "1"), ("kB", "1000"), ("MB", "1000000"), ("GB", "1000000000"), ("TB", "1000000000000")]),
    ("pressure", &[("Pa", "1"), ("kPa", "1000"), ("bar", "100000"), ("MPa", "1000000")]),
    ("speed", &[("rpm", "1")]),
    ("angle", &[("deg", "1")]),
    ("temperature", &[("degC", "1")]),
    ("sound", &[("dB", "1")]),
];

/// Returns the names of all measures.
pub fn measures() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|(measure, _)| *measure)
}

/// Returns the units of a measure, the standard unit first; an empty list for an unknown measure.
#[must_use]
pub fn units(measure: &str) -> Vec<&'static str> {
    let found = UNITS.iter().find(|(name, _)| *name == measure);
    found.map(|(_, units)| units.iter().map(|(unit, _)| *unit).collect()).unwrap_or_default()
}

/// Returns all units, each with its size in the standard unit of its measure.
pub fn unit_sizes() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNITS.iter().flat_map(|(_, units)| units.iter().copied())
}

/// Converts `amount` from the unit `from` to the unit `to`. Returns `None` if the units have different measures, or the
/// number is too large.
#[must_use]
pub fn convert(amount: Decimal, from: &str, to: &str) -> Option<Decimal> {
    let size = |units: &[(&str, &str)], wanted: &str| {
        let found = units.iter().find(|(unit, _)| *unit == wanted)?;
        found.1.parse::<Decimal>().ok()
    };
    UNITS.iter().find_map(|(_, units)| {
        let (from, to) = (size(units, from)?, size(units, to)?);
        Some(amount.checked_mul(from)?.checked_div(to)?.round_dp(9).normalize())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn converts_between_units_of_one_measure_only() {
        let to = |amount: &str, from, to| convert(amount.parse().unwrap(), from, to).map(|value| value.to_string());
        assert_eq!(to("1.5", "kg", "g").as_deref(), Some("1500"));
        assert_eq!(to("10", "in", "cm").as_deref(), Some("25.4"));
        assert_eq!(to("1", "lb", "kg").as_deref(), Some("0.45359237"));
        assert_eq!(to("90", "min", "h").as_deref(), Some("1.5"));
        assert_eq!(to("1", "kg", "cm"), None);
        assert_eq!(to("1", "stone", "kg"), None);
    }

    proptest! {
        #[test]
        fn a_weight_comes_back_as_the_seller_gave_it(thousandths in 0_i64..100_000_000, unit in 0_usize..4) {
            let unit = [WeightUnit::Gram, WeightUnit::Kilogram, WeightUnit::Pound, WeightUnit::Ounce][unit];
            let value = Decimal::new(thousandths, 3).round_dp(unit.decimals()).normalize();
            let weight = Weight { value, unit };
            prop_assert_eq!(Weight::from_grams(weight.grams(), unit), weight);
        }

        #[test]
        fn a_size_comes_back_as_the_seller_gave_it(side in 0_i64..100_000_000, unit in 0_usize..4) {
            let unit = [LengthUnit::Mm, LengthUnit::Cm, LengthUnit::M, LengthUnit::In][unit];
            let size = Dimensions { length: Some(Decimal::new(side, 2).normalize()), width: None, height: None, unit };
            prop_assert_eq!(Dimensions::from_millimetres(size.millimetres(), unit), Some(size));
        }
    }
}
