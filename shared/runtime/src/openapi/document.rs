//! The OpenAPI document, generated from the function tables.

use std::collections::BTreeSet;

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
    remove_patch_defaults(&mut paths, &mut components);
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

/// Removes every `default` from what the bodies of `PATCH` are made of.
///
/// A field that is left out of a merge patch (RFC 7396) stays as it is. Generated clients send documented defaults, and
/// would change fields that nobody named.
fn remove_patch_defaults(paths: &mut Map<String, Value>, components: &mut Map<String, Value>) {
    let mut names = Vec::new();
    for body in paths.values_mut().filter_map(|methods| methods.get_mut("patch")?.get_mut("requestBody")) {
        remove_defaults(body, &mut names);
    }
    let mut done = BTreeSet::new();
    while let Some(name) = names.pop() {
        if done.insert(name.clone())
            && let Some(schema) = components.get_mut(&name)
        {
            remove_defaults(schema, &mut names);
        }
    }
}

/// Removes the `default`s of a schema, and adds the components that it refers to.
fn remove_defaults(schema: &mut Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            // A property may be called `default` too: then it is a schema, below `properties`.
            object.remove("default");
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("$ref", Value::String(reference)) => names.extend(reference.rsplit('/').next().map(str::to_owned)),
                    ("properties", Value::Object(properties)) => {
                        properties.values_mut().for_each(|property| remove_defaults(property, names));
                    }
                    (_, value) => remove_defaults(value, names),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| remove_defaults(value, names)),
        _ => {}
    }
}
