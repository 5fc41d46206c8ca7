//! Passes events to handlers, and returns their answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use messages::Language;
use serde_json::Value;

use crate::access::admit::Admit;
use crate::access::permission::Permission;
use crate::cx::{App, Cx, token_missing};
use crate::error::{Error, Result};
use crate::http::reply::{self, HttpReply, set_header};
use crate::http::request::HttpRequest;
use crate::lambda::entry::Entry;
use crate::lambda::function::Function;
use crate::lambda::queue;
use crate::lambda::trigger::Trigger;
use crate::logs;
use crate::openapi::operation::{Operation, QueryParameter};

/// The functions that one process runs: the one that `_HANDLER` names, or, if it is not set, every HTTP function of the
/// domain (for `cargo lambda watch`).
pub struct Dispatch {
    app: Arc<App>,
    admit: Admit,
    targets: Vec<Target>,
    warm: AtomicBool,
}

struct Target {
    function: &'static Function,
    entry: Arc<Entry>,
    /// The parameters that its query string may have; computed for the first request with a query string.
    parameters: OnceLock<Vec<QueryParameter>>,
}

/// The error for a `_HANDLER` that is not the name of a function in the table.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownHandler {
    handler: String,
    known: Vec<&'static str>,
}

impl Dispatch {
    /// Returns a dispatch of `functions`; with `handler`, only of the function with this name.
    ///
    /// # Errors
    /// [`UnknownHandler`] when no function has that name.
    pub fn new(
        functions: &'static [Function],
        handler: Option<&str>,
        app: Arc<App>,
        admit: Admit,
    ) -> Result<Self, UnknownHandler> {
        let wanted = |function: &&Function| match handler {
            Some(name) => function.name == name,
            None => matches!(function.trigger, Trigger::Http { .. }),
        };
        let targets: Vec<Target> = functions
            .iter()
            .filter(wanted)
            .map(|function| Target { function, entry: Arc::new((function.entry)()), parameters: OnceLock::new() })
            .collect();
        if targets.is_empty() {
            return Err(UnknownHandler {
                handler: handler.unwrap_or_default().to_owned(),
                known: functions.iter().map(|function| function.name).collect(),
            });
        }
        Ok(Self { app, admit, targets, warm: AtomicBool::new(false) })
    }

    /// Returns `true` if the functions answer requests, and `false` if they handle messages or other events.
    pub(crate) fn answers_requests(&self) -> bool {
        self.targets.iter().all(|target| matches!(*target.entry, Entry::Http { .. }))
    }

    /// Whether requests come here that need a caller.
    pub(crate) fn needs_callers(&self) -> bool {
        self.targets.iter().any(|target| match target.function.trigger {
            Trigger::Http { permission, .. } => permission != Permission::Public,
            _ => false,
        })
    }

    /// Handles one event that is not a request.
    ///
    /// # Errors
    /// When the event does not belong to this function, or the function failed: Lambda retries or reports it.
    pub async fn handle(&self, request_id: &str, event: Value) -> Result<Value> {
        let (cold, started) = (!self.warm.swap(true, Ordering::Relaxed), Instant::now());
        let cx = self.app.cx(request_id);
        let [target] = self.targets.as_slice() else {
            return Err(Error::internal("an event came to an executable that serves requests"));
        };
        let result = match target.entry.as_ref() {
            Entry::Queue(_) => queue::sqs_batch(&self.app, Arc::clone(&target.entry), request_id, event).await,
            Entry::Direct(call) => call(cx.clone(), event).await.inspect_err(|error| logs::error(error, request_id)),
            Entry::Http { .. } => Err(Error::internal("an HTTP function was invoked with another event")),
        };
        let outcome = if result.is_ok() { "ok" } else { "error" };
        logs::invocation(target.function.name, &cx, outcome, started.elapsed(), cold);
        result
    }

    /// Answers one request.
    pub async fn answer(&self, request_id: &str, request: HttpRequest) -> HttpReply {
        let (cold, started) = (!self.warm.swap(true, Ordering::Relaxed), Instant::now());
        let mut cx = self.app.cx(request_id);
        if let Some(id) = request.header("x-correlation-id").filter(|id| (1..=128).contains(&id.len())) {
            cx.correlation_id = id.chars().filter(char::is_ascii_graphic).collect();
        }
        cx.language = request.header("accept-language").map_or(Language::En, Language::accepted);
        cx.address = request.source_ip();
        cx.user_agent = request.header("user-agent").map(|agent| agent.chars().take(300).collect());
        let origin = request.header("origin").map(str::to_owned);
        let (name, mut answer) = match self.route(request) {
            Some((target, request)) => {
                let answer = self.authorised_call(&mut cx, target, request).await;
                (target.function.name, answer.unwrap_or_else(|error| refusal(&error, &mut cx)))
            }
            None => ("unrouted", reply::problem(&Error::NotFound(messages::things::page()), &cx)),
        };
        self.finish(&cx, origin.as_deref(), &mut answer);
        logs::invocation(name, &cx, answer.status().as_str(), started.elapsed(), cold);
        answer
    }

    async fn authorised_call(&self, cx: &mut Cx, target: &Target, request: HttpRequest) -> Result<HttpReply> {
        let (Trigger::Http { permission, rate, .. }, Entry::Http { call, describe }) =
            (target.function.trigger, target.entry.as_ref())
        else {
            return Err(Error::internal("the function has no HTTP trigger"));
        };
        if permission != Permission::Public {
            let token = request.bearer_token().ok_or_else(token_missing)?;
            let admitted = (self.admit)(cx.clone(), token.to_owned(), rate).await?;
            cx.usage = admitted.usage;
            admitted.caller.check(permission)?;
            cx.caller = Some(admitted.caller);
        }
        let query = request.query();
        if !query.is_empty() {
            let known = target.parameters.get_or_init(|| Operation::query_parameters(*describe));
            check_query(&query, known)?;
        }
        call(cx.clone(), request).await
    }

    /// Returns the target of a request. API Gateway sends a function only its own requests; without a gateway the path
    /// decides.
    fn route(&self, request: HttpRequest) -> Option<(&Target, HttpRequest)> {
        for target in &self.targets {
            let Trigger::Http { method, path, .. } = target.function.trigger else { continue };
            if method.as_str() != request.method() {
                continue;
            }
            if request.route() == Some(path) {
                return Some((target, request));
            }
            if let Some(parameters) = matched(path, request.path()) {
                return Some((target, request.with_parameters(parameters)));
            }
        }
        None
    }

    /// Adds the headers of every answer: the ids, the limits, and CORS for the origins that `CORS_ORIGINS` lists.
    fn finish(&self, cx: &Cx, origin: Option<&str>, answer: &mut HttpReply) {
        set_header(answer, "x-request-id", &cx.request_id);
        set_header(answer, "x-correlation-id", &cx.correlation_id);
        set_header(answer, "cache-control", "no-store");
        if let Some(usage) = &cx.usage {
            set_header(answer, "ratelimit-policy", &usage.policy());
            set_header(answer, "ratelimit", &usage.left());
        }
        let allowed = self.app.env().optional("CORS_ORIGINS").unwrap_or_default();
        let listed = |origin: &&str| allowed.split(',').map(str::trim).any(|entry| entry == *origin || entry == "*");
        if let Some(origin) = origin.filter(listed) {
            set_header(answer, "access-control-allow-origin", origin);
            let exposed = "X-Request-ID, X-Correlation-ID, ETag, RateLimit, RateLimit-Policy, Retry-After";
            set_header(answer, "access-control-expose-headers", exposed);
            set_header(answer, "vary", "Origin");
        }
    }
}

/// Returns the answer to a request that failed. An internal error is logged.
fn refusal(error: &Error, cx: &mut Cx) -> HttpReply {
    if error.status() >= 500 {
        logs::error(error, &cx.request_id);
    }
    if let Error::TooManyRequests { usage: Some(usage), .. } = error {
        cx.usage = Some(**usage);
    }
    reply::problem(error, cx)
}

/// Refuses a parameter that does not exist (with a misspelt filter the answer would be everything), a repeated
/// parameter that has only one value, and a NUL, which PostgreSQL cannot store in a text.
fn check_query(query: &[(String, String)], known: &[QueryParameter]) -> Result<()> {
    for (place, (name, value)) in query.iter().enumerate() {
        let Some(parameter) = known.iter().find(|parameter| parameter.name == *name) else {
            let message = match known {
                [] => messages::runtime::no_parameters(),
                known => {
                    let names: Vec<&str> = known.iter().map(|parameter| parameter.name.as_str()).collect();
                    messages::runtime::unknown_parameter(names.join(", "))
                }
            };
            return Err(Error::invalid(name, "unknown_parameter", message));
        };
        if !parameter.several && query[..place].iter().any(|(earlier, _)| earlier == name) {
            return Err(Error::invalid(name, "repeated_parameter", messages::runtime::repeated_parameter()));
        }
        if value.contains('\0') {
            return Err(Error::invalid(name, "control_character", messages::runtime::control_character()));
        }
    }
    Ok(())
}

/// Returns the parameters of `path` if it matches `pattern`, such as `/v1/products/{id}`.
fn matched(pattern: &str, path: &str) -> Option<HashMap<String, String>> {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = HashMap::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                parameters.insert(name.to_owned(), given.to_owned());
            }
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(parameters)
}

impl std::fmt::Display for UnknownHandler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no function is named \"{}\"; this executable has {}", self.handler, self.known.join(", "))
    }
}

impl std::error::Error for UnknownHandler {}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::http::request::tests::request;
    use crate::{Actor, Admitted, Caller, Env, Limits, Method, PageQuery, Path, Query, Rate, Role, TenantId};

    async fn whoami(cx: Cx) -> Result<String> {
        Ok(cx.caller()?.permissions.iter().count().to_string())
    }

    async fn echo(_cx: Cx, id: Path, _page: Query<PageQuery>) -> Result<String> {
        Ok(id.0.to_string())
    }

    const FUNCTIONS: &[Function] = &[
        Function {
            name: "test.whoami",
            file: "",
            summary: "",
            trigger: Trigger::Http {
                method: Method::GET,
                path: "/v1/me",
                permission: Permission::ExportsWrite,
                rate: Rate::Bulk,
            },
            entry: || Entry::http(whoami),
        },
        Function {
            name: "test.echo",
            file: "",
            summary: "",
            trigger: Trigger::Http {
                method: Method::GET,
                path: "/v1/echo/{id}",
                permission: Permission::Public,
                rate: Rate::Standard,
            },
            entry: || Entry::http(echo),
        },
    ];

    fn dispatch(handler: Option<&str>) -> Result<Dispatch, UnknownHandler> {
        let app = App::new(Env::from([("CORS_ORIGINS", "https://app.example")]));
        Dispatch::new(FUNCTIONS, handler, app, |_, token, rate| {
            Box::pin(async move {
                let usage = Limits::default().usage(rate, 0, 10, 10);
                if token == "busy" {
                    return Err(Error::limit_reached(usage));
                }
                let role = Role::named(&token).ok_or_else(|| Error::Unauthenticated {
                    code: "token_invalid",
                    message: messages::Text::verbatim("no"),
                })?;
                let caller = Caller {
                    tenant: TenantId(Uuid::nil()),
                    actor: Actor::Key { id: Uuid::nil(), name: "test".to_owned() },
                    permissions: role.permissions(),
                    two_factor_missing: false,
                    settings_version: 0,
                };
                Ok(Admitted { caller, usage: Some(usage) })
            })
        })
    }

    /// Sends a request as a REST API does; returns status, body and headers.
    async fn ask(path: &str, query: Value, headers: Value) -> (u16, String, lambda_http::http::HeaderMap) {
        let event = json!({"httpMethod": "GET", "path": path, "headers": headers, "requestContext": {"httpMethod": "GET"},
            "multiValueQueryStringParameters": query});
        let (parts, body) = dispatch(None).unwrap().answer("r-1", request(&event)).await.into_parts();
        (parts.status.as_u16(), String::from_utf8(body.to_vec()).unwrap(), parts.headers)
    }

    async fn get(path: &str, headers: Value) -> (u16, String, lambda_http::http::HeaderMap) {
        ask(path, json!({}), headers).await
    }

    #[tokio::test]
    async fn checks_token_permission_and_route() {
        assert_eq!(get("/v1/me", json!({})).await.0, 401);
        assert_eq!(get("/v1/me", json!({"Authorization": "Bearer nobody"})).await.0, 401);
        let (status, body, _) = get("/v1/me", json!({"Authorization": "Bearer viewer"})).await;
        assert_eq!(status, 403);
        assert!(body.contains("write:exports"), "{body}");
        let held = format!("\"{}\"", Role::Manager.permissions().iter().count());
        assert_eq!(get("/v1/me", json!({"Authorization": "Bearer manager"})).await.1, held);
        assert_eq!(get("/v1/nothing", json!({})).await.0, 404);
        assert_eq!(get("/v1/echo/no-uuid", json!({})).await.0, 404);
        assert_eq!(get(&format!("/v1/echo/{}", Uuid::nil()), json!({})).await.0, 200);
        for (query, status, code) in [
            (json!({"limt": ["5"]}), 422, "unknown_parameter"),
            (json!({"limit": ["5", "6"]}), 422, "repeated_parameter"),
            (json!({"limit": ["5"], "cursor": ["x"]}), 200, ""),
        ] {
            let (found, body, _) = ask(&format!("/v1/echo/{}", Uuid::nil()), query, json!({})).await;
            assert!(found == status && body.contains(code), "{body}");
        }
    }

    #[tokio::test]
    async fn answers_carry_ids_and_cors() {
        let (.., headers) = get("/v1/me", json!({"X-Correlation-ID": "abc", "Origin": "https://app.example"})).await;
        assert_eq!(headers["x-request-id"], "r-1");
        assert_eq!(headers["x-correlation-id"], "abc");
        assert_eq!(headers["access-control-allow-origin"], "https://app.example");
        let (.., headers) = get("/v1/me", json!({"Origin": "https://evil.example"})).await;
        assert!(headers.get("access-control-allow-origin").is_none());
    }

    #[tokio::test]
    async fn limits_are_reported_and_a_full_one_refuses() {
        let (status, _, headers) = get("/v1/me", json!({"Authorization": "Bearer manager"})).await;
        assert_eq!((status, headers["ratelimit"].to_str().unwrap()), (200, "\"bulk\";r=0;t=60, \"hour\";r=990;t=3600"));
        let (status, body, headers) = get("/v1/me", json!({"Authorization": "Bearer busy"})).await;
        assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "60"));
        assert!(body.contains("rate_limit_exceeded") && headers.contains_key("ratelimit-policy"), "{body}");
    }

    #[test]
    fn the_error_names_an_unknown_handler() {
        let error = dispatch(Some("test.typo")).err().unwrap().to_string();
        assert_eq!(error, "no function is named \"test.typo\"; this executable has test.whoami, test.echo");
    }
}
