//! A supplier's fields in a request.

use db_suppliers::SupplierDetails;
use messages::Text;
use runtime::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Some or all fields of a supplier: a new supplier, or a merge patch (RFC 7396) of an existing one.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct SupplierFields(pub Map<String, Value>);

impl SupplierFields {
    /// Returns `details` with these fields changed.
    ///
    /// # Errors
    /// 422 for the first field that does not exist or has a value of the wrong kind.
    pub fn onto(&self, details: &SupplierDetails) -> Result<SupplierDetails> {
        let Value::Object(mut whole) = serde_json::to_value(details).map_err(Error::internal)? else {
            return Err(Error::internal("a supplier is no object"));
        };
        for (field, value) in &self.0 {
            let Some(place) = whole.get_mut(field) else {
                return Err(Error::invalid(field, "unknown_field", messages::suppliers::no_field(field)));
            };
            *place = match (field.as_str(), value) {
                ("contacts", Value::Null) => Value::Array(Vec::new()),
                ("price_rule", Value::Null) => Value::Object(Map::new()),
                ("name", Value::Null) => Value::String(String::new()),
                (_, value) => value.clone(),
            };
            serde_json::from_value::<SupplierDetails>(Value::Object(whole.clone()))
                .map_err(|problem| Error::invalid(field, "invalid", Text::verbatim(problem.to_string())))?;
        }
        serde_json::from_value(Value::Object(whole)).map_err(Error::internal)
    }
}

impl PartialSchema for SupplierFields {
    fn schema() -> RefOr<Schema> {
        let mut schema = SupplierDetails::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        schema
    }
}

impl ToSchema for SupplierFields {
    fn name() -> std::borrow::Cow<'static, str> {
        "SupplierFields".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        SupplierDetails::schemas(schemas);
    }
}
