//! The rules of the house, as tests. See `docs/architecture.md` for what they protect.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use e2e::functions;
use runtime::Trigger;
use serde_norway::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn template() -> Value {
    serde_norway::from_str(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap()
}

fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        plain => plain,
    }
}

/// The deployed functions by handler: properties and events.
fn deployed(template: &Value) -> BTreeMap<String, &Value> {
    let resources = template["Resources"].as_mapping().unwrap();
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions
        .map(|function| (function["Properties"]["Handler"].as_str().unwrap().to_owned(), &function["Properties"]))
        .collect()
}

fn events(properties: &Value) -> Vec<&Value> {
    properties.get("Events").and_then(Value::as_mapping).map(|events| events.values().collect()).unwrap_or_default()
}

#[test]
fn table_and_template_name_the_same_functions_and_triggers() {
    let template = template();
    let deployed = deployed(&template);
    let tabled: BTreeSet<&str> = functions().map(|function| function.name).collect();
    assert_eq!(deployed.keys().map(String::as_str).collect::<BTreeSet<_>>(), tabled);
    let mut routes = 0;
    for function in functions() {
        let properties = deployed[function.name];
        let domain = function.name.split('.').next().unwrap();
        assert_eq!(
            properties["CodeUri"],
            format!("target/lambda/{domain}/bootstrap.zip").as_str(),
            "{}",
            function.name
        );
        let events = events(properties);
        match function.trigger {
            Trigger::Http { method, path, .. } => {
                assert!(events.is_empty(), "{}: its route stands in the API's definition", function.name);
                let route = &untagged(&template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"])[path]
                    [method.as_str().to_lowercase()]["x-amazon-apigateway-integration"];
                let called = untagged(&route["uri"]).as_str().unwrap_or_default();
                let called = called.split("/functions/${").nth(1).and_then(|rest| rest.split(".Arn}").next());
                let called = called.unwrap_or_else(|| panic!("{method:?} {path} stands in the API's definition"));
                assert_eq!(template["Resources"][called]["Properties"]["Handler"], function.name, "{method:?} {path}");
                assert_eq!(untagged(&route["credentials"]), "ApiRole.Arn", "{method:?} {path}");
                routes += 1;
            }
            Trigger::Queue(name) | Trigger::Objects(name) => {
                let [event] = events[..] else { panic!("{} has one event", function.name) };
                assert_eq!(event["Type"], "SQS");
                assert_eq!(queue_name(&event["Properties"]["Queue"]), name, "{}", function.name);
            }
            Trigger::Schedule(rate) => {
                let [event] = events[..] else { panic!("{} has one event", function.name) };
                assert_eq!((&event["Type"], &event["Properties"]["Schedule"]), (&"Schedule".into(), &rate.into()));
            }
            Trigger::Direct => assert!(events.is_empty(), "{} is invoked by name", function.name),
        }
    }
    let paths = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].as_mapping().unwrap();
    let defined: usize = paths.values().map(|methods| methods.as_mapping().unwrap().len()).sum();
    assert_eq!(defined, routes, "every route of the API's definition stands in a table");
}

/// `!GetAtt ImportBatches.Arn` or an import of `pm-${Stage}-ImportFilesArn` -> `import-batches`, `import-files`.
fn queue_name(reference: &Value) -> String {
    let text = match reference {
        Value::Tagged(tagged) => tagged.value.as_str().unwrap().trim_end_matches(".Arn").to_owned(),
        import => {
            let name = untagged(&import["Fn::ImportValue"]).as_str().unwrap();
            name.trim_start_matches("pm-${Stage}-").trim_end_matches("Arn").to_owned()
        }
    };
    let mut name = String::new();
    for c in text.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

#[test]
fn every_queue_function_has_partial_responses_a_dead_letter_queue_and_enough_visibility() {
    let template = template();
    let storage: Value =
        serde_norway::from_str(&std::fs::read_to_string(root().join("infra/storage.yaml")).unwrap()).unwrap();
    let queues: BTreeMap<String, &Value> = [&template, &storage]
        .into_iter()
        .flat_map(|template| template["Resources"].as_mapping().unwrap().values())
        .filter(|resource| resource["Type"] == "AWS::SQS::Queue")
        .map(|queue| {
            (
                untagged(&queue["Properties"]["QueueName"])
                    .as_str()
                    .unwrap()
                    .trim_start_matches("pm-${Stage}-")
                    .to_owned(),
                &queue["Properties"],
            )
        })
        .collect();
    let default_timeout = template["Globals"]["Function"]["Timeout"].as_u64().unwrap();
    for (handler, properties) in deployed(&template) {
        for event in events(properties).into_iter().filter(|event| event["Type"] == "SQS") {
            let (event, name) = (&event["Properties"], queue_name(&event["Properties"]["Queue"]));
            assert_eq!(event["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{handler}");
            assert!(event["ScalingConfig"]["MaximumConcurrency"].as_u64().is_some_and(|most| most >= 2), "{handler}");
            let queue = queues[&name];
            assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().is_some(), "{name} has a dead-letter queue");
            assert!(queues.contains_key(&format!("{name}-dead")), "{name} has a dead-letter queue");
            let timeout = properties.get("Timeout").and_then(Value::as_u64).unwrap_or(default_timeout);
            assert!(
                queue["VisibilityTimeout"].as_u64().unwrap() >= 6 * timeout,
                "{name} hides a message for six times {handler}'s timeout"
            );
        }
    }
    let alarms = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    for name in queues.keys().filter(|name| name.ends_with("-dead")) {
        let camel: String =
            name.trim_end_matches("-dead").split('-').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
        assert!(alarms.contains(&format!("{camel}DeadAlarm:")), "{name} has an alarm");
    }
}

#[test]
fn the_template_stays_below_cloudformations_limit() {
    // A function becomes itself, and its event a mapping (queue) more, or a rule and a permission (schedule); a route
    // becomes nothing (ADR 0010). 500 is the limit.
    let template = template();
    let resources = template["Resources"].as_mapping().unwrap().len();
    let deployed = deployed(&template);
    let made = |event: &&Value| if event["Type"] == "Schedule" { 2 } else { 1 };
    let events: usize = deployed.values().flat_map(|properties| events(properties)).map(|event| made(&event)).sum();
    assert!(resources + events < 450, "{resources} resources and {events} of their events");
}

#[test]
fn every_function_without_http_has_a_sample_event() {
    for function in functions().filter(|function| !matches!(function.trigger, Trigger::Http { .. })) {
        let file = root().join(format!("events/{}.json", function.name));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let event: serde_json::Value = serde_json::from_str(&text).unwrap();
        if let Trigger::Queue(_) | Trigger::Objects(_) = function.trigger {
            let body = event["Records"][0]["body"].as_str().expect("a body");
            serde_json::from_str::<serde_json::Value>(body).expect("a body in JSON");
        }
    }
}

/// Compares a document that is written from the code with the committed one, or writes it.
fn up_to_date(name: &str, made: &str) {
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

#[test]
fn every_reference_in_the_openapi_document_leads_somewhere() {
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
fn every_domain_has_a_role() {
    let domains: BTreeSet<&str> = functions().filter_map(|function| function.name.split('.').next()).collect();
    assert_eq!(domains, BTreeSet::from(ops::DOMAINS), "ops.migrate makes a role for each domain");
}

#[test]
fn every_function_says_what_it_does() {
    for function in functions() {
        assert!(
            function.summary.ends_with('.') && function.summary.len() > 10,
            "{}: a comment above its line",
            function.name
        );
    }
}

/// Which crates of the house a crate may depend on.
fn allowed(krate: &str) -> &'static [&'static str] {
    const DATABASES: &[&str] = &["cloud", "db-tenancy", "product", "runtime", "tabular"];
    const FUNCTIONS: &[&str] = &[
        "channels",
        "cloud",
        "db-analytics",
        "db-catalog",
        "db-code2asin",
        "db-core",
        "db-imports",
        "db-media",
        "db-suppliers",
        "db-tenancy",
        "images",
        "net",
        "product",
        "runtime",
        "tabular",
    ];
    match krate {
        "images" | "product" | "tabular" | "runtime" | "client" => &[],
        "channels" => &["product", "tabular"],
        "cloud" | "net" => &["runtime"],
        "db-tenancy" => &["cloud", "runtime"],
        database if database.starts_with("db-") => DATABASES,
        _ => FUNCTIONS,
    }
}

fn manifests() -> Vec<(PathBuf, toml::Table)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("functions"), root().join("shared")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let manifest = entry.path().join("Cargo.toml");
            if manifest.exists() {
                found.push((entry.path(), std::fs::read_to_string(manifest).unwrap().parse().unwrap()));
            } else if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(found.len() > 15, "the crates were found");
    found
}

#[test]
fn dependencies_point_one_way() {
    let manifests = manifests();
    let ours: BTreeSet<&str> =
        manifests.iter().map(|(_, manifest)| manifest["package"]["name"].as_str().unwrap()).collect();
    for (_, manifest) in &manifests {
        let name = manifest["package"]["name"].as_str().unwrap();
        for dependency in
            manifest["dependencies"].as_table().unwrap().keys().filter(|dependency| ours.contains(dependency.as_str()))
        {
            assert!(allowed(name).contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn each_outside_world_is_known_in_one_place() {
    let rules: &[(&str, &[&str])] = &[
        ("sqlx", &["db-"]),
        ("aws-sdk", &["cloud"]),
        ("aws-config", &["cloud"]),
        ("lambda_runtime", &["runtime"]),
        ("tokio", &["runtime", "cloud", "db-", "client", "exports", "imports", "identity", "media", "net"]),
        ("reqwest", &["client", "net"]),
    ];
    for (_, manifest) in manifests() {
        let name = manifest["package"]["name"].as_str().unwrap();
        for dependency in manifest["dependencies"].as_table().unwrap().keys() {
            for (world, homes) in rules {
                // ops.migrate runs the migrations, which are sqlx's.
                let exception = name == "ops" && *world == "sqlx";
                let at_home = homes.iter().any(|home| name == *home || (home.ends_with('-') && name.starts_with(home)));
                assert!(
                    !dependency.starts_with(world) || at_home || exception,
                    "{name} must not depend on {dependency}"
                );
            }
        }
    }
}

#[test]
fn pure_crates_know_no_clock_no_async_and_no_environment() {
    for krate in ["product", "tabular", "channels", "images"] {
        let mut folders = vec![root().join(format!("shared/{krate}/src"))];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap().flatten() {
                if file.path().is_dir() {
                    folders.push(file.path());
                    continue;
                }
                let text = std::fs::read_to_string(file.path()).unwrap();
                for word in ["async fn", "std::env", "now_utc", "SystemTime", "std::fs"] {
                    assert!(!text.contains(word), "{} has `{word}`", file.path().display());
                }
            }
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    for (path, manifest) in manifests() {
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{}", path.display());
        assert_eq!(manifest["package"]["publish"]["workspace"].as_bool(), Some(true), "{}", path.display());
    }
}
