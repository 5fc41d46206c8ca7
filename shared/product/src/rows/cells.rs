//! The text of a row, before it is checked.

use std::borrow::Cow;

use crate::{Field, RowError, ShownVariants};

/// The texts of a row: one for each [`Field`], and those of attributes and identifiers. `None` if the file has no such
/// column or the cell is blank.
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
    /// Sets the text of `field`; a blank text makes it `None`.
    pub fn set(&mut self, field: Field, text: impl Into<Cow<'a, str>>) {
        let text = text.into();
        self.fields[field as usize] = (!text.trim().is_empty()).then_some(text);
    }

    /// Returns the text of `field`.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.fields[field as usize].as_deref()
    }

    /// Adds an error: why a text could not be made.
    pub fn fail(&mut self, error: RowError) {
        self.errors.push(error);
    }

    /// Notes that the row's blank cell removes the value of `field`.
    pub fn clear(&mut self, field: Field) {
        self.clear.push(field);
    }

    /// Sets the text of an attribute; `None` removes its value.
    pub fn set_attribute(&mut self, code: impl Into<Cow<'a, str>>, text: Option<Cow<'a, str>>) {
        self.attributes.push((code.into(), text));
    }

    /// Sets the variants that a shop's file shows.
    pub fn show(&mut self, variants: Option<ShownVariants>) {
        self.shown = variants;
    }

    /// Sets an identifier of a channel.
    pub fn set_identifier(&mut self, key: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.identifiers.push((key.into(), text.into()));
    }
}
