//! The templates of the stacks, compared with the tables of functions.

use std::collections::{BTreeMap, BTreeSet};

use e2e::functions;
use runtime::{Function, Trigger};
use serde_norway::Value;

use crate::documents::up_to_date;
use crate::root;

fn read(path: &str) -> Value {
    serde_norway::from_str(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

fn domains() -> BTreeSet<&'static str> {
    functions().map(|function| function.name.split('.').next().unwrap()).collect()
}

/// The templates of the domains.
fn templates() -> BTreeMap<&'static str, Value> {
    domains().into_iter().map(|domain| (domain, read(&format!("functions/{domain}/template.yaml")))).collect()
}

fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        plain => plain,
    }
}

/// Returns the resources of a type, by their logical names.
fn resources<'t>(template: &'t Value, kind: &str) -> BTreeMap<&'t str, &'t Value> {
    let all = template["Resources"].as_mapping().unwrap();
    let wanted = all.iter().filter(|(_, resource)| resource["Type"] == kind);
    wanted.map(|(name, resource)| (name.as_str().unwrap(), &resource["Properties"])).collect()
}

/// Returns the functions of a template, by handler.
fn deployed(template: &Value) -> BTreeMap<&str, &Value> {
    let functions = resources(template, "AWS::Serverless::Function");
    functions.into_values().map(|properties| (properties["Handler"].as_str().unwrap(), properties)).collect()
}

fn events(properties: &Value) -> Vec<&Value> {
    properties.get("Events").and_then(Value::as_mapping).map(|events| events.values().collect()).unwrap_or_default()
}

/// Returns the part after `pm-${Stage}-` of a name or an ARN.
fn named(value: &Value) -> &str {
    untagged(value).as_str().unwrap().rsplit_once("pm-${Stage}-").unwrap().1
}

/// Returns the name of the queue that an event reads: a resource of the template, or the end of an ARN.
fn queue_of<'t>(template: &'t Value, event: &'t Value) -> &'t str {
    let queue = untagged(&event["Properties"]["Queue"]).as_str().unwrap();
    match queue.strip_suffix(".Arn") {
        Some(resource) => named(&template["Resources"][resource]["Properties"]["QueueName"]),
        None => named(&event["Properties"]["Queue"]),
    }
}

fn has_route(function: &Function) -> bool {
    matches!(function.trigger, Trigger::Http { .. })
}

/// Returns the deployed name of a function, as the template writes it.
fn deployed_name(function: &Function) -> String {
    format!("pm-${{Stage}}-{}", function.name.replace('.', "-"))
}

#[test]
fn every_function_of_a_table_is_in_its_domains_template_and_the_reverse() {
    let templates = templates();
    for (domain, template) in &templates {
        let tabled: BTreeSet<&str> =
            functions().map(|function| function.name).filter(|name| name.split('.').next() == Some(domain)).collect();
        assert_eq!(deployed(template).into_keys().collect::<BTreeSet<_>>(), tabled, "{domain}");
        assert_eq!(
            resources(template, "AWS::Serverless::Function").len(),
            tabled.len(),
            "{domain}: each function once"
        );
        let package = &template["Globals"]["Function"]["CodeUri"];
        assert_eq!((untagged(&package["Bucket"]), untagged(&package["Key"])), (&"Packages".into(), &"Package".into()));
    }
    for function in functions() {
        let template = &templates[function.name.split('.').next().unwrap()];
        let properties = deployed(template)[function.name];
        assert_eq!(*untagged(&properties["FunctionName"]), deployed_name(function).as_str(), "{}", function.name);
        match (function.trigger, &events(properties)[..]) {
            (Trigger::Http { .. } | Trigger::Direct, []) => {}
            (Trigger::Queue(name) | Trigger::Objects(name), [event]) => {
                assert_eq!(event["Type"], "SQS", "{}", function.name);
                assert_eq!(queue_of(template, event), name, "{}", function.name);
            }
            (Trigger::Schedule(rate), [event]) => {
                assert_eq!((&event["Type"], &event["Properties"]["Schedule"]), (&"Schedule".into(), &rate.into()));
            }
            (trigger, events) => panic!("{}: {trigger:?} and the events {events:?}", function.name),
        }
    }
}

#[test]
fn a_deployed_name_is_not_too_long_for_lambda() {
    // The longest stage that the templates allow, and Lambda's limit.
    let longest = functions()
        .map(|function| deployed_name(function).replace("${Stage}", &"s".repeat(15)))
        .max_by_key(String::len);
    assert!(longest.as_ref().unwrap().len() <= 64, "{longest:?}");
}

/// Writes the text between two markers of template.yaml, or compares it.
fn generated(text: &str, name: &str, lines: &[String]) -> String {
    let (begin, end) = (text.find(&format!("# <{name}:")).unwrap(), text.find(&format!("# </{name}>")).unwrap());
    let first = begin + text[begin..].find('\n').unwrap() + 1;
    let last = text[..end].rfind('\n').unwrap() + 1;
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{}{lines}{}", &text[..first], &text[last..])
}

#[test]
fn the_apis_routes_and_its_role_are_what_the_tables_say_openapi() {
    let arn = |function: &Function| {
        let name = deployed_name(function);
        format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}")
    };
    let mut paths: Vec<(&str, Vec<String>)> = Vec::new();
    for function in functions() {
        let Trigger::Http { method, path, .. } = function.trigger else { continue };
        let uri = format!(
            "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{}/invocations",
            arn(function)
        );
        let line = format!(
            "            {}: {{x-amazon-apigateway-integration: {{type: aws_proxy, httpMethod: POST, credentials: !GetAtt ApiRole.Arn, uri: !Sub \"{uri}\"}}}}",
            method.as_str().to_lowercase()
        );
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((path, vec![line])),
        }
    }
    paths.sort();
    let routes: Vec<String> = paths
        .into_iter()
        .flat_map(|(path, lines)| std::iter::once(format!("          {path}:")).chain(lines))
        .collect();
    let mut others: Vec<String> = functions()
        .filter(|function| !has_route(function))
        .map(|function| format!("                  - !Sub \"{}\"", arn(function)))
        .collect();
    others.sort();
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    up_to_date("template.yaml", &generated(&generated(&text, "routes", &routes), "functions without a route", &others));

    let template = read("template.yaml");
    assert!(
        resources(&template, "AWS::Serverless::Function").is_empty(),
        "functions are in the stacks of their domains"
    );
    let body = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].as_mapping().unwrap();
    let defined: usize = body.values().map(|methods| methods.as_mapping().unwrap().len()).sum();
    assert_eq!(defined, functions().filter(|function| has_route(function)).count());
}

#[test]
fn the_api_has_less_than_280_path_parts() {
    // Each part of a path is a resource of API Gateway; 300 is the quota.
    let mut parts = BTreeSet::new();
    for function in functions() {
        if let Trigger::Http { path, .. } = function.trigger {
            parts.extend(path.match_indices('/').skip(1).map(|(end, _)| &path[..end]));
            parts.insert(path);
        }
    }
    assert!(parts.len() < 280, "{} parts", parts.len());
}

#[test]
fn every_queue_function_has_partial_responses_a_dead_letter_queue_and_enough_visibility() {
    let (templates, storage) = (templates(), read("infra/storage.yaml"));
    let all =
        templates.values().chain([&storage]).flat_map(|template| resources(template, "AWS::SQS::Queue").into_values());
    let queues: BTreeMap<&str, &Value> = all.map(|queue| (named(&queue["QueueName"]), queue)).collect();
    for (domain, template) in &templates {
        let default_timeout = template["Globals"]["Function"]["Timeout"].as_u64().unwrap();
        for (handler, properties) in deployed(template) {
            for event in events(properties).into_iter().filter(|event| event["Type"] == "SQS") {
                let name = queue_of(template, event);
                let event = &event["Properties"];
                assert_eq!(event["FunctionResponseTypes"][0], "ReportBatchItemFailures", "{handler}");
                assert!(
                    event["ScalingConfig"]["MaximumConcurrency"].as_u64().is_some_and(|most| most >= 2),
                    "{handler}"
                );
                let queue = queues[name];
                assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().is_some(), "{name} has a dead-letter queue");
                assert!(queues.contains_key(format!("{name}-dead").as_str()), "{name} has a dead-letter queue");
                let timeout = properties.get("Timeout").and_then(Value::as_u64).unwrap_or(default_timeout);
                let hidden = queue["VisibilityTimeout"].as_u64().unwrap();
                assert!(hidden >= 6 * timeout, "{name} hides a message for six times {handler}'s timeout");
            }
        }
        for queue in resources(template, "AWS::SQS::Queue").values() {
            let name = named(&queue["QueueName"]);
            assert!(name.starts_with(&format!("{domain}-")), "{name} is a queue of {domain}");
        }
    }
    let alarmed: BTreeSet<String> = templates
        .values()
        .flat_map(|template| {
            let alarms = resources(template, "AWS::CloudWatch::Alarm").into_values();
            alarms.map(move |alarm| untagged(&alarm["Dimensions"][0]["Value"])).map(move |queue| {
                let text = queue.as_str().unwrap();
                match text.strip_suffix(".QueueName") {
                    Some(resource) => named(&template["Resources"][resource]["Properties"]["QueueName"]).to_owned(),
                    None => named(queue).to_owned(),
                }
            })
        })
        .collect();
    for name in queues.keys().filter(|name| name.ends_with("-dead")) {
        assert!(alarmed.contains(*name), "{name} has an alarm");
    }
}

/// The settings that only some domains read, with the client or the words in the code that read them.
const SETTINGS: &[(&str, &[&str])] = &[
    ("QUEUES", &["get::<Queues>"]),
    ("DATA_BUCKET", &["get::<Objects>"]),
    ("EVENT_BUS", &["get::<Bus>", "get::<cloud::Bus>"]),
    ("SECRETS_KEY", &["get::<Keys>", "SecretsOf {"]),
    ("MAIL_FROM", &["get::<Mail>"]),
    ("NET_ALLOW", &["get::<Fetcher>", "Guard::of"]),
    ("APP_URL", &["\"APP_URL\""]),
    ("MAILS_PER_ADDRESS", &["\"MAILS_PER_ADDRESS\""]),
    ("LOGIN_FAILURES_PER_ADDRESS", &["\"LOGIN_FAILURES_PER_ADDRESS\""]),
    ("MEDIA_URL", &["\"MEDIA_URL\""]),
    ("MEDIA_MAX_PIXELS", &["\"MEDIA_MAX_PIXELS\""]),
    ("PUBLIC_URL", &["\"PUBLIC_URL\""]),
    ("ACCOUNT_ID", &["\"ACCOUNT_ID\""]),
    ("INBOUND_DOMAIN", &["\"INBOUND_DOMAIN\""]),
];

#[test]
fn a_domain_gets_the_settings_that_it_reads_and_no_others() {
    // Every function with a caller needs the caller (database, stage) and the rate limits (state table).
    const ALL: &[&str] = &[
        "STAGE",
        "LOG_LEVEL",
        "CORS_ORIGINS",
        "DATABASE_HOST",
        "DATABASE_PORT",
        "DATABASE_SSL",
        "DATABASE_SECRETS",
        "STATE_TABLE",
    ];
    for (domain, template) in templates() {
        let sources = crate::files(&format!("functions/{domain}/src"), ".rs");
        let code: String = sources.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        let reads = |words: &[&str]| words.iter().any(|word| code.contains(word));
        let read = SETTINGS.iter().filter(|(_, words)| reads(words)).map(|(setting, _)| *setting);
        let wanted: BTreeSet<&str> = read.chain(ALL.iter().copied()).collect();
        let given = template["Globals"]["Function"]["Environment"]["Variables"].as_mapping().unwrap();
        assert_eq!(given.keys().map(|name| name.as_str().unwrap()).collect::<BTreeSet<_>>(), wanted, "{domain}");
    }
}

#[test]
fn nothing_is_imported_from_another_stack() {
    for (domain, template) in templates() {
        let text = std::fs::read_to_string(root().join(format!("functions/{domain}/template.yaml"))).unwrap();
        assert!(
            !text.contains("ImportValue") && !text.contains("Export: {Name"),
            "{domain} knows others by their names"
        );
        assert!(template.get("Outputs").is_none(), "{domain}: nobody reads its outputs");
    }
}

#[test]
fn every_domain_has_a_database_role_and_a_login_for_the_proxy() {
    assert_eq!(domains(), BTreeSet::from(ops::DOMAINS), "ops.migrate makes a role for each domain");
    let storage = std::fs::read_to_string(root().join("infra/storage.yaml")).unwrap();
    let database = std::fs::read_to_string(root().join("infra/database.yaml")).unwrap();
    for domain in domains() {
        assert!(storage.contains(&format!("Name: !Sub \"pm/${{Stage}}/db/{domain}\"")), "{domain} has a login");
        let login = format!("pm-${{Stage}}-{}{}LoginArn", domain[..1].to_uppercase(), &domain[1..]);
        assert!(storage.contains(&format!("Export: {{Name: !Sub \"{login}\"}}")), "{domain}'s login has a name");
        assert_eq!(
            database.matches(login.as_str()).count(),
            2,
            "{domain}'s login is known to RDS Proxy, and it may read it"
        );
    }
}
