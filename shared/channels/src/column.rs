//! A column of a layout.

use std::borrow::Cow;

use messages::channels as say;

use crate::LeftOut;
use crate::fields::CellText;
use crate::line::Line;
use crate::mapping::Source;

/// The type of a cell, in formats with types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Text,
    /// A number; a spreadsheet can calculate with it.
    Number,
    /// `true` or `false`.
    Truth,
    /// Texts, one per line.
    List,
    /// JSON.
    Json,
}

/// A column of a layout.
pub(crate) struct Column {
    pub(crate) name: Cow<'static, str>,
    pub(crate) of: Of,
    pub(crate) cell: Cell,
    pub(crate) kind: Kind,
    pub(crate) demands: Vec<Demand>,
}

impl Column {
    pub(crate) fn demand(mut self, demand: Demand) -> Self {
        self.demands.push(demand);
        self
    }

    pub(crate) fn filled(self) -> Self {
        self.demand(Demand::Filled)
    }

    pub(crate) fn most(self, characters: usize) -> Self {
        self.demand(Demand::Chars(characters))
    }

    pub(crate) fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

/// Which lines of a product contain a column's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The first line of a product.
    Product,
    /// Lines of something that is sold: the product itself, or each variant.
    Sold,
    /// Every line.
    Line,
}

/// The source of a cell's text.
pub(crate) enum Cell {
    Blank,
    Text(CellText),
    /// One of several similar columns, by its number.
    Numbered(for<'l> fn(&'l Line<'l>, usize) -> Cow<'l, str>, usize),
    Mapped(Source),
}

/// A condition of a channel for a cell.
pub(crate) enum Demand {
    /// Not blank.
    Filled,
    /// At most this many characters.
    Chars(usize),
    /// At most this many bytes of UTF-8.
    Bytes(usize),
    /// A test for a text that is not blank: the code of the reason, the test, and what is expected.
    That(&'static str, fn(&str) -> bool, fn() -> messages::Text),
}

/// Returns a column that the catalogue fills.
pub(crate) fn column(name: &'static str, of: Of, text: CellText) -> Column {
    Column { name: Cow::Borrowed(name), of, cell: Cell::Text(text), kind: Kind::Text, demands: Vec::new() }
}

/// Returns a column that stays blank unless it is mapped.
pub(crate) fn blank(name: &'static str, of: Of) -> Column {
    Column { name: Cow::Borrowed(name), of, cell: Cell::Blank, kind: Kind::Text, demands: Vec::new() }
}

impl Demand {
    pub(crate) fn check(&self, text: &str, channel: &messages::Text, column: &str) -> Result<(), LeftOut> {
        match self {
            Demand::Filled if text.trim().is_empty() => {
                Err(LeftOut::new("required_missing", column, say::required_missing(channel.clone(), column)))
            }
            Demand::Chars(limit) if text.len() > *limit && text.chars().count() > *limit => {
                let message = say::too_many_characters(channel.clone(), limit, column, text.chars().count());
                Err(LeftOut::new("value_too_long", column, message))
            }
            Demand::Bytes(limit) if text.len() > *limit => {
                let message = say::too_many_bytes(channel.clone(), limit, column, text.len());
                Err(LeftOut::new("value_too_long", column, message))
            }
            Demand::That(code, holds, expected) if !text.is_empty() && !holds(text) => {
                let shown: String = text.chars().take(60).collect();
                let message = say::value_unexpected(channel.clone(), expected(), column, shown);
                Err(LeftOut::new(*code, column, message))
            }
            _ => Ok(()),
        }
    }
}
