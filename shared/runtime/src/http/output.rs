//! Answers of handlers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;
use crate::http::reply::{self, HttpReply, set_header};
use crate::openapi::operation::Operation;

/// An answer of a handler.
pub trait Output {
    /// Writes the answer.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    fn into_reply(self) -> Result<HttpReply>;
    /// Adds it to the OpenAPI document.
    fn describe(operation: &mut Operation);
}

impl<T: Serialize + ToSchema> Output for T {
    fn into_reply(self) -> Result<HttpReply> {
        reply::json(200, &self)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200, "Done");
    }
}

/// An answer with a version, sent as the header `ETag`.
pub struct Versioned<O>(pub O, pub i64);

impl<O: Output> Output for Versioned<O> {
    fn into_reply(self) -> Result<HttpReply> {
        let mut reply = self.0.into_reply()?;
        set_header(&mut reply, "etag", &format!("\"{}\"", self.1));
        Ok(reply)
    }

    fn describe(operation: &mut Operation) {
        O::describe(operation);
    }
}

/// 201: created.
pub struct Created<T>(pub T);

impl<T: Serialize + ToSchema> Output for Created<T> {
    fn into_reply(self) -> Result<HttpReply> {
        reply::json(201, &self.0)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(201, "Created");
    }
}

/// 302: a redirect to this address, which is valid for a few minutes. The answer must not be cached.
pub struct Found(pub String);

impl Output for Found {
    fn into_reply(self) -> Result<HttpReply> {
        let mut reply = reply::empty(302);
        set_header(&mut reply, "location", &self.0);
        set_header(&mut reply, "cache-control", "no-store");
        Ok(reply)
    }

    fn describe(operation: &mut Operation) {
        operation.empty_answer(302, "The header `Location` has its address, valid for a few minutes");
    }
}

/// 202: started, and continues in the background.
pub struct Accepted<T>(pub T);

impl<T: Serialize + ToSchema> Output for Accepted<T> {
    fn into_reply(self) -> Result<HttpReply> {
        reply::json(202, &self.0)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(202, "Started, and continues in the background");
    }
}

/// 204: done; the answer has no body.
pub struct NoContent;

impl Output for NoContent {
    fn into_reply(self) -> Result<HttpReply> {
        Ok(reply::empty(204))
    }

    fn describe(operation: &mut Operation) {
        operation.empty_answer(204, "Done");
    }
}
