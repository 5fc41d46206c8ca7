//! The text of a row, before it is checked.

use std::borrow::Cow;

use crate::{Field, RowError, ShownVariants};

/// The text of a row: one place for each [`Field`], and what fills attributes and identifiers. `None` where the file has
/// no such column or the cell is blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells<'a> {
    pub(crate) fields: [Option<Cow<'a, str>>; Field::COUNT],
    pub(crate) clear: Vec<Field>,
    pub(crate) attributes: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
    pub(crate) identifiers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    pub(crate) shown: Option<ShownVariants>,
    pub(crate) errors: Vec<RowError>,
}

impl Default for Cells<'_> {
    fn default() -> Self {
        Self {
            fields: [const { None }; Field::COUNT],
            clear: Vec::new(),
            attributes: Vec::new(),
            identifiers: Vec::new(),
            shown: None,
            errors: Vec::new(),
        }
    }
}

impl<'a> Cells<'a> {
    /// Puts `text` in `field`'s place; a blank text leaves it empty.
    pub fn set(&mut self, field: Field, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        self.fields[field as usize] = (!text.trim().is_empty()).then_some(text);
    }

    /// The text in `field`'s place.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.fields[field as usize].as_deref()
    }

    /// Says why a place could not be filled.
    pub fn fail(&mut self, error: RowError) {
        self.errors.push(error);
    }

    /// Says that the row's blank cell empties `field`.
    pub fn clear(&mut self, field: Field) {
        self.clear.push(field);
    }

    /// Gives an attribute a text; `None` takes its value away.
    pub fn set_attribute(&mut self, code: impl Into<Cow<'a, str>>, text: Option<Cow<'a, str>>) {
        self.attributes.push((code.into(), text));
    }

    /// Tells what a shop's file shows of the product's variants.
    pub fn show(&mut self, variants: Option<ShownVariants>) {
        self.shown = variants;
    }

    /// Gives an identifier of a channel.
    pub fn set_identifier(&mut self, key: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.identifiers.push((key.into(), text.into()));
    }
}
