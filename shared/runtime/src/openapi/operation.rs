//! One operation of the OpenAPI document.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::Schema;

/// One operation while it is described: the inputs and outputs of the handler add themselves.
#[derive(Default)]
pub struct Operation {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Value>,
    pub(crate) answers: Map<String, Value>,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

/// A parameter that the query string may have.
pub(crate) struct QueryParameter {
    pub(crate) name: String,
    /// Whether it can have several values, as a repeated parameter.
    pub(crate) several: bool,
}

impl Operation {
    /// Returns the query parameters that `describe` adds.
    pub(crate) fn query_parameters(describe: fn(&mut Operation)) -> Vec<QueryParameter> {
        let mut operation = Operation::default();
        describe(&mut operation);
        let in_query =
            operation.parameters.into_iter().filter(|parameter| matches!(parameter.parameter_in, ParameterIn::Query));
        let array = |schema: &Option<RefOr<Schema>>| matches!(schema, Some(RefOr::T(Schema::Array(_))));
        in_query.map(|parameter| QueryParameter { several: array(&parameter.schema), name: parameter.name }).collect()
    }

    pub(crate) fn parameters(&mut self, parameters: Vec<Parameter>) {
        self.parameters.extend(parameters);
    }

    pub(crate) fn body<T: ToSchema>(&mut self) {
        let schema = self.schema::<T>();
        self.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
    }

    pub(crate) fn answer<T: ToSchema>(&mut self, status: u16, description: &str) {
        let schema = self.schema::<T>();
        let answer = json!({"description": description, "content": {"application/json": {"schema": schema}}});
        self.answers.insert(status.to_string(), answer);
    }

    pub(crate) fn empty_answer(&mut self, status: u16, description: &str) {
        self.answers.insert(status.to_string(), json!({"description": description}));
    }

    pub(crate) fn problem(&mut self, status: u16, description: &str) {
        let answer = json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        });
        self.answers.insert(status.to_string(), answer);
    }

    /// Returns a reference to the schema of `T` in the components of the document, or the schema itself if it has no
    /// name.
    fn schema<T: ToSchema>(&mut self) -> Value {
        T::schemas(&mut self.schemas);
        serde_json::to_value(T::schema()).unwrap_or_default()
    }
}
