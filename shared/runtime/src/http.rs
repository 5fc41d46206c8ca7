//! Requests as API Gateway sends them, and what handlers read from and answer to them.

use std::collections::BTreeMap;

use base64::Engine;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::openapi::Operation;
use crate::{Cx, Error, FieldError, Result};

/// A request, without anything of API Gateway's.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    /// `GET`, `POST` …
    pub method: String,
    /// The path below the stage, as the caller wrote it.
    pub path: String,
    /// The route it matched, with `{parameters}`; empty when the gateway does not say.
    pub route: String,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Decoded.
    pub query: Vec<(String, String)>,
    /// Decoded.
    pub parameters: BTreeMap<String, String>,
    /// The bytes.
    pub body: Vec<u8>,
    /// The caller's address, as the gateway saw it.
    pub source_ip: Option<String>,
}

impl HttpRequest {
    /// Reads an event of a REST API (payload 1.0), or of `cargo lambda watch` (payload 2.0).
    ///
    /// # Errors
    /// When the event is neither.
    pub fn from_event(event: &Value) -> Result<Self> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let pairs = |name: &str| -> Vec<(String, String)> {
            let entries = event.get(name).and_then(Value::as_object).into_iter().flatten();
            entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        };
        let method = text("/httpMethod").or_else(|| text("/requestContext/http/method"));
        let path = text("/path").or_else(|| text("/rawPath"));
        let (Some(method), Some(path)) = (method, path) else {
            return Err(Error::internal("the event is no API Gateway request"));
        };
        let body = match event.get("body").and_then(Value::as_str) {
            None => Vec::new(),
            Some(text) if event.get("isBase64Encoded").and_then(Value::as_bool) == Some(true) => {
                base64::engine::general_purpose::STANDARD.decode(text).map_err(Error::internal)?
            }
            Some(text) => text.as_bytes().to_vec(),
        };
        Ok(Self {
            method,
            path,
            route: text("/resource").unwrap_or_default(),
            headers: pairs("headers").into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            query: pairs("queryStringParameters"),
            parameters: pairs("pathParameters").into_iter().collect(),
            body,
            source_ip: text("/requestContext/identity/sourceIp"),
        })
    }

    /// A header by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The token of `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    }
}

/// An answer, ready for API Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpReply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body, JSON text.
    pub body: String,
}

impl HttpReply {
    /// A JSON answer.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON.
    pub fn json(status: u16, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_string(value).map_err(Error::internal)?;
        Ok(Self { status, headers: BTreeMap::from([("content-type", "application/json".to_owned())]), body })
    }

    /// The problem that `error` is, for the request in `cx`.
    #[must_use]
    pub fn problem(error: &Error, cx: &Cx) -> Self {
        let mut headers = BTreeMap::from([("content-type", "application/problem+json".to_owned())]);
        if error.status() == 401 {
            headers.insert("www-authenticate", "Bearer".to_owned());
        }
        if let Error::TooManyRequests { retry_after, .. } = error {
            headers.insert("retry-after", retry_after.to_string());
        }
        if error.status() == 503 {
            headers.insert("retry-after", "60".to_owned());
        }
        let body = serde_json::to_string(&error.to_problem(&cx.request_id)).unwrap_or_default();
        Self { status: error.status(), headers, body }
    }

    /// The answer in API Gateway's form.
    #[must_use]
    pub fn to_event(&self) -> Value {
        json!({ "statusCode": self.status, "headers": self.headers, "body": self.body, "isBase64Encoded": false })
    }
}

/// Something a handler reads from a request.
pub trait Input: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// 400 or 422, saying what was expected and what was found.
    fn read(request: &HttpRequest) -> Result<Self>;
    /// Adds it to the OpenAPI document.
    fn describe(operation: &mut Operation);
}

/// The longest JSON body. Files go to S3 by pre-signed uploads, never through a function.
const MAX_BODY: usize = 1_000_000;

/// The request's JSON body, at most a million bytes. Its type says `deny_unknown_fields`: a misspelt field is an error,
/// not a wish that is silently ignored.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + ToSchema> Input for Body<T> {
    fn read(request: &HttpRequest) -> Result<Self> {
        if request.body.len() > MAX_BODY {
            return Err(Error::TooLarge(MAX_BODY));
        }
        let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
        let mut json = serde_json::Deserializer::from_slice(body);
        // A struct would be read from an array too, by position: nobody means that.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Error::invalid("body", "invalid", "expected a JSON object, found an array"));
        }
        serde_path_to_error::deserialize(&mut json).map(Self).map_err(|error| {
            if error.inner().is_data() {
                Error::Invalid(vec![value_error(&error.path().to_string(), &error.inner().to_string())])
            } else {
                let message = format!("expected a JSON body, found something else: {}", error.inner());
                Error::BadRequest { code: "json_invalid", message }
            }
        })
    }

    fn describe(operation: &mut Operation) {
        operation.body::<T>();
    }
}

/// What is wrong with which value, from serde's path and message: a field that is missing or unknown is the one that is
/// wrong, not the object around it.
fn value_error(path: &str, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let named = |kind: &str| message.strip_prefix(kind).and_then(|rest| rest.split('`').nth(1));
    let (name, code) = match (named("missing field "), named("unknown field ")) {
        (Some(name), _) => (Some(name), "required"),
        (_, Some(name)) => (Some(name), "unknown_field"),
        _ => (None, "invalid"),
    };
    let field = match name {
        Some(name) if path == "." || path == name => name.to_owned(),
        Some(name) if path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path == "." => "body".to_owned(),
        None => path.to_owned(),
    };
    FieldError { field, code: code.to_owned(), message: message.to_owned() }
}

/// The query string.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams> Input for Query<T> {
    fn read(request: &HttpRequest) -> Result<Self> {
        read_form(&request.query).map(Self)
    }

    fn describe(operation: &mut Operation) {
        operation.parameters(T::into_params(|| Some(ParameterIn::Query)));
    }
}

/// The `{id}` of the path. An id that is no UUID is nobody's: 404.
pub struct Path(pub Uuid);

impl Input for Path {
    fn read(request: &HttpRequest) -> Result<Self> {
        let id = request.parameters.get("id").map(String::as_str).unwrap_or_default();
        id.parse().map(Self).map_err(|_| Error::NotFound("object"))
    }

    fn describe(operation: &mut Operation) {
        let uuid =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let parameter = ParameterBuilder::new()
            .name("id")
            .parameter_in(ParameterIn::Path)
            .required(utoipa::openapi::Required::True)
            .schema(Some(uuid));
        operation.parameters(vec![parameter.build()]);
    }
}

/// The `{key}` of the path: a name.
pub struct Key(pub String);

impl Input for Key {
    fn read(request: &HttpRequest) -> Result<Self> {
        request.parameters.get("key").map(|key| Self(key.clone())).ok_or(Error::NotFound("object"))
    }

    fn describe(operation: &mut Operation) {
        let parameter = ParameterBuilder::new()
            .name("key")
            .parameter_in(ParameterIn::Path)
            .required(utoipa::openapi::Required::True)
            .schema(Some(<String as utoipa::PartialSchema>::schema()));
        operation.parameters(vec![parameter.build()]);
    }
}

/// The header `Idempotency-Key`: a POST repeated with the same key does its work once.
pub struct IdempotencyKey(pub Option<String>);

impl Input for IdempotencyKey {
    fn read(request: &HttpRequest) -> Result<Self> {
        let key = request.header("idempotency-key").map(str::trim).filter(|key| !key.is_empty());
        if key.is_some_and(|key| key.len() > 200) {
            return Err(Error::invalid("Idempotency-Key", "value_too_long", "expected at most 200 characters"));
        }
        Ok(Self(key.map(str::to_owned)))
    }

    fn describe(operation: &mut Operation) {
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(utoipa::openapi::Required::False)
            .description(Some("A request repeated with the same key does its work once."))
            .schema(Some(<String as utoipa::PartialSchema>::schema()));
        operation.parameters(vec![parameter.build()]);
    }
}

/// The header `If-Match`: which version of a thing the caller saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// None was sent.
    Missing,
    /// `*`: whatever is there.
    Any,
    /// This version.
    Version(i64),
}

impl IfMatch {
    /// Nothing, when the version that is there is the one that the caller saw.
    ///
    /// # Errors
    /// 428 when the header was not sent, 412 when there is another version.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            IfMatch::Missing => Err(Error::VersionNeeded),
            IfMatch::Version(seen) if *seen != version => Err(Error::Changed { version }),
            IfMatch::Any | IfMatch::Version(_) => Ok(()),
        }
    }
}

impl Input for IfMatch {
    fn read(request: &HttpRequest) -> Result<Self> {
        match request.header("if-match").map(str::trim) {
            None | Some("") => Ok(IfMatch::Missing),
            Some("*") => Ok(IfMatch::Any),
            Some(tag) => {
                let number = tag.trim_start_matches("W/").trim_matches('"').parse();
                number.map(IfMatch::Version).map_err(|_| Error::BadRequest {
                    code: "if_match_invalid",
                    message: format!("expected the ETag of an earlier answer, such as \"7\", or *, found {tag}"),
                })
            }
        }
    }

    fn describe(operation: &mut Operation) {
        let parameter = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .required(utoipa::openapi::Required::True)
            .description(Some(
                "The ETag that was read, such as \"7\"; * for any version. Without it 428, with an old one 412.",
            ))
            .schema(Some(<String as utoipa::PartialSchema>::schema()));
        operation.parameters(vec![parameter.build()]);
        operation.problem(412, "Somebody changed it meanwhile");
        operation.problem(428, "The header If-Match is missing");
    }
}

fn read_form<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T> {
    let text = serde_html_form::to_string(pairs).map_err(Error::internal)?;
    let form = serde_html_form::Deserializer::from_bytes(text.as_bytes());
    serde_path_to_error::deserialize(form)
        .map_err(|error| Error::invalid(&error.path().to_string(), "invalid", error.inner()))
}

/// Something a handler answers.
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
        HttpReply::json(200, &self)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(200, "Done");
    }
}

/// An answer that has a version: its `ETag`.
pub struct Versioned<O>(pub O, pub i64);

impl<O: Output> Output for Versioned<O> {
    fn into_reply(self) -> Result<HttpReply> {
        let mut reply = self.0.into_reply()?;
        reply.headers.insert("etag", format!("\"{}\"", self.1));
        Ok(reply)
    }

    fn describe(operation: &mut Operation) {
        O::describe(operation);
    }
}

/// 201: made.
pub struct Created<T>(pub T);

impl<T: Serialize + ToSchema> Output for Created<T> {
    fn into_reply(self) -> Result<HttpReply> {
        HttpReply::json(201, &self.0)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(201, "Made");
    }
}

/// 302: what was asked for is there for the moment. Nobody keeps the answer.
pub struct Found(pub String);

impl Output for Found {
    fn into_reply(self) -> Result<HttpReply> {
        let headers = [("location", self.0), ("cache-control", "no-store".to_owned())];
        Ok(HttpReply { status: 302, headers: headers.into(), body: String::new() })
    }

    fn describe(operation: &mut Operation) {
        operation.empty_answer(302, "`Location` says where it is for some minutes");
    }
}

/// 202: begun, and going on in the background.
pub struct Accepted<T>(pub T);

impl<T: Serialize + ToSchema> Output for Accepted<T> {
    fn into_reply(self) -> Result<HttpReply> {
        HttpReply::json(202, &self.0)
    }

    fn describe(operation: &mut Operation) {
        operation.answer::<T>(202, "Begun, and going on in the background");
    }
}

/// 204: done, nothing to say.
pub struct NoContent;

impl Output for NoContent {
    fn into_reply(self) -> Result<HttpReply> {
        Ok(HttpReply { status: 204, headers: BTreeMap::new(), body: String::new() })
    }

    fn describe(operation: &mut Operation) {
        operation.empty_answer(204, "Done");
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, ToSchema)]
    struct Order {
        #[expect(dead_code, reason = "only read by serde")]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize, ToSchema)]
    struct Line {
        #[expect(dead_code, reason = "only read by serde")]
        quantity: u8,
    }

    #[test]
    fn a_wrong_value_is_named_by_its_path() {
        let request = HttpRequest {
            body: br#"{"lines": [{"quantity": 1}, {"quantity": -1}]}"#.to_vec(),
            ..HttpRequest::default()
        };
        let Err(Error::Invalid(errors)) = Body::<Order>::read(&request) else { panic!("expected a 422") };
        assert_eq!(errors[0].field, "lines[1].quantity");
        for (body, field, code) in [
            (r#"{}"#, "lines", "required"),
            (r#"{"lines": [{}]}"#, "lines[0].quantity", "required"),
            ("[[]]", "body", "invalid"),
            ("5", "body", "invalid"),
        ] {
            let request = HttpRequest { body: body.as_bytes().to_vec(), ..HttpRequest::default() };
            let Err(Error::Invalid(errors)) = Body::<Order>::read(&request) else { panic!("expected a 422") };
            assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), (field, code), "{body}");
        }
        let broken = HttpRequest { body: b"{".to_vec(), ..HttpRequest::default() };
        assert_eq!(Body::<Order>::read(&broken).err().map(|error| error.status()), Some(400));
    }

    #[test]
    fn reads_a_rest_event() {
        let event = json!({
            "httpMethod": "POST", "path": "/v1/x", "resource": "/v1/{id}",
            "headers": {"Authorization": "bearer  t0ken", "X-Correlation-ID": "c"},
            "queryStringParameters": {"limit": "5"}, "pathParameters": {"id": "x"},
            "body": "aGk=", "isBase64Encoded": true, "requestContext": {"identity": {"sourceIp": "192.0.2.1"}}
        });
        let request = HttpRequest::from_event(&event).unwrap();
        assert_eq!(request.bearer_token(), Some("t0ken"));
        assert_eq!(request.header("x-correlation-id"), Some("c"));
        assert_eq!(request.body, b"hi");
        assert_eq!(request.source_ip.as_deref(), Some("192.0.2.1"));
        assert_eq!(Path::read(&request).err().map(|error| error.status()), Some(404));
    }
}
