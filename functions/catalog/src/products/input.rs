//! Input and checks that several handlers of this domain share.

use db_catalog::Origin;
use db_tenancy::Stamp;
use product::{Content, with_patch};
use runtime::{Actor, Cx, Error, FieldError, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::openapi::{RefOr, schema};
use utoipa::{PartialSchema, ToSchema};

/// Some or all fields of a product: a new product, or a merge patch (RFC 7396) of an existing one.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct ProductFields(pub Map<String, Value>);

impl ProductFields {
    /// Returns `content` with these fields changed.
    ///
    /// # Errors
    /// 422 with one error for each field that does not exist or has a value of the wrong kind.
    pub fn onto(&self, content: &Content) -> Result<Content> {
        with_patch(content, &self.0).map_err(|wrong| {
            Error::Invalid(
                wrong
                    .into_iter()
                    .map(|error| FieldError { field: error.field, code: error.code, message: error.message })
                    .collect(),
            )
        })
    }
}

impl PartialSchema for ProductFields {
    fn schema() -> RefOr<Schema> {
        let mut schema = Content::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        schema
    }
}

impl ToSchema for ProductFields {
    fn name() -> std::borrow::Cow<'static, str> {
        "ProductFields".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<schema::Schema>)>) {
        Content::schemas(schemas);
    }
}

/// Returns who changes products in this request, for their history and for the audit trail.
///
/// # Errors
/// 401 without a caller.
pub(crate) fn origin(cx: &Cx) -> Result<(Origin, Stamp)> {
    let stamp = Stamp::of(cx)?;
    let source = match &cx.caller()?.actor {
        Actor::Person(_) => "user".to_owned(),
        Actor::Key { id, .. } => format!("key:{id}"),
    };
    let origin =
        Origin { source, actor_id: stamp.actor(), actor_name: Some(stamp.actor_name().to_owned()), job_id: None };
    Ok((origin, stamp))
}

/// Returns a name without the space around it. It must have 1 to 200 characters, in one line.
///
/// # Errors
/// 422 if it does not.
pub(crate) fn name(field: &str, text: &str) -> Result<String> {
    let trimmed = text.trim();
    let length = trimmed.chars().count();
    if !(1..=200).contains(&length) || trimmed.chars().any(char::is_control) {
        return Err(Error::invalid(field, "length", messages::catalog::name_length(length)));
    }
    Ok(trimmed.to_owned())
}
