//! Inputs that handlers read from requests.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{Error, FieldError, Result};
use crate::http::request::HttpRequest;
use crate::http::value_error::ValueError;
use crate::openapi::operation::Operation;

/// An input that a handler reads from a request.
pub trait Input: Sized {
    /// Reads the input.
    ///
    /// # Errors
    /// 400 or 422, with what was expected and what was found.
    fn read(request: &HttpRequest) -> Result<Self>;
    /// Adds the input to the OpenAPI document.
    fn describe(operation: &mut Operation);
}

/// The longest JSON body, in bytes. Files are uploaded to S3 with pre-signed addresses, never through a function.
const MAX_BODY: usize = 1_000_000;

/// The JSON body of the request, at most a million bytes. Its type must have `deny_unknown_fields`: a misspelt field is
/// an error, and is not silently ignored.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + ToSchema> Input for Body<T> {
    fn read(request: &HttpRequest) -> Result<Self> {
        let body = request.body();
        if body.len() > MAX_BODY {
            return Err(Error::TooLarge(MAX_BODY));
        }
        let body: &[u8] = if body.is_empty() { b"{}" } else { body };
        let mut json = serde_json::Deserializer::from_slice(body);
        // serde would also read a struct from an array, by position. Nobody wants that.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Error::invalid("body", "invalid", messages::runtime::not_an_object()));
        }
        let not_json = |problem: &serde_json::Error| Error::BadRequest {
            code: "json_invalid",
            message: messages::runtime::not_json(problem),
        };
        let read = serde_path_to_error::deserialize(&mut json).map_err(|error| match error.inner() {
            data if data.is_data() => Error::Invalid(vec![value_error(&error.path().to_string(), &data.to_string())]),
            other => not_json(other),
        })?;
        // Nothing may follow the object.
        json.end().map_err(|problem| not_json(&problem))?;
        Ok(Self(read))
    }

    fn describe(operation: &mut Operation) {
        operation.body::<T>();
    }
}

/// Returns the error for one value, from serde's path and message. For a missing or unknown field, the path of the
/// error is that of the field, not of the object around it.
fn value_error(path: &str, message: &str) -> FieldError {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let field_after = |kind: &str| message.strip_prefix(kind).and_then(|rest| rest.split('`').nth(1));
    let (name, code) = match (field_after("missing field "), field_after("unknown field ")) {
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
    let message = match (name, code) {
        (Some(_), "required") => messages::runtime::field_required(),
        (Some(name), "unknown_field") => {
            let known: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
            if known.is_empty() {
                messages::runtime::no_field(name)
            } else {
                messages::runtime::field_unknown(name, known.join(", "))
            }
        }
        _ => ValueError::message_of(message),
    };
    FieldError { field, code: code.to_owned(), message }
}

/// The query string.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams> Input for Query<T> {
    fn read(request: &HttpRequest) -> Result<Self> {
        read_form(&request.query()).map(Self)
    }

    fn describe(operation: &mut Operation) {
        operation.parameters(T::into_params(|| Some(ParameterIn::Query)));
    }
}

/// The `{id}` of the path. If it is not a UUID, no object has it: 404.
pub struct Path(pub Uuid);

impl Input for Path {
    fn read(request: &HttpRequest) -> Result<Self> {
        let id = request.parameter("id").and_then(|id| id.parse().ok());
        id.map(Self).ok_or_else(|| Error::NotFound(messages::things::object()))
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
        request.parameter("key").map(Self).ok_or_else(|| Error::NotFound(messages::things::object()))
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

/// The header `Idempotency-Key`: a POST that is repeated with the same key does its work once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key, if the caller sent one.
    pub key: Option<String>,
    /// With a key: the SHA-256 of the body, whatever the order of its fields.
    pub request: Option<[u8; 32]>,
}

impl IdempotencyKey {
    /// The key as it is stored beside keys that the product makes itself, which no caller can name.
    #[must_use]
    pub fn of_caller(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("caller:{key}"))
    }
}

impl Input for IdempotencyKey {
    fn read(request: &HttpRequest) -> Result<Self> {
        let key = request.header("idempotency-key").map(str::trim).filter(|key| !key.is_empty());
        if key.is_some_and(|key| key.len() > 200) {
            return Err(Error::invalid("Idempotency-Key", "value_too_long", messages::runtime::too_long(200)));
        }
        // The fields of an object are in order when it is written again.
        let hash = |_| {
            let body = serde_json::from_slice::<serde_json::Value>(request.body()).unwrap_or_default();
            Sha256::digest(body.to_string().as_bytes()).into()
        };
        Ok(Self { request: key.map(hash), key: key.map(str::to_owned) })
    }

    fn describe(operation: &mut Operation) {
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(utoipa::openapi::Required::False)
            .description(Some(
                "A request that is repeated with the same key does its work once. Imports and exports keep a key for 24 hours; \
                 the same key with another request is refused (409).",
            ))
            .schema(Some(<String as utoipa::PartialSchema>::schema()));
        operation.parameters(vec![parameter.build()]);
    }
}

/// The header `If-Match`: the version that the caller read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// The header was not sent.
    Missing,
    /// `*`: any version.
    Any,
    /// This version.
    Version(i64),
}

impl IfMatch {
    /// Checks that `version`, the current one, is the version that the caller read.
    ///
    /// # Errors
    /// 428 when the header was not sent, 412 when the current version is another one.
    pub fn check(&self, version: i64) -> Result<()> {
        match self {
            IfMatch::Missing => Err(Error::VersionNeeded),
            IfMatch::Version(read) if *read != version => Err(Error::Changed { version }),
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
                    message: messages::runtime::etag_invalid(tag),
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
                "The ETag that was read, such as \"7\"; * for any version. Without the header the answer is 428, with an old version 412.",
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
    serde_path_to_error::deserialize(form).map_err(|error| {
        Error::invalid(&error.path().to_string(), "invalid", ValueError::message_of(&error.inner().to_string()))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::http::request::tests::post;

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
    fn the_error_for_a_value_has_its_path() {
        let request = post(r#"{"lines": [{"quantity": 1}, {"quantity": -1}]}"#);
        let Err(Error::Invalid(errors)) = Body::<Order>::read(&request) else { panic!("expected a 422") };
        assert_eq!(errors[0].field, "lines[1].quantity");
        for (body, field, code) in [
            (r#"{}"#, "lines", "required"),
            (r#"{"lines": [{}]}"#, "lines[0].quantity", "required"),
            ("[[]]", "body", "invalid"),
            ("5", "body", "invalid"),
        ] {
            let Err(Error::Invalid(errors)) = Body::<Order>::read(&post(body)) else { panic!("expected a 422") };
            assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), (field, code), "{body}");
        }
        assert_eq!(Body::<Order>::read(&post("{")).err().map(|error| error.status()), Some(400));
    }

    #[derive(Debug, Deserialize, ToSchema)]
    struct Grant {
        #[expect(dead_code, reason = "only read by serde")]
        permission: crate::Permission,
    }

    #[test]
    fn a_value_error_is_in_both_languages() {
        let Err(Error::Invalid(errors)) = Body::<Grant>::read(&post(r#"{"permission": "x"}"#)) else {
            panic!("expected a 422")
        };
        assert_eq!(errors[0].message, messages::runtime::permission_unknown("x"));
        let Err(Error::Invalid(errors)) = Body::<Order>::read(&post(r#"{"lines": 5}"#)) else {
            panic!("expected a 422")
        };
        assert_eq!(errors[0].message.code(), "verbatim");
    }

    #[test]
    fn an_id_that_is_not_a_uuid_is_not_found() {
        assert_eq!(Path::read(&post("")).err().map(|error| error.status()), Some(404));
    }
}
