//! Generated documents are up to date, and every function is documented.

use std::fmt::Write;

use e2e::functions;
use runtime::{Rate, Trigger};

use crate::root;

#[test]
fn every_function_without_http_has_a_sample_event() {
    for function in functions().filter(|function| !matches!(function.trigger, Trigger::Http { .. })) {
        let file = root().join(format!("events/{}.json", function.name));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        if let Trigger::Queue(queue) | Trigger::Objects(queue) = function.trigger {
            let source = event["Records"][0]["eventSourceARN"].as_str().expect("a queue");
            assert_eq!(source.rsplit(':').next(), Some(format!("pm-local-{queue}").as_str()), "{}", function.name);
            let body = event["Records"][0]["body"].as_str().expect("a body");
            serde_json::from_str::<serde_json::Value>(body).expect("a body in JSON");
        }
    }
}

/// Compares a generated document with the committed one, or writes it.
pub(crate) fn up_to_date(name: &str, made: &str) {
    let file = root().join(name);
    #[expect(clippy::disallowed_methods, reason = "a test has no Env")]
    if std::env::var("UPDATE_OPENAPI").is_ok() {
        std::fs::write(&file, made).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == made, "{name} is out of date; run `make openapi`");
}

#[test]
fn the_openapi_document_is_up_to_date() {
    let made = serde_json::to_string_pretty(&runtime::openapi::document(functions())).unwrap() + "\n";
    up_to_date("docs/openapi.json", &made);
}

#[test]
fn the_openapi_documents_permissions_are_up_to_date() {
    up_to_date("docs/permissions.md", &runtime::permissions_document());
}

/// Every route, in the order of the paths: which permission it needs, which stack has it, which file answers it.
fn routes_document() -> String {
    let mut routes: Vec<_> = functions()
        .filter_map(|function| match function.trigger {
            Trigger::Http { method, path, permission, rate } => Some((path, method, permission, rate, function)),
            _ => None,
        })
        .collect();
    routes.sort_by_key(|(path, method, ..)| (*path, method.as_str()));
    let mut text = format!(
        "# Routes\n\n\
         Written from the function tables (`functions/*/src/lib.rs`) by `make openapi`; do not edit it by hand.\n\n\
         From a URL to its code: {} routes. Bulk routes count on the limit of bulk operations instead of that of requests per minute. \
         What a permission allows is in [permissions.md](permissions.md), bodies and answers are in [openapi.json](openapi.json).\n\n\
         | Method | Path | Permission | Limit | Stack | File |\n|---|---|---|---|---|---|\n",
        routes.len()
    );
    for (path, method, permission, rate, function) in routes {
        let stack = function.name.split('.').next().unwrap_or_default();
        let limit = if rate == Rate::Bulk { "bulk" } else { "" };
        let (method, file) = (method.as_str(), function.file);
        writeln!(text, "| {method} | `{path}` | `{permission}` | {limit} | {stack} | [{file}](../{file}) |").unwrap();
    }
    text
}

#[test]
fn the_openapi_documents_routes_are_up_to_date() {
    up_to_date("docs/routes.md", &routes_document());
}

#[test]
fn every_file_of_the_routes_exists() {
    for function in functions() {
        assert!(root().join(function.file).is_file(), "{} has no file {}", function.name, function.file);
    }
}

#[test]
fn every_reference_in_the_openapi_document_has_a_target() {
    let document = runtime::openapi::document(functions());
    let mut values = vec![&document];
    while let Some(value) = values.pop() {
        if let Some(reference) = value.get("$ref").and_then(serde_json::Value::as_str) {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference} is not in the document");
        }
        values.extend(value.as_array().into_iter().flatten());
        values.extend(value.as_object().into_iter().flat_map(|object| object.values()));
    }
}

/// What a schema is made of, with the components that it refers to.
fn parts<'d>(document: &'d serde_json::Value, schema: &'d serde_json::Value) -> Vec<&'d serde_json::Value> {
    let (mut all, mut open, mut seen) = (Vec::new(), vec![schema], std::collections::HashSet::new());
    while let Some(value) = open.pop() {
        if let Some(reference) = value.get("$ref").and_then(serde_json::Value::as_str)
            && seen.insert(reference)
        {
            open.extend(document.pointer(reference.trim_start_matches('#')));
        }
        open.extend(value.as_array().into_iter().flatten());
        open.extend(value.as_object().into_iter().flat_map(|object| object.values()));
        all.push(value);
    }
    all
}

#[test]
fn a_merge_patch_has_no_defaults_which_generated_clients_would_send() {
    let document = runtime::openapi::document(functions());
    let mut bodies = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(body) = methods.pointer("/patch/requestBody") else { continue };
        bodies += 1;
        assert!(parts(&document, body).iter().all(|part| part.get("default").is_none()), "PATCH {path}");
    }
    assert!(bodies > 2, "there are patches");
}

#[test]
fn no_schema_uses_what_generators_cannot_read() {
    let document = runtime::openapi::document(functions());
    // Generators of clients fail at `"items": false`, the tuples of JSON Schema 2020-12.
    for part in parts(&document, &document) {
        assert_ne!(part.get("items"), Some(&serde_json::Value::Bool(false)), "{part}");
    }
}

#[test]
fn a_body_with_an_unknown_field_is_refused() {
    let document = runtime::openapi::document(functions());
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else {
                continue;
            };
            let name = schema.as_str().unwrap().trim_start_matches("#/components/schemas/");
            let schema = &document["components"]["schemas"][name];
            assert_eq!(schema["additionalProperties"], false, "{method} {path}: say `deny_unknown_fields` at {name}");
        }
    }
}

#[test]
fn every_function_has_a_description() {
    for function in functions() {
        assert!(
            function.summary.ends_with('.') && function.summary.len() > 10,
            "{}: a comment above its line",
            function.name
        );
    }
}
