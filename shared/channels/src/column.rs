//! A column of a layout.

use std::borrow::Cow;

use crate::LeftOut;
use crate::fields::Text;
use crate::line::Line;
use crate::mapping::Source;

/// What a cell is where a format has types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Text,
    /// A number; a spreadsheet can reckon with it.
    Number,
    /// `true` or `false`.
    Truth,
    /// Texts, one in a line.
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

/// Which lines of a product have a column's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The first line of a product.
    Product,
    /// Lines on which something is sold: the product itself, or each variant.
    Sold,
    /// Every line.
    Line,
}

/// Where a cell's text comes from.
pub(crate) enum Cell {
    Blank,
    Text(Text),
    /// Of several columns that are alike, this one.
    Numbered(for<'l> fn(&'l Line<'l>, usize) -> Cow<'l, str>, usize),
    Mapped(Source),
}

/// What a channel demands of a cell.
pub(crate) enum Demand {
    /// Something.
    Filled,
    /// At most so many characters.
    Chars(usize),
    /// At most so many bytes of UTF-8.
    Bytes(usize),
    /// Of a text that is there: this holds; the code of the reason, and what is expected.
    That(&'static str, fn(&str) -> bool, &'static str),
}

/// A column whose text the catalogue knows.
pub(crate) fn column(name: &'static str, of: Of, text: Text) -> Column {
    Column { name: Cow::Borrowed(name), of, cell: Cell::Text(text), kind: Kind::Text, demands: Vec::new() }
}

/// A column that stays blank unless it is mapped.
pub(crate) fn blank(name: &'static str, of: Of) -> Column {
    Column { name: Cow::Borrowed(name), of, cell: Cell::Blank, kind: Kind::Text, demands: Vec::new() }
}

impl Demand {
    pub(crate) fn check(&self, text: &str, channel: &str, column: &str) -> Result<(), LeftOut> {
        let most = |code: &str, most: usize, found: usize, what: &str| {
            let message =
                format!("{channel} takes at most {most} {what} in {column}, this one has {found}; shorten it");
            LeftOut::new(code, column, message)
        };
        match self {
            Demand::Filled if text.trim().is_empty() => {
                let message = format!("{channel} demands {column}, the product has none; fill it, or map the column");
                Err(LeftOut::new("required_missing", column, message))
            }
            Demand::Chars(limit) if text.len() > *limit && text.chars().count() > *limit => {
                Err(most("value_too_long", *limit, text.chars().count(), "characters"))
            }
            Demand::Bytes(limit) if text.len() > *limit => Err(most("value_too_long", *limit, text.len(), "bytes")),
            Demand::That(code, holds, expected) if !text.is_empty() && !holds(text) => {
                let shown: String = text.chars().take(60).collect();
                let message = format!("{channel} expects {expected} in {column}, found \"{shown}\"");
                Err(LeftOut::new(*code, column, message))
            }
            _ => Ok(()),
        }
    }
}
