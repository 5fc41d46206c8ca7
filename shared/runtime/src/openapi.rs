//! The OpenAPI document, made from the function tables.

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::error::Problem;
use crate::{Entry, Function, Method, Permission, Trigger};

/// One operation while it is described: handlers' inputs and outputs add themselves.
#[derive(Default)]
pub struct Operation {
    parameters: Vec<Parameter>,
    body: Option<Value>,
    answers: Map<String, Value>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Operation {
    /// The names of the query parameters that `describe` tells of.
    pub(crate) fn query_parameters(describe: fn(&mut Operation)) -> Vec<String> {
        let mut operation = Operation::default();
        describe(&mut operation);
        let in_query = |parameter: &Parameter| matches!(parameter.parameter_in, ParameterIn::Query);
        operation.parameters.into_iter().filter(in_query).map(|parameter| parameter.name).collect()
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

    /// A reference to `T`'s schema among the document's components, or the schema itself when it has no name.
    fn schema<T: ToSchema>(&mut self) -> Value {
        T::schemas(&mut self.schemas);
        serde_json::to_value(T::schema()).unwrap_or_default()
    }
}

/// The document of every HTTP function in `functions`, OpenAPI 3.1.
#[must_use]
pub fn document<'f>(functions: impl Iterator<Item = &'f Function>) -> Value {
    let mut paths = Map::new();
    let mut schemas = vec![("Problem".to_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    for function in functions {
        let Trigger::Http { method, path, permission, .. } = function.trigger else { continue };
        let Entry::Http { describe, .. } = (function.entry)() else { continue };
        let mut operation = Operation::default();
        describe(&mut operation);
        operation.problem(422, "A value is not acceptable");
        operation.problem(429, "Too many requests; `Retry-After` says when to come back");
        operation.problem(503, "A service behind this one does not answer; try again in a minute");
        operation.problem(400, "The request has no meaning: broken JSON, an unknown cursor");
        if method != Method::GET {
            operation.problem(409, "It contradicts what is there");
        }
        if operation.body.is_some() {
            operation.problem(413, "The body is longer than 1,000,000 bytes");
        }
        if permission != Permission::Public {
            operation.problem(401, "No token, or one that is not valid");
            operation.problem(403, "The permission is missing");
        } else if method != Method::GET {
            operation.problem(401, "What is to prove who it is does not");
            operation.problem(403, "It proves who it is, and is refused for another reason");
        }
        if path.contains('{') {
            operation.problem(404, "There is none, or it is another organisation's");
        }
        schemas.append(&mut operation.schemas);
        let domain = function.name.split('.').next().unwrap_or_default();
        let mut described = json!({
            "operationId": function.name,
            "summary": function.summary,
            "tags": [domain],
            "parameters": operation.parameters,
            "responses": operation.answers,
            "x-permission": permission.name(),
        });
        if let Some(body) = operation.body {
            described["requestBody"] = body;
        }
        if permission == Permission::Public {
            described["security"] = json!([]);
        }
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method.as_str().to_ascii_lowercase()] = described;
    }
    let mut components: Map<String, Value> =
        schemas.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default())).collect();
    components.sort_keys();
    paths.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Products Manager API",
            "version": "1",
            "description": "Errors are RFC 9457 problems (`application/problem+json`); clients branch on `code`. Lists are pages: send `next_cursor` back as `cursor`."
        },
        "servers": [{"url": "https://api.productsmanager.app/api"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        }
    })
}
