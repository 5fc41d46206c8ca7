//! From an event to the handler and back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde_json::Value;

use crate::cx::TOKEN_MISSING;
use crate::openapi::Operation;
use crate::{Admit, App, Cx, Entry, Error, Function, HttpReply, HttpRequest, Permission, Result, Trigger, logs};

/// What one process runs: the function that `_HANDLER` names, or, where it names none, every HTTP function of the
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
    /// The names that its query string may have; made when the first query string comes.
    parameters: OnceLock<Vec<String>>,
}

/// `_HANDLER` names no function of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownHandler {
    handler: String,
    known: Vec<&'static str>,
}

impl Dispatch {
    /// A dispatch of `functions`, narrowed to `handler` when there is one.
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

    /// Runs one event.
    ///
    /// # Errors
    /// When the event is not one for this function, or a function without HTTP failed: Lambda retries or reports it.
    pub async fn handle(&self, request_id: &str, event: Value) -> Result<Value> {
        let cold = !self.warm.swap(true, Ordering::Relaxed);
        let started = Instant::now();
        let mut cx = self.app.cx(request_id);
        let (name, outcome, result) = match self.targets.as_slice() {
            [target] if !matches!(target.entry.as_ref(), Entry::Http { .. }) => {
                let result = self.run(target, cx.clone(), event).await;
                let outcome = if result.is_ok() { "ok".to_owned() } else { "error".to_owned() };
                (target.function.name, outcome, result)
            }
            _ => {
                let request = HttpRequest::from_event(&event)?;
                let (name, reply) = self.answer(&mut cx, request).await;
                (name, reply.status.to_string(), Ok(reply.to_event()))
            }
        };
        logs::invocation(name, &cx, &outcome, started.elapsed(), cold);
        result
    }

    async fn run(&self, target: &Target, cx: Cx, event: Value) -> Result<Value> {
        match target.entry.as_ref() {
            Entry::Queue(_) => {
                crate::queue::sqs_batch(&self.app, Arc::clone(&target.entry), &cx.request_id, event).await
            }
            Entry::Direct(call) => {
                let id = cx.request_id.clone();
                call(cx, event).await.inspect_err(|error| logs::error(error, &id))
            }
            Entry::Http { .. } => Err(Error::internal("an HTTP function was invoked with another event")),
        }
    }

    async fn answer(&self, cx: &mut Cx, mut request: HttpRequest) -> (&'static str, HttpReply) {
        if let Some(id) = request.header("x-correlation-id").filter(|id| (1..=128).contains(&id.len())) {
            cx.correlation_id = id.chars().filter(char::is_ascii_graphic).collect();
        }
        cx.address.clone_from(&request.source_ip);
        cx.user_agent = request.header("user-agent").map(|agent| agent.chars().take(300).collect());
        let Some(target) = self.route(&mut request) else {
            return ("unrouted", self.finish(cx, &request, HttpReply::problem(&Error::NotFound("page"), cx)));
        };
        let origin = request.clone();
        let reply = self.authorised_call(cx, target, request).await.unwrap_or_else(|error| {
            if error.status() >= 500 {
                logs::error(&error, &cx.request_id);
            }
            if let Error::TooManyRequests { usage: Some(usage), .. } = &error {
                cx.usage = Some(**usage);
            }
            HttpReply::problem(&error, cx)
        });
        (target.function.name, self.finish(cx, &origin, reply))
    }

    async fn authorised_call(&self, cx: &mut Cx, target: &Target, request: HttpRequest) -> Result<HttpReply> {
        let (Trigger::Http { permission, rate, .. }, Entry::Http { call, describe }) =
            (target.function.trigger, target.entry.as_ref())
        else {
            return Err(Error::internal("the function has no HTTP trigger"));
        };
        if permission != Permission::Public {
            let token = request.bearer_token().ok_or(TOKEN_MISSING)?;
            let admitted = (self.admit)(cx.clone(), token.to_owned(), rate).await?;
            cx.usage = admitted.usage;
            admitted.caller.check(permission)?;
            cx.caller = Some(admitted.caller);
        }
        if !request.query.is_empty() {
            let known = target.parameters.get_or_init(|| Operation::query_parameters(*describe));
            check_query(&request.query, known)?;
        }
        call(cx.clone(), request).await
    }

    /// The target of a request. API Gateway sends a function only its own; without a gateway the path decides.
    fn route(&self, request: &mut HttpRequest) -> Option<&Target> {
        self.targets.iter().find(|target| {
            let Trigger::Http { method, path, .. } = target.function.trigger else { return false };
            if method.as_str() != request.method {
                return false;
            }
            if request.route == path {
                return true;
            }
            let Some(parameters) = matched(path, &request.path) else { return false };
            request.parameters.extend(parameters);
            true
        })
    }

    /// Adds what every answer carries: the ids, and CORS for the origins that `CORS_ORIGINS` lists.
    fn finish(&self, cx: &Cx, request: &HttpRequest, mut reply: HttpReply) -> HttpReply {
        reply.headers.insert("x-request-id", cx.request_id.clone());
        reply.headers.insert("x-correlation-id", cx.correlation_id.clone());
        reply.headers.insert("cache-control", "no-store".to_owned());
        if let Some(usage) = &cx.usage {
            reply.headers.insert("ratelimit-policy", usage.policy());
            reply.headers.insert("ratelimit", usage.left());
        }
        let allowed = self.app.env().optional("CORS_ORIGINS").unwrap_or_default();
        let origin = request
            .header("origin")
            .filter(|origin| allowed.split(',').any(|one| one.trim() == *origin || one.trim() == "*"));
        if let Some(origin) = origin {
            reply.headers.insert("access-control-allow-origin", origin.to_owned());
            reply.headers.insert(
                "access-control-expose-headers",
                "X-Request-ID, X-Correlation-ID, ETag, RateLimit, RateLimit-Policy, Retry-After".to_owned(),
            );
            reply.headers.insert("vary", "Origin".to_owned());
        }
        reply
    }
}

/// Refuses a parameter that does not exist: a misspelt filter would give everything. And a NUL, which PostgreSQL's text
/// cannot hold.
fn check_query(query: &[(String, String)], known: &[String]) -> Result<()> {
    for (name, value) in query {
        if !known.contains(name) {
            let message = match known {
                [] => "this function takes no query parameters".to_owned(),
                known => format!("expected one of {}", known.join(", ")),
            };
            return Err(Error::invalid(name, "unknown_parameter", message));
        }
        if value.contains('\0') {
            return Err(Error::invalid(name, "control_character", "expected text without NUL characters"));
        }
    }
    Ok(())
}

/// The parameters of `path` in `pattern`, when it matches: `/v1/products/{id}`.
fn matched(pattern: &str, path: &str) -> Option<Vec<(String, String)>> {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => parameters.push((name.to_owned(), given.to_owned())),
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
    use crate::{Actor, Admitted, Caller, Env, Limits, Method, Path, Rate, Role, TenantId};

    async fn whoami(cx: Cx) -> Result<String> {
        Ok(cx.caller()?.permissions.iter().count().to_string())
    }

    async fn echo(_cx: Cx, id: Path) -> Result<String> {
        Ok(id.0.to_string())
    }

    const FUNCTIONS: &[Function] = &[
        Function {
            name: "test.whoami",
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
                    return Err(usage.refused());
                }
                let role =
                    Role::named(&token).ok_or(Error::Unauthenticated { code: "token_invalid", message: "no" })?;
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

    async fn get(path: &str, headers: Value) -> (u64, String, Value) {
        let dispatch = dispatch(None).unwrap();
        let reply =
            dispatch.handle("r-1", json!({"httpMethod": "GET", "path": path, "headers": headers})).await.unwrap();
        (reply["statusCode"].as_u64().unwrap(), reply["body"].as_str().unwrap().to_owned(), reply["headers"].clone())
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
        let event = json!({"httpMethod": "GET", "path": format!("/v1/echo/{}", Uuid::nil()), "queryStringParameters": {"limt": "5"}});
        let reply = dispatch(None).unwrap().handle("r-1", event).await.unwrap();
        assert_eq!(reply["statusCode"], 422, "a misspelt parameter is no wish to be ignored");
    }

    #[tokio::test]
    async fn answers_carry_ids_and_cors() {
        let (.., headers) = get("/v1/me", json!({"X-Correlation-ID": "abc", "Origin": "https://app.example"})).await;
        assert_eq!(headers["x-request-id"], "r-1");
        assert_eq!(headers["x-correlation-id"], "abc");
        assert_eq!(headers["access-control-allow-origin"], "https://app.example");
        let (.., headers) = get("/v1/me", json!({"Origin": "https://evil.example"})).await;
        assert_eq!(headers.get("access-control-allow-origin"), None);
    }

    #[tokio::test]
    async fn limits_are_told_and_a_full_one_refuses() {
        let (status, _, headers) = get("/v1/me", json!({"Authorization": "Bearer manager"})).await;
        assert_eq!((status, headers["ratelimit"].as_str().unwrap()), (200, "\"bulk\";r=0;t=60, \"hour\";r=990;t=3600"));
        let (status, body, headers) = get("/v1/me", json!({"Authorization": "Bearer busy"})).await;
        assert_eq!((status, headers["retry-after"].as_str().unwrap()), (429, "60"));
        assert!(body.contains("rate_limit_exceeded") && headers["ratelimit-policy"].is_string(), "{body}");
    }

    #[test]
    fn an_unknown_handler_is_named() {
        let error = dispatch(Some("test.typo")).err().unwrap().to_string();
        assert_eq!(error, "no function is named \"test.typo\"; this executable has test.whoami, test.echo");
    }
}
