//! Demands that several channels share.

use messages::channels as say;
use product::Gtin;

use crate::column::{Cell, Column, Demand};
use crate::options::{Columns, LayoutOptions};
use crate::values::{is_price, is_web_address};

/// A price, if the cell is not blank.
pub(crate) const fn price() -> Demand {
    Demand::That("price_invalid", is_price, say::expected_price)
}

/// A GTIN, if the cell is not blank.
pub(crate) fn gtin() -> Demand {
    Demand::That("gtin_invalid", |text| Gtin::parse(text).is_ok(), say::expected_gtin)
}

/// A web address, if the cell is not blank.
pub(crate) const fn web_address(code: &'static str) -> Demand {
    Demand::That(code, is_web_address, say::expected_address)
}

/// Removes the blank columns that are not mapped, if the options want filled columns only.
pub(crate) fn wanted(columns: &mut Vec<Column>, options: &LayoutOptions, is_mapped: impl Fn(&str) -> bool) {
    if options.columns == Columns::Filled {
        columns.retain(|column| !matches!(column.cell, Cell::Blank) || is_mapped(&column.name));
    }
}
