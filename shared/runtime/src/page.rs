//! Pages of lists.

use std::borrow::Cow;

use base64::Engine;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::{Error, Result};

/// One page of a list, and the cursor of the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, in a stable order.
    pub data: Vec<T>,
    /// Send it as `cursor` to get the next page; absent on the last.
    pub next_cursor: Option<String>,
}

/// The query parameters that select a page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
pub struct PageQuery {
    /// The most items of the page, 1 to 200; default: 50.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// The `next_cursor` of the previous page; default: the first page.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// The key of the last item of a page. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// An item's id.
    Id(Uuid),
    /// A number, such as that of a row.
    Number(i64),
    /// A text that only the list itself understands: for lists that can be sorted in several ways.
    Text(String),
}

impl PageQuery {
    /// Returns the most items of the page.
    ///
    /// # Errors
    /// 422 when it is not 1 to 200.
    pub fn limit(&self) -> Result<i64> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(i64::from(limit)),
            other => Err(Error::invalid("limit", "out_of_range", messages::runtime::out_of_range(1, 200, other))),
        }
    }

    /// Returns the id after which the page begins.
    ///
    /// # Errors
    /// 400 when the cursor is not one that a page returned.
    pub fn after_id(&self) -> Result<Option<Uuid>> {
        match self.decode()? {
            Some(Cursor::Id(id)) => Ok(Some(id)),
            Some(_) => Err(unknown_cursor()),
            None => Ok(None),
        }
    }

    /// Returns the text with which the previous page ended.
    ///
    /// # Errors
    /// 400 when the cursor is not one that a page returned.
    pub fn after_text(&self) -> Result<Option<String>> {
        match self.decode()? {
            Some(Cursor::Text(text)) => Ok(Some(text)),
            Some(_) => Err(unknown_cursor()),
            None => Ok(None),
        }
    }

    /// Returns the number after which the page begins.
    ///
    /// # Errors
    /// 400 when the cursor is not one that a page returned.
    pub fn after_number(&self) -> Result<Option<i64>> {
        match self.decode()? {
            Some(Cursor::Number(number)) => Ok(Some(number)),
            Some(_) => Err(unknown_cursor()),
            None => Ok(None),
        }
    }

    fn decode(&self) -> Result<Option<Cursor>> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown_cursor())?;
        match bytes.len() {
            16 => Ok(Uuid::from_slice(&bytes).ok().map(Cursor::Id)),
            8 => Ok(<[u8; 8]>::try_from(bytes).ok().map(|bytes| Cursor::Number(i64::from_be_bytes(bytes)))),
            _ if bytes.first() == Some(&TEXT) => {
                let text = String::from_utf8(bytes[1..].to_vec()).map_err(|_| unknown_cursor())?;
                Ok(Some(Cursor::Text(text.trim_end_matches('\0').to_owned())))
            }
            _ => Err(unknown_cursor()),
        }
    }
}

/// The first byte of a text cursor.
const TEXT: u8 = b't';

impl Cursor {
    /// Returns the cursor as clients see it.
    #[must_use]
    pub fn encode(&self) -> String {
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        match self {
            Cursor::Id(id) => engine.encode(id.as_bytes()),
            Cursor::Number(number) => engine.encode(number.to_be_bytes()),
            Cursor::Text(text) => {
                let mut bytes = [&[TEXT], text.as_bytes()].concat();
                // Eight bytes would be read as a number, sixteen as an id.
                if matches!(bytes.len(), 8 | 16) {
                    bytes.push(0);
                }
                engine.encode(bytes)
            }
        }
    }
}

// Not derived, because the derived implementation refers to the schema of the items without adding it.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Send it as `cursor` to get the next page; null on the last."));
        ObjectBuilder::new()
            .description(Some("One page of a list, and the cursor of the next one."))
            .property("data", items)
            .required("data")
            .property("next_cursor", cursor)
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        format!("Page_{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> Page<T> {
    /// Returns the page of `items`. One item more than `limit` must have been read, so that it is known whether a next
    /// page exists.
    pub fn cut(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(|item| key(item).encode()) } else { None };
        Self { data: items, next_cursor }
    }

    /// Returns the same page with every item converted by `change`.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

fn unknown_cursor() -> Error {
    Error::BadRequest { code: "cursor_invalid", message: messages::runtime::cursor_invalid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let page = Page::cut(vec![1, 2, 3], 2, |number| Cursor::Number(*number));
        assert_eq!(page.data, [1, 2]);
        let query = PageQuery { cursor: page.next_cursor, limit: None };
        assert_eq!(query.after_number().unwrap(), Some(2));
        assert!(query.after_id().is_err());
        assert_eq!(Page::cut(vec![1, 2], 2, |number| Cursor::Number(*number)).next_cursor, None);
        for text in ["", "1234567", "123456789012345", "price|é"] {
            let query = PageQuery { cursor: Some(Cursor::Text(text.to_owned()).encode()), limit: None };
            assert_eq!(query.after_text().unwrap().as_deref(), Some(text));
            assert!(query.after_id().is_err() && query.after_number().is_err());
        }
        let foreign = PageQuery { cursor: Some("💥".into()), limit: Some(0) };
        assert!(foreign.after_id().is_err() && foreign.limit().is_err());
    }
}
