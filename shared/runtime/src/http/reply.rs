//! HTTP answers.

use lambda_http::http::{HeaderName, HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;

use crate::cx::Cx;
use crate::error::{Error, Result};

/// An HTTP answer, which `lambda_http` writes in the form that the gateway expects.
pub type HttpReply = Response<Body>;

/// Returns an answer in JSON.
///
/// # Errors
/// When `value` cannot be written as JSON.
pub(crate) fn json(status: u16, value: &impl Serialize) -> Result<HttpReply> {
    let body = serde_json::to_string(value).map_err(Error::internal)?;
    Ok(with_body(status, "application/json", body))
}

/// Returns an answer without a body.
pub(crate) fn empty(status: u16) -> HttpReply {
    let mut reply = Response::new(Body::Empty);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply
}

fn with_body(status: u16, content_type: &'static str, body: String) -> HttpReply {
    let mut reply = empty(status);
    *reply.body_mut() = Body::Text(body);
    set_header(&mut reply, "content-type", content_type);
    reply
}

/// Returns `error` as a problem (RFC 9457), for the request in `cx`.
pub(crate) fn problem(error: &Error, cx: &Cx) -> HttpReply {
    let body = serde_json::to_string(&error.to_problem(&cx.request_id, cx.language)).unwrap_or_default();
    let mut reply = with_body(error.status(), "application/problem+json", body);
    set_header(&mut reply, "content-language", cx.language.code());
    if error.status() == 401 {
        set_header(&mut reply, "www-authenticate", "Bearer");
    }
    if let Error::TooManyRequests { retry_after, .. } = error {
        set_header(&mut reply, "retry-after", &retry_after.to_string());
    }
    if error.status() == 503 {
        set_header(&mut reply, "retry-after", "60");
    }
    reply
}

/// Sets a header; a value that is not allowed in headers is left out.
pub(crate) fn set_header(reply: &mut HttpReply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
