//! Demands that several channels make.

use product::Gtin;

use crate::column::{Cell, Column, Demand};
use crate::options::{Columns, LayoutOptions};
use crate::values::{is_price, is_web_address};

/// A price, where there is one.
pub(crate) const fn price() -> Demand {
    Demand::That("price_invalid", is_price, "a number such as 12.50")
}

/// A GTIN, where there is one.
pub(crate) fn gtin() -> Demand {
    Demand::That("gtin_invalid", |text| Gtin::parse(text).is_ok(), "a GTIN with the right check digit")
}

/// A web address, where there is one.
pub(crate) const fn web_address(code: &'static str) -> Demand {
    Demand::That(code, is_web_address, "an address that begins with https://")
}

/// Leaves blank columns away where only the filled ones are wanted, but for those that are mapped.
pub(crate) fn wanted(columns: &mut Vec<Column>, options: &LayoutOptions, mapped: impl Fn(&str) -> bool) {
    if options.columns == Columns::Filled {
        columns.retain(|column| !matches!(column.cell, Cell::Blank) || mapped(&column.name));
    }
}
