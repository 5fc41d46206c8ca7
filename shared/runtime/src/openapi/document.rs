//! The OpenAPI document, generated from the function tables.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::access::permission::Permission;
use crate::error::Problem;
use crate::lambda::entry::Entry;
use crate::lambda::function::Function;
use crate::lambda::trigger::{Method, Trigger};
use crate::openapi::operation::Operation;

/// Returns the OpenAPI 3.1 document of every HTTP function in `functions`.
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
        operation.problem(429, "Too many requests; the header `Retry-After` has the seconds to wait");
        operation.problem(503, "A service behind this one does not answer; try again in a minute");
        operation.problem(400, "The request has no meaning: broken JSON, an unknown cursor");
        if method != Method::GET {
            operation.problem(409, "The request contradicts the current state");
        }
        if operation.body.is_some() {
            operation.problem(413, "The body is longer than 1,000,000 bytes");
        }
        if permission != Permission::Public {
            operation.problem(401, "No token, or one that is not valid");
            operation.problem(403, "The permission is missing");
        } else if method != Method::GET {
            operation.problem(401, "The password, the code or the token is not valid");
            operation.problem(403, "The caller is known, and the request is refused for another reason");
        }
        if path.contains('{') {
            operation.problem(404, "It does not exist, or belongs to another organisation");
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
