//! Lists, a page at a time.

use std::borrow::Cow;

use base64::Engine;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::error::{Error, Result};

/// One page of a list, and the way to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, in a stable order.
    pub data: Vec<T>,
    /// Send it as `cursor` to get the next page; absent on the last.
    pub next_cursor: Option<String>,
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
pub struct PageQuery {
    /// How many items at most, 1 to 200; 50 unless said.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Where a page ends: the last item's key. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// An item's id.
    Id(Uuid),
    /// A number, such as a row's.
    Number(i64),
    /// A text that only the list itself understands: of lists that are in different orders.
    Text(String),
}

impl PageQuery {
    /// The number of items wanted.
    ///
    /// # Errors
    /// 422 unless it is 1 to 200.
    pub fn limit(&self) -> Result<i64> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(i64::from(limit)),
            other => Err(Error::invalid("limit", "out_of_range", format!("expected 1 to 200, found {other}"))),
        }
    }

    /// The id after which the page begins.
    ///
    /// # Errors
    /// 400 when the cursor is not one of ours.
    pub fn after_id(&self) -> Result<Option<Uuid>> {
        match self.decode()? {
            Some(Cursor::Id(id)) => Ok(Some(id)),
            Some(_) => Err(unknown_cursor()),
            None => Ok(None),
        }
    }

    /// The text with which the page before ended.
    ///
    /// # Errors
    /// 400 when the cursor is not one of ours.
    pub fn after_text(&self) -> Result<Option<String>> {
        match self.decode()? {
            Some(Cursor::Text(text)) => Ok(Some(text)),
            Some(_) => Err(unknown_cursor()),
            None => Ok(None),
        }
    }

    /// The number after which the page begins.
    ///
    /// # Errors
    /// 400 when the cursor is not one of ours.
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

/// The first byte of a cursor that is a text.
const TEXT: u8 = b't';

impl Cursor {
    /// The cursor as a client holds it.
    #[must_use]
    pub fn encode(&self) -> String {
        let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        match self {
            Cursor::Id(id) => engine.encode(id.as_bytes()),
            Cursor::Number(number) => engine.encode(number.to_be_bytes()),
            Cursor::Text(text) => {
                let mut bytes = [&[TEXT], text.as_bytes()].concat();
                // Eight bytes are a number, sixteen an id.
                if matches!(bytes.len(), 8 | 16) {
                    bytes.push(0);
                }
                engine.encode(bytes)
            }
        }
    }
}

// By hand, because the derived one names the schema of the items without giving it.
impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Send it as `cursor` to get the next page; null on the last."));
        ObjectBuilder::new()
            .description(Some("One page of a list, and the way to the next."))
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
    /// A page from `items`, of which one more than `limit` was asked for, to know whether there is a next page.
    pub fn cut(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(|item| key(item).encode()) } else { None };
        Self { data: items, next_cursor }
    }

    /// The same page with each item changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(change).collect(), next_cursor: self.next_cursor }
    }
}

fn unknown_cursor() -> Error {
    Error::BadRequest { code: "cursor_invalid", message: "expected the next_cursor of an earlier page".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
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
